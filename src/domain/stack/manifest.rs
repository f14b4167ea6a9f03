//! Reads the files that say what a project depends on: of bounded size, errors by file and line.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::fault::Fault;
use crate::system::document::{Document, shown};
use crate::system::jsonc;
use crate::system::store;

/// The largest manifest that is read.
const MOST: u64 = 4 << 20;
/// How much is read of a file that is only looked through for a word.
const GLANCE: u64 = 256 << 10;

/// The text of the file at `path`; `None` where there is none, or a directory instead. It never waits for a pipe.
pub(super) fn text(path: &Path) -> Result<Option<String>> {
    let failed = |error: &std::io::Error| {
        Fault::invalid(format!("failed to read `{}`: {error}", shown(path)), "correct the file, or remove it")
    };
    let wrong =
        |told: &str| Fault::invalid(format!("`{}` {told}", shown(path)), "correct the file, or remove it");
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => return Ok(None),
        Ok(meta) if !meta.is_file() => return Err(wrong("is no regular file")),
        Ok(meta) if meta.len() > MOST => {
            let told = format!("`{}` has {} bytes; a manifest may have {MOST}", shown(path), meta.len());
            return Err(Fault::invalid(told, "correct the file, or remove it"));
        }
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let dangles = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
            return if dangles { Err(wrong("is a link that leads nowhere")) } else { Ok(None) };
        }
        Err(error) => return Err(failed(&error)),
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
    read.map_err(|error| failed(&error))?;
    let text = store::utf8(bytes, &shown(path))?;
    // Some editors leave a byte order mark, which npm reads over too.
    Ok(Some(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }))
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
    text(path)?.map(|text| commented(&text, path)).transpose()
}

/// The text of a JSON file that may hold comments and commas before closing brackets.
pub(super) fn commented(text: &str, path: &Path) -> Result<Value> {
    jsonc::parse(text).map_err(|error| broken(path, &error))
}

/// `value`, which was read from `path`, where it is an object and so is what it has under the names `tables`.
pub(super) fn shaped(value: Value, path: &Path, tables: &[&str]) -> Result<Value> {
    let wrong = |told: &str| Err(Fault::invalid(format!("`{}`: {told}", shown(path)), "correct the file"));
    if !value.is_object() {
        return wrong("it holds no object");
    }
    // Some programs write a table without entries as a list.
    let fits = |table: &Value| {
        table.is_null() || table.is_object() || table.as_array().is_some_and(std::vec::Vec::is_empty)
    };
    match tables.iter().find(|name| !fits(&value[**name])) {
        Some(name) => wrong(&format!("`{name}` is no object")),
        None => Ok(value),
    }
}

/// A TOML file.
pub(super) fn toml(path: &Path) -> Result<Option<toml::Table>> {
    let Some(text) = text(path)? else { return Ok(None) };
    Document::parse(&text, path, "correct the file")?.read().map(Some)
}

fn parse(text: &str, path: &Path) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| broken(path, &error))
}

fn broken(path: &Path, error: &serde_json::Error) -> anyhow::Error {
    Fault::invalid(format!("failed to parse `{}`: {error}", shown(path)), "correct the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_by_file_and_line() {
        let error = commented("/*\n*/{\n\"a\" 1}", Path::new("deno.json")).unwrap_err().to_string();
        assert!(error.contains("deno.json") && error.contains("line 3"), "{error}");
        for wrong in ["[,]", "{\"a\":{,}}", "[1,,]", "{\"a\":,}", "[1,] ,"] {
            assert!(commented(wrong, Path::new("deno.json")).is_err(), "{wrong}");
        }
    }
}
