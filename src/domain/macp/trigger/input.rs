//! What `macp trigger` reads: events, and tasks from a MACP room. Pure.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::fault::Fault;

/// How a message of a MACP room begins that is a task.
const INJECT: &str = "!mosaic-task";

/// One thing that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Where, from 1: its line, or its place in the list.
    pub line: usize,
    /// What.
    pub what: What,
}

/// An event or a task.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An event of this type.
    Event(String, Value),
    /// A task, as it is.
    Task(Map<String, Value>),
}

/// Reads one JSON document, a list of them, or one on each line; with `wrap` the whole is what the event of that type
/// carries. The first that is none is an error naming its line in `source`.
pub fn read(text: &str, source: &str, wrap: Option<(&str, Option<&str>)>) -> Result<Vec<Item>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let whole = serde_json::from_str::<Value>(text);
    if let Some(wrap) = wrap {
        return match whole {
            Ok(payload) => Ok(vec![wrapped(1, wrap, &payload)]),
            Err(_) => lines(text, |line, text| Ok(wrapped(line, wrap, &parse(line, text, source)?))),
        };
    }
    match whole {
        Ok(Value::Array(list)) => {
            let each = |(at, value)| event(at + 1, value, source, "item");
            list.into_iter().enumerate().map(each).collect()
        }
        Ok(value) => {
            let first = text.lines().position(|line| !line.trim().is_empty()).unwrap_or(0);
            Ok(vec![event(first + 1, value, source, "line")?])
        }
        Err(_) => lines(text, |line, text| match text.strip_prefix(INJECT) {
            Some(task) => match parse(line, task.trim(), source)? {
                Value::Object(task) => Ok(Item { line, what: What::Task(task) }),
                _ => Err(wrong(source, "line", line, "a task must be a JSON object")),
            },
            None => event(line, parse(line, text, source)?, source, "line"),
        }),
    }
}

fn lines(text: &str, each: impl Fn(usize, &str) -> Result<Item>) -> Result<Vec<Item>> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled.map(|(at, line)| each(at + 1, line.trim())).collect()
}

fn parse(line: usize, text: &str, source: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        // Its own line number counts from this line.
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        wrong(source, "line", line, &format!("{why} at column {}", error.column()))
    })
}

fn wrapped(line: usize, (kind, id): (&str, Option<&str>), payload: &Value) -> Item {
    let event = match id {
        Some(id) => json!({"type": kind, "id": id, "payload": payload}),
        None => json!({"type": kind, "payload": payload}),
    };
    Item { line, what: What::Event(kind.to_owned(), event) }
}

fn event(line: usize, value: Value, source: &str, unit: &str) -> Result<Item> {
    if !value.is_object() {
        return Err(wrong(source, unit, line, "an event must be a JSON object"));
    }
    let kind = ["type", "event_type"].iter().find_map(|key| value.get(*key)).and_then(Value::as_str);
    let Some(kind) = kind.filter(|kind| !kind.is_empty()).map(str::to_owned) else {
        return Err(wrong(source, unit, line, "an event needs a `type`, which is a string"));
    };
    Ok(Item { line, what: What::Event(kind, value) })
}

const HINT: &str = "give one JSON object a line, each with a `type`; `--event NAME` names what has none";

fn wrong(source: &str, unit: &str, line: usize, what: &str) -> anyhow::Error {
    Fault::invalid(format!("{source} {unit} {line}: {what}"), HINT)
}

/// How many tasks lie behind an event: what it says itself, or the result in it.
pub fn depth(event: &Value) -> u64 {
    let places = [
        "/depth",
        "/metadata/depth",
        "/payload/depth",
        "/payload/metadata/depth",
        "/metadata/result/metadata/depth",
    ];
    places.iter().filter_map(|place| event.pointer(place)?.as_u64()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str, wrap: Option<&str>) -> Result<Vec<(usize, String)>> {
        let kind = |item: Item| match item.what {
            What::Event(kind, value) => (
                item.line,
                format!("{kind}{}", value.get("payload").map(Value::to_string).unwrap_or_default()),
            ),
            What::Task(task) => (item.line, format!("task {}", task["id"])),
        };
        Ok(read(text, "in", wrap.map(|kind| (kind, None)))?.into_iter().map(kind).collect())
    }

    #[test]
    fn events_are_read_however_they_come() {
        type Case<'a> = (&'a str, Option<&'a str>, &'a [(usize, &'a str)]);
        let table: &[Case<'_>] = &[
            ("", None, &[]),
            (" \n\n", None, &[]),
            ("\n", Some("x"), &[]),
            ("{\"type\":\"a\"}", None, &[(1, "a")]),
            ("\n{\n \"type\":\n\"a\"}\n", None, &[(2, "a")]),
            ("\u{feff}{\"type\":\"a\"}\r\n\r\n{\"type\":\"b\"}\r\n", None, &[(1, "a"), (3, "b")]),
            ("[{\"type\":\"a\"},\n{\"type\":\"b\"}]", None, &[(1, "a"), (2, "b")]),
            ("[]", None, &[]),
            ("{\"event_type\":\"task.completed\"}", None, &[(1, "task.completed")]),
            ("[1, 2]", Some("x"), &[(1, "x[1,2]")]),
            ("{\"action\":1}", Some("x"), &[(1, "x{\"action\":1}")]),
            ("{}\n2", Some("x"), &[(1, "x{}"), (2, "x2")]),
            ("!mosaic-task {\"id\":\"t\"}\n{\"type\":\"a\"}", None, &[(1, "task \"t\""), (2, "a")]),
        ];
        for (text, wrap, expected) in table {
            let expected: Vec<_> = expected.iter().map(|(line, kind)| (*line, (*kind).to_owned())).collect();
            assert_eq!(kinds(text, *wrap).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_event_is_told() {
        let table = [
            ("{\"type\":\"a\"}\n{\"type\":", "in line 2: EOF while parsing a value at column 8"),
            ("{\"type\":\"a\"}\n\n{\"type\":1}", "in line 3: an event needs a `type`"),
            ("[{\"type\":\"a\"},3]", "in item 2: an event must be a JSON object"),
            ("{}", "in line 1: an event needs a `type`"),
            ("3", "in line 1: an event must be a JSON object"),
            ("{\"type\":\"\"}", "in line 1: an event needs a `type`"),
            ("!mosaic-task [1]", "in line 1: a task must be a JSON object"),
            ("!mosaic-task {", "in line 1: EOF"),
        ];
        for (text, expected) in table {
            let said = kinds(text, None).unwrap_err().to_string();
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }

    #[test]
    fn an_event_tells_what_lies_behind_it() {
        let table = [
            ("{}", 0),
            ("{\"depth\":2}", 2),
            ("{\"depth\":-1}", 0),
            ("{\"depth\":\"3\"}", 0),
            ("{\"metadata\":{\"depth\":1},\"depth\":0}", 1),
            ("{\"payload\":{\"metadata\":{\"depth\":3}}}", 3),
        ];
        for (text, expected) in table {
            assert_eq!(depth(&serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }
}
