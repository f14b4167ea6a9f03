//! `beads import`

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde_json::json;

use super::{notices, open};
use crate::commands::Context;
use crate::domain::beads::exchange::{self, Action, Imported, Options, Source};
use crate::domain::beads::{self};
use crate::exit::Exit;
use crate::ui::one_line;

/// What to import, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the file is
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: Format,
    /// Write nothing, only tell what would be done
    #[arg(long)]
    dry_run: bool,
    /// The epic that new tasks belong to
    #[arg(long, visible_alias = "parent", value_name = "ID")]
    epic: Option<String>,
}

/// What a file may be.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// Told by its contents
    #[default]
    Auto,
    /// Lines of Beads: merged issue by issue, the newest wins
    Jsonl,
    /// User stories with acceptance criteria (`prd.json`)
    Prd,
    /// Checklists in Markdown
    Md,
    /// What `gh issue list --json …` prints
    Github,
}

impl Format {
    fn given(self) -> Option<exchange::Format> {
        match self {
            Self::Auto => None,
            Self::Jsonl => Some(exchange::Format::Lines),
            Self::Prd => Some(exchange::Format::Prd),
            Self::Md => Some(exchange::Format::Markdown),
            Self::Github => Some(exchange::Format::Github),
        }
    }
}

/// Imports the file.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    let source = Source::read(&args.file, workspace.root())?;
    let options = Options {
        format: args.format.given(),
        parent: args.epic.clone(),
        dry_run: args.dry_run,
        author: beads::who(workspace.root()),
    };
    let imported = store.import(&source, &options)?;
    notices(&store, context);
    imported.notices.iter().for_each(|notice| context.ui.notice(notice));
    context.ui.result(&document(&imported), || text(&imported))?;
    Ok(Exit::Done)
}

fn document(imported: &Imported) -> serde_json::Value {
    let skipped = imported.steps.iter().filter(|step| step.action == Action::Skipped);
    let skipped =
        skipped.map(|step| json!({"id": step.id.as_deref().unwrap_or(&step.from), "reason": step.reason}));
    let kept = imported
        .steps
        .iter()
        .flat_map(|step| step.kept.iter().map(|field| json!({"id": step.id, "field": field})));
    json!({
        "kept": kept.collect::<Vec<_>>(),
        "format": imported.format.name(),
        "created": imported.of(Action::Created),
        "updated": imported.of(Action::Updated),
        "unchanged": imported.of(Action::Unchanged).len(),
        "skipped": skipped.collect::<Vec<_>>(),
        "dry_run": imported.dry_run,
        "items": imported.steps,
    })
}

fn text(imported: &Imported) -> String {
    let mut out = String::new();
    for step in imported.steps.iter().filter(|step| step.action != Action::Unchanged) {
        let word = match step.action {
            Action::Created => "created",
            Action::Updated => "updated",
            _ => "skipped",
        };
        let id = step.id.as_deref().unwrap_or(&step.from);
        let why =
            if step.reason.is_empty() { String::new() } else { format!(" ({})", one_line(&step.reason)) };
        let _ = writeln!(out, "{word}  {}  {}{why}", one_line(id), one_line(&step.title));
    }
    let count = |action| imported.of(action).len();
    let _ = writeln!(
        out,
        "{}{} created, {} updated, {} unchanged, {} skipped",
        if imported.dry_run { "nothing was written: " } else { "" },
        count(Action::Created),
        count(Action::Updated),
        count(Action::Unchanged),
        count(Action::Skipped)
    );
    out
}
