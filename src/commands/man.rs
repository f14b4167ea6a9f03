//! `man [DIR]`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, CommandFactory};

use crate::cli::Cli;
use crate::commands::Context;
use crate::domain::manual::{self, Page};
use crate::exit::Exit;

/// Print the manual page, or write all of them into a directory.
#[derive(Debug, Args)]
pub struct Man {
    /// Write all pages into this directory, made where it is missing
    dir: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Man, context: &Context) -> Result<Exit> {
    match &args.dir {
        None => {
            let mut roff = Vec::new();
            clap_mangen::Man::new(grammar()).render(&mut roff)?;
            context.ui.bytes(&roff);
        }
        Some(dir) => {
            let written = manual::install(dir, &pages()?)?;
            let lines: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
            context.ui.result(&written, || lines.join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

/// A page for the program, one for each command, and those written by hand.
pub fn pages() -> Result<Vec<Page>> {
    let mut pages = vec![manual::config(), manual::triggers()];
    collect(grammar(), &mut pages)?;
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pages)
}

/// The grammar with every name and every global option filled in.
fn grammar() -> clap::Command {
    let mut grammar = Cli::command();
    grammar.build();
    grammar
}

fn collect(command: clap::Command, pages: &mut Vec<Page>) -> Result<()> {
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        collect(child.clone(), pages)?;
    }
    let page = clap_mangen::Man::new(command);
    let mut roff = Vec::new();
    page.render(&mut roff)?;
    pages.push(Page { name: page.get_filename(), roff });
    Ok(())
}
