//! A run's events and end as text for people.

use std::fmt::Write;
use std::time::Duration;

use console::style;

use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::event::{Event, Finished, Kind};
use crate::domain::loops::preview::Preview;
use crate::system::clock;
use crate::ui::one_line;

/// Longest line of an agent's message that is shown.
const SHOWN: usize = 200;

/// One event as a line, or nothing where it is not worth one.
pub(crate) fn line(event: &Event, verbose: bool) -> Option<String> {
    let task = event.task.as_deref().unwrap_or_default();
    Some(match &event.kind {
        Kind::RunStarted { agent, model, dir, .. } => {
            let model = model.as_ref().map(|model| format!(" ({model})")).unwrap_or_default();
            format!("run {} with agent {agent}{model}, logs in {dir}", event.run)
        }
        Kind::TaskClaimed { title } => {
            let attempt = event.attempt.filter(|attempt| *attempt > 1);
            let again = attempt.map(|attempt| format!(" (attempt {attempt})")).unwrap_or_default();
            let number = event.iteration.unwrap_or_default();
            format!("{} {task} {}{again}", style(format!("[{number}]")).for_stderr().bold(), plain(title))
        }
        Kind::AgentMessage { text, .. } => {
            // The tag itself is told by what becomes of the task.
            let telling =
                |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("<promise>COMPLETE");
            let line = text.lines().rev().find(telling)?;
            format!("    > {}", plain(line))
        }
        Kind::AgentTool { name, detail } => {
            format!("    {} {}", style(plain(name)).for_stderr().dim(), plain(detail))
        }
        Kind::BesideNoted { noted } => format!("    {}: {}", plain(&noted.by), plain(&noted.text)),
        Kind::GateFinished { result } if result.passed => {
            let took = clock::human(Duration::from_millis(result.duration_ms));
            format!("    {} {} ({took})", style("gate ok").for_stderr().green(), result.command)
        }
        Kind::GateFinished { result } => {
            let log = result.output.display();
            format!("    {} {}, see {log}", style("gate red").for_stderr().red(), result.command)
        }
        Kind::TaskClosed { reason, commit, files_changed } => {
            let commit = commit.as_ref().map(|id| format!(", commit {}", id.get(..10).unwrap_or(id)));
            let done = style("closed").for_stderr().green();
            let files = counted(*files_changed, "file");
            format!("    {done} {task}: {reason} ({files}{})", commit.unwrap_or_default())
        }
        Kind::TaskReopened { reason } => {
            format!("    {} {task}: {}", style("open again").for_stderr().yellow(), plain(reason))
        }
        Kind::TaskEscalated { reason } => {
            format!("    {} {task}: {}", style("needs a person").for_stderr().red(), plain(reason))
        }
        Kind::BudgetWarning { limit, used } => {
            format!("    {:.0} % of the limit `{limit}` are used", used * 100.0)
        }
        Kind::RateLimited { .. } | Kind::TurnedAway(_) => return held_up(&event.kind),
        Kind::RunPaused {} => "paused; `taskrun loop resume` lets it go on".into(),
        Kind::RunResumed {} => "going on".into(),
        Kind::AttemptFinished { left_running, .. } if !left_running.is_empty() => {
            format!("    ended what the agent had left running: {}", left_running.join(", "))
        }
        Kind::AttemptFinished { duration_ms, spend, .. } if verbose => {
            let took = clock::human(Duration::from_millis(*duration_ms));
            format!("    the agent took {took} and cost {}", money(spend))
        }
        Kind::AttemptStarted { prompt, .. } if verbose => format!("    prompt in {prompt}"),
        _ => return None,
    })
}

/// What the provider does to the agent; where the run waits or another agent takes over, a notice says so.
fn held_up(kind: &Kind) -> Option<String> {
    match kind {
        Kind::RateLimited { not_before } => {
            let until = not_before.map(|at| format!(" until {at}")).unwrap_or_default();
            Some(format!("    the provider makes the agent wait{until}"))
        }
        Kind::TurnedAway(away) if away.action == "retry" => {
            Some(format!("    `{}` did not get through to its provider: trying again", away.agent))
        }
        _ => None,
    }
}

/// How a run ended, for stdout.
pub(super) fn summary(finished: &Finished) -> String {
    let mut out = String::new();
    let verb = if finished.left == 1 { "is" } else { "are" };
    let left = format!("{} {verb} left", counted(finished.left, "task"));
    let head = match finished.reason.as_str() {
        "complete" => "All tasks complete!".to_owned(),
        "nothing_ready" => format!("Nothing is ready; {left}."),
        "escalated" => format!("A person is needed; {left}."),
        "iterations" | "budget_usd" | "budget_tokens" | "time" => {
            format!("Stopped by a limit ({}); {left}.", finished.reason)
        }
        "no_progress" => format!("Stopped: nothing changes any more; {left}."),
        "rate_limited" => "The provider makes us wait.".to_owned(),
        "failed" => "The agent cannot work.".to_owned(),
        other => format!("Run {other}; {left}."),
    };
    let _ = writeln!(out, "{head}");
    if let Some(message) = &finished.message {
        let _ = writeln!(out, "  {}", plain(message));
    }
    if let Some(hint) = &finished.hint {
        let _ = writeln!(out, "  hint: {}", plain(hint));
    }
    if let Some(at) = finished.not_before {
        let _ = writeln!(out, "  try again after {at}");
    }
    let took = clock::human(Duration::from_millis(finished.duration_ms));
    let _ = writeln!(
        out,
        "  {} in {took}, spent {}",
        counted(finished.iterations, "iteration"),
        money(&finished.spend)
    );
    for (word, tasks) in
        [("closed", &finished.completed), ("open", &finished.failed), ("needs a person", &finished.escalated)]
    {
        if !tasks.is_empty() {
            let _ = writeln!(out, "  {word}: {}", tasks.join(" "));
        }
    }
    out
}

/// What a run would do, for stdout.
pub(super) fn preview(preview: &Preview) -> String {
    let mut out = String::new();
    let task = preview.task.as_ref();
    let _ = match task {
        Some(task) => writeln!(out, "task      {} {}", task.id, plain(&task.title)),
        None => writeln!(out, "task      none is ready"),
    };
    let _ = writeln!(out, "agent     {}", preview.agent);
    if !preview.fallback.is_empty() {
        let _ = writeln!(out, "fallback  {}", preview.fallback.join(", "));
    }
    if task.is_some() {
        let _ = writeln!(
            out,
            "command   {}",
            preview.argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
        );
        let _ = writeln!(out, "attempt   {} of {}", preview.attempt, preview.max_attempts);
    }
    for gate in &preview.gates {
        let _ = writeln!(out, "gate      {gate}");
    }
    if let Some(agent) = &preview.verify {
        let _ = writeln!(out, "judged    by {agent}");
    }
    if let Some(skill) = &preview.skill {
        let _ = writeln!(out, "skill     {skill}");
    }
    let _ = writeln!(out, "commit    {}", if preview.commit { "yes" } else { "no" });
    if let Some(limit) = preview.max_iterations {
        let _ = writeln!(out, "at most   {limit} iterations");
    }
    if let Some(limit) = preview.budget_usd {
        let _ = writeln!(out, "at most   ${limit:.2}");
    }
    out
}

/// `1 file`, `2 files`.
fn counted(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// `$1.25`, and a word where that is not all.
pub(super) fn money(spend: &Spend) -> String {
    match (spend.known, spend.usd > 0.0) {
        (true, _) => format!("${:.2}", spend.usd),
        (false, true) => format!("${:.2} and an unknown amount", spend.usd),
        (false, false) => "an unknown amount".into(),
    }
}

/// The first line of foreign text, fit for a terminal and not too long for it.
pub(crate) fn plain(text: &str) -> String {
    let line = one_line(&console::strip_ansi_codes(text.lines().next().unwrap_or_default()));
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// A word as it would be typed at a shell.
pub(crate) fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
