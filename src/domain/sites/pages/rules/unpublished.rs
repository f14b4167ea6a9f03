//! What generators leave out until they are asked for it: drafts and what is dated in the future, as the dev command says.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::super::Sources;
use crate::domain::stack::{calls, scripts_of};

/// The words of what the dev command starts in the end, through scripts.
pub(super) fn words(from: &Sources<'_>) -> Vec<String> {
    let dev = from.recipe.commands.dev.as_deref().unwrap_or_default();
    let argv = calls(dev, &scripts_of(&from.tree.path(""))).argv;
    if argv.is_empty() { dev.split_whitespace().map(str::to_owned).collect() } else { argv }
}

/// What these words say of a flag, the last of them; `bare` are the letters of all flags that take no value, which may stand
/// together: `-DF`.
pub(super) fn flag(words: &[String], long: &str, short: Option<char>, bare: &str) -> Option<bool> {
    words.iter().rev().find_map(|word| {
        if let Some(rest) = word.strip_prefix(long) {
            return match rest {
                "" => Some(true),
                _ => {
                    rest.strip_prefix('=').map(|value| matches!(value, "true" | "t" | "1" | "TRUE" | "True"))
                }
            };
        }
        let letters =
            word.strip_prefix('-').filter(|letters| letters.chars().all(|one| bare.contains(one)))?;
        short.filter(|short| letters.contains(*short)).map(|_| true)
    })
}

/// The value of a flag in these words: `-e production`, `--environment=production`.
pub(super) fn value<'w>(words: &'w [String], long: &str, short: &str) -> Option<&'w str> {
    words.iter().enumerate().rev().find_map(|(at, word)| match word.strip_prefix(long) {
        Some("") => words.get(at + 1).map(String::as_str),
        Some(rest) => rest.strip_prefix('='),
        None if word == short => words.get(at + 1).map(String::as_str),
        None => None,
    })
}

/// The moment that a date in front matter is, in the spellings that generators read: a day, a time of it, a zone.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = text.trim();
    // A zone may stand apart: `2024-01-31 10:00:00 +0200`.
    let joined = match text.rsplit_once(' ') {
        Some((time, apart)) if apart.starts_with(['+', '-']) || apart == "Z" || apart == "UTC" => {
            format!("{time}{}", apart.replace("UTC", "Z"))
        }
        _ => text.to_owned(),
    };
    let day = || joined.parse::<civil::DateTime>().ok()?.to_zoned(zone.clone()).ok();
    joined.parse().ok().or_else(|| day().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_in_every_spelling() {
        let told = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            flag(&words, "--buildDrafts", Some('D'), "DEF")
        };
        let table = [
            ("hugo server", None),
            ("hugo server -D", Some(true)),
            ("hugo server -FD", Some(true)),
            ("hugo server -F", None),
            ("hugo server --buildDrafts", Some(true)),
            ("hugo server --buildDrafts=false", Some(false)),
            ("hugo server -D --buildDrafts=false", Some(false)),
            ("hugo server --buildDraftsNot", None),
            ("hugo server -pDx", None),
        ];
        for (line, expected) in table {
            assert_eq!(told(line), expected, "{line}");
        }
        let words = ["hugo", "-e", "a", "--environment=b"].map(str::to_owned);
        assert_eq!(
            (value(&words, "--environment", "-e"), value(&words[..3], "--environment", "-e")),
            (Some("b"), Some("a"))
        );
        assert_eq!(value(&words[..2], "--environment", "-e"), None);
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let at =
            |text: &str| moment(text, &TimeZone::UTC).map(|moment| moment.to_string()).unwrap_or_default();
        let table = [
            ("2024-01-31", "2024-01-31T00:00:00Z"),
            ("2024-01-31 10:00", "2024-01-31T10:00:00Z"),
            ("2024-01-31 10:00:05", "2024-01-31T10:00:05Z"),
            ("2024-01-31T10:00:05+02:00", "2024-01-31T08:00:05Z"),
            ("2024-01-31 10:00:05 +0200", "2024-01-31T08:00:05Z"),
            ("2024-01-31 10:00:05 -02:00", "2024-01-31T12:00:05Z"),
            ("2024-01-31 10:00:05 UTC", "2024-01-31T10:00:05Z"),
            ("2024-01-31T10:00:05Z", "2024-01-31T10:00:05Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("soon", ""),
            ("", ""),
            ("2024-13-41", ""),
        ];
        for (text, expected) in table {
            assert_eq!(at(text), expected, "{text}");
        }
    }
}
