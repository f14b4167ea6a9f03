//! `beads create`

use std::path::PathBuf;

use anyhow::Result;

use super::{notices, open, priority, text_or_stdin};
use crate::commands::Context;
use crate::commands::words::Words;
use crate::domain::beads::{self, New};
use crate::exit::Exit;
use crate::ui::one_line;

/// What the task is to be.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is to be done, in a few words
    #[arg(allow_hyphen_values = true, value_parser = Words)]
    title: String,
    /// Its type: task, bug, feature, epic, chore, story, or one the file already uses
    #[arg(short = 't', long = "type", value_name = "TYPE", default_value = "task")]
    kind: String,
    /// 0 (the most urgent) to 4, or P0 to P4
    #[arg(short, long, value_name = "P", default_value = "2", value_parser = priority)]
    priority: i64,
    /// What it is about; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// Read the description from a file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "description")]
    body_file: Option<PathBuf>,
    /// The task or epic it belongs to
    #[arg(long, visible_alias = "epic", value_name = "ID")]
    parent: Option<String>,
    /// What must be closed first (`TYPE:ID` for another kind of dependency)
    #[arg(long, visible_alias = "blocked-by", value_name = "ID", value_delimiter = ',')]
    deps: Vec<String>,
    /// When it is done
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    acceptance: String,
    /// How it is to be built
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    design: String,
    /// A word to find it by; may be repeated
    #[arg(short, long = "label", visible_alias = "labels", value_name = "LABEL", value_delimiter = ',')]
    labels: Vec<String>,
    /// Who is to work on it
    #[arg(short, long, value_name = "WHO", default_value = "", hide_default_value = true)]
    assignee: String,
    /// How many minutes it may take
    #[arg(short, long, value_name = "MIN")]
    estimate: Option<u32>,
    /// Print nothing but the id
    #[arg(long)]
    silent: bool,
}

/// Makes the task.
pub fn run(args: Args, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    let description = match (&args.description, &args.body_file) {
        (Some(text), _) => text_or_stdin(text)?,
        (None, Some(file)) if file.as_os_str() == "-" => text_or_stdin("-")?,
        (None, Some(file)) => beads::body(file)?,
        (None, None) => String::new(),
    };
    let issue = store.create(&New {
        title: args.title,
        kind: args.kind,
        priority: args.priority,
        description,
        design: args.design,
        acceptance: args.acceptance,
        parent: args.parent,
        deps: args.deps,
        labels: args.labels,
        assignee: args.assignee,
        estimate: args.estimate,
        author: beads::who(workspace.root()),
    })?;
    notices(&store, context);
    if context.ui.json() {
        context.ui.text(&issue.json);
        return Ok(Exit::Done);
    }
    context.ui.text(&issue.id);
    if !args.silent {
        context.ui.progress(&format!("created {}: {}", issue.id, one_line(&issue.title)));
    }
    Ok(Exit::Done)
}
