//! `mission new`

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use crate::commands::Context;
use crate::commands::words::Words;
use crate::domain::missions::input::Input;
use crate::domain::missions::{Kind, Shelf, builtin};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::document::shown;

/// Make a mission
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One line
    #[arg(long, value_name = "TITLE", allow_hyphen_values = true, value_parser = Words)]
    title: String,
    /// What sort of work it is
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(Kind::WORDS))]
    kind: String,
    /// What is wanted: text, a file, or `-` for standard input
    #[arg(long, value_name = "TEXT|FILE|-", allow_hyphen_values = true, value_parser = Words)]
    input: Option<String>,
    /// Whose steps it goes through [default: the first workflow]
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let input = args.input.as_deref().map(Input::of).transpose()?.ok_or_else(|| {
        Fault::usage("nothing says what is wanted", "give `--input`: text, a file, or `-` for standard input")
    })?;
    // The parser takes no other words.
    let kind = Kind::parse(&args.kind).unwrap_or(Kind::Feature);
    let workflow = shelf.workflow(args.workflow.as_deref())?;
    let crew = shelf.crew()?;
    shelf.check_agents(&workflow, &crew)?;
    let (folder, mission) = shelf.create_from(&args.title, kind, &workflow, &mut *input.open()?)?;
    for path in builtin::make_prompts(shelf.workspace(), &crew, &workflow.steps)? {
        context.ui.progress(&format!("made {}", shown(&path)));
    }
    context.ui.result(&mission, || mission.mission_id.clone())?;
    if !context.ui.json() {
        context.ui.progress(&format!("made {}", shown(&folder.dir)));
    }
    Ok(Exit::Done)
}
