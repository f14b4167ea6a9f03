//! A mission as text for people: what it is, how far it is, and what it was made of.

use console::{StyledObject, style};
use jiff::Timestamp;

use crate::commands::agent::money;
use crate::domain::missions::detail::Detail;
use crate::domain::missions::mission::Mission;
use crate::domain::missions::run::{Needs, needs};
use crate::domain::missions::timeline::{self, Mark, Stage};
use crate::domain::missions::workflow::Workflow;
use crate::domain::missions::{Status, Step, StepKind, StepRun};
use crate::system::clock;
use crate::system::document::shown;
use crate::ui::fit::{bytes, cut, pad, wide, wrap};
use crate::ui::{many_lines, one_line};

/// Lines of a log that are shown.
const LOG: usize = 12;
/// Columns of a name at most, of so many of the terminal.
const NAMES: (usize, usize) = (2, 5);

/// All of it, in lines that fit `columns` where there are so many.
pub(super) fn whole(detail: &Detail, columns: Option<usize>) -> String {
    let now = clock::now();
    let Detail { mission, workflow, runs, .. } = detail;
    let mut lines = vec![style(fitted(one_line(&mission.title), columns)).bold().to_string()];
    lines.push(head(detail, columns));
    lines.push(style(fitted(one_line(&shown(&detail.path)), columns)).dim().to_string());
    let when = format!(
        "made {}, changed {}",
        clock::ago(now, mission.created_at),
        clock::ago(now, mission.updated_at)
    );
    lines.push(style(fitted(when, columns)).dim().to_string());
    match workflow {
        Some(workflow) => {
            lines.push(String::new());
            if timeline::is_changed(workflow, mission, runs) {
                let told = "its workflow was changed meanwhile: these are not the steps that it went through";
                lines.extend(wrapped(told, columns, ("", "  ")));
            }
            lines.extend(steps(&timeline::of(workflow, mission, runs), mission.status, (now, columns)));
        }
        None => lines.push(format!("its workflow `{}` is unknown", one_line(&mission.workflow_id))),
    }
    section(&mut lines, "runs", runs_of(runs, now, columns));
    let sizes = detail.artifact_sizes.iter();
    let names = sizes.clone().map(|(name, _)| wide(&one_line(name))).max().unwrap_or(0);
    let names = columns.map_or(names, |columns| names.min(columns / 2));
    let row =
        |(name, size): (&String, &u64)| format!("  {}  {:>8}", pad(&one_line(name), names), bytes(*size));
    section(&mut lines, "artifacts", sizes.map(row).collect());
    let error = |error: &String| wrapped(&one_line(error), columns, ("  ", "    "));
    section(&mut lines, "errors", mission.errors.iter().flat_map(error).collect());
    section(&mut lines, "the end of its log", log(detail, columns));
    if let Some(next) = next_of(detail).or_else(|| next(mission)) {
        lines.push(format!("\n{next}"));
    }
    lines.join("\n")
}

/// `m-1  feature  waiting for a person  step 2 of 8`
fn head(detail: &Detail, columns: Option<usize>) -> String {
    let mission = &detail.mission;
    let status = mission.status.word();
    let at = detail.workflow.as_ref().map(|workflow| format!("  {}", step_of(mission, workflow)));
    let text = format!("{}  {}  {status}{}", mission.mission_id, mission.kind.word(), at.unwrap_or_default());
    // Coloured last: colours have no width.
    fitted(text, columns).replacen(status, &coloured(mission.status, status).to_string(), 1)
}

/// `step 2 of 8`, or that all are behind.
pub(super) fn step_of(mission: &Mission, workflow: &Workflow) -> String {
    let count = workflow.steps.len();
    if mission.current_step < count {
        format!("step {} of {count}", mission.current_step + 1)
    } else {
        format!("all {count} steps done")
    }
}

/// A state in its colour.
pub(super) fn coloured(status: Status, text: &str) -> StyledObject<&str> {
    match status {
        Status::Completed => style(text).green(),
        Status::Failed => style(text).red(),
        Status::WaitingHuman => style(text).yellow(),
        Status::RunningCodeAgent | Status::RunningRootLlm => style(text).cyan(),
        Status::Draft | Status::Ready => style(text),
    }
}

/// Who does a step, in one word.
pub(super) fn who(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Agent => "agent",
        StepKind::HumanGate => "human",
        StepKind::Gate => "gate",
        StepKind::Loop => "loop",
        StepKind::Macp => "macp",
    }
}

fn steps(marks: &[Mark], status: Status, (now, columns): (Timestamp, Option<usize>)) -> Vec<String> {
    let digits = marks.len().to_string().len();
    let names = marks.iter().map(|mark| wide(&one_line(&mark.step.name))).max().unwrap_or(0);
    let names = columns.map_or(names, |columns| names.min(columns * NAMES.0 / NAMES.1));
    let mut lines = Vec::new();
    for mark in marks {
        let Mark { number, step, stage, .. } = mark;
        let name = pad(&one_line(&step.name), names);
        let rest = facts(mark, status, now);
        let text = format!("{number:>digits$}  {:<5}  {name}  {rest}", who(step.kind));
        let text = fitted(text.trim_end().to_owned(), columns.map(|columns| columns.saturating_sub(2)));
        let drawn = stage.mark().to_string();
        lines.push(match stage {
            Stage::Done => format!("{} {text}", style(drawn).green()),
            Stage::Here => format!("{} {}", coloured(status, &drawn), style(text).bold()),
            Stage::ToCome => style(format!("{drawn} {text}")).dim().to_string(),
        });
        let note = mark
            .last
            .and_then(|run| run.note.as_deref())
            .filter(|_| mark.last.is_some_and(|run| run.decision.is_some()));
        if let Some(note) = note {
            let lead = " ".repeat(digits + 11);
            lines.extend(wrapped(&one_line(note), columns, (&format!("{lead}“"), &format!("{lead} "))));
            if let Some(last) = lines.last_mut() {
                last.push('”');
            }
        }
    }
    lines
}

/// What is said of a step: who, when, how long, what was decided.
fn facts(mark: &Mark, status: Status, now: Timestamp) -> String {
    let mut facts: Vec<String> = Vec::new();
    let here = mark.stage == Stage::Here;
    let past = match mark.last {
        _ if here && status == Status::WaitingHuman => return "waits for you".into(),
        Some(_) if here && matches!(status, Status::Ready | Status::Draft) => {
            return "to be done again".into();
        }
        None => return subject(mark.step).unwrap_or_default(),
        Some(run) => run,
    };
    facts.push(match past.decision {
        Some(_) => decision(past),
        None => outcome(past),
    });
    facts.push(clock::ago(now, past.finished_at.unwrap_or(past.started_at)));
    facts.extend(took(past));
    if mark.times > 1 {
        facts.push(format!("{} times", mark.times));
    }
    facts.join(" · ")
}

/// What a step that was never run works with.
fn subject(step: &Step) -> Option<String> {
    let own = [&step.agent, &step.review_artifact, &step.epic].into_iter().flatten().next();
    own.map(|text| one_line(text)).or_else(|| step.commands.first().map(|command| one_line(command)))
}

/// `approved by Ada`
pub(super) fn decision(run: &StepRun) -> String {
    let word = run.decision.as_deref().unwrap_or_default().replace('_', " ");
    let by = run.by.as_deref().map(|by| format!(" by {}", one_line(by)));
    format!("{}{}", one_line(&word), by.unwrap_or_default())
}

/// `ok`, or how it failed, in few words.
pub(super) fn outcome(run: &StepRun) -> String {
    match (run.exit_code, run.signal, &run.error) {
        (_, Some(signal), _) => format!("signal {signal}"),
        (Some(code), ..) if code != 0 => format!("exit {code}"),
        (_, _, Some(error)) => one_line(error.split(": ").next().unwrap_or(error)),
        (Some(_), ..) => "ok".into(),
        _ if run.finished_at.is_none() => "running".into(),
        _ => "ended".into(),
    }
}

fn took(run: &StepRun) -> Option<String> {
    let finished = run.finished_at.filter(|_| run.decision.is_none())?;
    let took = run.started_at.duration_until(finished);
    Some(clock::human(took.try_into().unwrap_or_default()))
}

fn runs_of(runs: &[StepRun], now: Timestamp, columns: Option<usize>) -> Vec<String> {
    let rows: Vec<[String; 3]> = runs
        .iter()
        .map(|run| {
            let end = if run.decision.is_some() { decision(run) } else { outcome(run) };
            [one_line(&run.run_id), one_line(&run.step_id), end]
        })
        .collect();
    let widest = |at: usize| rows.iter().map(|row| wide(&row[at])).max().unwrap_or(0).min(30);
    let widths = [0, 1, 2].map(widest);
    let line = |(row, run): (&[String; 3], &StepRun)| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| pad(cell, width)).collect();
        let spent = run.spend.as_ref().map(|spend| format!("  {}", money(spend))).unwrap_or_default();
        let took = took(run).map(|took| format!("  {took}")).unwrap_or_default();
        fitted(format!("  {}  {}{took}{spent}", cells.join("  "), clock::ago(now, run.started_at)), columns)
    };
    rows.iter().zip(runs).map(line).collect()
}

fn log(detail: &Detail, columns: Option<usize>) -> Vec<String> {
    let text = many_lines(detail.current_log_tail.as_deref().unwrap_or_default());
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(LOG);
    lines[from..].iter().map(|line| fitted(format!("  {}", line.replace('\t', "    ")), columns)).collect()
}

/// The same for one of which all is known: what failed may need more than to be run again.
fn next_of(detail: &Detail) -> Option<String> {
    let Detail { mission, workflow, runs, .. } = detail;
    let id = &mission.mission_id;
    let step = workflow.as_ref().and_then(|workflow| workflow.steps.get(mission.current_step));
    let told = match (needs(mission, runs)?, step.map(|step| step.kind)) {
        (Needs::Human, Some(StepKind::Loop)) => {
            format!("a person is needed: see `taskrun loop status`, then taskrun mission continue {id}")
        }
        (Needs::Human, Some(StepKind::Macp)) => {
            format!("a person is needed: see `taskrun macp status`, then taskrun mission continue {id}")
        }
        (Needs::Human, _) => format!("a person is needed: taskrun mission continue {id} --note ANSWER"),
        (Needs::Budget, _) => format!("it met a limit: taskrun mission continue {id} with a higher one"),
        (Needs::Patience, _) => format!("the provider makes it wait: later, taskrun mission continue {id}"),
    };
    Some(told)
}

/// What can be done with it now.
pub(super) fn next(mission: &Mission) -> Option<String> {
    let id = &mission.mission_id;
    Some(match mission.status {
        Status::WaitingHuman => format!("next: taskrun mission review {id}"),
        Status::Ready | Status::Draft | Status::Failed => format!("next: taskrun mission continue {id}"),
        Status::RunningCodeAgent | Status::RunningRootLlm => format!("next: taskrun mission watch {id}"),
        Status::Completed => return None,
    })
}

fn section(lines: &mut Vec<String>, name: &str, rows: Vec<String>) {
    if !rows.is_empty() {
        lines.push(format!("\n{}", style(name).bold()));
        lines.extend(rows);
    }
}

fn fitted(text: String, columns: Option<usize>) -> String {
    match columns {
        Some(columns) => cut(&text, columns).into_owned(),
        None => text,
    }
}

fn wrapped(text: &str, columns: Option<usize>, (first, rest): (&str, &str)) -> Vec<String> {
    columns.map_or_else(
        || vec![format!("{first}{text}")],
        |columns| wrap(text, columns.saturating_sub(1), first, rest),
    )
}
