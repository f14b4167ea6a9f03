//! `beads ready`, `beads list`

use anyhow::Result;
use clap::ValueEnum;

use super::{array, ask, rows};
use crate::commands::Context;
use crate::domain::beads::{Filter, Graph, Line, Pick, Question, Record, Sort, Table, nested, quote};
use crate::exit::Exit;

/// More lines than this on a terminal are counted below them.
const MANY: usize = 20;

/// Which ready tasks, in which order.
#[derive(Debug, clap::Args)]
pub struct ReadyArgs {
    /// At most so many; 0 is all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    limit: usize,
    /// Only what is below this epic
    #[arg(long, visible_alias = "parent", value_name = "ID")]
    epic: Option<String>,
    /// Only with this label
    #[arg(short, long, value_name = "LABEL")]
    label: Option<String>,
    /// Only this one's
    #[arg(short, long, value_name = "WHO")]
    assignee: Option<String>,
    /// By priority and then age, or by age alone
    #[arg(short, long, value_enum, default_value_t)]
    sort: By,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum By {
    /// The most urgent, then the oldest
    #[default]
    Priority,
    /// The oldest
    Age,
}

/// Which tasks.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Indent what belongs to another task below it
    #[arg(long)]
    tree: bool,
    /// Only of this status
    #[arg(short, long, value_name = "STATUS")]
    status: Option<String>,
    /// Only of this type
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only what is below this epic
    #[arg(long, visible_alias = "parent", value_name = "ID")]
    epic: Option<String>,
    /// Only with this label
    #[arg(short, long, value_name = "LABEL")]
    label: Option<String>,
    /// Closed ones, too
    #[arg(long)]
    all: bool,
}

/// Lists what can be started now.
pub fn ready(args: ReadyArgs, context: &Context) -> Result<Exit> {
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let sort = match args.sort {
        By::Priority => Sort::Priority,
        By::Age => Sort::Age,
    };
    let (json, columns) = (context.ui.json(), context.ui.fit());
    ask(Question::Ready, context, |table| {
        let epic = args.epic.map(|epic| table.resolve(&epic)).transpose()?;
        let filter = Filter { epic, label: args.label, assignee: args.assignee, skip: Vec::new() };
        let ready = table.graph().ready(&filter, sort);
        let count = ready.len().min(limit);
        let ready = ready.into_iter().take(limit);
        if json {
            return array(ready.map(|record| table.json(record)), context);
        }
        tell(&rows::flat(ready, columns), count, "nothing is ready", context);
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// Lists tasks.
pub fn list(args: &Args, context: &Context) -> Result<Exit> {
    let (json, columns) = (context.ui.json(), context.ui.fit());
    let pick = Pick {
        status: args.status.clone(),
        kind: args.kind.clone(),
        epic: args.epic.clone(),
        itself: false,
        label: args.label.clone(),
    };
    ask(Question::List, context, |table| {
        let graph = table.graph();
        let mut records = pick.of(table, &graph, |record| !args.all && record.is_put_away())?;
        records.sort_by_cached_key(|record| (record.priority(), record.created(), record.id.clone()));
        let count = records.len();
        if json && args.tree {
            let records = nested(&records, &graph);
            return array(records.iter().map(|(_, record)| with_kin(table, &graph, record)), context);
        }
        if json {
            return array(records.into_iter().map(|record| table.json(record)), context);
        }
        let out = if args.tree {
            rows::tree(&nested(&records, &graph), &graph, columns)
        } else {
            rows::flat(records, columns)
        };
        tell(&out, count, "no tasks", context);
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// How many there were, where a person cannot see it at a glance.
fn tell(out: &str, count: usize, none: &str, context: &Context) {
    if out.is_empty() {
        context.ui.progress(none);
    }
    context.ui.text(out);
    if count > MANY && context.ui.stdout_is_terminal() {
        context.ui.progress(&format!("{count} tasks"));
    }
}

/// The whole issue with its `parent` and the ids of its `children`.
fn with_kin(table: &Table, graph: &Graph, record: &Record) -> Result<String> {
    let mut line = Line::new(&table.json(record)?);
    let parent = graph.parent(&record.id).map_or("null".to_owned(), |parent| quote(&parent.id));
    line.set("parent", &parent);
    let children: Vec<String> = graph.children(&record.id).iter().map(|child| quote(&child.id)).collect();
    line.set("children", &format!("[{}]", children.join(",")));
    Ok(line.text().to_owned())
}
