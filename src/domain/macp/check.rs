//! What is wrong with tasks before anything is started. Links are looked at; nothing is written.
//!
//! Tasks with `dispatch` must keep to MACP's schema and stay where they may be; of the others only that is asked without
//! which the queue itself could come to harm.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

pub use super::check_queue::queue;
pub(super) use super::check_queue::results;
use super::dispatch::ground;
use super::place::Place;
use super::settings::Settings;
use super::task::{Dispatch, Gate, TYPES, Task};
use super::within::{Out, Within};
use super::{schema, variables, worktree_names};
use crate::domain::agents::one_line;
use crate::domain::launchers::holds_code;
use crate::fault::Fault;
use crate::system::config::programs;
use crate::system::store;

/// Longest id of a task with `dispatch`.
const ID: usize = 128;
/// Longest id of one without, in bytes.
const LEGACY_ID: usize = 1_000;
/// More complaints are counted, not listed.
const LISTED: usize = 20;
/// Characters of an id in a message.
pub(super) const SHORT: usize = 60;
/// The way out where nothing better is known.
const MEND: &str = "mend it in `tasks.json`; `taskrun macp validate` checks the file";
/// MACP's types of gates.
pub const GATES: [&str; 3] = ["mechanical", "ai-review", "ci-pipeline"];
/// What lies in the queue's directory and is no result.
const OURS: [&str; 7] =
    ["tasks.json", "events.ndjson", "config.json", "state", "logs", "triggers.toml", "event_cursor.json"];

/// Something that is wrong with a task.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Complaint {
    /// The task's id, as it is.
    pub task: String,
    /// The field.
    pub field: &'static str,
    /// What is wrong with it, to be put behind the field's name.
    pub message: String,
}

/// What is wrong with these tasks, each for itself.
pub fn tasks<T: Borrow<Task>>(
    tasks: impl IntoIterator<Item = T>,
    place: &Place,
    settings: &Settings,
) -> Vec<Complaint> {
    let mut check = Check::new(place, settings);
    for task in tasks {
        check.one(task.borrow());
    }
    check.complaints
}

/// The same for one that is in the queue: [`Fault::Usage`] naming its first flaw.
pub fn task(task: &Task, place: &Place, settings: &Settings) -> Result<()> {
    flaw(task, place, settings, way_out)
}

/// The same for one that is to be added.
pub fn new(task: &Task, place: &Place, settings: &Settings) -> Result<()> {
    flaw(task, place, settings, |field| match field {
        "depends_on" => "name other tasks, or none",
        "command" | "argv" | "quality_gates" | "on_complete" => {
            "name the command that is to run, or give none"
        }
        "env" => "give NAME=VALUE",
        field => match way_out(field) {
            MEND => "nothing was submitted; see `taskrun macp submit --help`",
            way_out => way_out,
        },
    })
}

fn flaw(
    task: &Task,
    place: &Place,
    settings: &Settings,
    way_out: impl Fn(&str) -> &'static str,
) -> Result<()> {
    let mut check = Check::new(place, settings);
    check.one(task);
    if task.depends_on.contains(&task.id) {
        check.say(task, "depends_on", "names the task itself".into());
    }
    let Some(Complaint { field, message, .. }) = check.complaints.into_iter().next() else { return Ok(()) };
    let id = one_line(&task.id, SHORT);
    Err(Fault::usage(format!("task `{id}`: `{field}` {message}"), way_out(field)))
}

/// Nothing where there are no complaints, else [`Fault::Invalid`] naming all of them with the lines they are in.
pub fn refuse(complaints: &[Complaint], place: &Place) -> Result<()> {
    let Some(first) = complaints.first() else { return Ok(()) };
    let file = place.tasks();
    let text = store::read_text(&file)?.unwrap_or_default();
    let lines = schema::lines::of_tasks(&text);
    let mut listed = Vec::new();
    for complaint in complaints.iter().take(LISTED) {
        let line = lines.get(&complaint.task);
        let line = line.map_or(String::new(), |line| format!("line {line}: "));
        let id = one_line(&complaint.task, SHORT);
        listed.push(format!("{line}task `{id}`: `{}` {}", complaint.field, complaint.message));
    }
    if complaints.len() > LISTED {
        listed.push(format!("and {} more", complaints.len() - LISTED));
    }
    let message = format!("`{}`: nothing was started\n{}", file.display(), listed.join("\n"));
    Err(Fault::invalid(message, way_out(first.field)))
}

fn way_out(field: &str) -> &'static str {
    match field {
        "id" => {
            "an id is 1 to 128 letters, digits, `.`, `_` and `-`, beginning with a letter or digit, and no two are alike"
        }
        "worktree" => "name a path below `worktree_base` of `[macp]`, or \"\" to have one made up",
        "cwd" => "name a directory below the task's own, or allow others by `allowed_dirs` of `[macp]`",
        "result_path" => "name a file relative to the queue's directory, such as `results/NAME.json`",
        "mcp_config" => "name a file relative to the repository, inside it, and work the task by `yolo`",
        "brief_path" | "result_schema" => "name a file relative to the repository, inside it",
        "dispatch" => "use `exec`, `yolo`, `acp`, or NAME of a program `taskrun-exec-NAME` on PATH",
        "env" => variables::WAY_OUT,
        "launcher" => "add `[launchers.NAME]` to `config.toml`, or take the field away",
        _ => MEND,
    }
}

fn place_words(out: Out, dir: &Path) -> String {
    match out {
        Out::Outside => format!("leads out of `{}`", dir.display()),
        other => other.words().to_owned(),
    }
}

/// A path below `home`, or in a directory that is allowed.
pub(super) fn allowed(
    home: &mut Within,
    path: &str,
    place: &Place,
    settings: &Settings,
) -> Result<PathBuf, Out> {
    let first = home.path(path);
    let Err(out @ (Out::Outside | Out::Link)) = first else { return first };
    let real = super::within::real(&home.dir().join(path)).ok_or(out)?;
    let inside = |dir: &String| {
        super::within::real(&ground::expanded(dir, place)).is_some_and(|dir| real.starts_with(dir))
    };
    if settings.config.macp.allowed_dirs.iter().any(inside) { Ok(real) } else { Err(out) }
}

/// One look at many tasks; what was found out about directories and programs is kept.
struct Check<'c> {
    place: &'c Place,
    settings: &'c Settings,
    root: Within,
    queue: Within,
    base: Within,
    plugins: HashMap<String, bool>,
    complaints: Vec<Complaint>,
}

impl<'c> Check<'c> {
    fn new(place: &'c Place, settings: &'c Settings) -> Self {
        Self {
            place,
            settings,
            root: Within::new(place.root()),
            queue: Within::new(place.dir()),
            base: Within::new(&settings.worktree_base),
            plugins: HashMap::new(),
            complaints: Vec::new(),
        }
    }

    fn say(&mut self, task: &Task, field: &'static str, message: String) {
        self.complaints.push(Complaint { task: task.id.clone(), field, message });
    }

    /// Looks at one.
    fn one(&mut self, task: &Task) {
        if task.id.is_empty() {
            self.say(task, "id", "is empty".into());
        }
        if task.dispatch.is_none() {
            self.legacy_id(task);
        }
        if let Some(path) = &task.result_path {
            self.result(task, path);
        }
        if let Some(dispatch) = &task.way() {
            self.id(task);
            // What is over is not started again; its fields may be of another time.
            if !task.status.is_final() {
                self.words(task, dispatch);
                self.paths(task);
                self.commands(task);
            }
        }
    }

    fn result(&mut self, task: &Task, path: &str) {
        let ours = |led: &Path, queue: &Path| {
            let first = led.strip_prefix(queue).ok().and_then(|inner| inner.components().next());
            first.is_some_and(|first| OURS.iter().any(|ours| first.as_os_str() == *ours))
        };
        let message = match self.queue.relative(path) {
            Ok(led) if ours(&led, &super::within::real(self.queue.dir()).unwrap_or_default()) => {
                "is one of the queue's own files".into()
            }
            Ok(led) if path.ends_with('/') || led.is_dir() => "is a directory".into(),
            Ok(_) => return,
            Err(out) => place_words(out, self.queue.dir()),
        };
        self.say(task, "result_path", message);
    }

    fn id(&mut self, task: &Task) {
        let id = task.id.as_str();
        if id.len() > ID {
            self.say(task, "id", format!("has {} characters; the most is {ID}", id.chars().count()));
        } else if !id.is_empty() && !is_plain(id) {
            self.say(
                task,
                "id",
                "may hold letters, digits, `.`, `_` and `-` only, and begins with a letter or digit".into(),
            );
        }
    }

    /// An id of a task without `dispatch` may be what others made of it, but no path, nor what breaks a line.
    fn legacy_id(&mut self, task: &Task) {
        if task.id.len() > LEGACY_ID {
            let message = format!("has {} characters; the most is {LEGACY_ID}", task.id.chars().count());
            self.say(task, "id", message);
        } else if task.id.contains(|char: char| char == '/' || char.is_control()) {
            self.say(task, "id", "may hold neither `/` nor control characters".into());
        }
    }

    fn words(&mut self, task: &Task, dispatch: &Dispatch) {
        if let Some(kind) = task.kind.as_deref().filter(|kind| !TYPES.contains(kind)) {
            self.say(task, "type", format!("is `{}`, none of {}", one_line(kind, SHORT), TYPES.join(", ")));
        }
        if let Dispatch::Plugin(name) = dispatch
            && !self.is_plugin(name)
        {
            let name = one_line(name, SHORT);
            self.say(
                task,
                "dispatch",
                format!("is `{name}`: neither exec, yolo or acp, nor is `taskrun-exec-{name}` on PATH"),
            );
        }
        if task.max_attempts == Some(0) {
            self.say(task, "max_attempts", "is 0; the least is 1".into());
        }
        if task.metadata.as_ref().is_some_and(|metadata| !metadata.is_object()) {
            self.say(task, "metadata", "is not an object".into());
        }
        if let Some(runtime) = task.runtime.as_deref().filter(|runtime| !is_plain(runtime)) {
            self.say(task, "runtime", format!("is `{}`, which is no agent's name", one_line(runtime, SHORT)));
        }
        if let Some(launcher) =
            task.launcher.as_deref().filter(|name| !self.settings.config.launchers.contains_key(*name))
        {
            self.say(
                task,
                "launcher",
                format!("is `{}`, and there is no such launcher", one_line(launcher, SHORT)),
            );
        }
        if let Some(branch) =
            task.branch.as_deref().filter(|name| task.launcher.is_some() && holds_code(name))
        {
            let branch = one_line(branch, SHORT);
            self.say(
                task,
                "branch",
                format!("is `{branch}`, part of which a launcher's shell could take for code"),
            );
        } else if let Some(branch) =
            task.branch.as_deref().filter(|name| !name.is_empty() && !worktree_names::is_branch(name))
        {
            self.say(
                task,
                "branch",
                format!("is `{}`, which git does not take as a branch", one_line(branch, SHORT)),
            );
        }
    }

    fn is_plugin(&mut self, name: &str) -> bool {
        if !is_plain(name) {
            return false;
        }
        let find = || programs::find(format!("taskrun-exec-{name}").as_ref(), self.place.root()).is_some();
        *self.plugins.entry(name.to_owned()).or_insert_with(find)
    }

    fn paths(&mut self, task: &Task) {
        if task.mcp_config.is_some() && task.dispatch == Some(Dispatch::Exec) {
            self.say(task, "mcp_config", "is for an agent, and `exec` starts none".into());
        }
        let files = [
            ("brief_path", &task.brief_path),
            ("mcp_config", &task.mcp_config),
            ("result_schema", &task.result_schema),
        ];
        for (field, path) in files {
            if let Some(path) = path
                && let Err(out) = self.root.relative(path)
            {
                self.say(task, field, place_words(out, self.root.dir()));
            }
        }
        if let Some(path) = task.worktree.as_deref().filter(|path| !path.is_empty())
            && let Err(words) = super::worktree::inside(&mut self.base, path)
        {
            self.say(task, "worktree", words);
        }
        if let Some(cwd) = task.cwd.as_deref().filter(|cwd| !matches!(*cwd, "" | "." | "./"))
            && let Err(out) = allowed(&mut self.root, cwd, self.place, self.settings)
        {
            self.say(task, "cwd", place_words(out, self.root.dir()));
        }
    }

    fn commands(&mut self, task: &Task) {
        let words = |argv: &[String]| match argv.first().map(|program| program.trim()) {
            None | Some("") => Some("names no program"),
            _ if argv.iter().any(|word| word.contains('\0')) => Some("holds a NUL character"),
            _ => None,
        };
        for (field, argv) in [("argv", &task.argv), ("on_complete", &task.on_complete)] {
            if let Some(flaw) = argv.as_deref().and_then(words) {
                self.say(task, field, flaw.into());
            }
        }
        let gates = task.quality_gates.iter().map(|gate| ("quality_gates", gate.command()));
        for (field, command) in task.command.iter().map(|command| ("command", command.as_str())).chain(gates)
        {
            if command.trim().is_empty() {
                self.say(task, field, "is empty".into());
            } else if command.contains('\0') {
                self.say(task, field, "holds a NUL character".into());
            }
        }
        for kind in task.quality_gates.iter().map(Gate::kind).filter(|kind| !GATES.contains(kind)) {
            self.say(
                task,
                "quality_gates",
                format!("has the type `{}`, none of {}", one_line(kind, SHORT), GATES.join(", ")),
            );
        }
        for (name, value) in &task.env {
            if let Some(flaw) = variables::flaw(name, value) {
                self.say(task, "env", format!("`{}` {flaw}", one_line(name, SHORT)));
            }
        }
    }
}

/// Whether it is a plain name: letters, digits, `.`, `_`, `-`, the first a letter or digit.
pub fn is_plain(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
