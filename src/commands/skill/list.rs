//! `skill list`

use anyhow::Result;
use serde::Serialize;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::skills::catalog::{Catalog, Listed};
use crate::domain::skills::selected;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;
use crate::ui::one_line;

/// List the skills, and where each comes from
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only those for this stack
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
    /// Only those for the stack of this site
    #[arg(long, value_name = "NAME", conflicts_with = "stack")]
    site: Option<String>,
}

/// A line of the list.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    listed: Listed,
    /// There where it is the selected one.
    #[serde(skip_serializing_if = "Option::is_none")]
    selected: Option<bool>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let found = Workspace::find(context.global.workspace.as_deref())?.map(|found| found.workspace);
    let (mut skills, mut broken) = Catalog::new(found.as_ref()).heads();
    let stack = match &args.site {
        Some(name) => Some(Sites::of(&context.workspace()?).find(Some(name))?.recipe.stack),
        None => args.stack.clone(),
    };
    skills.retain(|listed| stack.as_ref().is_none_or(|stack| listed.fits(stack)));
    let selected = found.as_ref().map(selected).transpose().unwrap_or_else(|error| {
        broken.push(error);
        None
    });
    for error in broken {
        context.ui.warn(&format!("{error:#}"));
    }
    let selected = selected.flatten();
    let mark = |listed: &Listed| (selected.as_ref() == Some(&listed.id)).then_some(true);
    let rows: Vec<Row> = skills.into_iter().map(|listed| Row { selected: mark(&listed), listed }).collect();
    context.ui.result(&rows, || table(&rows, context.ui.fit()))?;
    Ok(Exit::Done)
}

fn table(rows: &[Row], columns: Option<usize>) -> String {
    let skills = || rows.iter().map(|row| &row.listed);
    let stacks: Vec<String> = skills().map(|listed| one_line(&listed.stack.join(","))).collect();
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let ids = widest(&mut skills().map(|listed| listed.id.len()));
    let stack = widest(&mut stacks.iter().map(|stack| console::measure_text_width(stack))).min(24);
    let line = |(row, stacks): (&Row, &String)| {
        let listed = &row.listed;
        let mark = if row.selected.is_some() { " (selected)" } else { "" };
        let stories = if listed.stories == 1 { "story  " } else { "stories" };
        let stacks = console::pad_str(stacks, stack, console::Alignment::Left, Some("…"));
        let (id, from, name) = (&listed.id, listed.from.word(), one_line(&listed.name));
        let line = format!("{id:<ids$}  {:>2} {stories}  {stacks}  {from:<9}  {name}{mark}", listed.stories);
        let cut = columns.map(|columns| console::truncate_str(&line, columns, "…").into_owned());
        cut.unwrap_or(line) + "\n"
    };
    rows.iter().zip(&stacks).map(line).collect()
}
