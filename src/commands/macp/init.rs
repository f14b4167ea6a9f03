//! `macp init`

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::macp::{Place, init};
use crate::exit::Exit;
use crate::ui::one_line;

/// Make the queue's files where they are missing
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_: &Args, place: &Place, context: &Context) -> Result<Exit> {
    let made: Vec<String> = init::init(place)?.iter().map(|path| path.display().to_string()).collect();
    context.ui.result(&json!({"dir": place.dir(), "made": made}), || {
        if made.is_empty() {
            return format!("`{}` has all its files\n", one_line(&place.dir().display().to_string()));
        }
        made.iter().map(|path| format!("made {}", one_line(path))).collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}
