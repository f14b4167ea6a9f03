//! `stack …`: what a project is built on, and how that is worked with.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::stack::report;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::config;
use crate::system::document::shown;
use crate::ui::{many_lines, one_line};

/// What to ask of stacks.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub enum Command {
    /// Tell what a directory is built on, and why
    Detect(Detect),
    /// Print the commands, ports and pages of a stack
    Config(Config),
    /// List the stacks that are known, in the order in which they are looked for
    ///
    /// A line each: its name, the port it takes by itself, the rule by which its pages are found. Those that only the settings name
    /// come last.
    List,
}

/// Tell what a directory is built on, and why
#[derive(Debug, clap::Args)]
pub struct Detect {
    /// The directory (default: the present one)
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Tell all that was seen: every stack that speaks for it, the package manager, how it would be served
    #[arg(long)]
    explain: bool,
}

/// Print the commands, ports and pages of a stack
#[derive(Debug, clap::Args)]
pub struct Config {
    /// The stack, as in a project that was just made (default: that of the present directory, as it is there)
    #[arg(value_name = "STACK")]
    stack: Option<String>,
}

/// Runs one of them.
pub fn run(command: &Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Detect(args) => detect(args, context),
        Command::Config(args) => sheet(args, context),
        Command::List => list(context),
    }
}

fn detect(args: &Detect, context: &Context) -> Result<Exit> {
    let dir = args.dir.as_deref().unwrap_or(Path::new("."));
    let report = report::look(&settings(context)?, dir)?;
    if report.stack.is_none() {
        if !context.ui.json() {
            return Err(nothing(dir, args.explain, &report.notices)?);
        }
        context.ui.document(&report)?;
        return Ok(Exit::Failed);
    }
    context.ui.result(&report, || many_lines(&report.text(args.explain)))?;
    if !context.ui.json() {
        report.notices.iter().for_each(|notice| context.ui.notice(&one_line(notice)));
    }
    Ok(Exit::Done)
}

fn sheet(args: &Config, context: &Context) -> Result<Exit> {
    let settings = settings(context)?;
    let sheet = if let Some(stack) = &args.stack {
        report::sheet(&settings, stack)?
    } else {
        let report = report::look(&settings, Path::new("."))?;
        match report.sheet() {
            Some(sheet) => sheet,
            None => return Err(nothing(Path::new("."), false, &report.notices)?),
        }
    };
    context.ui.result(&sheet, || many_lines(&sheet.text()))?;
    Ok(Exit::Done)
}

fn list(context: &Context) -> Result<Exit> {
    let known = report::list(&settings(context)?)?;
    let line = |known: &report::Known| format!("{}\n", one_line(&known.line()));
    context.ui.result(&known, || known.iter().map(line).collect())?;
    Ok(Exit::Done)
}

fn nothing(dir: &Path, explain: bool, notices: &[String]) -> Result<anyhow::Error> {
    let looked = if explain { format!("; looked for: {}", report::known()?) } else { String::new() };
    let beside = notices.iter().map(|notice| format!("; {}", one_line(notice))).collect::<Vec<_>>().concat();
    let told = format!("nothing in `{}` tells what it is built on{looked}{beside}", shown(dir));
    Ok(Fault::not_found(told, "say how it is served: `[stacks.NAME] dev = \"…\"` in .taskrun/config.toml"))
}

/// The settings of the workspace, if there is one: none is needed.
fn settings(context: &Context) -> Result<config::Config> {
    match context.workspace() {
        Ok(workspace) => config::load(Some(&workspace.config_file())),
        Err(error) if matches!(error.downcast_ref(), Some(Fault::NoWorkspace)) => config::load(None),
        Err(error) => Err(error),
    }
}
