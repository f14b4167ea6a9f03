//! A goal broken into an epic with tasks by an agent: asked, checked, shown, then made as a whole.

mod answer;
mod ask;
mod brief;
mod goal;
mod make;

pub use answer::{Epic, Plan, Task};
pub use ask::{Asked, Hands, Options, Ready, ask, ready};
pub use goal::Goal;
pub use make::{Made, create};
