//! What happens around a success: the output has to fit its schema before, `on_complete` is run after it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::agent::Job;
use super::dispatch::{self, ground};
use super::place::Place;
use super::result::TaskResult;
use super::schema::Schema;
use super::task::Task;
use crate::domain::agents::invocation::file;
use crate::domain::attempt::gates::Watch;
use crate::fault::Fault;
use crate::system::document::worded;
use crate::system::process::{Keep, Limits, Spawn, Supervisor, Why};
use crate::system::{interrupt, log, store};

/// How much of the end of an output is looked at for its document (bytes).
const LOOKED_AT: u64 = 4 << 20;
/// Longest document that a result repeats (bytes).
const REPEATED: usize = 64 << 10;
/// Complaints about a document that are told.
const TOLD: usize = 3;

/// The schema of a task's output, read before anything is started: what is wrong with it is told then. `None` for a task without one.
pub fn schema(task: &Task, place: &Place) -> Result<Option<Schema>> {
    let Some(path) = &task.result_schema else { return Ok(None) };
    let refused =
        |what: &str, hint: &str| Fault::refused(format!("task `{}`: `{path}` {what}", task.id), hint);
    let file = ground::file(path, "result_schema", place).map_err(|error| dispatch::named(task, &error))?;
    let text = store::read_text(&file)?.unwrap_or_default();
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        refused(
            &format!("line {}: {}", error.line(), worded(&error.to_string(), "an object")),
            "mend the schema",
        )
    })?;
    let schema =
        Schema::parse(&value).map_err(|error| refused(&format!("is {error:#}"), "mend the schema"))?;
    Ok(Some(schema))
}

/// The last JSON document in what was said, if it fits; otherwise what is wrong with it. It is for the result's metadata
/// (`output`), as `on_complete` and the tasks after this one read it; a long one is `null`.
pub fn fits(schema: &Schema, said: &str) -> Result<Value, String> {
    let document = last_document(said)
        .ok_or_else(|| "its output holds no JSON document, which `result_schema` asks for".to_owned())?;
    let problems = schema.check(&document);
    if problems.is_empty() {
        return Ok(if document.to_string().len() > REPEATED { Value::Null } else { document });
    }
    let told: Vec<String> = problems
        .iter()
        .take(TOLD)
        .map(|problem| match problem.field().as_str() {
            "" => problem.message.clone(),
            field => format!("`{field}` {}", problem.message),
        })
        .collect();
    Err(format!("its output does not fit `result_schema`: {}", told.join("; ")))
}

/// [`fits`] for what was written to a file.
pub fn output_fits(schema: &Schema, stdout: &Path) -> Result<Result<Value, String>> {
    let mut file = File::open(stdout)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LOOKED_AT)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let fits = fits(schema, &String::from_utf8_lossy(&end));
    let part = |why| format!("{why} (only the last {} MiB of it are looked at)", LOOKED_AT >> 20);
    Ok(fits.map_err(|why| if size > LOOKED_AT { part(why) } else { why }))
}

/// The last object or list that starts on a line of its own and has the rest of its last line for itself; text, code fences
/// and the like may be around it. Where there is none, the last line may be a document of another kind.
fn last_document(said: &str) -> Option<Value> {
    let (mut last, mut at) = (None, 0);
    while at < said.len() {
        let rest = &said[at..];
        let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let starts = rest[..line].trim_start().starts_with(['{', '[']);
        let found = starts.then(|| document(rest)).flatten();
        at += match found {
            Some((document, end)) => {
                last = Some(document);
                end
            }
            None => line,
        };
    }
    last.or_else(|| serde_json::from_str(said.trim_end().lines().last()?).ok())
}

/// The document that a text begins with, and where the line after it begins.
fn document(text: &str) -> Option<(Value, usize)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let document = stream.next()?.ok()?;
    let end = stream.byte_offset();
    let line = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    text[end..line].trim().is_empty().then_some((document, line))
}

/// What became of a hand-off that did not work out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// What is wrong, in words.
    pub why: String,
    /// The program's exit code, if it exited.
    pub exit_code: Option<i32>,
    /// Whether it was ended with us: then it is no fault of its own.
    pub interrupted: bool,
}

/// Runs the task's `on_complete` with the result on its standard input, once the task is durably completed. Whatever comes of
/// it, the task stays completed; what went wrong is returned, for its log and history.
pub fn completed(child: &mut Supervisor, job: &Job<'_>, result: &TaskResult) -> Option<Undelivered> {
    let command = job.task.on_complete.as_ref()?;
    let program = command.first()?;
    let failed = |how: String, exit_code| {
        let why = format!("`on_complete` (`{program}`) {how}");
        Some(Undelivered { why, exit_code, interrupted: interrupt::signal().is_some() })
    };
    let ended = run(child, job, command, result);
    let swept = dispatch::sweep(job.slot);
    match ended.and_then(|ended| swept.map(|()| ended)) {
        Err(error) => failed(format!("could not be run: {error:#}"), None),
        Ok((Some(Why::Interrupted), _)) => failed("was interrupted".into(), None),
        Ok((Some(_), code)) => failed("took too long, or printed too much, and was ended".into(), code),
        Ok((None, Some(0))) => None,
        Ok((None, Some(code))) => failed(format!("ended with exit code {code}"), Some(code)),
        Ok((None, None)) => failed("was killed".into(), None),
    }
}

fn run(
    child: &mut Supervisor,
    job: &Job<'_>,
    command: &[String],
    result: &TaskResult,
) -> Result<(Option<Why>, Option<i32>)> {
    let stdin = dispatch::stage(job.slot, "stdin", &serde_json::to_vec(result)?)?;
    let [capture, logged] = [".after-capture", ".after.log"].map(|end| file(job.prefix, end));
    let limit = job.settings.config.logs.max_size;
    let mut env: Vec<(OsString, OsString)> = job.task.variables();
    env.push(("TASKRUN_TASK".into(), job.task.id.clone().into()));
    let spawn = Spawn {
        argv: command.iter().map(OsString::from).collect(),
        dir: job.place.root().into(),
        env,
        stdin: Some(stdin),
        stdout: capture.clone().into(),
        stderr: capture.clone().into(),
        keep: Some(Keep { stdout: logged.clone().into(), stderr: logged.clone().into(), limit }),
        ..Spawn::default()
    };
    let limits = Limits { total: Some(job.settings.timeout), ..Limits::default() };
    let outcome = child.attend(spawn, limits, &mut Watch { asked: &|| false, begun: &|| {} })?;
    log::settle(&capture, &logged, limit)?;
    Ok((outcome.why, outcome.ended.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_document_counts() {
        let table = [
            ("{\"a\": 1}", Some(json!({"a": 1}))),
            ("working\n{\"a\": 1}\n\n", Some(json!({"a": 1}))),
            ("{\"a\": 1}\n{\"a\": 2}\n", Some(json!({"a": 2}))),
            ("log\n{\n  \"a\": [\n    1\n  ]\n}\n", Some(json!({"a": [1]}))),
            ("[\n{\"a\": 1}\n]", Some(json!([{"a": 1}]))),
            ("Here:\n```json\n{\"a\": 1}\n```\n", Some(json!({"a": 1}))),
            ("{\"a\": 1}\ndone\n3", Some(json!({"a": 1}))),
            ("[info] {\"a\": 1}\n{broken\n", None),
            ("a {\"a\": 1}", None),
            ("42", Some(json!(42))),
            ("", None),
        ];
        for (said, expected) in table {
            assert_eq!(last_document(said), expected, "{said}");
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}});
        let schema = Schema::parse(&schema).unwrap();
        assert_eq!(fits(&schema, "x\n{\"a\": 1}"), Ok(json!({"a": 1})));
        assert!(fits(&schema, "{\"a\": \"1\"}").unwrap_err().contains("`a`"));
        assert!(fits(&schema, "nothing").unwrap_err().contains("no JSON document"));
        let long = format!("{{\"a\": 1, \"b\": \"{}\"}}", "x".repeat(REPEATED));
        assert_eq!(fits(&schema, &long), Ok(Value::Null));
    }
}
