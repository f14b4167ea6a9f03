//! `macp history`

use anyhow::Result;
use serde_json::json;

use super::{TaskId, open};
use crate::commands::Context;
use crate::domain::macp::{Place, history};
use crate::exit::Exit;
use crate::ui::one_line;

/// Show what happened, event by event
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    task: TaskId,
}

pub(super) fn run(args: &Args, place: Place, context: &Context) -> Result<Exit> {
    let id = args.task.id();
    let mut found = false;
    let mut events = Vec::new();
    let read = |each: &mut dyn FnMut(serde_json::Map<String, serde_json::Value>) -> Result<()>| {
        history::read(&place, |line| match line {
            history::Line::Bad(told) => {
                context.ui.warn(&told);
                Ok(())
            }
            history::Line::Event(event) if id.is_none_or(|id| history::is_of(&event, id)) => each(event),
            history::Line::Event(_) => Ok(()),
        })
    };
    if context.ui.json() {
        read(&mut |event| {
            events.push(event);
            Ok(())
        })?;
        found = !events.is_empty();
    } else {
        context.ui.stream(|out| {
            read(&mut |event| {
                found = true;
                Ok(writeln!(out, "{}", one_line(&history::line(&event)))?)
            })
        })?;
    }
    if let Some(id) = id.filter(|_| !found) {
        // One that is queued and was never touched has none.
        open(place, context)?.task(id)?;
    }
    if context.ui.json() {
        context.ui.document(&json!({"events": events}))?;
    }
    Ok(Exit::Done)
}
