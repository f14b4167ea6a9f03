//! `macp command`

use std::fmt::Write;

use anyhow::Result;

use crate::commands::Context;
use crate::commands::loops::render::quoted;
use crate::domain::macp::dispatch::show::{Shown, show};
use crate::domain::macp::{Place, Queue, settings};
use crate::exit::Exit;
use crate::ui::{many_lines, one_line};

/// Print what would be started for a task
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task's id
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let settings = settings::load(&place)?;
    let queue = Queue::open(place)?;
    let shown = show(&queue.task(&args.id)?, queue.place(), &settings)?;
    match &shown.acp {
        // Whoever integrates agents elsewhere reads just this.
        Some(config) => context.ui.document(config)?,
        None => context.ui.result(&shown, || text(&shown))?,
    }
    Ok(Exit::Done)
}

/// The command as a shell would take it, with what surrounds it.
fn text(shown: &Shown) -> String {
    let words: Vec<String> = shown.argv.iter().map(|word| one_line(&quoted(word))).collect();
    let mut text = format!("cd {}\n{}", one_line(&quoted(&shown.dir.display().to_string())), words.join(" "));
    let mut note = |name: &str, value: &str| {
        let _ = write!(text, "\n# {name}: {}", one_line(value));
    };
    if let Some(launcher) = &shown.launcher {
        note("handed to the launcher", launcher);
    }
    if !shown.env.is_empty() {
        note("with the variables", &shown.env.join(", "));
    }
    if shown.pty {
        note("with", "a terminal");
    }
    match (&shown.prompt, &shown.stdin) {
        (Some(prompt), _) => {
            note("what it is told", "");
            let _ = write!(text, "\n{}", many_lines(prompt));
        }
        (None, Some(stdin)) => {
            note("on its standard input", "");
            let _ = write!(text, "\n{}", many_lines(stdin));
        }
        (None, None) => {}
    }
    text
}
