//! Which field of a JSON text a place in it belongs to. Pure.

use crate::system::document::dotted;

/// Longest name that is told.
const LONGEST: usize = 80;

/// An object or list that is open.
#[derive(Default)]
struct Open {
    /// The field that was begun last, where it is an object.
    name: Option<String>,
    /// Whether a name comes next.
    name_next: bool,
}

/// The field, dotted, whose value ends at the end of `text` or is begun there.
pub fn at_end(text: &[u8]) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'{' => open.push(Open { name: None, name_next: true }),
            b'[' => open.push(Open::default()),
            b'}' | b']' => drop(open.pop()),
            b',' => {
                if let Some(last) = open.last_mut().filter(|last| last.name.is_some()) {
                    last.name_next = true;
                }
            }
            b'"' => {
                let end = string_end(text, at);
                if let Some(last) = open.last_mut().filter(|last| last.name_next) {
                    last.name = serde_json::from_slice(text.get(at - 1..end)?).ok();
                    last.name_next = false;
                }
                at = end;
            }
            _ => {}
        }
    }
    let names: Vec<String> = open.into_iter().filter_map(|open| open.name).collect();
    Some(dotted(&names)).filter(|name| !name.is_empty() && name.len() <= LONGEST)
}

/// The place behind the string whose inside begins at `at`.
fn string_end(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_the_way_to_it() {
        let table = [
            ("{", None),
            ("{\"id\": 5", Some("id")),
            ("{\"id\": \"a\", \"env\": {\"A\": \"x\", \"B\": 5", Some("env.B")),
            ("{\"env\": {\"A\": \"x\"}, \"title\": 5", Some("title")),
            ("{\"env\": {\"A\": \"x\"}", Some("env")),
            ("{\"gates\": [\"a\", {\"command\": 5", Some("gates.command")),
            ("{\"gates\": [\"a: \\\"b\\\"\", 5", Some("gates")),
            ("{\"a\": 1,", Some("a")),
        ];
        for (text, expected) in table {
            assert_eq!(at_end(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
