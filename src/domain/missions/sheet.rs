//! A JSON file that people write: what is wrong in it is told by file, line and JSON path. Whoever reads
//! it says which fields there may be.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::domain::agents::one_line;
use crate::domain::macp::schema::lines::Lines;
use crate::domain::macp::strict;
use crate::fault::Fault;
use crate::system::config::nearest;
use crate::system::document::shown;
use crate::system::store;

/// So much of a wrong value is quoted.
const QUOTED: usize = 60;

/// A file that was read.
#[derive(Debug)]
pub struct Sheet {
    path: PathBuf,
    text: String,
    hint: String,
    value: Value,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pointer: String,
    message: String,
}

/// A value and where it is.
#[derive(Debug, Clone)]
pub struct Spot<'v> {
    value: &'v Value,
    pointer: String,
}

impl Sheet {
    /// Reads the file at `path`; `None` where it is missing. `hint` is the way out of what is wrong in it.
    /// Errors ([`Fault::Invalid`]): it is no JSON object, a name is twice in one object, its version is newer than `known`.
    pub fn read(path: &Path, known: u64, hint: &str) -> Result<Option<Self>> {
        if std::fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
            let told = format!("`{}` is no regular file", shown(path));
            return Err(Fault::invalid(told, "put a regular file there, or move it away"));
        }
        let Some(text) = store::read_text(path)? else { return Ok(None) };
        Self::parse(text, path, known, hint).map(Some)
    }

    /// The same with the text at hand.
    pub fn parse(text: String, path: &Path, known: u64, hint: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        let wrong =
            |line: usize, told: &str| Fault::invalid(format!("`{}` line {line}: {told}", shown(path)), hint);
        let value: Value = serde_json::from_str(&text).map_err(|error| {
            let told = error.to_string();
            wrong(error.line().max(1), told.rsplit_once(" at line ").map_or(&*told, |(told, _)| told))
        })?;
        strict::check(&text).map_err(|(line, told)| wrong(line, &told))?;
        let sheet = Self { path: path.to_owned(), text, hint: hint.into(), value };
        sheet.version(known)?;
        Ok(sheet)
    }

    fn version(&self, known: u64) -> Result<()> {
        let top = self.top();
        top.object().map_err(|wrong| self.fault(&wrong))?;
        let Some(version) = top.field("version") else { return Ok(()) };
        match version.value.as_u64() {
            Some(number) if number <= known => Ok(()),
            Some(number) => {
                let told = format!("is {number}; this taskrun knows up to {known}");
                let told = self.told(&version.wrong(told));
                Err(Fault::invalid(told, "use the newer taskrun that it was written for"))
            }
            None => Err(self.fault(&version.not("a whole number"))),
        }
    }

    /// The whole.
    pub fn top(&self) -> Spot<'_> {
        Spot { value: &self.value, pointer: String::new() }
    }

    /// The error for what is wrong in this file.
    pub fn fault(&self, wrong: &Wrong) -> anyhow::Error {
        Fault::invalid(self.told(wrong), self.hint.clone())
    }

    fn told(&self, wrong: &Wrong) -> String {
        let start = self.text.len() - self.text.trim_start().len();
        let line = Lines::new(&self.text).find(&self.text[start..], &wrong.pointer);
        let at = dotted(&wrong.pointer);
        let at = if at.is_empty() { String::new() } else { format!("`{at}` ") };
        format!("`{}` line {line}: {at}{}", shown(&self.path), wrong.message)
    }

    /// What is at `name` of the whole, as `T`; to be asked once all was checked.
    pub fn take<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        let value = self.value.get_mut(name).map(Value::take).unwrap_or_default();
        serde_json::from_value(value).with_context(|| format!("failed to read `{}`", shown(&self.path)))
    }
}

impl<'v> Spot<'v> {
    /// What is wrong with it.
    pub fn wrong(&self, message: impl Into<String>) -> Wrong {
        Wrong { pointer: self.pointer.clone(), message: message.into() }
    }

    fn not(&self, wanted: &str) -> Wrong {
        let kind = match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.wrong(format!("is {kind}; {wanted} is expected"))
    }

    fn inner(&self, name: &str, value: &'v Value) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { value, pointer: format!("{}/{name}", self.pointer) }
    }

    /// Its fields.
    pub fn object(&self) -> Result<&'v Map<String, Value>, Wrong> {
        self.value.as_object().ok_or_else(|| self.not("an object"))
    }

    /// Its items.
    pub fn list(&self) -> Result<Vec<Self>, Wrong> {
        let items = self.value.as_array().ok_or_else(|| self.not("a list"))?;
        Ok(items.iter().enumerate().map(|(index, item)| self.inner(&index.to_string(), item)).collect())
    }

    /// Its values by name.
    pub fn entries(&self) -> Result<Vec<(&'v str, Self)>, Wrong> {
        let fields = self.object()?.iter();
        Ok(fields.map(|(name, value)| (name.as_str(), self.inner(name, value))).collect())
    }

    /// A field, where it is there.
    pub fn field(&self, name: &str) -> Option<Self> {
        Some(self.inner(name, self.value.get(name)?))
    }

    /// A field that must be there.
    pub fn need(&self, name: &str) -> Result<Self, Wrong> {
        self.object()?;
        self.field(name).ok_or_else(|| self.lacks(name, "is missing"))
    }

    /// Errors: it has a field that is none of `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Wrong> {
        let wrong = |(name, field): (&str, Self)| {
            let all = || format!("is unknown; an agent has {}", known.join(", "));
            (!known.contains(&name)).then(|| field.wrong(misspelt(name, known).unwrap_or_else(all)))
        };
        self.entries()?.into_iter().find_map(wrong).map_or(Ok(()), Err)
    }

    /// Errors: it has a field that is none of `known`, but looks like one. What others have written there is let be.
    pub fn none_like(&self, known: &[&str]) -> Result<(), Wrong> {
        let unknown = self.entries()?.into_iter().filter(|(name, _)| !known.contains(name));
        let mut wrong = unknown.filter_map(|(name, field)| Some(field.wrong(misspelt(name, known)?)));
        wrong.next().map_or(Ok(()), Err)
    }

    /// What is wrong with a field that is not there.
    pub fn lacks(&self, name: &str, message: &str) -> Wrong {
        Wrong { pointer: format!("{}/{name}", self.pointer), message: message.into() }
    }

    /// The text it is; not an empty one.
    pub fn text(&self) -> Result<&'v str, Wrong> {
        let text = self.value.as_str().ok_or_else(|| self.not("text"))?;
        if text.trim().is_empty() { Err(self.wrong("is empty")) } else { Ok(text) }
    }

    /// The text of a field that need not be there.
    pub fn text_at(&self, name: &str) -> Result<Option<&'v str>, Wrong> {
        self.field(name).map(|field| field.text()).transpose()
    }

    /// The texts it is a list of; at least one.
    pub fn texts(&self) -> Result<Vec<&'v str>, Wrong> {
        let items = self.list()?;
        if items.is_empty() {
            return Err(self.wrong("is empty"));
        }
        items.iter().map(Self::text).collect()
    }

    /// The whole number it is.
    pub fn number(&self) -> Result<u64, Wrong> {
        self.value.as_u64().ok_or_else(|| self.not("a whole number from 0 on"))
    }

    /// Errors: it is neither text nor null.
    pub fn any_text_or_null(&self) -> Result<(), Wrong> {
        if self.value.is_null() { Ok(()) } else { self.any_text().map(|_| ()) }
    }

    /// Any text, the empty one too.
    pub fn any_text(&self) -> Result<&'v str, Wrong> {
        self.value.as_str().ok_or_else(|| self.not("text"))
    }
}

/// What is said of a field that looks like a known one.
fn misspelt(name: &str, known: &[&str]) -> Option<String> {
    let near = nearest(name, known.iter().copied())?;
    Some(format!("is unknown; did you mean `{near}`?"))
}

/// A value from a file as an error shows it.
pub fn quoted(text: &str) -> String {
    format!("`{}`", one_line(text, QUOTED))
}

/// `workflows[0].steps[2].agent` for `/workflows/0/steps/2/agent`.
fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            let _ = write!(path, "[{part}]");
        } else if !part.is_empty() && part.bytes().all(plain) {
            let dot = if path.is_empty() { "" } else { "." };
            let _ = write!(path, "{dot}{part}");
        } else {
            let _ = write!(path, "[\"{}\"]", one_line(&part, QUOTED));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Sheet> {
        Sheet::parse(text.into(), Path::new("f.json"), 1, "correct it")
    }

    #[test]
    fn what_is_no_sheet_is_told_by_line() {
        let table = [
            ("", "`f.json` line 1: EOF while parsing a value"),
            ("{\n\"a\": tru}", "`f.json` line 2: expected ident"),
            ("[]", "`f.json` line 1: is a list; an object is expected"),
            ("\n{\"a\": 1,\n\"a\": 2}", "`f.json` line 3: `a` is there twice"),
            ("{\n \"version\": 2}", "`f.json` line 2: `version` is 2; this taskrun knows up to 1"),
            ("{\"version\": \"1\"}", "`f.json` line 1: `version` is text; a whole number is expected"),
            ("{} x", "`f.json` line 1: trailing characters"),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
        }
        for text in ["{}", "\u{feff}{\"version\": 1}", "{\"version\": 0, \"x\": [null]}"] {
            parse(text).unwrap();
        }
    }

    #[test]
    fn a_spot_knows_its_line_and_path() {
        let sheet = parse("{\n\"list\": [\n {\"a/b\": 1},\n {\"text\": \" \"}\n],\n \"x y\": {\"k\": []}\n}")
            .unwrap();
        let top = sheet.top();
        let list = top.need("list").unwrap().list().unwrap();
        let told = |wrong: Wrong| sheet.fault(&wrong).to_string();
        let table = [
            (list[0].need("a/b").unwrap().text().unwrap_err(), "line 3: `list[0][\"a/b\"]` is a number"),
            (list[1].need("text").unwrap().text().unwrap_err(), "line 4: `list[1].text` is empty"),
            (list[1].need("more").unwrap_err(), "line 4: `list[1].more` is missing"),
            (
                top.need("x y").unwrap().need("k").unwrap().texts().unwrap_err(),
                "line 6: `[\"x y\"].k` is empty",
            ),
            (top.need("list").unwrap().need("x").unwrap_err(), "line 2: `list` is a list; an object"),
        ];
        for (wrong, expected) in table {
            let told = told(wrong);
            assert!(told.contains(expected), "{told}");
        }
    }
}
