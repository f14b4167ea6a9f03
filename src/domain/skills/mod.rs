//! Skills: stories, gates and prompts for a kind of work, as a TOML file.

pub mod catalog;
pub mod selection;

pub use selection::selected;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::system::document::{Document, shown};

/// A kind of work and how it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    #[serde(default)]
    pub user_stories: Vec<Story>,
    /// Commands that must succeed, by stack; `*` for any.
    #[serde(default)]
    pub quality_gates: BTreeMap<String, Vec<String>>,
    /// What the agent is told.
    #[serde(default)]
    pub prompts: Prompts,
    /// What `{{ name }}` stands for in stories, gates and prompts, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
}

/// A value that is given when a skill is applied.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Variable {
    /// Its value where none is given; without one it must be given.
    pub default: Option<String>,
    /// What it is for.
    pub description: String,
}

/// One piece of work, which becomes one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// What must hold in the end.
    pub acceptance_criteria: Vec<String>,
    /// Stories that come first.
    #[serde(default)]
    pub depends_on: Vec<String>,
}

/// What the agent is told; templates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Prompts {
    /// Before everything.
    pub system: String,
    /// The task itself.
    pub task_template: String,
    /// How to say that it is done.
    pub acceptance_criteria: String,
}

impl Skill {
    /// Parses and checks the `text` of the file at `path`, which must bear the skill's id.
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let document = Document::parse(text, path, "`taskrun skill get build-mcp` shows a complete skill")?;
        let skill: Self = document.read()?;
        let stem = path.file_stem().unwrap_or_default();
        let wrong = if stem == skill.id.as_str() {
            skill.flaw()
        } else {
            Some(format!("`id` is `{}`, but the file is named for `{}`", skill.id, stem.display()))
        };
        match wrong {
            None => Ok(skill),
            Some(flaw) => Err(Fault::invalid(format!("skill `{}`: {flaw}", shown(path)), "correct the file")),
        }
    }

    /// Whether it is for `stack`.
    pub fn fits(&self, stack: &str) -> bool {
        self.stack.iter().any(|own| own == "*" || own == stack)
    }

    /// What is wrong with it, if anything is.
    fn flaw(&self) -> Option<String> {
        if !valid_id(&self.id) {
            return Some(format!("`id` is `{}`; letters, digits, `-` and `_` are allowed", self.id));
        }
        if self.stack.is_empty() {
            return Some("`stack` is empty; `[\"*\"]` is any".into());
        }
        let mut ids = BTreeSet::new();
        for story in &self.user_stories {
            if story.id.trim().is_empty() || story.title.trim().is_empty() {
                return Some("a story has no `id` or no `title`".into());
            }
            if story.acceptance_criteria.is_empty() {
                return Some(format!("story `{}`: `acceptance_criteria` is empty", story.id));
            }
            if !ids.insert(story.id.as_str()) {
                return Some(format!("two stories are `{}`", story.id));
            }
        }
        self.unknown_dependency(&ids).or_else(|| self.cycle())
    }

    fn unknown_dependency(&self, ids: &BTreeSet<&str>) -> Option<String> {
        self.user_stories.iter().find_map(|story| {
            let unknown = story.depends_on.iter().find(|id| !ids.contains(id.as_str()))?;
            Some(format!("story `{}`: `depends_on` names `{unknown}`, which is no story here", story.id))
        })
    }

    /// Takes away stories whose dependencies are gone, until none is; what stays is in a cycle or
    /// behind one.
    fn cycle(&self) -> Option<String> {
        let mut left: Vec<&Story> = self.user_stories.iter().collect();
        loop {
            let ids: BTreeSet<&str> = left.iter().map(|story| story.id.as_str()).collect();
            let before = left.len();
            left.retain(|story| story.depends_on.iter().any(|id| ids.contains(id.as_str())));
            if left.len() == before {
                let names: Vec<&str> = left.iter().map(|story| story.id.as_str()).collect();
                return (before > 0)
                    .then(|| format!("stories wait for each other: `{}`", names.join("`, `")));
            }
        }
    }
}

/// Whether `id` can name a skill, and so a file.
fn valid_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id='x'\nname='X'\ndescription='d'\nstack=['*']\n";

    fn story(id: &str, rest: &str) -> String {
        format!("[[user_stories]]\nid='{id}'\ntitle='t'\nas_a='a'\ni_want='b'\nso_that='c'\n{rest}\n")
    }

    fn wrong(text: &str) -> String {
        Skill::parse(text, Path::new("x.toml")).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn broken_skills_are_refused() {
        let criteria = "acceptance_criteria=['one']";
        let after = |id: &str| format!("{criteria}\ndepends_on=['{id}']");
        let table = [
            (format!("{HEAD}{}", story("A", criteria)), ""),
            (
                format!("{HEAD}{}", story("A", "")),
                "line 5: `user_stories`: missing field `acceptance_criteria`",
            ),
            (format!("{HEAD}{}", story("A", "acceptance_criteria=[]")), "`acceptance_criteria` is empty"),
            (format!("{HEAD}{}", story("A", &after("B"))), "names `B`, which is no story here"),
            (format!("{HEAD}{}", story("A", &after("A"))), "wait for each other: `A`"),
            (format!("{HEAD}{}{}", story("A", &after("B")), story("B", &after("A"))), "`A`, `B`"),
            (format!("{HEAD}{}{}", story("A", criteria), story("A", criteria)), "two stories are `A`"),
            (HEAD.replace("'x'", "'y'"), "the file is named for `x`"),
            (HEAD.replace("['*']", "5"), "line 4: `stack`: invalid type"),
            (HEAD.replace("['*']", "[]"), "`stack` is empty"),
            (HEAD.replace("name", "nmae"), "line 2: unknown field `nmae`"),
            ("id=".into(), "line 1"),
        ];
        for (text, expected) in table {
            let said = wrong(&text);
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{text}\n{said}");
        }
    }
}
