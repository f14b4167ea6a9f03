//! Changes fields in the text of a JSON object and leaves every other byte as it is. Pure.

use std::ops::Range;

use serde_json::Value;

use super::elements::value_end;

/// One field in the text.
struct Member {
    name: String,
    key: Range<usize>,
    value: Range<usize>,
}

/// `text`, which is a JSON object, with each field set, or removed where there is no value.
pub fn set(text: &str, fields: &[(&str, Option<Value>)]) -> String {
    fields.iter().fold(text.to_owned(), |text, (name, value)| one(&text, name, value.as_ref()))
}

fn one(text: &str, name: &str, value: Option<&Value>) -> String {
    let members = members(text);
    // The last one of a name counts.
    let found = members.iter().rposition(|member| member.name == name);
    match (found, value) {
        (Some(at), Some(value)) => replaced(text, members[at].value.clone(), &value.to_string()),
        (Some(at), None) => {
            let range = match (at, members.get(at + 1)) {
                (0, Some(next)) => members[0].key.start..next.key.start,
                (0, None) => members[0].key.start..members[0].value.end,
                _ => members[at - 1].value.end..members[at].value.end,
            };
            // Another one of its name would count now.
            one(&replaced(text, range, ""), name, None)
        }
        (None, Some(value)) => added(text, &members, name, value),
        (None, None) => text.to_owned(),
    }
}

fn added(text: &str, members: &[Member], name: &str, value: &Value) -> String {
    let name = Value::from(name);
    let Some(last) = members.last() else {
        let open = text.find('{').map_or(0, |at| at + 1);
        return replaced(text, open..open, &format!("{name}: {value}"));
    };
    let between = match members {
        [.., before, last] => &text[before.value.end..last.key.start],
        _ => ", ",
    };
    let colon = &text[last.key.end..last.value.start];
    replaced(text, last.value.end..last.value.end, &format!("{between}{name}{colon}{value}"))
}

fn replaced(text: &str, range: Range<usize>, by: &str) -> String {
    [&text[..range.start], by, &text[range.end..]].concat()
}

fn members(text: &str) -> Vec<Member> {
    let bytes = text.as_bytes();
    let spaces = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
            at += 1;
        }
        at
    };
    let mut members = Vec::new();
    let mut at = spaces(0) + 1;
    loop {
        at = spaces(at);
        if bytes.get(at) != Some(&b'"') {
            return members;
        }
        let key = at..value_end(text, at);
        at = spaces(spaces(key.end) + 1);
        let value = at..value_end(text, at);
        let name = serde_json::from_str(&text[key.clone()]).unwrap_or_default();
        at = spaces(value.end);
        members.push(Member { name, key, value });
        if bytes.get(at) != Some(&b',') {
            return members;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_changes() {
        let yes = |value: Value| Some(value);
        let table: &[(&str, &str, Option<Value>, &str)] = &[
            (r#"{"a":1,"b":2}"#, "a", yes(3.into()), r#"{"a":3,"b":2}"#),
            (
                r#"{ "a" : [1, {"b": 9}] , "b" :2 }"#,
                "b",
                yes("x".into()),
                r#"{ "a" : [1, {"b": 9}] , "b" :"x" }"#,
            ),
            (r#"{"a":1,"b":2}"#, "c", yes(true.into()), r#"{"a":1,"b":2,"c":true}"#),
            (
                "{\n  \"a\": 1,\n  \"b\": 2\n}",
                "c",
                yes(3.into()),
                "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}",
            ),
            (r#"{"a": 1}"#, "c", yes(3.into()), r#"{"a": 1, "c": 3}"#),
            ("{}", "c", yes(3.into()), r#"{"c": 3}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "a", None, r#"{"b":2,"c":3}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "b", None, r#"{"a":1,"c":3}"#),
            (r#"{"a":1,"b":2,"c":3}"#, "c", None, r#"{"a":1,"b":2}"#),
            (r#"{"a":1}"#, "a", None, "{}"),
            (r#"{"a":1}"#, "z", None, r#"{"a":1}"#),
            (
                r#"{"t":"\"status\":1","status":"p"}"#,
                "status",
                yes("c".into()),
                r#"{"t":"\"status\":1","status":"c"}"#,
            ),
            (r#"{"st\u0061tus":"p"}"#, "status", yes("c".into()), r#"{"st\u0061tus":"c"}"#),
            (
                r#"{"a":{"status":"q"},"status":"p"}"#,
                "status",
                yes("c".into()),
                r#"{"a":{"status":"q"},"status":"c"}"#,
            ),
        ];
        for (text, name, value, expected) in table {
            assert_eq!(&set(text, &[(name, value.clone())]), expected, "{text} {name}");
        }
    }
}
