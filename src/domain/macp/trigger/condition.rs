//! What an event must be like: `when = { "$.size" = { gt = 10 } }`. Pure.

use std::cmp::Ordering;

use serde_json::Value;

use crate::domain::macp::template::blueprint::TOML_TIME;
use crate::domain::macp::template::path::Path;
use crate::system::config;
use crate::system::glob::glob;

/// Something that a value, or its absence, fits or does not.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// It is this value.
    Equals(Value),
    /// It is there (or not); `null` is not there.
    Exists(bool),
    /// It is a number, or text, and compares so with this one.
    Compares(Comparison, Value),
    /// It is one of these; of a list, one of its items is.
    In(Vec<Value>),
    /// It is text like this, in which `*` stands for anything and `?` for one character.
    Matches(String),
    /// It does not fit this.
    Not(Box<Condition>),
    /// It fits all of these.
    All(Vec<Condition>),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Greater than.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less or equal.
    Le,
}

const WORDS: [&str; 8] = ["equals", "exists", "gt", "ge", "lt", "le", "in", "matches"];

impl Condition {
    /// Reads it: a table of `equals`, `exists`, `gt`, `ge`, `lt`, `le`, `in`, `matches`, `not`, or a value to be equal to.
    pub fn parse(value: &Value) -> Result<Self, String> {
        let Value::Object(map) = value else { return Ok(Self::Equals(value.clone())) };
        if map.contains_key(TOML_TIME) {
            return Err("write times as strings, with quotes around them".into());
        }
        let mut all =
            map.iter().map(|(word, value)| Self::word(word, value)).collect::<Result<Vec<_>, _>>()?;
        match all.len() {
            0 => Err("an empty table says nothing; write `{ exists = true }`".into()),
            1 => Ok(all.remove(0)),
            _ => Ok(Self::All(all)),
        }
    }

    fn word(word: &str, value: &Value) -> Result<Self, String> {
        let comparison = match word {
            "equals" => return Ok(Self::Equals(value.clone())),
            "not" => return Ok(Self::Not(Box::new(Self::parse(value)?))),
            "exists" => {
                return value.as_bool().map(Self::Exists).ok_or("`exists` must be true or false".into());
            }
            "in" => return value.as_array().cloned().map(Self::In).ok_or("`in` must be a list".into()),
            "matches" => {
                let text = value.as_str().map(str::to_owned);
                return text.map(Self::Matches).ok_or("`matches` must be a string".into());
            }
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            _ => {
                let near = config::nearest(word, WORDS.into_iter().chain(["not"]));
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                return Err(format!("there is no condition `{word}`{near}"));
            }
        };
        if value.is_number() || value.is_string() {
            Ok(Self::Compares(comparison, value.clone()))
        } else {
            Err(format!("`{word}` must be a number or a string"))
        }
    }

    /// Whether it holds for what lies at a path.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        match self {
            Self::Exists(there) => value.is_some() == *there,
            Self::Not(inner) => !inner.holds(value),
            Self::All(all) => all.iter().all(|one| one.holds(value)),
            _ => value.is_some_and(|value| self.holds_for(value)),
        }
    }

    fn holds_for(&self, value: &Value) -> bool {
        match self {
            Self::Equals(other) => equal(value, other),
            Self::In(list) => {
                let among = |value: &Value| list.iter().any(|one| equal(value, one));
                among(value) || value.as_array().is_some_and(|items| items.iter().any(among))
            }
            Self::Matches(pattern) => value.as_str().is_some_and(|text| glob(pattern, text)),
            Self::Compares(comparison, other) => {
                compare(value, other).is_some_and(|order| match comparison {
                    Comparison::Gt => order.is_gt(),
                    Comparison::Ge => order.is_ge(),
                    Comparison::Lt => order.is_lt(),
                    Comparison::Le => order.is_le(),
                })
            }
            Self::Exists(_) | Self::Not(_) | Self::All(_) => self.holds(Some(value)),
        }
    }
}

/// Whether an event fits every condition.
pub fn fits(when: &[(Path, Condition)], event: &Value) -> bool {
    when.iter().all(|(path, condition)| condition.holds(path.get(event)))
}

/// Equal as JSON values; 1 and 1.0 are the same number.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// Numbers by size, texts by their characters; nothing else compares.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    let whole = |value: &Value| value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn conditions_hold_or_do_not() {
        let event = json!({"type": "report", "size": 12, "big": u64::MAX, "half": 0.5, "tags": ["a", "b"], "none": null,
            "at": "2026-01-02T00:00:00Z", "on": true, "who": {"name": "x"}});
        let table = [
            ("$.type", json!("report"), true),
            ("$.type", json!("Report"), false),
            ("$.size", json!(12.0), true),
            ("$.size", json!("12"), false),
            ("$.on", json!(true), true),
            ("$.who", json!({"equals": {"name": "x"}}), true),
            ("$.tags", json!(["a", "b"]), true),
            ("$.tags", json!(["b", "a"]), false),
            ("$.size", json!({"gt": 10}), true),
            ("$.size", json!({"gt": 10, "lt": 12}), false),
            ("$.size", json!({"ge": 12, "le": 12}), true),
            ("$.size", json!({"gt": "10"}), false),
            ("$.half", json!({"lt": 1}), true),
            ("$.big", json!({"gt": u64::MAX - 1}), true),
            ("$.at", json!({"ge": "2026-01-01"}), true),
            ("$.nothing", json!({"gt": 0}), false),
            ("$.nothing", json!({"not": {"gt": 0}}), true),
            ("$.nothing", json!({"exists": false}), true),
            ("$.none", json!({"exists": true}), false),
            ("$.size", json!({"exists": true}), true),
            ("$.type", json!({"in": ["memo", "report"]}), true),
            ("$.tags", json!({"in": ["b"]}), true),
            ("$.tags", json!({"in": ["c"]}), false),
            ("$.type", json!({"in": []}), false),
            ("$.type", json!({"matches": "re*t"}), true),
            ("$.size", json!({"matches": "*"}), false),
            ("$.type", json!({"not": "memo"}), true),
            ("$.type", json!({"not": {"not": "report"}}), true),
        ];
        for (path, condition, expected) in table {
            let parsed = Condition::parse(&condition).unwrap();
            assert_eq!(fits(&[(Path::parse(path).unwrap(), parsed)], &event), expected, "{path} {condition}");
        }
        assert!(fits(&[], &event));
    }

    #[test]
    fn what_is_no_condition_is_told() {
        let table = [
            (json!({}), "an empty table says nothing"),
            (json!({"grater": 1}), "there is no condition `grater`"),
            (json!({"matchs": "x"}), "did you mean `matches`?"),
            (json!({"gt": true}), "`gt` must be a number or a string"),
            (json!({"in": "x"}), "`in` must be a list"),
            (json!({"exists": "yes"}), "`exists` must be true or false"),
            (json!({"matches": 1}), "`matches` must be a string"),
            (json!({"not": {"gt": []}}), "`gt` must be a number or a string"),
        ];
        for (condition, expected) in table {
            let why = Condition::parse(&condition).unwrap_err();
            assert!(why.contains(expected), "{condition}: {why}");
        }
    }

    #[test]
    fn patterns_stand_for_the_whole_text() {
        let table = [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXcYb", false),
            ("?", "é", true),
            ("a?c", "ac", false),
            ("**a", "bba", true),
            ("a.c", "abc", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
        let (pattern, text) = ("*a".repeat(50) + "b", "a".repeat(5000));
        assert!(!glob(&pattern, &text), "and that in no more than the product of both lengths");
    }
}
