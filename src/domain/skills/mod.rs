//! Skills: stories, gates and prompts for a kind of work, as a file that people write.

mod agent_skill;
pub mod apply;
mod builtin;
pub mod catalog;
mod fields;
pub mod guide;
pub mod home;
mod node;
pub mod placeholders;
mod read;
pub mod register;
pub mod remove;
pub mod scaffold;
pub mod selection;
pub mod source;
mod stories;
pub mod values;
mod write;

pub use selection::selected;

use std::collections::BTreeMap;

use serde::Serialize;

/// A kind of work and how it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Skill {
    /// Its name in commands; also the name of its file.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The stacks it is for; `*` is any.
    pub stack: Vec<String>,
    /// The stories, in order.
    pub user_stories: Vec<Story>,
    /// Commands that must succeed, by stack; `*` for any. They go to the shell as they stand.
    pub quality_gates: BTreeMap<String, Vec<String>>,
    /// What the agent is told.
    pub prompts: Prompts,
    /// What `{{ name }}` stands for in stories and prompts, by name.
    pub variables: BTreeMap<String, Variable>,
}

/// A value that is given when a skill is applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its value where none is given; without one it must be given.
    pub default: Option<String>,
    /// What it is for.
    pub description: String,
}

/// One piece of work, which becomes one task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Its name within the skill.
    pub id: String,
    /// The task's title.
    pub title: String,
    /// As a …
    pub as_a: String,
    /// I want …
    pub i_want: String,
    /// So that …
    pub so_that: String,
    /// What must hold in the end; at least one.
    pub acceptance_criteria: Vec<String>,
    /// Stories that come first.
    pub depends_on: Vec<String>,
}

/// What the agent is told; templates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Prompts {
    /// Before everything.
    pub system: String,
    /// The task itself.
    pub task_template: String,
    /// How to say that it is done.
    pub acceptance_criteria: String,
}

impl Skill {
    /// Whether it is for `stack`.
    pub fn fits(&self, stack: &str) -> bool {
        fits(&self.stack, stack)
    }
}

/// Whether `stacks` name `stack`, or any.
fn fits(stacks: &[String], stack: &str) -> bool {
    stacks.iter().any(|own| own == "*" || own == stack)
}

/// Whether `id` can name a skill, and so a file.
pub fn is_id(id: &str) -> bool {
    id.len() <= 64
        && id.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The word that stands for no skill, and so can be the name of none that is new or selected.
pub const NONE: &str = "none";

/// What an id may hold, for errors.
const ID_RULE: &str = "letters, digits, `-` and `_` are allowed, up to 64";
