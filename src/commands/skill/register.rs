//! `skill register`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::skills::register::{self, Given, Registered};
use crate::exit::Exit;
use crate::ui::one_line;

/// Take over a skill from a file, standard input or the command line
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A skill as TOML or JSON, a folder with a `SKILL.md`, or `-` for standard input
    #[arg(value_name = "FILE|-", required_unless_present = "inline")]
    file: Option<PathBuf>,
    /// The skill itself, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "file", allow_hyphen_values = true)]
    inline: Option<String>,
    /// Put it into the user's folder instead of the workspace's
    #[arg(long)]
    user: bool,
    /// Replace the one that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let home = super::home(args.user, context)?;
    let given = match (&args.inline, &args.file) {
        (Some(text), _) => Given::Inline(text.clone()),
        (None, Some(file)) if file.as_os_str() != "-" => Given::File(file.clone()),
        _ => Given::Stdin,
    };
    let done = register::register(&super::catalog(context)?, &home, &given, args.force)?;
    report(&done, "registered", context)
}

/// Says where a skill is now, and what it goes before.
pub(super) fn report(done: &Registered, verb: &str, context: &Context) -> Result<Exit> {
    for note in &done.notes {
        context.ui.warn(note);
    }
    context
        .ui
        .result(done, || format!("{verb} `{}`: {}", done.id, one_line(&done.path.to_string_lossy())))?;
    if let Some(hidden) = done.hides {
        context.ui.notice(&format!("it goes before the {} skill of that name", super::whose(hidden)));
    }
    if let Some(nearer) = done.hidden_by {
        context.ui.notice(&format!("here the {} skill of that name goes before it", super::whose(nearer)));
    }
    Ok(Exit::Done)
}
