//! `mission continue`

use std::fmt::Write;

use anyhow::Result;
use console::style;

use crate::commands::Context;
use crate::commands::limits::Limits;
use crate::commands::loops::render;
use crate::commands::macp::told;
use crate::domain::attempt::event;
use crate::domain::macp::drain;
use crate::domain::missions::Shelf;
use crate::domain::missions::go_on::{self, Options};
use crate::domain::missions::told::{Event, Finished, Hands, Kind, Told};
use crate::exit::Exit;
use crate::system::config;
use crate::ui::one_line;

/// Run the step, or pass the gate, that a mission is at
///
/// Exit code 0 when the step is done or the gate passed; 1 when the step failed, 3 when a limit ended it, 4 when a person is
/// needed, 75 when somebody else runs it or the provider makes the agent wait.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
    /// Run all steps up to the next one that needs a person (exit 4), and pass no gate
    #[arg(long)]
    until_gate: bool,
    /// What there is to say when a gate is passed, which the agents of later steps are told; or to the step that is run, as
    /// an answer to what its agent asked
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "until_gate")]
    note: Option<String>,
    /// Start no agent: copy its input to its output, below a header that says so
    #[arg(long)]
    mock_agent: bool,
    #[command(flatten)]
    limits: Limits,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let config = config::load(Some(&shelf.workspace().config_file()))?;
    let options = Options {
        until_gate: args.until_gate,
        mock: args.mock_agent,
        note: args.note.clone(),
        budget: args.limits.budget(),
        allow_unknown_cost: args.limits.allow_unknown_cost,
    };
    let ui = &context.ui;
    let mut tell = |told: Told<'_>| {
        if ui.json() {
            // It goes on without its stdout.
            let _ = match told {
                Told::Mission(event) => ui.line(event),
                Told::Run(event) => ui.line(event),
                Told::Queue(drain::Told::Event(event)) => ui.line(event),
                Told::Queue(drain::Told::Finished(finished)) => ui.line(finished),
                Told::Finished(finished) => ui.line(finished),
            };
            return;
        }
        match told {
            Told::Mission(event) => ui.progress(&line(event)),
            // An agent's text is on stdout, whole; its end is told with the step's.
            Told::Run(event) if silent(&event.kind) => {}
            Told::Run(event) => {
                if let Some(line) = render::line(event, ui.verbose()) {
                    ui.progress(&line);
                }
            }
            Told::Queue(drain::Told::Event(event)) => {
                if let Some(line) = told::line(event, ui.verbose()) {
                    ui.progress(&line);
                }
            }
            Told::Queue(drain::Told::Finished(_)) => {}
            Told::Finished(finished) => ui.text(&summary(finished)),
        }
    };
    let mut text = |text: &str| ui.said(text);
    let mut notice = |message: &str| ui.notice(message);
    let hands = Hands { tell: &mut tell, text: &mut text, notice: &mut notice };
    let finished = go_on::go_on(shelf, &config, &args.id, &options, hands)?;
    Ok(Exit::from_code(finished.exit_code))
}

fn silent(kind: &event::Kind) -> bool {
    matches!(kind, event::Kind::AgentMessage { .. } | event::Kind::RunFinished(_))
}

/// What happened to the mission, for stderr.
fn line(event: &Event) -> String {
    let step = one_line(&event.step);
    match &event.kind {
        Kind::Started { name, mock, .. } => {
            let how = if *mock { " (mock: no agent is started)" } else { "" };
            format!("{} {} (`{step}`){how}", style("step").for_stderr().bold(), one_line(name))
        }
        Kind::Ended { error: None, .. } => format!("{} `{step}`", style("done").for_stderr().green()),
        Kind::Ended { error: Some(why), .. } => {
            format!("{} `{step}`: {}", style("failed").for_stderr().red(), render::plain(why))
        }
        Kind::Decided { decision, by, .. } => format!("{decision} `{step}` as {}", one_line(by)),
    }
}

/// How it ended, for people.
fn summary(finished: &Finished) -> String {
    let id = one_line(&finished.mission);
    let mock = if finished.mock { " (mock: no agent was started)" } else { "" };
    let mut out = if finished.completed {
        format!("mission {id} is completed{mock}: {}\n", one_line(&finished.dir.display().to_string()))
    } else {
        let step = finished.step_name.as_deref().map(one_line).unwrap_or_default();
        let number = finished.current_step + 1;
        let status = finished.status.word();
        format!("mission {id} is {status}{mock}: step {number} of {}, {step}\n", finished.steps)
    };
    for (name, value) in [("why", &finished.error), ("hint", &finished.hint)] {
        if let Some(value) = value {
            let _ = writeln!(out, "  {name}: {}", render::plain(value));
        }
    }
    out
}
