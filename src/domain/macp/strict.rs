//! What JSON text says that would be lost on its way through this program: a name that is twice in one object, a number of more
//! digits than can be held. Pure.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::agents::one_line;

/// Errors: what would be lost, and the line it is in. What is no JSON is for who reads it to tell.
pub fn check(text: &str) -> Result<(), (usize, String)> {
    for value in serde_json::Deserializer::from_str(text).into_iter::<Names>() {
        match value {
            Err(error) if error.is_data() => {
                let told = error.to_string();
                let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
                return Err((error.line(), told.to_owned()));
            }
            Err(_) => return Ok(()),
            Ok(Names) => {}
        }
    }
    match numbers(text).find(|(_, number)| !is_held(number)) {
        Some((at, number)) => {
            let line = 1 + text[..at].matches('\n').count();
            Err((
                line,
                format!(
                    "the number {} has more digits than can be kept; put it in quotes",
                    one_line(number, 60)
                ),
            ))
        }
        None => Ok(()),
    }
}

/// Any value in whose objects no name is twice.
struct Names;

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Names;
    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }
    fn visit_bool<E>(self, _: bool) -> Result<Names, E> {
        Ok(Names)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Names, E> {
        Ok(Names)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Names, E> {
        Ok(Names)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Names, E> {
        Ok(Names)
    }
    fn visit_str<E>(self, _: &str) -> Result<Names, E> {
        Ok(Names)
    }
    fn visit_unit<E>(self) -> Result<Names, E> {
        Ok(Names)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
        while list.next_element::<Names>()?.is_some() {}
        Ok(Names)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Names, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = object.next_key::<String>()? {
            if names.contains(&name) {
                object.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom(format!("`{}` is there twice", one_line(&name, 60))));
            }
            object.next_value::<Names>()?;
            names.insert(name);
        }
        Ok(Names)
    }
}

/// Every number in JSON text and where it begins.
fn numbers(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    at += 1;
                    while at < bytes.len() && bytes[at] != b'"' {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    at += 1;
                }
                b'-' | b'0'..=b'9' => {
                    let start = at;
                    let part = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                    at += bytes[at..].iter().take_while(|byte| part(byte)).count();
                    return Some((start, &text[start..at]));
                }
                _ => at += 1,
            }
        }
        None
    })
}

/// Whether a number is the same after it was read and written.
fn is_held(number: &str) -> bool {
    let Ok(read) = serde_json::from_str::<serde_json::Number>(number) else { return true };
    digits(number) == digits(&read.to_string())
}

/// The digits that count, and how many places the last one is left of the point.
fn digits(number: &str) -> (bool, String, i64) {
    let (number, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let all = format!("{}{part}", whole.trim_start_matches('-'));
    let counting = all.trim_end_matches('0');
    let places = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let shift = exponent.parse::<i64>().unwrap_or(i64::MAX / 2).saturating_sub(places(part.len()));
    let shift = shift.saturating_add(places(all.len() - counting.len()));
    let counting = counting.trim_start_matches('0');
    if counting.is_empty() {
        (false, String::new(), 0)
    } else {
        (whole.starts_with('-'), counting.to_owned(), shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_lost_is_told_by_line() {
        let table = [
            (
                r#"{"a": [1, 1.10, -0.50, 1e3, 1E+2, 18446744073709551615, 0.1, -0.0, 0e9], "b": "12345678901234567890123"}"#,
                None,
            ),
            ("{\"a\": 1}\n{\"a\":\n12345678901234567890123}", Some((3, "12345678901234567890123"))),
            ("[0.12345678901234567890123]", Some((1, "more digits"))),
            ("{\"a\": 1,\n\"a\": 2}", Some((2, "`a` is there twice"))),
            (r#"[{"a": {"b": 1, "c": "\"", "b": 1}}]"#, Some((1, "`b` is there twice"))),
            (r#"[{"a": {"b": 1}}, {"a": {"b": 1}}]"#, None),
            ("{\"a\": nonsense 99999999999999999999999", None),
        ];
        for (text, expected) in table {
            match (check(text), expected) {
                (Ok(()), None) => {}
                (Err((line, told)), Some((at, part))) => {
                    assert!(line == at && told.contains(part), "{text}: {line} {told}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
