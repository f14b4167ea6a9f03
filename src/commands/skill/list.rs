//! `skill list`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::skills::catalog::Listed;
use crate::exit::Exit;
use crate::ui::one_line;

/// List the skills, and where each comes from
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only those for this stack
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let (mut skills, broken) = super::catalog(context)?.heads();
    for error in broken {
        context.ui.warn(&format!("{error:#}"));
    }
    skills.retain(|listed| args.stack.as_ref().is_none_or(|stack| listed.fits(stack)));
    context.ui.result(&skills, || table(&skills, context.ui.fit()))?;
    Ok(Exit::Done)
}

fn table(skills: &[Listed], columns: Option<usize>) -> String {
    let stacks: Vec<String> = skills.iter().map(|listed| one_line(&listed.stack.join(","))).collect();
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let ids = widest(&mut skills.iter().map(|listed| listed.id.len()));
    let stack = widest(&mut stacks.iter().map(|stack| console::measure_text_width(stack))).min(24);
    let line = |(listed, stacks): (&Listed, &String)| {
        let stories = if listed.stories == 1 { "story  " } else { "stories" };
        let stacks = console::pad_str(stacks, stack, console::Alignment::Left, Some("…"));
        let (id, from, name) = (&listed.id, listed.from.word(), one_line(&listed.name));
        let line = format!("{id:<ids$}  {:>2} {stories}  {stacks}  {from:<9}  {name}", listed.stories);
        let cut = columns.map(|columns| console::truncate_str(&line, columns, "…").into_owned());
        cut.unwrap_or(line) + "\n"
    };
    skills.iter().zip(&stacks).map(line).collect()
}
