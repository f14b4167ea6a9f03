//! `[macp]` and `[launchers.NAME]` of `config.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use crate::fault::Fault;

/// `[macp]`: the queue. What is not set here may be in a `config.json` beside the queue.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MacpTable {
    /// Program and arguments in whose hands `yolo` tasks are given; `{runtime}` is replaced. It gets a terminal; the path
    /// of the file that holds the brief replaces `{brief}`, else it is the last argument.
    pub yolo_command: Vec<String>,
    /// Program and arguments that get an `acp` task's JSON on stdin.
    pub acp_command: Vec<String>,
    /// Tasks at a time, over all who work the queue.
    pub max_concurrent: Option<u64>,
    /// Where worktrees lie; `~` and `{repo}` are replaced.
    pub worktree_base: Option<String>,
    /// Give a task the worktree of one that is over, reset.
    pub worktree_reuse: bool,
    /// Remove a task's worktree once it is over.
    pub cleanup_worktrees: Option<bool>,
    /// How tasks submitted without `--dispatch` are worked: `exec`, `yolo`, `acp`, a plug-in's name.
    pub default_dispatch: Option<String>,
    /// The agent of tasks that name none.
    pub default_runtime: Option<String>,
    /// Directories beside the repository and the worktrees in which tasks may run.
    pub allowed_dirs: Vec<String>,
    /// The pause before the second attempt, doubled each time.
    #[serde(deserialize_with = "super::file::optional_duration")]
    pub retry_delay: Option<Duration>,
    /// Gates by type of task, beside its own.
    pub gates: BTreeMap<String, Vec<String>>,
    /// Priority by type of task.
    pub priorities: BTreeMap<String, u64>,
}

/// `[launchers.NAME]`: what commands are handed to where this machine is too small.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LauncherEntry {
    /// Program and arguments put before the command; `{dir}`, `{task}`, `{branch}`, `{attempt}`, `{name}`, `{env}` are
    /// replaced.
    pub command: Vec<String>,
    /// Program and arguments that end what was launched as `{name}`; it exits 0 also where there is nothing to end.
    pub stop: Vec<String>,
    /// Variables handed on by name, where they are set.
    pub pass_env: Vec<String>,
    /// Where the launched side leaves its exit code.
    pub receipt: ReceiptBy,
    /// Whether the launcher hands its last argument to a shell, so that the command must be one quoted word; by default
    /// only for `ssh`.
    pub quote: Option<bool>,
}

/// Where the launched side leaves its exit code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptBy {
    /// On standard output, and in a file where it sees our directory.
    #[default]
    Auto,
    /// Only in a file: the directory must be there on both sides.
    File,
    /// Only on standard output.
    Stdout,
}

/// What may stand between braces in a launcher's command.
const PLACEHOLDERS: [&str; 6] = ["dir", "task", "branch", "attempt", "name", "env"];

/// Refuses a launcher that could not be used as it is written.
pub(super) fn check_launcher(name: &str, entry: &LauncherEntry) -> Result<()> {
    let wrong = |what: &str, hint: &str| Err(Fault::usage(format!("`[launchers.{name}]` {what}"), hint));
    if entry.command.first().is_none_or(String::is_empty) {
        return wrong("has no command", "write `command = [\"program\", \"argument\"]`");
    }
    for word in entry.command.iter().chain(&entry.stop) {
        if let Some(unknown) = placeholders(word).find(|found| !PLACEHOLDERS.contains(found)) {
            let known = PLACEHOLDERS.map(|known| format!("`{{{known}}}`")).join(", ");
            return wrong(
                &format!("holds `{{{unknown}}}`, which stands for nothing"),
                &format!("known: {known}"),
            );
        }
    }
    if placeholders(&entry.command[0]).next().is_some() {
        return wrong("has a placeholder for a program", "name the program itself");
    }
    if entry.stop.iter().any(|word| word.contains("{env}")) {
        return wrong("holds `{env}` in `stop`", "what ends a launch has our whole environment");
    }
    let variable = |name: &&String| {
        name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if let Some(key) = entry.pass_env.iter().find(variable) {
        return wrong(&format!("names `{key}`, which is no variable"), "use letters, digits and `_`");
    }
    Ok(())
}

/// The lower-case words between braces.
fn placeholders(word: &str) -> impl Iterator<Item = &str> {
    let words = word.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    words.filter(|found| {
        !found.is_empty() && found.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launcher_is_checked() {
        let table = [
            (
                "command = ['srun', '--chdir={dir}', '-J', '{name}', '--']\nstop = ['scancel', '-n', '{name}']",
                "",
            ),
            ("command = ['docker', 'ps', '{{.ID}}', '{ print }', '{}', '{Env}']", ""),
            ("stop = ['x']", "`[launchers.x]` has no command"),
            ("command = ['']", "has no command"),
            ("command = ['x', '--d={directory}']", "holds `{directory}`, which stands for nothing"),
            ("command = ['x']\nstop = ['y', '{id}']", "holds `{id}`, which stands for nothing"),
            ("command = ['x']\nstop = ['y', '{env}']", "holds `{env}` in `stop`"),
            ("command = ['{name}']", "a placeholder for a program"),
            ("command = ['x']\npass_env = ['A=B']", "names `A=B`, which is no variable"),
        ];
        for (text, expected) in table {
            let entry: LauncherEntry = toml::from_str(text).unwrap();
            let said = check_launcher("x", &entry).map_or_else(|error| error.to_string(), |()| String::new());
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{text}: {said}");
        }
    }
}
