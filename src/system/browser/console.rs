//! What stands on the console, as a person reads it there: messages with their objects, and what was thrown.

use serde_json::Value;

use super::Said;

/// Most messages of a kind that are kept.
pub(super) const MOST: usize = 50;
/// Most characters of a message.
pub(super) const LONGEST: usize = 2_000;

/// The arguments of a console call as they would be shown.
pub(super) fn spelled(args: &[Value]) -> String {
    let mut words = args.iter().take(20).map(word);
    let first = words.next().unwrap_or_default();
    let mut text = String::new();
    let mut rest = first.as_str();
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let kind = rest[at + 1..].chars().next();
        match kind {
            Some('s' | 'd' | 'i' | 'f' | 'o' | 'O') => text.push_str(&words.next().unwrap_or_default()),
            Some('c') => drop(words.next()),
            Some('%') => text.push('%'),
            _ => {
                text.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    for word in words {
        text.push(' ');
        text.push_str(&word);
    }
    text
}

/// One argument.
fn word(arg: &Value) -> String {
    if arg["preview"].is_object() && arg["subtype"] != "error" {
        return previewed(&arg["preview"]);
    }
    match (&arg["value"], &arg["description"]) {
        (Value::String(text), _) | (Value::Null, Value::String(text)) => text.clone(),
        (Value::Null, _) => arg["type"].as_str().unwrap_or_default().to_owned(),
        (value, _) => value.to_string(),
    }
}

/// An object by what its preview holds: `{code: 3, why: "no"}`, `[1, 2]`, `Map(1) {"a" => 1}`.
fn previewed(preview: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown = |item: &Value| match (item["type"].as_str(), &item["valuePreview"]) {
        (_, inner @ Value::Object(_)) => previewed(inner),
        (Some("string"), _) => format!("{:?}", text(&item["value"])),
        (Some("function"), _) => "function".to_owned(),
        _ => text(&item["value"]),
    };
    let list = |name: &str| preview[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let (listed, kind) = (preview["subtype"] == "array", text(&preview["description"]));
    if !matches!(preview["subtype"].as_str(), None | Some("array" | "map" | "set")) {
        return kind;
    }
    let entry = |entry: &Value| {
        let side = |side: &Value| {
            if side["type"] == "string" {
                format!("{:?}", text(&side["description"]))
            } else {
                text(&side["description"])
            }
        };
        let key = if entry["key"].is_object() { side(&entry["key"]) + " => " } else { String::new() };
        key + &side(&entry["value"])
    };
    let property =
        |item: &Value| if listed { shown(item) } else { format!("{}: {}", text(&item["name"]), shown(item)) };
    let entries = list("entries");
    let mut parts: Vec<String> = if entries.is_empty() {
        list("properties").iter().map(property).collect()
    } else {
        entries.iter().map(entry).collect()
    };
    parts.extend((preview["overflow"] == true).then(|| "…".to_owned()));
    let inner = parts.join(", ");
    match (listed, kind.as_str()) {
        (true, _) => format!("[{inner}]"),
        (_, "" | "Object") => format!("{{{inner}}}"),
        (_, kind) => format!("{kind} {{{inner}}}"),
    }
}

/// What was thrown, and where.
pub(super) fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let told = thrown["description"].as_str().or(thrown["value"].as_str()).or(details["text"].as_str());
    // The stack follows; where it was thrown is told by numbers.
    let told = told.unwrap_or("exception").split("\n    at ").next().unwrap_or_default();
    let frame = &details["stackTrace"]["callFrames"][0];
    let at = if frame.is_null() { place(details) } else { place(frame) };
    format!("{told}{at}")
}

/// ` (at URL:LINE:COLUMN)`, counted from 1.
pub(super) fn place(frame: &Value) -> String {
    let Some(url) = frame["url"].as_str().filter(|url| !url.is_empty()) else { return String::new() };
    let number = |name: &str| frame[name].as_u64().unwrap_or(0) + 1;
    format!(" (at {url}:{}:{})", number("lineNumber"), number("columnNumber"))
}

/// Adds what was said; what has been said before is counted.
pub(super) fn keep(list: &mut Vec<Said>, text: &str) {
    let text = shortened(text.trim());
    if let Some(same) = list.iter_mut().find(|said| said.text == text) {
        same.times += 1;
    } else if list.len() < MOST {
        list.push(Said { text, times: 1 });
    }
}

pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn messages_read_as_on_the_console() {
        let table = [
            (json!([]), ""),
            (json!([{"value": "plain"}, {"value": 3}, {"type": "undefined"}]), "plain 3 undefined"),
            (
                json!([{"value": "%cRed%c %s of %d%%"}, {"value": "x"}, {"value": "y"}, {"value": "a"}, {"value": 2}]),
                "Red a of 2%",
            ),
            (json!([{"value": "100% é%"}]), "100% é%"),
            (json!([{"type": "object", "description": "Error: boom"}]), "Error: boom"),
        ];
        for (args, expected) in table {
            assert_eq!(spelled(args.as_array().unwrap()), expected, "{args}");
        }
        let frame = json!({"url": "http://localhost:1/a.js", "lineNumber": 4, "columnNumber": 0});
        let details = json!({"text": "Uncaught", "exception": {"description": "Error: boom\n    at f (x)"}, "stackTrace": {"callFrames": [frame]}});
        assert_eq!(exception(&details), "Error: boom (at http://localhost:1/a.js:5:1)");
        assert_eq!(exception(&json!({"text": "Uncaught", "exception": {"value": "words"}})), "words");
    }

    #[test]
    fn objects_are_shown_by_what_they_hold() {
        let property =
            |name: &str, kind: &str, value: &str| json!({"name": name, "type": kind, "value": value});
        let object = json!([property("code", "number", "3"), property("why", "string", "a \"b\"")]);
        let pair = json!([{"key": {"type": "string", "description": "a"}, "value": {"type": "number", "description": "1"}}]);
        let table = [
            (
                json!({"type": "object", "description": "Object", "properties": object}),
                r#"{code: 3, why: "a \"b\""}"#,
            ),
            (
                json!({"type": "object", "description": "Refusal", "overflow": true, "properties": [property("code", "number", "3")]}),
                "Refusal {code: 3, …}",
            ),
            (
                json!({"type": "object", "subtype": "array", "description": "Array(1)", "properties": [property("0", "number", "1")]}),
                "[1]",
            ),
            (
                json!({"type": "object", "subtype": "map", "description": "Map(1)", "properties": [], "entries": pair}),
                "Map(1) {\"a\" => 1}",
            ),
            (json!({"type": "object", "subtype": "node", "description": "div#x", "properties": []}), "div#x"),
            (json!({"type": "object", "description": "Object", "properties": []}), "{}"),
        ];
        for (preview, expected) in table {
            let arg = json!([{"type": "object", "description": "Object", "preview": preview}]);
            assert_eq!(spelled(arg.as_array().unwrap()), expected);
        }
    }

    #[test]
    fn what_is_said_again_is_counted() {
        let mut list = Vec::new();
        for text in ["a", "b", " a "] {
            keep(&mut list, text);
        }
        assert_eq!(list, [("a", 2), ("b", 1)].map(|(text, times)| Said { text: text.into(), times }));
    }
}
