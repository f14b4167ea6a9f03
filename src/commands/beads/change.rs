//! `beads update`, `beads close`, `beads reopen`

use anyhow::Result;

use super::{array, notices, open, print, priority, text_or_stdin};
use crate::commands::Context;
use crate::domain::beads::Update;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::one_line;

/// Which tasks, and what is to change.
#[derive(Debug, clap::Args)]
pub struct UpdateArgs {
    /// Their ids
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Where they stand: open, `in_progress`, blocked, deferred, closed, or one of `status.custom` in
    /// `.beads/config.yaml`
    #[arg(short, long, value_name = "STATUS")]
    status: Option<String>,
    /// What is to be done, in a few words
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    title: Option<String>,
    /// What they are about; `-` reads it from standard input
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// 0 (the most urgent) to 4, or P0 to P4
    #[arg(short, long, value_name = "P", value_parser = priority)]
    priority: Option<i64>,
    /// What was noted on the way; replaces what is there
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    notes: Option<String>,
    /// When they are done
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    acceptance: Option<String>,
    /// Who works on them; an empty text is nobody
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,
    /// A label they get; may be repeated
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    add_label: Vec<String>,
    /// A label they lose; may be repeated
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    remove_label: Vec<String>,
}

/// Which tasks, and why.
#[derive(Debug, clap::Args)]
pub struct CloseArgs {
    /// Their ids
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Why
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: Option<String>,
}

/// Changes tasks.
pub fn update(args: UpdateArgs, context: &Context) -> Result<Exit> {
    let store = open(context)?.1;
    let update = Update {
        status: args.status,
        title: args.title,
        description: args.description.map(|text| text_or_stdin(&text)).transpose()?,
        priority: args.priority,
        notes: args.notes,
        acceptance: args.acceptance,
        assignee: args.assignee,
        add_labels: args.add_label,
        remove_labels: args.remove_label,
    };
    if update == Update::default() {
        return Err(Fault::usage("nothing is to change", "see `taskrun beads update --help`"));
    }
    let issues = store.update(&args.ids, &update)?;
    notices(&store, context);
    print(&issues, context, |issue| format!("updated {}", one_line(&issue.id)))?;
    Ok(Exit::Done)
}

/// Closes tasks.
pub fn close(args: &CloseArgs, context: &Context) -> Result<Exit> {
    let store = open(context)?.1;
    let closed = store.close(&args.ids, args.reason.as_deref())?;
    notices(&store, context);
    if context.ui.json() {
        array(closed.issues.iter().map(|issue| Ok(&issue.json)), context)?;
        return Ok(Exit::Done);
    }
    let line = |word: &str, id: &str, title: &str| format!("{word} {}  {}\n", one_line(id), one_line(title));
    let done = closed.issues.iter().map(|issue| line("closed", &issue.id, &issue.title));
    let ready = closed.ready.iter().map(|issue| line("ready ", &issue.id, &issue.title));
    context.ui.text(&done.chain(ready).collect::<String>());
    Ok(Exit::Done)
}

/// Opens tasks again.
pub fn reopen(ids: &[String], context: &Context) -> Result<Exit> {
    let store = open(context)?.1;
    let issues = store.reopen(ids)?;
    notices(&store, context);
    print(&issues, context, |issue| format!("reopened {}", one_line(&issue.id)))?;
    Ok(Exit::Done)
}
