//! Reads the files that say what a project depends on: of bounded size, errors by file and line.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::fault::Fault;
use crate::system::document::{Document, shown};
use crate::system::store;

/// The largest manifest that is read.
const MOST: u64 = 4 << 20;
/// How much is read of a file that is only looked through for a word.
const GLANCE: u64 = 256 << 10;

/// The text of the file at `path`; `None` where there is none, or a directory, a pipe or a device instead.
pub(super) fn text(path: &Path) -> Result<Option<String>> {
    let failed = |error: &std::io::Error| {
        Fault::invalid(format!("failed to read `{}`: {error}", shown(path)), "correct the file, or remove it")
    };
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => return Ok(None),
        Ok(meta) if meta.len() > MOST => {
            let told = format!("`{}` has {} bytes; a manifest may have {MOST}", shown(path), meta.len());
            return Err(Fault::invalid(told, "correct the file, or remove it"));
        }
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(&error)),
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    read.map_err(|error| failed(&error))?;
    let text = store::utf8(bytes, &shown(path))?;
    // Some editors leave a byte order mark, which npm reads over too.
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

/// The beginning of the file at `path`, whatever it holds; empty where it cannot be read.
pub(super) fn glance(path: &Path) -> String {
    let mut bytes = Vec::new();
    if path.is_file()
        && let Ok(file) = File::open(path)
    {
        // What cannot be read says nothing.
        let _ = file.take(GLANCE).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A JSON file.
pub(super) fn json(path: &Path) -> Result<Option<Value>> {
    text(path)?.map(|text| parse(&text, path)).transpose()
}

/// A JSON file that may hold comments and commas before closing brackets.
pub(super) fn jsonc(path: &Path) -> Result<Option<Value>> {
    text(path)?.map(|text| parse(&bare(&text), path)).transpose()
}

/// A TOML file.
pub(super) fn toml(path: &Path) -> Result<Option<toml::Table>> {
    let Some(text) = text(path)? else { return Ok(None) };
    Document::parse(&text, path, "correct the file")?.read().map(Some)
}

fn parse(text: &str, path: &Path) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        Fault::invalid(format!("failed to parse `{}`: {error}", shown(path)), "correct the file")
    })
}

/// `text` with blanks in place of comments and of commas before closing brackets: every place stays what it was.
fn bare(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut comma) = (0, None);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                comma = None;
            }
            b'/' if matches!(bytes.get(at + 1), Some(b'/' | b'*')) => {
                let end = match bytes[at + 1] {
                    b'/' => memchr::memchr(b'\n', &bytes[at..]).map(|end| at + end),
                    _ => memchr::memmem::find(&bytes[at + 2..], b"*/").map(|end| at + end + 4),
                };
                let end = end.unwrap_or(bytes.len());
                bytes[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
                at = end;
                continue;
            }
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at += 1;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_are_read_over() {
        let table = [
            ("{\"a\": 1, // b\n \"c\": [1, 2, /* é */ ], }", "{\"a\":1,\"c\":[1,2]}"),
            ("{\"a\": \"// no, } \\\" ,]\"}", "{\"a\":\"// no, } \\\" ,]\"}"),
            ("// first\n[1,\n]", "[1]"),
        ];
        for (text, expected) in table {
            let stripped = bare(text);
            assert_eq!(stripped.len(), text.len());
            let value: Value = serde_json::from_str(&stripped).unwrap();
            assert_eq!(value.to_string(), expected, "{text}");
        }
        let error = parse(&bare("/*\n*/{\n\"a\" 1}"), Path::new("deno.json")).unwrap_err().to_string();
        assert!(error.contains("deno.json") && error.contains("line 3"), "{error}");
        for open in ["/*", "\"\\", "\"", "//", ",", "/"] {
            bare(open);
        }
    }
}
