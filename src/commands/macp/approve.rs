//! `macp approve`

use anyhow::Result;
use serde_json::json;

use super::{tell, who};
use crate::commands::Context;
use crate::commands::words::{parse_note, parse_who};
use crate::domain::macp::people::{self, Wish};
use crate::domain::macp::{Place, Queue, settings};
use crate::exit::Exit;
use crate::ui::one_line;

/// Let an escalated task go on, with a note
///
/// The task is pending again, with all its attempts before it; the note is kept in its `metadata.approvals`, and the next
/// attempt is told. With `--done` it is completed instead, on your word and that of its gates.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: String,
    /// What the next attempt has to know
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true, required_unless_present = "done", value_parser = parse_note)]
    note: Option<String>,
    /// It is done: run its gates, and complete it when they are green
    #[arg(long)]
    done: bool,
    /// Complete it though a gate is red
    #[arg(long, requires = "done")]
    despite_gates: bool,
    /// Who says so [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
    #[arg(long = "as", value_name = "WHO", value_parser = parse_who)]
    who: Option<String>,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let wish = Wish { who: who(args.who.as_ref(), &place), reason: args.note.clone() };
    let settings = settings::load(&place)?;
    let mut queue = Queue::open(place)?;
    if args.done {
        let updated = people::done(&mut queue, &settings, &args.id, (&wish, args.despite_gates))?;
        context.ui.result(&updated, || format!("{}  {}", one_line(&updated.id), updated.status))?;
        for note in &updated.notes {
            context.ui.notice(note);
        }
        return Ok(Exit::Done);
    }
    people::approve(&mut queue, &args.id, &wish)?;
    tell(&mut queue, context);
    let answer = json!({"id": args.id, "status": "pending"});
    context.ui.result(&answer, || format!("{}  pending", one_line(&args.id)))?;
    Ok(Exit::Done)
}
