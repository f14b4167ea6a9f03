//! Tasks: the Beads store on `.beads/issues.jsonl`, shared with `bd`.

mod graph;
mod line;
mod record;

pub use graph::{Blocker, Filter, Graph, Sort};
pub use record::{Edge, Record, Text};
