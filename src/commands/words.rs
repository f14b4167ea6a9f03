//! Words that people type in place: they may begin with a hyphen, as the item of a list does.

use std::ffi::OsStr;

use clap::builder::{StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Takes a text that begins with a hyphen where it cannot be a mistyped option: it has a space, or it comes after
/// `--`. For arguments with `allow_hyphen_values`.
#[derive(Debug, Clone, Copy)]
pub struct Words;

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let text = StringValueParser::new().parse_ref(cmd, arg, value)?;
        if !is_like_option(&text) || std::env::args_os().any(|arg| arg == "--") {
            return Ok(text);
        }
        let similar = text.strip_prefix("--").filter(|name| !name.is_empty()).and_then(|name| {
            cmd.get_arguments().filter_map(Arg::get_long).find(|long| long.starts_with(name))
        });
        let tip = similar.map_or_else(
            || format!("to pass '{text}' as a value, use '-- {text}'"),
            |long| format!("a similar argument exists: '--{long}'"),
        );
        let message = format!("unexpected argument '{text}' found\n\n  tip: {tip}");
        Err(cmd.clone().error(ErrorKind::UnknownArgument, message))
    }
}

/// Whether this is one word that begins with a hyphen; `-` alone stands for standard input.
fn is_like_option(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_word_with_a_hyphen_is_like_an_option() {
        for (text, expected) in [
            ("-x", true),
            ("--yes", true),
            ("--yes=1", true),
            ("-", false),
            ("- item", false),
            ("--yes or no", false),
            ("-\nx", false),
            ("a-b", false),
            ("", false),
        ] {
            assert_eq!(is_like_option(text), expected, "{text}");
        }
    }
}
