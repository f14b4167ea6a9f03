//! What is wrong with the tasks of a whole queue: each for itself, and all together.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::check::{Complaint, SHORT, tasks};
use super::memory::Memory;
use super::place::Place;
use super::queue::{Queue, Turn};
use super::results::file_name;
use super::settings::Settings;
use super::stuck::Stuck;
use super::within::Within;
use crate::domain::agents::one_line;
use crate::fault::Fault;

/// Tasks of a circle that are named.
const NAMED: usize = 8;

/// What is wrong with the tasks of a queue that are not over, each for itself and all together. Errors: one that cannot be
/// read.
pub fn queue(queue: &Queue, settings: &Settings) -> Result<Vec<Complaint>> {
    let mut broken = None;
    let open = queue.state().rows().filter(|row| !row.status.is_final());
    // One after the other: all at once would take more room than the queue itself.
    let read = open.map_while(|row| match queue.task(&row.id) {
        Ok(task) => Some(task),
        Err(error) => {
            broken = Some(error);
            None
        }
    });
    let mut complaints = tasks(read, queue.place(), settings);
    if let Some(error) = broken {
        return Err(error);
    }
    let given = |id: &str| queue.task(id).ok().and_then(|task| task.result_path);
    let clashes = clashes(queue.memory(), queue.place(), &given);
    complaints.extend(clashes.into_iter().map(|clash| Complaint {
        field: "result_path",
        message: format!("is that of task `{}` too", one_line(&clash.other, SHORT)),
        task: clash.task,
    }));
    let mut told = HashSet::new();
    for (row, stuck) in queue.state().stuck() {
        // Circles of tasks that all lack `dispatch` do no harm: they are told as stuck.
        if let Stuck::Cycle(circle) = stuck
            && row.macp
            && !circle.iter().any(|id| told.contains(id))
        {
            let message = waits(&circle);
            told.extend(circle);
            complaints.push(Complaint { task: row.id.clone(), field: "depends_on", message });
        }
    }
    Ok(complaints)
}

/// What is said of the first of these, which waits for the second, and so on, round to itself.
pub(super) fn waits(circle: &[String]) -> String {
    let names: Vec<String> = circle.iter().skip(1).map(|id| format!("`{}`", one_line(id, SHORT))).collect();
    match names.as_slice() {
        [] => "waits for itself".into(),
        names if names.len() > NAMED => {
            let more = names.len() - NAMED;
            format!("waits for itself, by way of {} and {more} more", names[..NAMED].join(", "))
        }
        names => format!("waits for itself, by way of {}", names.join(", ")),
    }
}

/// Refuses tasks that were added in this turn, or given these fields, where a result would lie where another's does.
pub(super) fn results(turn: &Turn<'_>, tasks: &HashMap<String, Option<String>>) -> Result<()> {
    let given = |id: &str| match tasks.get(id) {
        Some(path) => path.clone(),
        None => turn.memory.task(id).ok().and_then(|task| task.result_path),
    };
    let ours = |clash: &Clash| tasks.contains_key(&clash.task) || tasks.contains_key(&clash.other);
    let Some(Clash { task, other }) = clashes(turn.memory, turn.place(), &given).into_iter().find(ours)
    else {
        return Ok(());
    };
    let (task, other) = (one_line(&task, SHORT), one_line(&other, SHORT));
    let message = format!("task `{task}`: `result_path` is that of task `{other}` too");
    Err(Fault::usage(message, "give each task a result of its own: `results/ID.json` where nothing is said"))
}

/// A task that names a result which is another's.
struct Clash {
    task: String,
    other: String,
}

/// All of them; of two tasks that are over nothing is said. `given` is the `result_path` of a task.
fn clashes(memory: &Memory, place: &Place, given: &dyn Fn(&str) -> Option<String>) -> Vec<Clash> {
    let state = &memory.state;
    let named: Vec<_> = state.rows().zip(&memory.spans).filter(|(_, span)| span.result_path).collect();
    if named.is_empty() {
        return Vec::new();
    }
    let mut within = Within::new(place.dir());
    let usual = within.relative("results/x").ok().and_then(|path| path.parent().map(Path::to_owned));
    // Results of ids that are no names of files are called otherwise.
    let odd = state.rows().filter(|row| file_name(&row.id) != row.id);
    let odd: HashMap<String, _> = odd.map(|row| (file_name(&row.id), row)).collect();
    let (mut found, mut seen) = (Vec::new(), HashMap::<PathBuf, &str>::new());
    for (row, _) in named {
        let Some(path) = given(&row.id).and_then(|path| within.relative(&path).ok()) else { continue };
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json"));
        let name = name.filter(|_| path.parent() == usual.as_deref());
        let plain = |name: &str| state.row(name).filter(|_| file_name(name) == name);
        let other = name.and_then(|name| plain(name).or_else(|| odd.get(name).copied()));
        let other = other.filter(|other| other.id != row.id);
        let other = other.or_else(|| state.row(seen.get(&path)?));
        if let Some(other) = other.filter(|other| !(row.status.is_final() && other.status.is_final())) {
            found.push(Clash { task: row.id.clone(), other: other.id.clone() });
        }
        seen.entry(path).or_insert(&row.id);
    }
    found
}
