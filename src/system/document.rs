//! A TOML file that people wrote: its errors name file, line and key.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::Fault;
use crate::system::config::env;

/// No file of ours that holds one thing is as large (bytes).
const LARGEST: u64 = 1 << 20;

/// A parsed file with the places of its keys.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    path: PathBuf,
    manual: &'static str,
    table: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Parses the `text` of the file at `path`; `manual` is the hint of errors about its contents.
    pub fn parse(text: &'a str, path: &Path, manual: &'static str) -> Result<Self> {
        match DeTable::parse(text) {
            Ok(table) => Ok(Self { text, path: path.to_owned(), manual, table }),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                Err(fault(text, path, at, error.message(), manual))
            }
        }
    }

    /// The keys and their places.
    pub fn table(&self) -> &DeTable<'a> {
        self.table.get_ref()
    }

    /// Where the value lies that `keys` lead to (items of lists by number, from 0), or the nearest thing around it.
    pub fn offset(&self, keys: &[String]) -> usize {
        let mut at = 0;
        let mut here: Option<&DeValue<'a>> = None;
        for key in keys {
            let step = match here {
                None => self.table().get_key_value(key.as_str()),
                Some(DeValue::Table(table)) => table.get_key_value(key.as_str()),
                Some(DeValue::Array(list)) => {
                    let Some(item) = key.parse().ok().and_then(|number: usize| list.get(number)) else {
                        break;
                    };
                    at = item.span().start;
                    here = Some(item.get_ref());
                    continue;
                }
                Some(_) => None,
            };
            let Some((name, value)) = step else { break };
            at = name.span().start;
            here = Some(value.get_ref());
        }
        at
    }

    /// The error that `message` is wrong at the offset `at`.
    pub fn fault(&self, at: usize, message: &str, hint: &str) -> anyhow::Error {
        fault(self.text, &self.path, at, message, hint)
    }

    /// Reads the whole as `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            match key_at(self.table(), at) {
                Some(key) => {
                    self.fault(at, &format!("`{key}`: {}", worded(error.message(), "a table")), self.manual)
                }
                None => self.fault(at, &worded(error.message(), "a table"), self.manual),
            }
        })
    }
}

fn fault(text: &str, path: &Path, at: usize, message: &str, hint: &str) -> anyhow::Error {
    let line = text.as_bytes()[..at.min(text.len())].split(|byte| *byte == b'\n').count();
    let message = message.trim().replace('\n', ", ");
    Fault::invalid(format!("failed to parse `{}` line {line}: {message}", shown(path)), hint)
}

/// Whether a file of ours is there. Errors ([`Fault::Invalid`]): it is none that can be `what`.
pub fn is_there(path: &Path, what: &str, hint: &str) -> Result<bool> {
    let Ok(meta) = std::fs::symlink_metadata(path) else { return Ok(false) };
    if !meta.is_file() {
        return Err(Fault::invalid(format!("`{}` is no regular file", shown(path)), hint));
    }
    if meta.len() > LARGEST {
        return Err(Fault::invalid(format!("`{}` is too large for {what}", shown(path)), hint));
    }
    Ok(true)
}

/// What a reader of files says is wrong, without the names that things have in this program, and without the place, which
/// whoever tells it names first. `table` is what the format calls what has names in it.
pub fn worded(message: &str, table: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(told, _)| told);
    let Some((found, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let is_table = expected.starts_with("struct ") || expected == "a map";
    let expected = match expected {
        _ if is_table => table,
        "a sequence" => "a list",
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        other => other,
    };
    let found = match found.strip_prefix("invalid type: ") {
        // A list is taken for the fields in their order.
        _ if is_table && found.starts_with("invalid length ") => "a list",
        Some("sequence") => "a list",
        Some("map") => table,
        Some(other) => other,
        None => return format!("{found}, expected {expected}"),
    };
    format!("invalid type: {found}, expected {expected}")
}

/// A path as people know it: relative to where they are, if it lies below.
pub fn shown(path: &Path) -> String {
    let here = env::current_dir().ok();
    let path = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    path.display().to_string()
}

/// The key whose value holds the place `at`, dotted.
fn key_at(table: &DeTable<'_>, at: usize) -> Option<String> {
    let mut path = Vec::new();
    find(table, at, &mut path).then(|| dotted(&path))
}

fn find(table: &DeTable<'_>, at: usize, path: &mut Vec<String>) -> bool {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        let here = match value.get_ref() {
            DeValue::Table(inner) => find(inner, at, path),
            _ => value.span().contains(&at),
        };
        if here {
            return true;
        }
        path.pop();
    }
    false
}

/// `prices."gpt-5.1".input`: a path of names as TOML writes it.
pub fn dotted(path: &[String]) -> String {
    let bare = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let part = |name: &String| if bare(name) { name.clone() } else { format!("{name:?}") };
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_without_names_of_ours() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Inner {
            _port: u16,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Outer {
            _name: String,
            _inner: Inner,
            _list: Vec<u8>,
        }
        let table = [
            ("[]", "invalid type: a list, expected an object"),
            ("5", "invalid type: integer `5`, expected an object"),
            (r#"{"_name":{}}"#, "invalid type: an object, expected a string"),
            (r#"{"_inner":"x"}"#, r#"invalid type: string "x", expected an object"#),
            (r#"{"_inner":{"_port":"x"}}"#, r#"invalid type: string "x", expected a whole number"#),
            (r#"{"_inner":{"_port":99999}}"#, "invalid value: integer `99999`, expected a whole number"),
            (r#"{"_list":{}}"#, "invalid type: an object, expected a list"),
            ("{}", "missing field `_name`"),
            ("{", "EOF while parsing an object"),
        ];
        for (text, expected) in table {
            let error = serde_json::from_str::<Outer>(text).unwrap_err().to_string();
            assert_eq!(worded(&error, "an object"), expected, "{text}: {error}");
        }
        let document = Document::parse("\n_inner = 5\n", Path::new("a.toml"), "").unwrap();
        let error = document.read::<Outer>().unwrap_err().to_string();
        assert_eq!(
            error,
            "failed to parse `a.toml` line 2: `_inner`: invalid type: integer `5`, expected a table"
        );
    }
}
