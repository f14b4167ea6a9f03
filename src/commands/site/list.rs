//! `site list`

use anyhow::Result;
use console::style;

use crate::commands::Context;
use crate::domain::sites::Sites;
use crate::domain::sites::list::{Listed, list};
use crate::domain::sites::server::State;
use crate::exit::Exit;
use crate::ui::fit::{cut, pad, wide};
use crate::ui::one_line;

/// List the sites and how their servers are
///
/// `>` marks the one that the present directory lies in.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: &Args, sites: &Sites, context: &Context) -> Result<Exit> {
    let all = list(sites)?;
    if all.is_empty() {
        context.ui.progress("no site is mounted; `taskrun site mount DIR` adds one");
    }
    context.ui.result(&all, || table(&all, context.ui.fit()))?;
    Ok(Exit::Done)
}

/// `> decocms/  [Running :8000]  deco-fresh  /srv/decocms` for each.
fn table(all: &[Listed], columns: Option<usize>) -> String {
    let widest = |cell: &dyn Fn(&Listed) -> usize| all.iter().map(cell).max().unwrap_or(0);
    let names = widest(&|site| wide(&site.status.name) + 1);
    let states = widest(&|site| wide(&site.word()) + 2);
    let stacks = widest(&|site| wide(&one_line(&site.status.stack)));
    let line = |site: &Listed| {
        let mark = if site.current { '>' } else { ' ' };
        let name = pad(&format!("{}/", site.status.name), names);
        let state = pad(&format!("[{}]", site.word()), states);
        let stack = pad(&one_line(&site.status.stack), stacks);
        let rest = match &site.damaged {
            Some(why) => one_line(why),
            None => format!("{stack}  {}", one_line(&site.status.path.display().to_string())),
        };
        // What comes before the path is needed; it is the path that gives way.
        let room = columns.map(|columns| columns.saturating_sub(2 + names + 2 + states + 2));
        let rest = room.map_or_else(|| rest.clone(), |room| cut(&rest, room).into_owned());
        let state = match site.status.state {
            State::Ok => style(state).green(),
            State::Answering => style(state).red(),
            State::Stopped if !site.exists || site.damaged.is_some() => style(state).red(),
            State::Stopped => style(state).dim(),
            State::Starting | State::Listening => style(state).yellow(),
        };
        format!("{mark} {name}  {state}  {rest}\n")
    };
    all.iter().map(line).collect()
}
