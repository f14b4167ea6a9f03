//! Tokens as Codex counts them, on its stream and in its journal.

use serde::Deserialize;

use crate::domain::agents::Usage;

/// A count: input includes what was cached, output includes reasoning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "cached_input_tokens")]
    cached_input: Option<u64>,
    #[serde(rename = "cache_write_input_tokens")]
    cache_write_input: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let cached = tokens.cached_input.unwrap_or(0);
        let input = tokens.input.unwrap_or(0).saturating_sub(cached);
        Self {
            input,
            cache_write: tokens.cache_write_input.unwrap_or(0).min(input),
            cached,
            output: tokens.output.unwrap_or(0),
        }
    }
}

/// What is new in `total` since it was `before`. A total that fell has begun anew and is all new.
pub(super) fn since(total: Usage, before: Usage) -> Usage {
    if total.most(before) == total { total.minus(before) } else { total }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_taken_apart() {
        let read = |text: &str| Usage::from(serde_json::from_str::<Tokens>(text).unwrap());
        let all = read(
            r#"{"input_tokens":900,"cached_input_tokens":600,"cache_write_input_tokens":100,"output_tokens":5}"#,
        );
        assert_eq!(all, Usage { input: 300, cache_write: 100, cached: 600, output: 5 });
        assert_eq!(read(r#"{"input_tokens":1,"cached_input_tokens":6}"#).input, 0);
        assert_eq!(read(r#"{"input_tokens":null,"new":[]}"#), Usage::default());
        let before = Usage { input: 100, cache_write: 100, cached: 600, output: 0 };
        assert_eq!(since(all, before), Usage { input: 200, cache_write: 0, cached: 0, output: 5 });
        assert_eq!(since(before, all), before, "began anew");
        assert_eq!(since(all, before).plus(before), all);
    }
}
