//! Tasks: the Beads store on `.beads/issues.jsonl`, shared with `bd`.
//!
//! [`Store`] reads and changes the file; everything it does goes through [`Store::view`] and
//! [`Store::change`]. [`Graph`] decides what is ready. A line that is not touched keeps its bytes.

pub mod batch;
mod bd;
mod blank;
mod board;
mod change;
mod comment;
mod create;
mod cursor;
mod customs;
mod deps;
mod doctor;
mod driver;
pub mod exchange;
mod graph;
mod holds;
mod ids;
mod index;
mod init;
mod instant;
mod issue;
mod line;
mod load;
mod lookup;
mod merge;
mod record;
mod resolve;
mod scan;
mod select;
mod source;
mod state;
mod stats;
mod store;
mod sync;
mod table;
mod text;
mod tree;
mod who;

pub use bd::Bd;
pub use blank::is_blank;
pub use board::Board;
pub use change::{ALL_CHILDREN_CLOSED, Back, Closed, NEEDS_HUMAN, STATUSES, Update, check_status};
pub use comment::{Remark, remark};
pub use create::{New, TYPES, body, check_type};
pub use deps::{Added, add as depend};
pub use doctor::{Finding, Report, Severity};
pub use graph::{Blocker, Filter, Graph, Sort};
pub use holds::{Grip, Hold, is_private};
pub use init::Init;
pub use issue::{Comment, Dependency, Issue};
pub use line::{Line, quote};
pub use merge::{Driven, drive};
pub use record::{Edge, Record};
pub use select::{Pick, nested};
pub use state::State;
pub use stats::{Age, Bucket, Oldest, Spread, Stats, Throughput};
pub use store::{Question, Store};
pub use sync::{Synced, WithBd};
pub use table::Table;
pub use text::Text;
pub use tree::{Branch, Dependents, Walk};
pub use who::who;
