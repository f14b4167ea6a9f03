//! What an agent answered, read and checked: a plan, or all that is wrong with it.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::attempt::prompt::one_line;
use crate::domain::beads::batch::{self, Draft};
use crate::domain::beads::exchange::same_title;
use crate::domain::beads::is_blank;

/// Most tasks of one plan.
pub const MOST: usize = 200;
/// Longest title (bytes); `bd` takes no longer one.
const TITLE: usize = 500;
/// Longest text of one field (bytes).
const TEXT: usize = 32 << 10;
/// Most reasons that are told.
const REASONS: usize = 20;
/// Most places at which an object is looked for.
const TRIES: usize = 20_000;
/// Types that a task may have.
const KINDS: [&str; 5] = ["task", "bug", "feature", "chore", "story"];

/// An epic and what it takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The epic.
    pub epic: Epic,
    /// Its tasks, in the order they came.
    pub tasks: Vec<Task>,
}

/// What is to be reached as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epic {
    /// One line.
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// When it is reached.
    #[serde(default, alias = "acceptance_criteria", alias = "acceptanceCriteria")]
    pub acceptance: Vec<String>,
}

/// One piece of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What the others call it.
    #[serde(alias = "id")]
    pub key: String,
    /// One line.
    pub title: String,
    /// `task`, `bug`, `feature`, `chore` or `story`.
    #[serde(rename = "type", alias = "issue_type", default = "task")]
    pub kind: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// When it is done.
    #[serde(alias = "acceptance_criteria", alias = "acceptanceCriteria")]
    pub acceptance: Vec<String>,
    /// 0 is the most urgent, 4 the least.
    pub priority: i64,
    /// The tasks that must be done first, by their keys.
    #[serde(default, alias = "dependsOn", alias = "dependencies", alias = "blocked_by")]
    pub depends_on: Vec<String>,
    /// Words to find it by.
    #[serde(default)]
    pub labels: Vec<String>,
}

fn task() -> String {
    "task".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer<'a> {
    #[serde(default)]
    epic: Option<Epic>,
    #[serde(borrow)]
    tasks: Vec<&'a RawValue>,
}

/// Reads the plan in an agent's final message. `epic` is the title of the epic that is there already, `taken` are
/// the titles of its tasks. The error is all that is wrong, for the agent to read.
pub fn read(message: &str, epic: Option<&str>, taken: &[String]) -> Result<Plan, Vec<String>> {
    let object = find(message).map_err(|why| vec![why])?;
    let answer: Answer = serde_json::from_str(object).map_err(|error| vec![format!("the plan: {error}")])?;
    let mut wrong = Vec::new();
    let mut tasks = Vec::with_capacity(answer.tasks.len().min(MOST));
    if answer.tasks.is_empty() {
        wrong.push("`tasks` is empty".to_owned());
    }
    if answer.tasks.len() > MOST {
        wrong.push(format!("{} tasks are too many; at most {MOST}", answer.tasks.len()));
    }
    for (at, task) in answer.tasks.iter().take(MOST).enumerate() {
        match serde_json::from_str::<Task>(task.get()) {
            Ok(task) => tasks.push(task),
            Err(error) => wrong.push(format!("task {}: {}", at + 1, without_place(&error))),
        }
    }
    let whole = match (epic, answer.epic) {
        (Some(title), _) => Epic { title: title.to_owned(), ..Epic::default() },
        (None, Some(epic)) => epic,
        (None, None) => {
            wrong.push("`epic` is missing".to_owned());
            Epic::default()
        }
    };
    let mut plan = Plan { epic: whole, tasks };
    plan.tidy();
    if wrong.is_empty() {
        plan.check(epic.is_some(), taken, &mut wrong);
    }
    if wrong.len() > REASONS {
        let more = wrong.len() - REASONS;
        wrong.truncate(REASONS);
        wrong.push(format!("and {more} more like these"));
    }
    if wrong.is_empty() { Ok(plan) } else { Err(wrong) }
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
}

/// The one JSON object of the message that has `tasks`; text around it does not matter.
fn find(message: &str) -> Result<&str, String> {
    let mut found: Option<&str> = None;
    let (mut at, mut tries) = (0, 0);
    while let Some(open) = message[at..].find('{') {
        at += open;
        tries += 1;
        if tries > TRIES {
            return Err("the answer holds too many braces to look through".into());
        }
        let mut objects = serde_json::Deserializer::from_str(&message[at..]).into_iter::<&RawValue>();
        let Some(Ok(object)) = objects.next() else {
            at += 1;
            continue;
        };
        at += object.get().len();
        if has_tasks(object.get()) && found.replace(object.get()).is_some() {
            return Err("the answer holds more than one plan; give exactly one JSON object".into());
        }
    }
    found.ok_or_else(|| {
        "the final message holds no complete JSON object with `tasks`; give the plan there, not by a tool"
            .into()
    })
}

fn has_tasks(object: &str) -> bool {
    serde_json::from_str::<HashMap<String, &RawValue>>(object).is_ok_and(|keys| keys.contains_key("tasks"))
}

impl Plan {
    /// Texts as they will be kept: titles on one line, nothing that steers a terminal.
    fn tidy(&mut self) {
        let lines = |text: &str| {
            let plain: String =
                text.chars().filter(|char| matches!(char, '\n' | '\t') || !char.is_control()).collect();
            plain.trim().to_owned()
        };
        let list = |texts: &mut Vec<String>| {
            for text in texts.iter_mut() {
                *text = lines(text);
            }
            texts.retain(|text| !is_blank(text));
        };
        self.epic.title = one_line(&self.epic.title);
        self.epic.description = lines(&self.epic.description);
        list(&mut self.epic.acceptance);
        for task in &mut self.tasks {
            task.title = one_line(&task.title);
            task.description = lines(&task.description);
            list(&mut task.acceptance);
            for label in &mut task.labels {
                *label = one_line(label);
            }
            task.labels.retain(|label| !is_blank(label));
        }
    }

    fn check(&self, epic_is_there: bool, taken: &[String], wrong: &mut Vec<String>) {
        if !epic_is_there {
            title("the epic", &self.epic.title, wrong);
        }
        let mut keys: HashMap<&str, usize> = HashMap::new();
        let mut titles: HashSet<String> = taken.iter().map(|title| same_title(title)).collect();
        for (at, task) in self.tasks.iter().enumerate() {
            let name = format!("task `{}`", one_line(&task.key).chars().take(40).collect::<String>());
            let plain = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
            if task.key.is_empty() || task.key.len() > 64 || !task.key.chars().all(plain) {
                wrong.push(format!("task {}: `key` must be a short word", at + 1));
            }
            if keys.insert(&task.key, at).is_some() {
                wrong.push(format!("{name}: the key is there twice"));
            }
            title(&name, &task.title, wrong);
            if !titles.insert(same_title(&task.title)) {
                wrong.push(format!("{name}: there is another task `{}`", task.title));
            }
            if task.acceptance.is_empty() {
                wrong.push(format!("{name}: `acceptance` is empty; say how to tell that it is done"));
            }
            if !(0..=4).contains(&task.priority) {
                wrong.push(format!("{name}: `priority` {} is not 0 to 4", task.priority));
            }
            if !KINDS.contains(&task.kind.as_str()) {
                wrong.push(format!("{name}: `type` must be one of {}", KINDS.join(", ")));
            }
            let texts = task.acceptance.iter().chain([&task.description]).chain(&task.labels);
            if texts.into_iter().any(|text| text.len() > TEXT) {
                wrong.push(format!("{name}: a text is longer than {TEXT} bytes"));
            }
        }
        self.check_order(&keys, wrong);
    }

    fn check_order(&self, keys: &HashMap<&str, usize>, wrong: &mut Vec<String>) {
        let mut drafts = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            let mut waits_for = Vec::new();
            for key in &task.depends_on {
                match keys.get(key.as_str()) {
                    Some(&at) => waits_for.push(at),
                    None => wrong.push(format!(
                        "task `{}`: depends on `{}`, which is no key of a task",
                        task.key,
                        one_line(key).chars().take(40).collect::<String>()
                    )),
                }
            }
            drafts.push(Draft { waits_for, ..Draft::default() });
        }
        if let Some(circle) = batch::circle(&drafts) {
            let keys: Vec<&str> = circle.iter().map(|&at| self.tasks[at].key.as_str()).collect();
            wrong.push(format!("the tasks wait for each other: {}", keys.join(" → ")));
        }
    }
}

fn title(name: &str, title: &str, wrong: &mut Vec<String>) {
    if is_blank(title) {
        wrong.push(format!("{name}: `title` is empty"));
    } else if title.len() > TITLE {
        wrong.push(format!("{name}: `title` is longer than {TITLE} bytes"));
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
