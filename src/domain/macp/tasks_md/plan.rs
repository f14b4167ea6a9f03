//! What has to be done for table and queue to agree, and doing it in the queue.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Change;
use super::base::Base;
use super::differ;
use super::fields;
use super::table::{Document, Row};
use super::words::{self, Act, Case, Said};
use crate::domain::macp::event::Event;
use crate::domain::macp::people::{self, Wish};
use crate::domain::macp::queue::Turn;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::state::{Row as TaskRow, State};
use crate::domain::macp::submit;
use crate::domain::macp::task::{Status, Task};
use crate::fault::Fault;

/// One thing to be done.
#[derive(Debug)]
pub struct Step {
    /// Which row of the document.
    pub row: usize,
    /// Its line.
    pub line: usize,
    /// The task.
    pub id: String,
    /// What.
    pub what: What,
}

/// What is to be done.
#[derive(Debug)]
pub enum What {
    /// The queue gets a task.
    New(Map<String, Value>),
    /// The queue's task gets other fields; what they were.
    Fields(Map<String, Value>, Map<String, Value>),
    /// The queue's task gets the table's status.
    Status { from: &'static str, to: Said, word: String },
    /// The cell gets the queue's word.
    Cell { column: String, from: String, to: String },
    /// The same, though somebody has written there.
    Conflict { column: String, from: String, to: String, why: &'static str },
    /// Nothing: they differ.
    Left { column: String, queue: String, cell: String, why: &'static str },
}

/// Why a row makes no task.
const NO_ID: &str = "an id is 1 to 128 of `A-Z a-z 0-9 . _ -` and begins with a letter or digit";

/// The queue to look at: every row, and a task by its id.
pub type Look<'a> = (&'a State, &'a dyn Fn(&str) -> Result<Task>);

/// All that has to be done. Errors: what is wrong with a row, by file and line.
pub fn steps(
    document: &Document,
    (state, task): Look<'_>,
    settings: &Settings,
    base: &Base,
    file: &Path,
) -> Result<Vec<Step>> {
    let wrong = |row: &Row, what: &str| {
        let message = format!("`{}` line {}: {what}", file.display(), row.line);
        Fault::invalid(message, "mend the table; nothing was changed")
    };
    let mut lines: HashMap<&str, usize> = HashMap::new();
    let mut steps = Vec::new();
    for (at, row) in document.rows().iter().enumerate() {
        let id = row.value("id").unwrap_or_default();
        if id.is_empty() {
            return Err(wrong(row, "the task has no id"));
        }
        if let Some(line) = lines.insert(id, row.line) {
            return Err(wrong(row, &format!("the task `{id}` is in line {line} already")));
        }
        let mut step = |what| steps.push(Step { row: at, line: row.line, id: id.to_owned(), what });
        let Some(there) = state.row(id) else {
            if !submit::is_id(id) {
                let (column, cell) = ("id".into(), id.to_owned());
                step(What::Left { column, queue: "missing".into(), cell, why: NO_ID });
                continue;
            }
            step(new(row, settings).map_err(|what| wrong(row, &what))?);
            continue;
        };
        let task = task(id)?;
        let found = differ::steps(row, &task, settings, base.seen(id), there.status.is_active());
        found.map_err(|what| wrong(row, &what))?.into_iter().for_each(&mut step);
        if let Some(what) = status(row, there, task.is_blocked(), base) {
            step(what);
        }
    }
    depend(document, &mut steps);
    Ok(steps)
}

/// How the status of a row and of its task come together.
fn status(row: &Row, there: &TaskRow, blocked: bool, base: &Base) -> Option<What> {
    let cell = row.value("status").unwrap_or_default();
    let seen = base
        .seen(&there.id)
        .and_then(|seen| Some((seen.cells.get("status")?.as_str(), seen.status.as_str())));
    let case = Case { cell, status: there.status, blocked, worked: there.attempts > 0, base: seen };
    let (queue, from, column) = (words::write(there.status, blocked), cell.to_owned(), "status".to_owned());
    match case.decide() {
        Act::Nothing => None,
        Act::Cell => Some(What::Cell { column, from, to: queue.into() }),
        Act::Conflict(why) => Some(What::Conflict { column, from, to: queue.into(), why }),
        Act::Left(why) => Some(What::Left { column, queue: queue.into(), cell: from, why }),
        Act::Queue(to) => Some(What::Status { from: queue, to, word: from }),
    }
}

/// A task that is not there yet, with the status of its row.
fn new(row: &Row, settings: &Settings) -> Result<What, String> {
    let cell = row.value("status").unwrap_or_default();
    let mut task = fields::task(row, settings)?;
    let mut put = |name: &str, value: Value| task.insert(name.to_owned(), value);
    match words::read(cell) {
        Said::Unknown => {
            let why = "its status is none that is known, so it is no task yet";
            let column = "status".into();
            return Ok(What::Left { column, queue: "missing".into(), cell: cell.to_owned(), why });
        }
        Said::Completed => drop(put("status", json!("completed"))),
        Said::Failed => drop(put("status", json!("failed"))),
        Said::Cancelled => {
            put("status", json!("failed"));
            put("cancelled", json!(true));
        }
        Said::Blocked => {
            let metadata = task.entry("metadata").or_insert_with(|| json!({}));
            metadata["blocked"] = json!(true);
        }
        Said::Empty | Said::Pending | Said::Progress => {}
    }
    Ok(What::New(task))
}

/// Has new tasks wait for those rows that say in `blocks` that they come before.
fn depend(document: &Document, steps: &mut [Step]) {
    let mut before: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in document.rows() {
        for later in fields::list(row.value("blocks").unwrap_or_default()) {
            before.entry(later).or_default().push(row.value("id").unwrap_or_default().to_owned());
        }
    }
    for step in steps {
        let (What::New(task), Some(first)) = (&mut step.what, before.get(&step.id)) else { continue };
        let list = task.entry("depends_on").or_insert_with(|| json!([]));
        for id in first {
            if let Some(list) = list.as_array_mut().filter(|list| !list.contains(&json!(id))) {
                list.push(json!(id));
            }
        }
    }
}

/// Does in the queue what concerns it.
pub fn perform(turn: &mut Turn<'_>, steps: &[Step], settings: &Settings, file: &str) -> Result<()> {
    for step in steps {
        match &step.what {
            What::New(task) => {
                let mut task = task.clone();
                if task.contains_key("dispatch") {
                    task.insert("created_at".into(), json!(turn.now()));
                }
                turn.submit(task)?;
            }
            What::Fields(fields, _) => turn.edit(&step.id, fields.clone())?,
            What::Status { to, .. } => put_status(turn, &step.id, to, (settings, file))?,
            What::Cell { .. } | What::Conflict { .. } | What::Left { .. } => {}
        }
    }
    Ok(())
}

/// Gives a task the status that its row says.
fn put_status(turn: &mut Turn<'_>, id: &str, to: &Said, (settings, file): (&Settings, &str)) -> Result<()> {
    let row = people::row_of(turn, id)?;
    let task = turn.task(id)?;
    let now = turn.now();
    let wish = Wish { who: file.to_owned(), reason: None };
    let blocked = *to == Said::Blocked;
    if matches!(to, Said::Blocked | Said::Pending) {
        if blocked != task.is_blocked() {
            turn.edit(id, people::metadata(&task, "blocked", |value| *value = json!(blocked))?)?;
        }
        if row.status != Status::Pending {
            people::hand_back(turn, id, "Set back", &wish)?;
        }
        return Ok(());
    }
    let status = if *to == Said::Completed { Status::Completed } else { Status::Failed };
    let said = format!("{} in `{file}`", if status == Status::Completed { "Done" } else { "Given up" });
    let result = TaskResult {
        error: (status == Status::Failed).then(|| said.clone()),
        summary: said.clone(),
        ..people::outcome(&task, &row, settings, status, now)
    };
    turn.record(Event::ended(id, &result, *to == Said::Cancelled, now).saying(said));
    Ok(())
}

impl Step {
    /// What is told of it.
    pub fn changes(&self) -> Vec<Change> {
        let one = |side, what: &str, (from, to): (Option<String>, Option<String>), why| Change {
            line: Some(self.line),
            id: self.id.clone(),
            side,
            what: what.to_owned(),
            from,
            to,
            why,
        };
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        match &self.what {
            What::New(task) => {
                let status = task.get("status").and_then(text);
                vec![one(Some("queue"), "new", (None, status), None)]
            }
            What::Fields(fields, were) => fields
                .iter()
                .map(|(name, to)| one(Some("queue"), name, (were.get(name).and_then(text), text(to)), None))
                .collect(),
            What::Status { from, word, .. } => {
                vec![one(Some("queue"), "status", (Some((*from).to_owned()), Some(word.clone())), None)]
            }
            What::Cell { column, from, to } => {
                vec![one(Some("table"), column, (Some(from.clone()), Some(to.clone())), None)]
            }
            What::Conflict { column, from, to, why } => {
                vec![one(Some("table"), column, (Some(from.clone()), Some(to.clone())), Some(*why))]
            }
            What::Left { column, queue, cell, why } => {
                vec![one(None, column, (Some(cell.clone()), Some(queue.clone())), Some(*why))]
            }
        }
    }
}
