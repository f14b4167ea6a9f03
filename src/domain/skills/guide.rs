//! A skill as whoever works its tasks goes by it: prompts and quality gates, read once before anything is worked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::Skill;
use super::apply;
use super::catalog::Found;
use super::values::Values;
use crate::domain::attempt::prompt::{self, Facts, Mistake, Template, environment, prepared, render};
use crate::domain::beads::Issue;
use crate::domain::stack;
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store;

/// The task of a skill that says nothing about it.
const PLAIN: &str = "Build this: {{ task.title }}";
/// Facts of a task that the built-in template tells where a skill's prompts do not.
const FACTS: [&str; 4] = ["description", "design", "acceptance_criteria", "notes"];

/// A skill that a run goes by.
#[derive(Debug, Clone)]
pub struct Guide {
    /// It.
    pub skill: Skill,
    path: Option<PathBuf>,
    /// The gates for the project's stack.
    gates: Vec<String>,
    /// Values that go before those a task was made with.
    given: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct All<'a> {
    #[serde(flatten)]
    facts: Facts,
    #[serde(flatten)]
    values: &'a BTreeMap<String, String>,
}

impl Guide {
    /// For a project that may be built on these stacks, most specific first.
    pub fn new(found: Found, candidates: &[&str], given: BTreeMap<String, String>) -> Self {
        let Found { skill, path, .. } = found;
        let gates = stack::gates_for(&skill.quality_gates, candidates);
        Self { skill, path, gates, given }
    }

    /// Its prompts alone.
    #[must_use]
    pub fn without_gates(self) -> Self {
        Self { gates: Vec::new(), ..self }
    }

    /// With gates that are run in `dir` rather than where the others are.
    #[must_use]
    pub fn within(mut self, dir: &Path) -> Self {
        let dir = shell_words::quote(&dir.to_string_lossy()).into_owned();
        self.gates.iter_mut().for_each(|gate| *gate = format!("cd {dir} || exit; {gate}"));
        self
    }

    /// Whether it is for this task: one that was made of another skill is worked without it.
    pub fn is_for(&self, issue: &Issue) -> bool {
        apply::skill_of(issue).is_none_or(|skill| skill == self.skill.id)
    }

    fn values(&self, issue: &Issue) -> Result<Values> {
        let made = apply::made_with(issue).filter(|made| made.id == self.skill.id);
        Values::of(&self.skill, &self.given, &made.map(|made| made.set).unwrap_or_default())
    }

    /// The gates for the project's stack.
    pub fn gates(&self) -> &[String] {
        &self.gates
    }

    /// What its prompts say about a task. Errors name file and line.
    pub fn told(&self, facts: &Facts, issue: &Issue) -> Result<prompt::Guide> {
        let values = self.values(issue)?;
        let own = &self.skill.prompts;
        let task = if own.task_template.trim().is_empty() { PLAIN } else { &own.task_template };
        let say = |field: &str, source: &str| {
            let template = Template { name: field, source };
            let all = All { facts: prepared(facts), values: values.map() };
            let said = render(&template, all).map_err(|mistake| self.wrong(field, source, &mistake))?;
            Ok::<_, anyhow::Error>(said.trim().to_owned())
        };
        Ok(prompt::Guide {
            system: say("system", &own.system)?,
            task: say("task_template", task)?,
            done: say("acceptance_criteria", &own.acceptance_criteria)?,
            tells: tells(&[&own.system, task, &own.acceptance_criteria]),
        })
    }

    /// The error for a prompt: with its file, and the line there where it can be found again.
    fn wrong(&self, field: &str, source: &str, mistake: &Mistake) -> anyhow::Error {
        let line = mistake.line.and_then(|line| source.lines().nth(line.saturating_sub(1)));
        let there = self.path.as_ref().and_then(|path| {
            let text = store::read_text(path).ok()??;
            let line = line.filter(|line| !line.trim().is_empty())?;
            Some(text[..text.find(line.trim())?].split('\n').count())
        });
        let place = match (&self.path, there, mistake.line) {
            (Some(path), Some(line), _) => format!("`{}` line {line}: `prompts.{field}`", shown(path)),
            (Some(path), None, Some(line)) => format!("`{}`: `prompts.{field}` line {line}", shown(path)),
            (_, _, Some(line)) => format!("skill `{}`: `prompts.{field}` line {line}", self.skill.id),
            _ => format!("skill `{}`: `prompts.{field}`", self.skill.id),
        };
        Fault::invalid(
            format!("failed to render {place}: {}", mistake.said),
            "a prompt can name task, epic, attempt, max_attempts, previous, gates, extra, dir and the skill's variables",
        )
    }
}

/// Which facts these templates tell.
fn tells(sources: &[&str]) -> Vec<String> {
    let mut named = Vec::new();
    for source in sources {
        let template = Template { name: "prompt", source };
        if let Ok(environment) = environment(&template)
            && let Ok(parsed) = environment.get_template(template.name)
        {
            named.extend(parsed.undeclared_variables(true));
        }
    }
    let has = |name: &str| named.iter().any(|own| own == name || own.starts_with(&format!("{name}.")));
    let whole = named.iter().any(|own| own == "task");
    let facts = FACTS.into_iter().filter(|fact| whole || has(&format!("task.{fact}")));
    facts.chain(has("epic").then_some("epic")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_skill_tells_is_not_told_twice() {
        let table: [(&[&str], &[&str]); 4] = [
            (&["plain", "{{ task.title }}"], &[]),
            (
                &["", "{{ task.description }} {% if epic %}{{ epic.title }}{% endif %}"],
                &["description", "epic"],
            ),
            (&["{{ task.acceptance_criteria }}", "{{ task.id }}"], &["acceptance_criteria"]),
            (&["{{ task }}"], &["description", "design", "acceptance_criteria", "notes"]),
        ];
        for (sources, expected) in table {
            assert_eq!(tells(sources), expected, "{sources:?}");
        }
    }
}
