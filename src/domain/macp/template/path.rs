//! Paths into a JSON value: `$.document.tags[0]["odd key"]`. Pure.

use std::fmt;

use serde_json::Value;

/// A place in a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    /// Negative ones count from the end.
    Item(i64),
}

impl Path {
    /// Reads `$`, `$.name`, `$["any name"]`, `$[0]`, `$[-1]` and what they make one after the other.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.strip_prefix('$').ok_or_else(|| format!("`{text}` does not begin with `$`"))?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = if let Some(name) = rest.strip_prefix('.') {
                key(name)
            } else if let Some(quoted) = rest.strip_prefix("[\"") {
                quoted_key(quoted)
            } else if let Some(number) = rest.strip_prefix('[') {
                item(number)
            } else {
                Err("a name needs a `.` before it".into())
            }
            .map_err(|why| format!("`{text}` is no path at `{rest}`: {why}"))?;
            steps.push(step);
            rest = after;
        }
        Ok(Self { text: text.to_owned(), steps })
    }

    /// Whether its first step is this name.
    pub fn is_below(&self, name: &str) -> bool {
        matches!(self.steps.first(), Some(Step::Key(first)) if first == name)
    }

    /// What lies there; `null` is nothing.
    pub fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        let step = |value: &'v Value, step: &Step| match step {
            Step::Key(name) => value.as_object()?.get(name),
            Step::Item(at) => {
                let list = value.as_array()?;
                let at = if *at < 0 { i64::try_from(list.len()).ok()?.checked_add(*at)? } else { *at };
                list.get(usize::try_from(at).ok()?)
            }
        };
        self.steps.iter().try_fold(value, step).filter(|value| !value.is_null())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

fn key(rest: &str) -> Result<(Step, &str), String> {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '/');
    let end = rest.find(|c| !plain(c)).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() || !matches!(rest.chars().next(), None | Some('.' | '[')) {
        return Err("write other names as `[\"…\"]`".into());
    }
    Ok((Step::Key(name.to_owned()), rest))
}

fn quoted_key(rest: &str) -> Result<(Step, &str), String> {
    let mut escaped = false;
    let end = rest.char_indices().find(|(_, c)| {
        let end = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        end
    });
    let (end, _) = end.ok_or("the quotes are not closed")?;
    let name = serde_json::from_str(&format!("\"{}\"", &rest[..end])).map_err(|error| error.to_string())?;
    let rest = rest[end + 1..].strip_prefix(']').ok_or("`]` is missing")?;
    Ok((Step::Key(name), rest))
}

fn item(rest: &str) -> Result<(Step, &str), String> {
    let (number, rest) = rest.split_once(']').ok_or("`]` is missing")?;
    let at = number.parse().map_err(|_| format!("`{number}` is no number; names go in double quotes"))?;
    Ok((Step::Item(at), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_find_what_they_name() {
        let value = json!({
            "a": {"b": [{"c": 1}, {"c": 2}], "odd key": true, "q\"]": 3, "no": null, "é": "x"},
            "$id": 7, "x-y_z": 0, "0": "zero",
        });
        let table = [
            ("$", Some(value.clone())),
            ("$.a.b[0].c", Some(json!(1))),
            ("$.a.b[-1].c", Some(json!(2))),
            ("$.a.b[-3]", None),
            ("$.a.b[2]", None),
            ("$.a[\"odd key\"]", Some(json!(true))),
            ("$[\"a\"][\"q\\\"]\"]", Some(json!(3))),
            ("$[\"$id\"]", Some(json!(7))),
            ("$.x-y_z", Some(json!(0))),
            ("$.0", Some(json!("zero"))),
            ("$[0]", None),
            ("$.a.é", Some(json!("x"))),
            ("$.a.no", None),
            ("$.a.no.deeper", None),
            ("$.a.b.c", None),
        ];
        for (text, expected) in table {
            let path = Path::parse(text).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(path.get(&value), expected.as_ref(), "{text}");
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_told() {
        let table = [
            ("", "does not begin with `$`"),
            ("a.b", "does not begin with `$`"),
            ("$a", "needs a `.`"),
            ("$.", "as `[\"…\"]`"),
            ("$..a", "as `[\"…\"]`"),
            ("$.a b", "as `[\"…\"]`"),
            ("$.a.*", "as `[\"…\"]`"),
            ("$.a[", "`]` is missing"),
            ("$.a[x]", "`x` is no number"),
            ("$.a['x']", "is no number; names go in double quotes"),
            ("$.a[\"x]", "the quotes are not closed"),
            ("$.a[\"x\"", "`]` is missing"),
            ("$.a[99999999999999999999]", "is no number"),
            ("$.a[0]b", "needs a `.`"),
        ];
        for (text, expected) in table {
            let why = Path::parse(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        }
    }
}
