//! Reports what the argument parser has to say: help and version on stdout, mistakes on stderr.

use std::ffi::OsString;

use clap::error::ErrorKind;

use crate::exit::Exit;
use crate::fault::Fault;
use crate::ui::{Color, Ui};

/// Prints `error` the way the user asked for output, and returns the exit it stands for.
pub fn report(error: &clap::Error, args: &[OsString]) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let ui = Ui::new(false, false, false, Color::Auto);
        ui.text(&error.render().to_string());
        return Exit::Done;
    }
    // The parse failed, so `--json` is looked for by hand, up to `--`.
    let json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    let ui = Ui::new(json, false, false, Color::Auto);
    let text = error.render().to_string();
    let text = text.trim_end().trim_start_matches("error: ");
    let (message, hint) = text.split_once("\n\n").unwrap_or((text, "see `taskrun --help`"));
    let hint = hint.split_whitespace().collect::<Vec<_>>().join(" ");
    ui.error(&Fault::usage(message, hint));
    Exit::Cannot
}
