//! `agent prompt`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use crate::commands::Context;
use crate::commands::beads::text_or_stdin;
use crate::commands::limits::Limits;
use crate::commands::loops::render;
use crate::domain::attempt::event::{Event, Finished, Kind};
use crate::domain::prompted::plan::{self, Options, Text, Used};
use crate::domain::prompted::{self, Hands};
use crate::exit::Exit;
use crate::system::config::Permissions;
use crate::system::{clock, config};

/// Hand a prompt to an agent and print its answer as it comes; exit 0 when it answered, 1 when it failed,
/// 3 when a limit ended it, 4 when it needs a person, 75 when its provider makes it wait.
#[derive(Debug, clap::Args)]
pub struct Prompt {
    /// What the agent is told; `-` reads it from stdin
    #[arg(required_unless_present = "file")]
    text: Option<String>,
    /// Read the prompt from this file
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Show the agent this file, too; as often as needed
    #[arg(long = "context", value_name = "FILE")]
    contexts: Vec<PathBuf>,
    /// Agent that answers
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Model to ask the agent for
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// What the agent may do without being asked
    #[arg(long, value_enum, value_name = "LEVEL")]
    permissions: Option<Level>,
    /// Go on with an earlier session, by the agent's own id
    #[arg(long = "continue", value_name = "SESSION")]
    session: Option<String>,
    /// Hand the agent to `[launchers.NAME]` of the settings
    #[arg(long, value_name = "NAME")]
    launcher: Option<String>,
    #[command(flatten)]
    limits: Limits,
}

/// What an agent may do without being asked.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Level {
    /// Look, but change nothing
    ReadOnly,
    /// Change files in the workspace and run commands there
    Workspace,
    /// Anything
    Full,
}

impl Prompt {
    fn options(&self) -> Result<Options> {
        let text = match (&self.text, &self.file) {
            (_, Some(file)) if file.as_os_str() == "-" => Text::Given(text_or_stdin("-")?),
            (_, Some(file)) => Text::File(file.clone()),
            (text, None) => Text::Given(text_or_stdin(text.as_deref().unwrap_or_default())?),
        };
        Ok(Options {
            text,
            contexts: self.contexts.clone(),
            agent: self.agent.clone(),
            model: self.model.clone(),
            permissions: self.permissions.map(|level| match level {
                Level::ReadOnly => Permissions::ReadOnly,
                Level::Workspace => Permissions::Workspace,
                Level::Full => Permissions::Full,
            }),
            session: self.session.clone(),
            launcher: self.launcher.clone(),
            budget: self.limits.budget(),
            used: Used::default(),
            allow_unknown_cost: self.limits.allow_unknown_cost,
            part: None,
        })
    }
}

pub(super) fn prompt(args: &Prompt, context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    let config = config::load(Some(&workspace.config_file()))?;
    let plan = plan::plan(&workspace, &config, &args.options()?)?;
    let ui = &context.ui;
    let mut tell = |event: &Event| {
        if ui.json() {
            // An agent is heard to its end without our stdout.
            let _ = ui.line(event);
            return;
        }
        match &event.kind {
            // It is on stdout, whole.
            Kind::AgentMessage { .. } => {}
            Kind::RunFinished(finished) => {
                let summary = summary(&event.run, finished);
                if finished.exit_code == 0 { ui.progress(&summary) } else { ui.warn(&summary) }
            }
            _ => render::line(event, ui.verbose()).into_iter().for_each(|line| ui.progress(&line)),
        }
    };
    let mut text = |text: &str| ui.said(text);
    let mut notice = |message: &str| ui.notice(message);
    let hands = Hands { tell: &mut tell, text: &mut text, notice: &mut notice };
    let finished = prompted::run(&workspace, &plan, hands)?;
    Ok(Exit::from_code(finished.exit_code))
}

/// How a prompt ended, for stderr.
fn summary(run: &str, finished: &Finished) -> String {
    let took = clock::human(Duration::from_millis(finished.duration_ms));
    let spent = super::money(&finished.spend);
    let session = finished.session.as_ref().map(|id| format!(", session {id}")).unwrap_or_default();
    let end = match finished.reason.as_str() {
        "complete" => String::new(),
        reason => {
            let why = finished.message.as_ref().map(|why| format!(": {}", render::plain(why)));
            format!("{reason}{}; ", why.unwrap_or_default())
        }
    };
    let later = finished.not_before.map(|at| format!("; try again after {at}")).unwrap_or_default();
    format!("{end}{run} took {took} and cost {spent}{session}{later}")
}
