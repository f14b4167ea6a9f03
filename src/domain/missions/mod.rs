//! Missions: a piece of work that goes through the steps of a workflow, some done by agents, some by people. All of it lies in one
//! folder (`mission.json`, `artifacts/`, `logs/`, `runs/`), which can be copied and moved.

pub mod artifact;
pub mod brief;
pub mod builtin;
pub mod cast;
pub mod crew;
pub mod decide;
pub mod detail;
pub mod diff;
pub mod folder;
pub mod go_on;
pub mod input;
pub mod kill;
pub mod list;
pub mod log;
pub mod mission;
pub mod names;
pub mod output;
pub mod review;
pub mod run;
pub mod said;
pub mod sheet;
pub mod shelf;
pub mod stand;
pub mod steps;
pub mod timeline;
pub mod told;
pub mod walk;
pub mod watch;
pub mod workflow;

pub use folder::{Folder, Record};
pub use mission::{Kind, Mission, Status};
pub use run::StepRun;
pub use shelf::Shelf;
pub use workflow::{Step, StepKind, Workflow};
