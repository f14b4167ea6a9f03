//! `beads ready`, `beads list`

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use clap::ValueEnum;

use super::{array, outlook, rows, view};
use crate::commands::Context;
use crate::domain::beads::{self, Filter, Graph, Line, Record, Sort, Table, quote};
use crate::exit::Exit;

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
    let json = context.ui.json();
    outlook(context, |table| {
        let epic = args.epic.map(|epic| table.resolve(&epic)).transpose()?;
        let filter = Filter { epic, label: args.label, assignee: args.assignee, skip: Vec::new() };
        let ready = table.graph().ready(&filter, sort);
        let ready = ready.into_iter().take(limit);
        if json {
            return array(ready.map(|record| table.json(record)), context);
        }
        let out = rows(&ready.map(|record| (0, record)).collect::<Vec<_>>());
        if out.is_empty() {
            context.ui.progress("nothing is ready");
        }
        context.ui.text(&out);
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// Lists tasks.
pub fn list(args: &Args, context: &Context) -> Result<Exit> {
    let json = context.ui.json();
    view(context, |table| {
        let graph = table.graph();
        let records = select(args, table, &graph)?;
        let records = if args.tree { tree(&records, &graph) } else { flat(&records) };
        if !json {
            let out = rows(&records);
            if out.is_empty() {
                context.ui.progress("no tasks");
            }
            context.ui.text(&out);
            return Ok(());
        }
        if args.tree {
            return array(records.iter().map(|(_, record)| with_kin(table, &graph, record)), context);
        }
        array(records.iter().map(|(_, record)| table.json(record)), context)
    })?;
    Ok(Exit::Done)
}

fn select<'t>(args: &Args, table: &Table, graph: &Graph<'t>) -> Result<Vec<&'t Record<'t>>> {
    if let Some(status) = &args.status {
        beads::check_status(table, status)?;
    }
    if let Some(kind) = &args.kind {
        beads::check_type(table, kind)?;
    }
    let epic = args.epic.as_ref().map(|epic| table.resolve(epic)).transpose()?;
    let below = epic.map(|epic| graph.below(&epic));
    let wanted = |record: &&Record| {
        let status = match &args.status {
            Some(status) => record.status() == status,
            None => args.all || record.status() != "closed",
        };
        status
            && args.kind.as_ref().is_none_or(|kind| record.kind() == kind)
            && args.label.as_ref().is_none_or(|label| record.labels().iter().any(|has| **has == **label))
            && below.as_ref().is_none_or(|ids| ids.contains(&*record.id))
    };
    let mut records: Vec<_> = graph.records().filter(wanted).collect();
    records.sort_by_cached_key(|record| (record.priority(), record.created(), record.id.clone()));
    Ok(records)
}

fn flat<'t>(records: &[&'t Record<'t>]) -> Vec<(usize, &'t Record<'t>)> {
    records.iter().map(|record| (0, *record)).collect()
}

/// Each record below its parent, where that is listed too; those in a circle come last, at the top.
fn tree<'t>(records: &[&'t Record<'t>], graph: &Graph<'t>) -> Vec<(usize, &'t Record<'t>)> {
    let listed: HashSet<&str> = records.iter().map(|record| &*record.id).collect();
    let mut children: HashMap<&str, Vec<&'t Record<'t>>> = HashMap::new();
    let mut roots = Vec::new();
    for record in records {
        match graph.parent(&record.id).filter(|parent| listed.contains(&*parent.id)) {
            Some(parent) => children.entry(&*parent.id).or_default().push(record),
            None => roots.push(*record),
        }
    }
    let mut out = Vec::with_capacity(records.len());
    let mut seen: HashSet<&str> = HashSet::new();
    for root in roots.iter().chain(records) {
        let mut stack = vec![(0, *root)];
        while let Some((depth, record)) = stack.pop() {
            if seen.insert(&*record.id) {
                out.push((depth, record));
                let below = children.get(&*record.id).into_iter().flatten().rev();
                stack.extend(below.map(|child| (depth + 1, *child)));
            }
        }
    }
    out
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
