//! What `bd` says: its JSON in whatever wrapping, and its words where it refuses.

use serde_json::{Deserializer, Value};

use crate::system::process::Said;

/// The ids of the issues in an answer: an array of them, one alone, or either below `data`. `None` where it
/// is no JSON at all.
pub fn ids(stdout: &[u8]) -> Option<Vec<String>> {
    let answer = match document(stdout)? {
        Value::Object(mut object) if !object.contains_key("id") => object.remove("data").unwrap_or_default(),
        other => other,
    };
    let id = |issue: &Value| issue.get("id").and_then(Value::as_str).map(str::to_owned);
    Some(match &answer {
        Value::Array(issues) => issues.iter().filter_map(id).collect(),
        one => id(one).into_iter().collect(),
    })
}

/// The first document on standard output, past the lines that some versions put before it.
fn document(stdout: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(stdout);
    if text.trim() == "null" {
        return Some(Value::Null);
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(['[', '{'])
            && let Some(Ok(value)) = Deserializer::from_str(&text[at..]).into_iter().next()
        {
            return Some(value);
        }
        at += line.len();
    }
    None
}

/// Why it was not done, in `bd`'s own words: the `error` of its JSON, else what it wrote to standard error,
/// else to standard output.
pub fn words(said: &Said) -> String {
    let error = document(&said.stdout).and_then(|answer| Some(answer.get("error")?.as_str()?.to_owned()));
    let text =
        error.unwrap_or_else(|| if said.stderr.is_empty() { said.text() } else { said.stderr.clone() });
    let text = text.trim().trim_start_matches("Error: ").trim_end();
    if text.is_empty() { "it gave no reason".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::process::Ended;

    #[test]
    fn ids_are_found_in_every_wrapping() {
        let table: [(&str, Option<&[&str]>); 8] = [
            ("[]", Some(&[])),
            ("null\n", Some(&[])),
            (r#"[{"id":"a"},{"id":"b","dependencies":[{"id":"c"}]}]"#, Some(&["a", "b"])),
            (r#"{"id":"a","schema_version":1}"#, Some(&["a"])),
            (r#"{"schema_version":1,"data":[{"id":"a"}]}"#, Some(&["a"])),
            (r#"{"schema_version":1,"data":{"id":"a"}}"#, Some(&["a"])),
            ("a warning\n[\n  {\n    \"id\": \"a\"\n  }\n]\nmore\n", Some(&["a"])),
            ("no JSON", None),
        ];
        for (text, expected) in table {
            let expected: Option<Vec<String>> =
                expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
            assert_eq!(ids(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn its_own_words_are_passed_on() {
        let table = [
            (r#"{"error":"would create a cycle"}"#, "", "would create a cycle"),
            ("", "Error: validation failed: title is required", "validation failed: title is required"),
            ("plain text\n", "", "plain text"),
            ("", "", "it gave no reason"),
        ];
        for (stdout, stderr, expected) in table {
            let said = Said {
                ok: false,
                ended: Ended { code: Some(1), signal: None },
                stdout: stdout.into(),
                stderr: stderr.into(),
            };
            assert_eq!(words(&said), expected);
        }
    }
}
