//! Tasks without `dispatch`: their command in the shell, or that of `worker.command_template`.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::domain::macp::dispatch::Call;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::fault::Fault;

/// What the placeholders of a template are, and the variables that hold their values.
const PLACES: [(&str, &str); 3] = [
    ("{task_id}", "TASKRUN_TASK_ID"),
    ("{task_title}", "TASKRUN_TASK_TITLE"),
    ("{task_file}", "TASKRUN_TASK_FILE"),
];

/// What is started for a legacy task; `file` holds its definition, for a template that asks for it.
pub(in crate::domain::macp) fn call(
    task: &Task,
    settings: &Settings,
    file: &Path,
    dir: &Path,
) -> Result<Call> {
    let mut env: Vec<(OsString, OsString)> =
        task.env.iter().map(|(name, value)| (name.into(), value.into())).collect();
    if let Some(argv) = task.argv.as_ref().filter(|argv| !argv.is_empty()) {
        let argv = argv.iter().map(OsString::from).collect();
        return Ok(command(argv, env, dir));
    }
    let own = task.command.as_deref().filter(|command| !command.trim().is_empty());
    let template = settings.foreign.worker.command_template.as_deref().filter(|text| !text.trim().is_empty());
    let text = match (own, template) {
        (Some(command), _) => command.to_owned(),
        (None, Some(template)) => {
            let values = [task.id.as_str().into(), task.title.as_str().into(), file.as_os_str().to_owned()];
            env.extend(PLACES.iter().zip(values).map(|((_, name), value)| (OsString::from(*name), value)));
            fill(template)
        }
        (None, None) => {
            return Err(Fault::refused(
                "the task has no command, and there is no `worker.command_template`",
                "give it a `command` in `tasks.json`",
            ));
        }
    };
    Ok(command(["sh", "-c", &text].map(OsString::from).into(), env, dir))
}

fn command(argv: Vec<OsString>, env: Vec<(OsString, OsString)>, dir: &Path) -> Call {
    Call::Command { argv, env, dir: dir.to_owned(), stdin: None, brief: None, pty: false, answers: false }
}

/// Whether the definition has to be written for it.
pub(super) fn wants_file(task: &Task, settings: &Settings) -> bool {
    let template = settings.foreign.worker.command_template.as_deref().unwrap_or_default();
    task.command.is_none() && task.argv.is_none() && template.contains(PLACES[2].0)
}

/// Where in a shell command a character stands.
#[derive(Clone, Copy, PartialEq)]
enum Quotes {
    None,
    Single,
    Double,
}

/// The template with its placeholders replaced by variables, each so that it stands for one word, or a part of one, whatever
/// quotes it stands in: the shell never reads a value as code.
fn fill(template: &str) -> String {
    let mut out = String::with_capacity(template.len() + 64);
    let mut quotes = Quotes::None;
    let mut rest = template;
    while let Some(char) = rest.chars().next() {
        if let Some((place, name)) = PLACES.iter().find(|(place, _)| rest.starts_with(place)) {
            let (before, after) = match quotes {
                Quotes::None => ("\"${", "}\""),
                Quotes::Double => ("${", "}"),
                Quotes::Single => ("'\"${", "}\"'"),
            };
            out.extend([before, name, after]);
            rest = &rest[place.len()..];
            continue;
        }
        out.push(char);
        rest = &rest[char.len_utf8()..];
        quotes = match (quotes, char) {
            (Quotes::None | Quotes::Double, '\\') => {
                // What comes after a backslash is what it is, but a placeholder stays one.
                if let Some(next) = rest.chars().next().filter(|next| *next != '{') {
                    out.push(next);
                    rest = &rest[next.len_utf8()..];
                }
                quotes
            }
            (Quotes::None, '\'') => Quotes::Single,
            (Quotes::None, '"') => Quotes::Double,
            (Quotes::Single, '\'') | (Quotes::Double, '"') => Quotes::None,
            _ => quotes,
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_words_in_any_quotes() {
        let table = [
            ("echo {task_id}", r#"echo "${TASKRUN_TASK_ID}""#),
            (
                r#"run "task {task_id}: {task_title}""#,
                r#"run "task ${TASKRUN_TASK_ID}: ${TASKRUN_TASK_TITLE}""#,
            ),
            ("run 'a {task_title} b'", r#"run 'a '"${TASKRUN_TASK_TITLE}"' b'"#),
            (r#"echo \"{task_id}"#, r#"echo \""${TASKRUN_TASK_ID}""#),
            (r#"echo "\"{task_id}""#, r#"echo "\"${TASKRUN_TASK_ID}""#),
            ("x {task_file} {other} {", r#"x "${TASKRUN_TASK_FILE}" {other} {"#),
            ("", ""),
            ("né{task_id}", "né\"${TASKRUN_TASK_ID}\""),
        ];
        for (template, expected) in table {
            assert_eq!(fill(template), expected, "{template}");
        }
    }
}
