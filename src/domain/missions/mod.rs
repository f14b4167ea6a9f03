//! Missions: a piece of work that goes through the steps of a workflow, some done by agents, some by people. All of it lies in one
//! folder (`mission.json`, `artifacts/`, `logs/`, `runs/`), which can be copied and moved.

pub mod crew;
pub mod decide;
pub mod detail;
pub mod diff;
pub mod mission;
pub mod names;
pub mod review;
pub mod run;
pub mod shelf;
pub mod stand;
pub mod timeline;
pub mod walk;
pub mod watch;
pub mod workflow;

pub use mission::{Kind, Mission, Status};
pub use run::StepRun;
pub use shelf::{Folder, Shelf};
pub use workflow::{Step, StepKind, Workflow};
