//! `mission artifact`

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::domain::missions::artifact::{self, Artifact};
use crate::domain::missions::input::Input;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::fit::{pad, wide};

/// Print, write or list artifacts
#[derive(Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with them.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Command {
    /// Print an artifact as it is
    Get {
        /// The mission
        #[arg(value_name = "ID")]
        id: String,
        /// The artifact
        #[arg(value_name = "FILE", allow_hyphen_values = true)]
        file: String,
    },
    /// Write an artifact, whole or not at all
    Set {
        /// The mission
        #[arg(value_name = "ID")]
        id: String,
        /// The artifact
        #[arg(value_name = "FILE", allow_hyphen_values = true)]
        file: String,
        /// What is to be in it: a file, or `-` for standard input [default: what comes there]
        #[arg(long, value_name = "FILE|-")]
        from: Option<PathBuf>,
    },
    /// List the artifacts of a mission
    List {
        /// The mission
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    match &args.command {
        Command::Get { .. } if ui.json() => {
            let hint = "leave out `--json`; `taskrun mission artifact list --json` tells about all artifacts";
            return Err(Fault::usage("an artifact is printed as it is, never as JSON", hint));
        }
        Command::Get { id, file } => {
            let mut file = artifact::open(&shelf.find(id)?, file)?;
            ui.stream(|out| Ok(std::io::copy(&mut file, out).map(|_| ())?))?;
        }
        Command::Set { id, file, from } => {
            if from.is_none() && ui.can_ask() {
                let hint = "give `--from`: a file, or `-` for standard input";
                return Err(Fault::usage("nothing says what is to be in it", hint));
            }
            let from = from.as_deref().map_or(Input::Implied, Input::file);
            let mission = artifact::set(shelf, id, file, &mut *from.open()?)?;
            ui.result(&mission, String::new)?;
        }
        Command::List { id } => {
            let artifacts = artifact::list(&shelf.find(id)?)?;
            ui.result(&artifacts, || table(&artifacts))?;
        }
    }
    Ok(Exit::Done)
}

fn table(artifacts: &[Artifact]) -> String {
    let width = artifacts.iter().map(|artifact| wide(&artifact.name)).max().unwrap_or(0);
    let line = |artifact: &Artifact| {
        let (name, at) = (pad(&artifact.name, width), artifact.updated_at.strftime("%Y-%m-%d %H:%M:%S UTC"));
        format!("{name}  {:>10}  {at}\n", artifact.bytes)
    };
    artifacts.iter().map(line).collect()
}
