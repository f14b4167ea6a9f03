//! Puts tasks into the queue: from flags, from a list, all or none, without reading what is queued already where that can be.

use std::collections::HashSet;

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ids::Ids;
use super::inbox;
pub use super::new::{New, answer, through_shell};
use super::place::Place;
use super::queue::{PATIENCE, Queue, SMALL};
use super::settings::Settings;
use super::task::{Dispatch, TYPES, Task};
use super::{check, checkpoint};
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::store::{self, Journal, Mark, SHARED};
use crate::system::{clock, document};

/// The longest time of an attempt: ten years.
const LONGEST: u64 = 10 * 365 * 24 * 3600;
/// How often another id is tried where a made one is taken.
const TRIES: usize = 8;

/// Puts tasks in, all or none, and gives their ids. What a task does not say is filled in: id, status, dispatch, priority of
/// its type, time. Errors: [`Fault::Usage`] for one that makes no sense, [`Fault::Refused`] for an id that is taken.
pub fn submit(place: &Place, settings: &Settings, tasks: &[Map<String, Value>]) -> Result<Vec<String>> {
    for _ in 0..TRIES {
        let filled = fill(place, settings, tasks)?;
        let ids: Vec<String> = filled.iter().map(|task| text(task, "id").to_owned()).collect();
        match put(place.clone(), filled) {
            Err(error) if is_taken(&error) && tasks.iter().any(|task| !task.contains_key("id")) => {
                // One that was given is refused for good.
                let given =
                    tasks.iter().any(|task| error.to_string().contains(&format!("`{}`", text(task, "id"))));
                if given {
                    return Err(error);
                }
            }
            done => return done.map(|()| ids),
        }
    }
    Err(Fault::busy("no free id was found", "try again"))
}

fn is_taken(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(Fault::Refused { .. }))
}

fn text<'t>(task: &'t Map<String, Value>, name: &str) -> &'t str {
    task.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The tasks with all that belongs to them, checked.
fn fill(place: &Place, settings: &Settings, tasks: &[Map<String, Value>]) -> Result<Vec<Map<String, Value>>> {
    let mut ids = HashSet::new();
    let now = clock::now().to_string();
    let mut filled = Vec::with_capacity(tasks.len());
    for given in tasks {
        let id = given.get("id").cloned();
        let id = id.unwrap_or_else(|| format!("t-{}", clock::base36(clock::random(), 7)).into());
        let made =
            (!given.contains_key("id")).then(|| format!("task `{}`: ", id.as_str().unwrap_or_default()));
        let number = (tasks.len() > 1).then_some(filled.len() + 1);
        let task =
            complete(given, id, &now, (place, settings)).map_err(|error| unnamed(error, made, number))?;
        if !ids.insert(text(&task, "id").to_owned()) {
            return Err(Fault::usage(
                format!("there are two tasks `{}`", text(&task, "id")),
                "give each an id of its own",
            ));
        }
        filled.push(task);
    }
    Ok(filled)
}

/// The same error of a task that has no id, without the one that was made for it.
fn unnamed(error: anyhow::Error, made: Option<String>, number: Option<usize>) -> anyhow::Error {
    let (Some(made), Some(Fault::Usage { message, hint })) = (made, error.downcast_ref::<Fault>()) else {
        return error;
    };
    let name = number.map_or(String::new(), |number| format!("task {number} of the list: "));
    Fault::usage(message.replacen(&made, &name, 1), hint.clone())
}

/// A task with `dispatch` with all that belongs to it, checked.
pub fn complete(
    given: &Map<String, Value>,
    id: Value,
    now: &str,
    (place, settings): (&Place, &Settings),
) -> Result<Map<String, Value>> {
    let mut task = Map::new();
    task.insert("id".into(), id);
    for name in ["title", "status"] {
        task.extend(given.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    task.entry("status").or_insert_with(|| "pending".into());
    let others = given.iter().filter(|(name, _)| *name != "id");
    task.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    task.entry("dispatch").or_insert_with(|| settings.default_dispatch.word().into());
    if let Some(Dispatch::Plugin(name)) =
        task.get("dispatch").and_then(|word| Dispatch::deserialize(word).ok())
    {
        task.insert("plugin".into(), name.into());
        task.insert("dispatch".into(), Dispatch::Exec.word().into());
    }
    if let Some(priority) = settings.config.macp.priorities.get(text(&task, "type")) {
        task.entry("priority").or_insert_with(|| (*priority).into());
    }
    task.entry("created_at").or_insert_with(|| now.into());
    check::new(&verify(&task)?, place, settings)?;
    Ok(task)
}

/// Whether it is a task that can be queued.
fn verify(task: &Map<String, Value>) -> Result<Task> {
    let id = text(task, "id");
    let wrong = |message: String, hint: &str| Fault::usage(format!("task `{id}`: {message}"), hint);
    let read: Task = serde_json::from_value(Value::Object(task.clone()))
        .map_err(|error| wrong(error.to_string(), "see `taskrun macp submit --help`"))?;
    if !is_id(&read.id) {
        return Err(wrong(
            "this is no id".into(),
            "1 to 128 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit",
        ));
    }
    if read.title.trim().is_empty() {
        return Err(wrong("`title` is empty".into(), "say what it is about"));
    }
    if let Some(kind) = read.kind.as_deref().filter(|kind| !TYPES.contains(kind)) {
        return Err(wrong(format!("`type` is `{kind}`"), &format!("one of {}", TYPES.join(", "))));
    }
    if read.timeout_seconds.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds)) {
        return Err(wrong("`timeout_seconds` is none".into(), "1 second to ten years"));
    }
    if read.max_attempts == Some(0) {
        return Err(wrong("`max_attempts` is 0".into(), "give it at least 1"));
    }
    if read.way().as_ref().is_some_and(|dispatch| matches!(dispatch, Dispatch::Plugin(name) if !is_id(name)))
    {
        return Err(wrong(
            "`dispatch` is no name".into(),
            "`exec`, `yolo`, `acp`, or the NAME of a `taskrun-exec-NAME`",
        ));
    }
    Ok(read)
}

/// Whether an id is one that tasks with `dispatch` may have.
pub fn is_id(id: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    id.len() <= 128
        && id.bytes().all(fine)
        && id.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn put(place: Place, tasks: Vec<Map<String, Value>>) -> Result<()> {
    if quickly(&place, &tasks)? {
        return Ok(());
    }
    let path = |task: &Map<String, Value>| task.get("result_path").and_then(Value::as_str).map(str::to_owned);
    let paths = tasks.iter().map(|task| (text(task, "id").to_owned(), path(task))).collect();
    Queue::open(place)?.change(|turn| {
        tasks.into_iter().try_for_each(|task| turn.submit(task))?;
        check::results(turn, &paths)
    })
}

/// Appends to the inbox without reading the queue; `false` where it has to be read, or written, anyway.
fn quickly(place: &Place, tasks: &[Map<String, Value>]) -> Result<bool> {
    let mark = Mark::at(&place.tasks());
    // Whether a result is another's, only all tasks can tell.
    if tasks.iter().any(|task| task.contains_key("result_path")) {
        return Ok(false);
    }
    if !place.checkpoint().exists() || mark.is_none_or(|mark| mark.size() <= SMALL) {
        return Ok(false);
    }
    let lock = Lock::take(&place.queue_lock(), PATIENCE)?;
    let Some(known) = checkpoint::Side::open(&place.checkpoint())? else { return Ok(false) };
    let mut inbox = Journal::new(place.inbox(known.head.inbox), SHARED, known.head.inbox_at);
    let size = inbox.size();
    let long = size > mark.map_or(0, |mark| mark.size()) && !Lock::is_held(&place.drain_lock());
    if known.head.tasks != mark || Mark::at(&place.tasks()) != mark || long {
        return Ok(false);
    }
    let ids = Ids::new(place.ids(known.head.inbox));
    let names: Vec<&str> = tasks.iter().map(|task| text(task, "id")).collect();
    // Where one may be taken, only the tasks themselves can tell.
    if ids.may_have(&names, (known.head.inbox_at, size))? != Some(false) {
        return Ok(false);
    }
    let texts = tasks.iter().map(inbox::text).collect::<serde_json::Result<Vec<_>>>()?;
    let (line, _) = inbox::line(&texts, &[], &[])?;
    inbox.skip_to(size);
    ids.add(&names, size..size + line.len() as u64)?;
    inbox.append(&line)?;
    drop(lock);
    inbox.sync()?;
    Ok(true)
}

/// The tasks in a text: a list, an object with `tasks`, or a line each.
pub fn read(text: &str, name: &str) -> Result<Vec<Map<String, Value>>> {
    let wrong = |line: usize, told: String| {
        Fault::usage(
            format!("{name} line {line}: {told}"),
            "a JSON list of tasks, an object with `tasks`, or one task a line",
        )
    };
    let mut values = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        values.push(value.map_err(|error| {
            let told = error.to_string();
            wrong(
                error.line(),
                told.rsplit_once(" at line ").map_or(told.clone(), |(told, _)| told.to_owned()),
            )
        })?);
    }
    let whole = match <[Value; 1]>::try_from(values) {
        Ok([Value::Array(list)]) => list,
        Ok([Value::Object(mut object)]) if object.get("tasks").is_some_and(Value::is_array) => {
            match object.remove("tasks") {
                Some(Value::Array(list)) => list,
                _ => Vec::new(),
            }
        }
        Ok([one]) => vec![one],
        Err(lines) => lines,
    };
    let count = whole.len();
    let tasks: Vec<_> = whole
        .into_iter()
        .filter_map(|value| if let Value::Object(task) = value { Some(task) } else { None })
        .collect();
    if tasks.len() < count || tasks.is_empty() {
        return Err(Fault::usage(
            format!("{name} holds something that is no task, or nothing"),
            "a JSON list of tasks, an object with `tasks`, or one task a line",
        ));
    }
    Ok(tasks)
}

/// The tasks in a file, or on standard input for `-`.
pub fn read_from(path: &std::path::Path) -> Result<Vec<Map<String, Value>>> {
    if path.as_os_str() == "-" {
        return read(&store::read_stdin()?, "standard input");
    }
    let name = format!("`{}`", document::shown(path));
    let text = store::read_text(path)?
        .ok_or_else(|| Fault::usage(format!("{name} is not there"), "name a file with tasks, or `-`"))?;
    read(&text, &name)
}
