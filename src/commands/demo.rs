//! `demo`

use std::path::PathBuf;

use anyhow::Result;

use super::loops;
use crate::commands::{Context, board};
use crate::domain::demo;
use crate::domain::loops::plan::{self, Options};
use crate::exit::Exit;
use crate::system::config::{self, Verify, env};
use crate::ui::Color;

/// Work a small task graph in a throw-away repository, to see how it goes.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Where to make the repository (default: a new folder below the temporary one)
    dir: Option<PathBuf>,
}

/// Runs it.
pub fn run(args: &Demo, context: &Context) -> Result<Exit> {
    let workspace = demo::make(args.dir.as_deref(), &env::temp_dir())?;
    context.ui.progress(&format!("made {}", workspace.root().display()));
    let config = config::load(Some(&workspace.config_file()))?;
    let options = Options { max_attempts: Some(3), verify: Some(Verify::None), ..Options::default() };
    let plan = plan::plan(&workspace, &config, &options)?;
    let exit = loops::drive(&workspace, plan, None, context)?;
    if !context.ui.json() {
        let global = crate::cli::Global {
            workspace: Some(workspace.root().to_owned()),
            json: false,
            quiet: false,
            verbose: false,
            color: Color::Auto,
        };
        let there = Context { ui: crate::ui::Ui::new(false, false, false, Color::Auto), global };
        context.ui.text(&format!("\n{}", board::shown(&there)?));
        context.ui.text(&format!("\n{}", demo::commits(&workspace)?));
        context.ui.text(&format!("\nLook around in {}", workspace.root().display()));
    }
    Ok(exit)
}
