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
    if !json && error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        ui.progress(text.trim_end());
        return Exit::Cannot;
    }
    ui.error(&fault(&text));
    Exit::Cannot
}

/// The parser's words in ours: the message, names in back-ticks, and its tip or its usage as hint.
fn fault(text: &str) -> anyhow::Error {
    let text = text.trim().trim_start_matches("error: ").replace('\'', "`");
    let mut parts = text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let message = parts.next().unwrap_or_default();
    let (tips, rest): (Vec<_>, Vec<_>) = parts.partition(|part| part.starts_with("tip: "));
    let usage = rest
        .into_iter()
        .find_map(|part| part.strip_prefix("Usage: ").map(|usage| format!("usage: `{usage}`")));
    let tip = tips.first().map(|tip| tip.trim_start_matches("tip: ").to_owned());
    Fault::usage(message, tip.or(usage).unwrap_or_else(|| "see `taskrun --help`".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::cli::Cli;

    #[test]
    fn the_parsers_words_become_ours() {
        let table = [
            ("frob", "unrecognized subcommand `frob`", "usage: `taskrun [OPTIONS] <COMMAND>`"),
            ("skil", "unrecognized subcommand `skil`", "a similar subcommand exists: `skill`"),
            (
                "workspace set",
                "the following required arguments were not provided: <DIR>",
                "usage: `taskrun workspace set <DIR>`",
            ),
            (
                "workspace get --jsno",
                "unexpected argument `--jsno` found",
                "a similar argument exists: `--json`",
            ),
            (
                "--color pink man",
                "invalid value `pink` for `--color <WHEN>` [possible values: auto, always, never]",
                "see `taskrun --help`",
            ),
        ];
        for (line, message, hint) in table {
            let error = Cli::try_parse_from(format!("taskrun {line}").split(' ')).unwrap_err();
            let error = fault(&error.render().to_string());
            assert_eq!(error.to_string(), message, "{line}");
            assert_eq!(error.downcast_ref::<Fault>().unwrap().hint(), Some(hint), "{line}");
        }
    }
}
