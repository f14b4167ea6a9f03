//! A step that an agent does: an attempt of the one engine, and an artifact that has to be there afterwards.

use std::cell::RefCell;

use anyhow::Result;
use serde::de::DeserializeOwned;

use super::super::artifact;
use super::super::brief::{self, Brief, Input};
use super::super::crew::Member;
use super::super::output::Before;
use super::super::run::StepRun;
use super::super::said::{self, Said};
use super::super::stand::Stand;
use super::super::told::{Close, Hands, Told};
use super::super::workflow::Step;
use super::{Came, Means, Note, Running, artifact_at, input_at, variables};
use crate::domain::attempt::engine::file;
use crate::domain::attempt::event::{Event, Finished, Kind};
use crate::domain::prompted::plan::{self, Options, Part, Plan, Text};
use crate::domain::prompted::{self, record::PREFIX};
use crate::fault::Fault;
use crate::system::clock;
use crate::system::config::{AgentsEntry, Config};
use crate::system::process::{Line, read_lines};

/// An agent's step, decided.
pub(super) struct Ready {
    plan: Plan,
    output: Option<Before>,
}

/// How the agent's own process ended.
#[derive(Debug, Clone, Copy, Default)]
struct Ended {
    code: Option<i32>,
    signal: Option<i32>,
}

/// Decides it. Errors: an agent, a prompt file or an input that is not there; limits on money with an agent that does not say
/// what it costs.
pub(super) fn ready(stand: &Stand<'_>, step: &Step, means: &Means<'_>) -> Result<Ready> {
    let name = step.agent.as_deref().unwrap_or_default();
    let (member, instructions) = means.cast.get(name)?;
    let instructions = brief::without_front_matter(instructions);
    let output = step.output_artifact.as_deref().map(|name| artifact_at(&stand.folder, name)).transpose()?;
    let output = output.map(Before::look);
    let prompt = brief::compose(&told(stand, step, instructions, output.as_ref(), means.note.as_ref())?);
    let (config, agent) = settings(means.config, name, member)?;
    let runs = |run: &&StepRun| run.step_id == step.step_id && run.decision.is_none();
    let part = Part {
        task: stand.mission.mission_id.clone(),
        title: format!("{}: {}", stand.mission.title, step.name),
        attempt: stand.runs.iter().filter(runs).count() as u64 + 1,
        description: instructions.to_owned(),
        env: variables(stand, step)?,
    };
    let options = Options {
        text: Text::Given(prompt),
        contexts: Vec::new(),
        agent: Some(agent),
        model: member.model.clone(),
        permissions: member.permissions,
        session: None,
        launcher: member.launcher.clone(),
        budget: means.budget,
        used: means.used,
        allow_unknown_cost: means.allow_unknown_cost,
        part: Some(part),
    };
    Ok(Ready { plan: plan::plan(means.workspace, &config, &options)?, output })
}

/// The settings for a member of the crew, and the agent's name in them.
fn settings(config: &Config, name: &str, member: &Member) -> Result<(Config, String)> {
    let mut config = config.clone();
    let Some(command) = &member.command else {
        let agent = member.agent.clone().unwrap_or_else(|| config.agent.default.clone());
        // A model's name means something to one agent only.
        if agent != config.agent.default {
            config.agent.model = None;
        }
        return Ok((config, agent));
    };
    let entry = AgentsEntry {
        command: command.clone(),
        prompt: field(member, name, "prompt")?,
        output: field(member, name, "output")?,
        model: member.model.clone(),
        ..AgentsEntry::default()
    };
    config.agents.insert(name.to_owned(), entry);
    Ok((config, name.to_owned()))
}

/// A field of a member that has a command, as `[agents.NAME]` has it.
fn field<T: DeserializeOwned + Default>(member: &Member, name: &str, key: &str) -> Result<T> {
    let Some(value) = member.more.get(key) else { return Ok(T::default()) };
    serde_json::from_value(value.clone()).map_err(|error| {
        Fault::invalid(
            format!("agent `{name}` in `.taskrun/agents.json`: `{key}`: {error}"),
            "write it as `[agents.NAME]` of the settings has it",
        )
    })
}

/// All that the agent is to be told.
fn told<'a>(
    stand: &'a Stand<'_>,
    step: &'a Step,
    instructions: &'a str,
    output: Option<&Before>,
    note: Option<&Note>,
) -> Result<Brief<'a>> {
    let input = match &step.input_artifact {
        Some(name) => Some(Input::read(input_at(stand, step, name)?)?),
        None => None,
    };
    let note =
        note.map(|Note { by, text }| Said { step: step.step_id.clone(), by: by.clone(), note: text.clone() });
    let words = said::of(&stand.runs, &step.step_id, note);
    let known = [step.input_artifact.as_deref(), step.output_artifact.as_deref()];
    let mut others = artifact::list(&stand.folder)?;
    others.retain(|artifact| !known.contains(&Some(&*artifact.name)));
    Ok(Brief {
        instructions,
        mission: &stand.mission,
        steps: stand.workflow.steps.len(),
        step,
        input,
        output: output.map(|output| (output.path().to_owned(), output.was_there())),
        words,
        artifacts: stand.folder.artifacts(),
        others,
    })
}

impl Ready {
    /// Has the agent work, and looks at what it has left.
    pub(super) fn run(
        &self,
        running: &mut Running,
        means: &Means<'_>,
        hands: &mut Hands<'_>,
    ) -> Result<Came> {
        let cell = RefCell::new(&mut *running);
        let mut ended = Ended::default();
        let mut tell = |event: &Event| {
            cell.borrow_mut().hear(event);
            if let Kind::AttemptFinished { exit_code, signal, .. } = &event.kind {
                ended = Ended { code: *exit_code, signal: *signal };
            }
            (hands.tell)(Told::Run(event));
        };
        let mut text = |text: &str| {
            cell.borrow_mut().line(text);
            (hands.text)(text);
        };
        let lent = prompted::Hands { tell: &mut tell, text: &mut text, notice: &mut *hands.notice };
        let finished = prompted::run(means.workspace, &self.plan, lent)?;
        if let Some(run) = running.run.run.clone() {
            let stderr = file(&means.workspace.run_dir(&run).join(PREFIX), ".stderr");
            append(running, &stderr)?;
        }
        Ok(judge(&finished, ended, self.output.as_ref()))
    }
}

/// Appends a log to that of the step.
pub(super) fn append(running: &mut Running, log: &std::path::Path) -> Result<()> {
    if !log.exists() {
        return Ok(());
    }
    read_lines(log, &mut |line| match line {
        Line::Whole(line) => running.log.line(line),
        Line::Oversized(start) => running.log.start(start),
    })?;
    running.log.flush();
    Ok(())
}

fn judge(finished: &Finished, ended: Ended, output: Option<&Before>) -> Came {
    let missing = output.and_then(|output| output.written().err().map(|what| (output, what)));
    let (reason, code, error) = match (finished.exit_code, missing) {
        (0, None) => ("done", 0, None),
        (0, Some((output, what))) => {
            let name = output.path().file_name().unwrap_or_default().to_string_lossy();
            let error = format!("the agent ended well, but {what}: the artifact `{name}` is required");
            ("failed", 1, Some(error))
        }
        (code, _) => (finished.reason.as_str(), code, Some(why(finished, ended))),
    };
    let close = Close {
        reason: reason.into(),
        exit_code: code,
        error,
        hint: finished.hint.clone(),
        not_before: finished.not_before,
    };
    // What is known to have ended well has exited with 0, whoever ended it.
    let signal = ended.signal.or_else(|| finished.exit_code.checked_sub(128).map(i32::from));
    Came { exit_code: ended.code, signal, spend: Some(finished.spend), close }
}

/// Why it failed, in words.
fn why(finished: &Finished, ended: Ended) -> String {
    let mut parts = Vec::new();
    let itself = matches!(finished.reason.as_str(), "failed" | "rate_limited" | "escalated");
    match ended {
        Ended { code: Some(code), .. } if code != 0 && itself => {
            parts.push(format!("Agent exited with code {code}"));
        }
        Ended { signal: Some(signal), .. } if itself => {
            parts.push(format!("Agent was ended by signal {signal}"));
        }
        _ => {}
    }
    match (finished.reason.as_str(), finished.exit_code) {
        ("failed", _) => {}
        ("interrupted", code) => parts.push(format!("interrupted by signal {}", code.saturating_sub(128))),
        ("stopped", _) => parts.push("the agent was stopped".into()),
        ("rate_limited", _) => parts.push("the provider makes the agent wait".into()),
        ("escalated", _) => parts.push("the agent is blocked".into()),
        (limit, _) => parts.push(format!("ended by a limit (`{limit}`)")),
    }
    parts.extend(finished.message.clone());
    if let Some(at) = finished.not_before.filter(|at| *at > clock::now()) {
        parts.push(format!("try again after {at}"));
    }
    if parts.is_empty() { "the agent failed".into() } else { parts.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::budget::Spend;
    use jiff::Timestamp;

    fn finished(reason: &str, exit_code: u8, message: Option<&str>) -> Finished {
        Finished {
            reason: reason.into(),
            exit_code,
            iterations: 1,
            completed: Vec::new(),
            failed: Vec::new(),
            escalated: Vec::new(),
            left: 0,
            spend: Spend::nothing(),
            not_before: None,
            started_at: Timestamp::UNIX_EPOCH,
            duration_ms: 0,
            message: message.map(str::to_owned),
            hint: None,
            text: None,
            session: None,
        }
    }

    #[test]
    fn every_bad_end_has_its_words() {
        let table = [
            ("failed", 1, Some(3), None, Some("oops"), "Agent exited with code 3: oops"),
            ("failed", 1, None, Some(9), Some("oops"), "Agent was ended by signal 9: oops"),
            ("failed", 1, Some(0), None, Some("the agent gave up: no"), "the agent gave up: no"),
            ("failed", 2, None, None, None, "the agent failed"),
            (
                "rate_limited",
                75,
                Some(1),
                None,
                Some("429"),
                "Agent exited with code 1: the provider makes the agent wait: 429",
            ),
            ("escalated", 4, Some(0), None, Some("a key"), "the agent is blocked: a key"),
            ("budget_usd", 3, None, Some(2), None, "ended by a limit (`budget_usd`)"),
            ("time", 3, Some(130), None, None, "ended by a limit (`time`)"),
            ("interrupted", 143, Some(1), None, None, "interrupted by signal 15"),
            ("stopped", 1, None, Some(2), None, "the agent was stopped"),
        ];
        for (reason, exit, code, signal, message, expected) in table {
            let finished = finished(reason, exit, message);
            let came = judge(&finished, Ended { code, signal }, None);
            assert_eq!(came.close.error.as_deref(), Some(expected), "{reason}");
            assert_eq!((came.close.exit_code, came.exit_code), (exit, code), "{reason}");
        }
        let came = judge(&finished("complete", 0, None), Ended { code: Some(0), signal: None }, None);
        assert_eq!((came.close.error, came.exit_code, came.signal), (None, Some(0), None));
    }

    #[test]
    fn an_agent_that_writes_nothing_has_failed() {
        let dir = tempfile::tempdir().unwrap();
        let output = Before::look(dir.path().join("out.md"));
        let came =
            judge(&finished("complete", 0, None), Ended { code: Some(0), signal: None }, Some(&output));
        let expected = "the agent ended well, but did not write it: the artifact `out.md` is required";
        assert_eq!((came.close.error.as_deref(), came.close.exit_code), (Some(expected), 1));
    }
}
