//! Words that people type in place: they may begin with a hyphen, as the item of a list does.

use std::ffi::OsStr;
use std::time::Duration;

use clap::builder::{StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

use crate::system::clock;

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

/// The longest time that makes sense: ten years.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// Parses a time that something is to last: neither none at all nor more than ten years.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let span = clock::parse_duration(text)?;
    match span {
        Duration::ZERO => Err(format!("`{text}` is no time at all; write `90s`, `30m` or `2h`")),
        span if span > LONGEST => Err(format!("`{text}` is more than ten years; write `90s`, `30m` or `2h`")),
        span => Ok(span),
    }
}

/// The same in whole seconds.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    let span = parse_span(text)?;
    let whole = span.subsec_nanos() == 0;
    whole
        .then_some(span)
        .ok_or_else(|| format!("`{text}` is not in whole seconds; write `1s`, `90s` or `30m`"))
}

/// A text in which something stands.
pub fn parse_note(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("nothing is said in it".into()) } else { Ok(text.to_owned()) }
}

/// A name of somebody: one line in which something stands.
pub fn parse_who(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("nobody is named".into()),
        name if name.contains(char::is_control) => {
            Err("a name is one line, without control characters".into())
        }
        name => Ok(name.to_owned()),
    }
}

/// A number of 0 and more.
pub fn parse_count(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("`{text}` is no whole number of 0 and more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_some_time_and_not_for_ever() {
        for (text, span, seconds) in [
            ("0s", false, false),
            ("100ms", true, false),
            ("1s", true, true),
            ("1500ms", true, false),
            ("3650d", true, true),
            ("3651d", false, false),
            ("9999999d", false, false),
            ("1", false, false),
        ] {
            assert_eq!((parse_span(text).is_ok(), parse_seconds(text).is_ok()), (span, seconds), "{text}");
        }
        assert!(parse_note(" \n").is_err() && parse_note("x").is_ok());
    }

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
