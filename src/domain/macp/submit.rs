//! Puts tasks into the queue: from flags, from a list, all or none, without reading what is queued already where that can be.

use std::collections::HashSet;

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ids::{Ids, awaited};
use super::inbox;
pub use super::new::{New, answer, through_shell};
use super::overview::reason;
use super::place::Place;
use super::queue::{PATIENCE, Queue, SMALL};
use super::settings::Settings;
use super::sketch::Sketch;
use super::state::State;
use super::strict;
use super::stuck::Stuck;
use super::task::{Dispatch, TYPES, Task};
use super::{check, checkpoint};
use crate::domain::agents::one_line;
use crate::fault::Fault;
use crate::system::lock::Lock;
use crate::system::store::{self, Journal, Mark, SHARED};
use crate::system::{clock, document};

/// The longest time of an attempt: ten years.
const LONGEST: u64 = 10 * 365 * 24 * 3600;
/// How often another id is tried where a made one is taken.
const TRIES: usize = 8;

/// Puts tasks in, all or none, and gives their ids. What a task does not say is filled in: id, status, dispatch, priority of
/// its type, time. The other list is what whoever looks on should know. Errors: [`Fault::Usage`] for one that makes no sense, [`Fault::Refused`] for an id that is taken.
pub fn submit(
    place: &Place,
    settings: &Settings,
    tasks: &[Map<String, Value>],
) -> Result<(Vec<String>, Vec<String>)> {
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
            done => return done.map(|notices| (ids, notices)),
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
        untried(given)?;
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

/// Whether it says of itself what only the queue can say.
fn untried(given: &Map<String, Value>) -> Result<()> {
    let wrong = |message: String| {
        let id = one_line(text(given, "id"), 60);
        Err(Fault::usage(
            format!("task `{id}`: {message}"),
            "what is submitted is pending, and was never tried",
        ))
    };
    if let Some(status) = given.get("status").filter(|status| *status != "pending") {
        return wrong(format!("`status` is {}", one_line(&status.to_string(), 60)));
    }
    match ["attempts", "hold", "not_before", "cancelled"].iter().find(|name| given.contains_key(**name)) {
        Some(name) => wrong(format!("`{name}` is for the queue to say")),
        None => Ok(()),
    }
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
    let wrong =
        |message: String, hint: &str| Fault::usage(format!("task `{}`: {message}", one_line(id, 60)), hint);
    let read: Task = serde_json::from_value(Value::Object(task.clone()))
        .map_err(|error| wrong(error.to_string(), "see `taskrun macp submit --help`"))?;
    if !is_id(&read.id) {
        return Err(wrong(
            "this is no id".into(),
            "1 to 128 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit",
        ));
    }
    if read.depends_on.iter().any(|on| on.trim().is_empty()) {
        return Err(wrong("`depends_on` names nothing".into(), "name tasks by their ids"));
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

fn put(place: Place, tasks: Vec<Map<String, Value>>) -> Result<Vec<String>> {
    no_circle_among(&tasks)?;
    if quickly(&place, &tasks)? {
        return Ok(Vec::new());
    }
    let path = |task: &Map<String, Value>| task.get("result_path").and_then(Value::as_str).map(str::to_owned);
    let paths = tasks.iter().map(|task| (text(task, "id").to_owned(), path(task))).collect();
    let new: HashSet<String> = awaiting(&tasks).map(|task| text(task, "id").to_owned()).collect();
    let mut queue = Queue::open(place)?;
    queue.change(|turn| {
        tasks.into_iter().try_for_each(|task| turn.submit(task))?;
        check::results(turn, &paths)?;
        if new.is_empty() { Ok(()) } else { no_circle(turn.state(), &new) }
    })?;
    Ok(queue.notices())
}

/// Those that depend on others.
fn awaiting(tasks: &[Map<String, Value>]) -> impl Iterator<Item = &Map<String, Value>> {
    let some = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
    tasks.iter().filter(move |task| task.get("depends_on").is_some_and(some))
}

/// Errors ([`Fault::Refused`]): one of the tasks `new` waits for itself.
fn no_circle(state: &State, new: &HashSet<String>) -> Result<()> {
    for (_, why) in state.stuck() {
        if let Stuck::Cycle(ids) = &why
            && let Some(id) = ids.iter().find(|id| new.contains(*id))
        {
            let message = format!("task `{id}` {}", one_line(&reason(&why), 400));
            return Err(Fault::refused(message, "leave one of these out of its `depends_on`"));
        }
    }
    Ok(())
}

/// [`no_circle`] among the tasks themselves.
fn no_circle_among(tasks: &[Map<String, Value>]) -> Result<()> {
    let new: HashSet<String> = awaiting(tasks).map(|task| text(task, "id").to_owned()).collect();
    if new.len() < 2 {
        return Ok(());
    }
    let mut state = State::default();
    for task in tasks {
        let text = inbox::text(task)?;
        // One that cannot be read is refused where it is put in.
        if let Ok(sketch) = Sketch::read(&text) {
            state.insert(sketch.row(), Vec::new());
        }
    }
    no_circle(&state, &new)
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
    let mut names: Vec<String> = tasks.iter().map(|task| text(task, "id").to_owned()).collect();
    let count = names.len();
    names.extend(awaiting(tasks).map(|task| awaited(text(task, "id"))));
    let asked: Vec<&str> = names.iter().map(String::as_str).collect();
    // Where one may be taken, or waited for while it waits itself, only the tasks themselves can tell.
    if ids.may_have(&asked, (known.head.inbox_at, size))? != Some(false) {
        return Ok(false);
    }
    let texts = tasks.iter().map(inbox::text).collect::<serde_json::Result<Vec<_>>>()?;
    let (line, _) = inbox::line(&texts, &[], &[])?;
    inbox.skip_to(size);
    names.truncate(count);
    let on = awaiting(tasks).flat_map(|task| task["depends_on"].as_array().into_iter().flatten());
    names.extend(on.filter_map(Value::as_str).map(awaited));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    strict::check(text).map_err(|(line, told)| wrong(line, told))?;
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
