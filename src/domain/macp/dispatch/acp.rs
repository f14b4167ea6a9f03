//! `acp`: nothing is run here; a program that integrates agents elsewhere is told what is wanted.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{brief, runtime, stage};
use crate::domain::agents::invocation::file;
use crate::domain::attempt::gates::Watch;
use crate::domain::macp::agent::{AgentAnswer, Job};
use crate::domain::macp::place::Place;
use crate::domain::macp::settings::Settings;
use crate::domain::macp::task::Task;
use crate::domain::macp::transition::Verdict;
use crate::system::log;
use crate::system::process::{Keep, Limits, Outcome, Spawn, Supervisor, Why};

/// Why such a task is escalated that nobody takes on.
pub const REASON: &str = "ACP dispatch requires OpenClaw integration (Phase 2)";
/// Longest brief that a result repeats (bytes).
const REPEATED: usize = 16 << 10;

/// What is wanted, as JSON.
pub(super) fn config(task: &Task, place: &Place, settings: &Settings, dir: &Path) -> Result<Value> {
    Ok(json!({
        "dispatch": "acp",
        "task_id": task.id,
        "title": task.title,
        "runtime": runtime(task, settings),
        "brief_path": task.brief_path,
        "brief": brief::brief(task, place, settings)?,
        "cwd": dir.display().to_string(),
        "worktree": task.worktree,
        "branch": task.branch,
        "timeout_seconds": task.timeout_seconds,
    }))
}

/// Ends an `acp` task: always escalated, never a success. With `[macp] acp_command` that program gets `config` on its standard
/// input before. Errors: the machinery failed, not that program.
pub fn hand_over(child: &mut Supervisor, job: &Job<'_>, config: &Value) -> Result<AgentAnswer> {
    let command = &job.settings.config.macp.acp_command;
    let (mut verdict, mut error, mut summary) =
        (Verdict::Escalates(REASON.into()), None, "not run".to_owned());
    let mut metadata = Map::from_iter([("acp_config".to_owned(), repeated(config))]);
    if let Some(program) = command.first() {
        match outcome(child, job, command, config) {
            Err(failed) if child.lost() => return Err(failed),
            Err(failed) => {
                error = Some(format!("`{program}` (`[macp] acp_command`) was not started: {failed:#}"));
            }
            Ok(outcome) if matches!(outcome.why, Some(Why::Interrupted | Why::Asked)) => {
                verdict = Verdict::Interrupted;
            }
            Ok(outcome) if outcome.why.is_none() && outcome.ended.code == Some(0) => {
                summary = format!("handed on to `{program}`");
                metadata.insert("handed_on".into(), true.into());
            }
            Ok(outcome) => error = Some(complaint(program, &outcome)),
        }
        super::sweep(job.slot)?;
        if let Some(error) = &error {
            summary = format!("not handed on: {error}");
        }
        if verdict != Verdict::Interrupted {
            verdict = Verdict::Escalates(summary.clone());
        }
    }
    let called_off = verdict == Verdict::Interrupted && (job.asked)();
    Ok(AgentAnswer { verdict, exit_code: Some(1), summary, error, not_before: None, called_off, metadata })
}

fn outcome(child: &mut Supervisor, job: &Job<'_>, command: &[String], config: &Value) -> Result<Outcome> {
    let stdin = stage(job.slot, "stdin", &serde_json::to_vec(config)?)?;
    let [capture, logged] = [".acp-capture", ".acp.log"].map(|end| file(job.prefix, end));
    let limit = job.settings.config.logs.max_size;
    let spawn = Spawn {
        argv: command.iter().map(OsString::from).collect(),
        dir: job.place.root().into(),
        env: vec![("TASKRUN_TASK".into(), job.task.id.clone().into())],
        stdin: Some(stdin),
        stdout: capture.clone().into(),
        stderr: capture.clone().into(),
        keep: Some(Keep { stdout: logged.clone().into(), stderr: logged.clone().into(), limit }),
        ..Spawn::default()
    };
    let limits = Limits { total: Some(job.settings.timeout), ..Limits::default() };
    let outcome = child.attend(spawn, limits, &mut Watch { asked: job.asked, begun: &|| {} })?;
    log::settle(&capture, &logged, limit)?;
    Ok(outcome)
}

/// The JSON as the result repeats it: without a long brief, which is in its file.
fn repeated(config: &Value) -> Value {
    let mut config = config.clone();
    if config["brief"].as_str().is_some_and(|brief| brief.len() > REPEATED) {
        config["brief"] = Value::Null;
    }
    config
}

fn complaint(program: &str, outcome: &Outcome) -> String {
    let how = match (outcome.why, outcome.ended.code) {
        (Some(Why::Flood), _) => "printed more than 1 GiB and was ended".to_owned(),
        (Some(_), _) => "took too long and was ended".to_owned(),
        (None, Some(code)) => format!("ended with exit code {code}"),
        (None, None) => "was killed".to_owned(),
    };
    format!("`{program}` (`[macp] acp_command`) {how}")
}
