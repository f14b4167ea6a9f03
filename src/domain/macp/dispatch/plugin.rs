//! Plug-ins: `--dispatch NAME` starts `taskrun-exec-NAME` from `PATH`, with the task as JSON on its standard input and its
//! result as JSON on its standard output.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Call, words};
use crate::domain::macp::task::Task;
use crate::domain::macp::transition::Verdict;
use crate::fault::Fault;
use crate::system::config::programs;

/// How the program of a plug-in is called.
const PREFIX: &str = "taskrun-exec-";
/// Characters of a name.
const LONGEST: usize = 64;

/// Longest answer (bytes).
pub const MOST: u64 = 16 << 20;
/// What an answer has to be, for people.
const FORM: &str = "one JSON object: `status` (`completed`, `failed` or `escalated`), and as it likes the texts `summary`, \
                    `error`, `escalation_reason`, `pr` and an object `metadata`";

/// What a plug-in answers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answer {
    /// `completed`, `failed` or `escalated`.
    pub status: Ending,
    /// For people.
    #[serde(default)]
    pub summary: String,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Why a person is needed.
    #[serde(default)]
    pub escalation_reason: Option<String>,
    /// The pull request it opened.
    #[serde(default)]
    pub pr: Option<String>,
    /// For the result.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// How a plug-in says it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Done; gates come next.
    Completed,
    /// Not done.
    Failed,
    /// A person is needed.
    Escalated,
}

impl Answer {
    /// What becomes of the attempt by it.
    pub fn verdict(&self) -> Verdict {
        match self.status {
            Ending::Completed => Verdict::Passed,
            Ending::Failed => Verdict::WorkerFailed,
            Ending::Escalated => {
                let why = self.escalation_reason.clone().or_else(|| self.error.clone());
                Verdict::Escalates(why.unwrap_or_else(|| "the plug-in asks for a person".into()))
            }
        }
    }
}

/// Refuses what is no plain name.
pub fn check_name(name: &str) -> Result<()> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.len() <= LONGEST && name.bytes().all(plain) && !name.starts_with('-') {
        return Ok(());
    }
    Err(Fault::refused(
        format!("`{}` is no way to work a task", name.escape_debug()),
        "use `exec`, `yolo`, `acp`, or the NAME of a plug-in `taskrun-exec-NAME`: letters, digits, `-`, `_`",
    ))
}

/// The plug-in's program, with the task on its standard input.
pub(super) fn call(task: &Task, name: &str, dir: PathBuf) -> Result<Call> {
    check_name(name)?;
    let program = format!("{PREFIX}{name}");
    let found = programs::find(program.as_ref(), Path::new("/")).ok_or_else(|| {
        Fault::refused(
            format!("task `{}`: there is no `{program}` on `PATH`", task.id),
            format!("install the plug-in, or correct `dispatch`: `{name}` is not `exec`, `yolo` or `acp`"),
        )
    })?;
    Ok(Call::Command {
        argv: vec![found.into()],
        env: words::env(task),
        dir,
        stdin: Some(serde_json::to_vec(task)?),
        brief: None,
        pty: false,
        answers: true,
    })
}

/// Reads what a plug-in printed, which ended with exit code `code`. The error says what is wrong with it, for the result. A
/// success that its exit code speaks against is none.
pub fn answer(stdout: &str, code: Option<i32>) -> Result<Answer, String> {
    let text = stdout.trim();
    if text.is_empty() {
        let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        return Err(format!("the plug-in printed no result, and ended with {code}"));
    }
    let answer = read(text).map_err(|what| format!("the plug-in's result {what}; it has to be {FORM}"))?;
    if answer.status == Ending::Completed && code != Some(0) {
        let code = code.map_or_else(
            || "was ended by a signal".to_owned(),
            |code| format!("ended with exit code {code}"),
        );
        return Err(format!("the plug-in said that it is done, but {code}"));
    }
    Ok(answer)
}

/// Reads an answer; otherwise what is wrong with it, by field.
fn read(text: &str) -> Result<Answer, String> {
    let whole: Value = serde_json::from_str(text)
        .map_err(|error| format!("is no JSON (line {}, column {})", error.line(), error.column()))?;
    let Value::Object(fields) = &whole else { return Err("is no object".into()) };
    let status = fields.get("status");
    if status.is_none() {
        return Err("has no `status`".into());
    }
    if !["completed", "failed", "escalated"].iter().any(|known| status == Some(&Value::from(*known))) {
        return Err("has an unknown `status`".into());
    }
    for name in ["summary", "error", "escalation_reason", "pr"] {
        let text = |value: &Value| value.is_string() || value.is_null() && name != "summary";
        if fields.get(name).is_some_and(|value| !text(value)) {
            return Err(format!("has `{name}` that is no text"));
        }
    }
    if fields.get("metadata").is_some_and(|value| !value.is_object()) {
        return Err("has `metadata` that is no object".into());
    }
    serde_json::from_value(whole).map_err(|_| "is not what it must be".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_answer_is_told_plainly() {
        let table = [
            ("", "printed no result"),
            ("hello", "is no JSON (line 1, column 1); it has to be one JSON object: `status`"),
            ("[1, 2]", "is no object"),
            ("{}", "has no `status`"),
            (r#"{"status": "done"}"#, "has an unknown `status`"),
            (r#"{"status": 3}"#, "has an unknown `status`"),
            (r#"{"status": "failed", "error": 3}"#, "has `error` that is no text"),
            (r#"{"status": "failed", "summary": null}"#, "has `summary` that is no text"),
            (r#"{"status": "failed", "metadata": []}"#, "has `metadata` that is no object"),
            ("{\"status\": \"failed\"}\nmore", "is no JSON (line 2"),
        ];
        for (text, expected) in table {
            let said = answer(text, Some(0)).unwrap_err();
            assert!(said.contains(expected) && !said.contains("struct"), "{text}: {said}");
        }
        assert!(answer(r#"{"status": "failed", "error": null, "more": 1}"#, Some(1)).is_ok());
    }
}
