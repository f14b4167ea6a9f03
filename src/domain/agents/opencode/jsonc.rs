//! JSON as people write it: with comments and trailing commas, which opencode takes in its settings.

use serde_json::Value;

/// Reads `text`; the error is what is wrong with it, by place, and quotes nothing of it.
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&plain(text))
}

/// `text` with everything that JSON does not know blanked out, so that places stay what they are.
fn plain(text: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    // Where a comma stands after which nothing but blanks came.
    let mut comma = None;
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => {
                comma = None;
                out.push(c);
                while let Some(c) = chars.next() {
                    out.push(c);
                    match c {
                        '\\' => out.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ('/', Some('/')) => {
                out.push(' ');
                while let Some(c) = chars.next_if(|c| *c != '\n') {
                    out.push(blank(c));
                }
            }
            ('/', Some('*')) => {
                out.extend([' ', ' ']);
                chars.next();
                let mut star = false;
                for c in chars.by_ref() {
                    out.push(blank(c));
                    if star && c == '/' {
                        break;
                    }
                    star = c == '*';
                }
            }
            _ => {
                match c {
                    ',' => comma = Some(out.len()),
                    '}' | ']' => {
                        if let Some(at) = comma.take() {
                            out[at] = ' ';
                        }
                    }
                    c if !c.is_whitespace() => comma = None,
                    _ => {}
                }
                out.push(c);
            }
        }
    }
    out.into_iter().collect()
}

fn blank(c: char) -> char {
    if c == '\n' { '\n' } else { ' ' }
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
}
