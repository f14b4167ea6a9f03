//! Tasks: the Beads store on `.beads/issues.jsonl`, shared with `bd`.
//!
//! [`Store`] reads and changes the file; everything it does goes through [`Store::view`] and
//! [`Store::change`]. [`Graph`] decides what is ready. A line that is not touched keeps its bytes.

mod board;
mod change;
mod comment;
mod create;
mod deps;
mod doctor;
mod driver;
mod graph;
mod ids;
mod init;
mod issue;
mod line;
mod merge;
mod record;
mod store;
mod sync;
mod table;
mod who;

pub use board::{Board, Stats};
pub use change::{ALL_CHILDREN_CLOSED, Closed, NEEDS_HUMAN, STATUSES, Update, check_status};
pub use create::{New, TYPES, body, check_type};
pub use deps::{Added, Branch};
pub use doctor::{Finding, Report, Severity};
pub use graph::{Blocker, Filter, Graph, Sort};
pub use init::Init;
pub use issue::{Comment, Dependency, Issue};
pub use line::{Line, quote};
pub use merge::{Driven, drive};
pub use record::{Edge, Record, Text};
pub use store::Store;
pub use sync::Synced;
pub use table::Table;
pub use who::who;
