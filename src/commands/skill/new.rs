//! `skill new`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::skills::scaffold::{self, Wanted};
use crate::exit::Exit;

/// Write the file of a new skill, to be filled in
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its id; also the name of its file
    id: String,
    /// Its name for people
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The stacks it is for, separated by commas [default: any]
    #[arg(long, value_name = "STACK", value_delimiter = ',')]
    stack: Vec<String>,
    /// Begin with a copy of this skill
    #[arg(long, value_name = "ID")]
    from: Option<String>,
    /// Put it into the user's folder instead of the workspace's
    #[arg(long)]
    user: bool,
    /// Replace the one that is there
    #[arg(long)]
    force: bool,
}

impl Args {
    /// Those of a new skill with this id, for whoever asked for it.
    pub(super) fn called(id: String) -> Self {
        Self { id, name: None, stack: Vec::new(), from: None, user: false, force: false }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let home = super::home(args.user, context)?;
    let (id, name) = (args.id.clone(), args.name.clone());
    let wanted = Wanted { id, name, stack: args.stack.clone(), of: args.from.clone() };
    let made = scaffold::new(&super::catalog(context)?, &home, &wanted, args.force)?;
    super::register::report(&made, "wrote", context)
}
