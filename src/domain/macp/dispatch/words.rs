//! The words of a command: taken as they stand, refused where no program could be meant by them.

use std::ffi::OsString;

use anyhow::Result;

use crate::domain::macp::task::Task;
use crate::fault::Fault;

/// Refuses what no program can be given; by field. Pure.
pub fn check(task: &Task) -> Result<()> {
    let argv = task.argv.iter().flatten().enumerate().map(|(at, word)| (format!("argv[{at}]"), word));
    let on_complete = task.on_complete.iter().flatten().enumerate();
    let on_complete = on_complete.map(|(at, word)| (format!("on_complete[{at}]"), word));
    let single = [("command", &task.command), ("cwd", &task.cwd), ("runtime", &task.runtime)];
    let single = single.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.as_ref()?)));
    for (field, word) in argv.chain(on_complete).chain(single) {
        if word.contains('\0') {
            return Err(refused(task, &field, "holds a zero byte", "no program can be given one"));
        }
    }
    for (name, value) in &task.env {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let named = !name.is_empty() && name.bytes().all(plain) && !name.as_bytes()[0].is_ascii_digit();
        if !named || value.contains('\0') {
            let what = if named { "holds a zero byte" } else { "is no variable" };
            return Err(refused(
                task,
                &format!("env.{}", name.escape_debug()),
                what,
                "use letters, digits and `_`",
            ));
        }
    }
    for (field, words) in [("argv", &task.argv), ("on_complete", &task.on_complete)] {
        if words.as_ref().is_some_and(|words| words.first().is_none_or(|program| program.trim().is_empty())) {
            return Err(refused(task, field, "names no program", "write program and arguments"));
        }
    }
    if task.command.as_ref().is_some_and(|command| command.trim().is_empty()) {
        return Err(refused(task, "command", "is empty", "write a command"));
    }
    Ok(())
}

/// Program and arguments: its own, or its shell command handed to `sh`.
pub(super) fn argv(task: &Task) -> Result<Vec<OsString>> {
    match (&task.argv, &task.command) {
        (Some(argv), _) => Ok(argv.iter().map(OsString::from).collect()),
        (None, Some(command)) => Ok(["sh", "-c", command].map(OsString::from).into()),
        (None, None) => Err(Fault::refused(
            format!("task `{}` has no command", task.id),
            "give it one with `--command`, or as program and arguments after `--`",
        )),
    }
}

/// The task's own variables.
pub(super) fn env(task: &Task) -> Vec<(OsString, OsString)> {
    task.variables()
}

fn refused(task: &Task, field: &str, what: &str, hint: &str) -> anyhow::Error {
    Fault::refused(format!("task `{}`: `{field}` {what}", task.id), hint)
}
