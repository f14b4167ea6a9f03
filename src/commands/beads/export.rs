//! `beads export`

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use super::{notices, open};
use crate::commands::Context;
use crate::domain::beads::Pick;
use crate::domain::beads::exchange::Shape;
use crate::exit::Exit;

/// What to export, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write; standard output where none is given
    #[arg(value_name = "FILE", conflicts_with = "output")]
    file: Option<PathBuf>,
    /// The same
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// Only of this status
    #[arg(short, long, value_name = "STATUS")]
    status: Option<String>,
    /// Only of this type
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only this epic and what is below it
    #[arg(long, visible_alias = "parent", value_name = "ID")]
    epic: Option<String>,
    /// Only with this label
    #[arg(short, long, value_name = "LABEL")]
    label: Option<String>,
    /// Closed ones in a graph, too; the other formats hold them in any case
    #[arg(long)]
    all: bool,
}

/// How tasks are written.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// The lines of the store, byte for byte
    #[default]
    Jsonl,
    /// One array of whole tasks
    Json,
    /// A checklist in Markdown that can be imported again
    Md,
    /// A table with a header
    Csv,
    /// A graph for Graphviz
    Dot,
    /// A graph for Mermaid
    Mermaid,
}

/// Exports tasks.
pub fn run(args: Args, context: &Context) -> Result<Exit> {
    let store = open(context)?.1;
    let shape = match args.format {
        Format::Jsonl => Shape::Lines,
        Format::Json => Shape::Json,
        Format::Md => Shape::Markdown,
        Format::Csv => Shape::Csv,
        Format::Dot => Shape::Dot,
        Format::Mermaid => Shape::Mermaid,
    };
    let pick =
        Pick { status: args.status, kind: args.kind, epic: args.epic, itself: true, label: args.label };
    let text = store.export(shape, &pick, args.all)?;
    notices(&store, context);
    match args.file.or(args.output).filter(|file| file.as_os_str() != "-") {
        None => context.ui.bytes(text.as_bytes()),
        Some(file) => {
            store.save(&file, &text, args.force)?;
            context.ui.progress(&format!("wrote `{}`", file.display()));
        }
    }
    Ok(Exit::Done)
}
