//! JSON as people write it: with comments and trailing commas, which opencode, deno and others take in their files.

use serde_json::Value;

/// Reads `text`; the error is what is wrong with it, by place, and quotes nothing of it.
pub fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&bare(text))
}

/// `text` with blanks in place of comments and of commas before closing brackets: every place stays what it was.
fn bare(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    // A comma that follows nothing is none before a closing bracket, and stays wrong.
    let (mut at, mut comma, mut value) = (0, None, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                (comma, value) = (None, true);
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
            b',' => (comma, value) = (Some(at).filter(|_| value), false),
            b'{' | b'[' | b':' => (comma, value) = (None, false),
            b'}' | b']' => {
                value = true;
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            _ => (comma, value) = (None, true),
        }
        at += 1;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comments_and_trailing_commas_are_passed_over() {
        let table = [
            (r#"{"a": 1}"#, Some(json!({"a": 1}))),
            ("{\"a\": 1, // one\n \"b\": [1, 2,], /* x, */ }", Some(json!({"a": 1, "b": [1, 2]}))),
            (
                r#"{"a": "// no, /* comment */,}", "b": "\"//"}"#,
                Some(json!({"a": "// no, /* comment */,}", "b": "\"//"})),
            ),
            ("{\"a\": 1,/**/\n// x\n}", Some(json!({"a": 1}))),
            ("[1,,2]", None),
            ("{\"a\": \"x", None),
            ("{/* open", None),
            ("", None),
            ("{} x", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
        let error = parse("{\n /* x */ \"token\": secret }").unwrap_err().to_string();
        assert_eq!(error, "expected value at line 2 column 19");
    }

    #[test]
    fn places_stay_what_they_are() {
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
        for open in ["/*", "\"\\", "\"", "//", ",", "/"] {
            bare(open);
        }
    }
}
