//! The loop: takes ready tasks one by one, has each worked by the attempt engine, and acts on the
//! verdict. `verdict` decides, `plan` fixes what is done, `run` and its neighbours do it.

pub mod aside;
mod attempt;
mod attend;
pub mod beside;
mod brief;
pub mod check;
pub mod claims;
pub mod control;
mod finish;
mod glance;
mod ground;
pub mod guided;
pub mod history;
mod land;
pub mod ledger;
pub mod plan;
pub(crate) mod postmortem;
pub mod preview;
pub mod provider;
pub mod recorder;
mod recover;
pub mod request;
pub mod resume;
mod run;
mod scope;
mod settle;
mod shared;
pub mod state;
mod taken;
mod turned_away;
pub mod verdict;
pub mod verify;

pub use run::{Hands, run};
pub use scope::survey;
