//! A prompt typed by hand, or a step of a mission: one attempt of the one engine, beside any loop, with a run folder of its own.

mod day;
pub mod logs;
pub mod plan;
pub mod record;
mod run;
pub mod status;
pub mod stop;
pub(crate) mod verdict;
mod voice;

pub(crate) use day::Day;
pub use record::{model, settle};
pub use run::{Barred, Hands, barred, run};
