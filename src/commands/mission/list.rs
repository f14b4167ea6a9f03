//! `mission list`

use anyhow::Result;

use crate::commands::Context;
use crate::domain::missions::Shelf;
use crate::domain::missions::list::{self, Listed};
use crate::exit::Exit;
use crate::ui::fit::{cut, pad, wide};
use crate::ui::one_line;

/// List the missions under way
///
/// A mission that cannot be read is told as a warning; the others are listed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Completed ones too
    #[arg(long)]
    all: bool,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let (missions, broken) = list::list(shelf, args.all)?;
    for error in &broken {
        context.ui.warn(&format!("{error:#}"));
    }
    if missions.is_empty() && broken.is_empty() {
        context.ui.progress("no missions");
    }
    context.ui.result(&missions, || table(&missions, context.ui.fit()))?;
    Ok(Exit::Done)
}

/// `id  status  type  step  title` for each.
fn table(missions: &[Listed], columns: Option<usize>) -> String {
    let cells = |mission: &Listed| {
        let step = one_line(&mission.current_step_name);
        [mission.mission_id.clone(), mission.status.word().into(), mission.kind.word().into(), step]
    };
    let rows: Vec<_> = missions.iter().map(|mission| (cells(mission), one_line(&mission.title))).collect();
    let width = |column: usize| rows.iter().map(|(cells, _)| wide(&cells[column])).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let line = |(cells, title): &([String; 4], String)| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width));
        let line = cells.chain([title.clone()]).collect::<Vec<_>>().join("  ");
        columns.map_or_else(|| line.clone(), |columns| cut(&line, columns).into_owned()) + "\n"
    };
    rows.iter().map(line).collect()
}
