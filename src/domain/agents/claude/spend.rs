//! What a Claude Code session used: counted along the stream, settled by its `result` lines.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::end::Outcome;
use crate::domain::agents::json::value;
use crate::domain::agents::{Signal, Usage};

/// Messages whose lines are told apart; one message's lines (one a block) follow each other
/// closely, so a few are enough.
const RECENT: usize = 64;

/// Tokens as the provider counts them (`message.usage`, `result.usage`).
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Tokens {
    #[serde(rename = "input_tokens")]
    input: Option<u64>,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_creation: Option<u64>,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read: Option<u64>,
    #[serde(rename = "output_tokens")]
    output: Option<u64>,
}

/// One model of `model_usage_since_last_result`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ModelUsage<'a> {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    #[serde(borrow, rename = "costUSD")]
    cost_usd: Option<&'a RawValue>,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        usage([tokens.input, tokens.cache_creation], tokens.cache_read, tokens.output)
    }
}

fn usage(input: [Option<u64>; 2], cached: Option<u64>, output: Option<u64>) -> Usage {
    Usage {
        input: input.into_iter().flatten().fold(0, u64::saturating_add),
        cache_write: input[1].unwrap_or(0),
        cached: cached.unwrap_or(0),
        output: output.unwrap_or(0),
    }
}

fn merge(a: Usage, b: Usage, with: impl Fn(u64, u64) -> u64) -> Usage {
    Usage {
        input: with(a.input, b.input),
        cache_write: with(a.cache_write, b.cache_write),
        cached: with(a.cached, b.cached),
        output: with(a.output, b.output),
    }
}

/// The sums so far.
#[derive(Debug, Default, Clone)]
pub(super) struct Spend {
    /// Finished messages, sub-agents' included. Output is what the provider said at a message's
    /// start: a lower bound.
    seen: Usage,
    /// The last messages and what was counted for them.
    recent: VecDeque<(String, Usage)>,
    /// What results said, all of them together.
    settled: Usage,
    usd: Money,
}

/// What is known of the cost.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Money {
    /// No result yet.
    #[default]
    Open,
    /// The results' sum in USD.
    Known(f64),
    /// A result came without a usable cost.
    Unknown,
}

impl Spend {
    /// Counts one line of an assistant's message; says whether that changed anything.
    pub(super) fn message(&mut self, id: &str, raw: Option<&RawValue>) -> bool {
        let Some(usage) = value::<Tokens>(raw).map(Usage::from) else { return false };
        let place = self.recent.iter().position(|(known, _)| known == id);
        let before = place.map_or(Usage::default(), |place| self.recent[place].1);
        let now = merge(before, usage, u64::max);
        match place {
            Some(place) => self.recent[place].1 = now,
            None => self.recent.push_back((id.to_owned(), now)),
        }
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        self.seen = merge(self.seen, merge(now, before, u64::saturating_sub), u64::saturating_add);
        now != before
    }

    /// Settles what a result says. A session with background work prints several: amounts since
    /// the last result add up, the total of the session (cumulative over resumed sessions in
    /// newer versions) is taken only where those are missing.
    pub(super) fn result(&mut self, result: &Outcome<'_>) {
        let models: Option<BTreeMap<String, ModelUsage<'_>>> = value(result.model_usage_since_last_result);
        if let Some(models) = models {
            self.usd = self.usd.add(models.values().map(|model| amount(model.cost_usd)).sum());
            for model in models.into_values() {
                let input = [model.input_tokens, model.cache_creation_input_tokens];
                let usage = usage(input, model.cache_read_input_tokens, model.output_tokens);
                self.settled = merge(self.settled, usage, u64::saturating_add);
            }
        } else {
            self.usd = amount(result.total_cost_usd).map_or(Money::Unknown, Money::Known);
            let usage = value::<Tokens>(result.usage).unwrap_or_default().into();
            self.settled = merge(self.settled, usage, u64::max);
        }
    }

    /// Tokens of this attempt, as far as the stream shows them.
    pub(super) fn usage(&self) -> Usage {
        merge(self.settled, self.seen, u64::max)
    }

    /// USD of this attempt; nothing spent on tokens used is not believed.
    pub(super) fn usd(&self) -> Option<f64> {
        match self.usd {
            Money::Known(usd) if usd > 0.0 || self.usage() == Usage::default() => Some(usd),
            _ => None,
        }
    }

    pub(super) fn signal(&self) -> Signal {
        Signal::Used { usage: self.usage(), usd: self.usd() }
    }
}

impl Money {
    fn add(self, more: Option<f64>) -> Self {
        match (self, more) {
            (Self::Open, Some(more)) => Self::Known(more),
            (Self::Known(sum), Some(more)) => Self::Known(sum + more),
            _ => Self::Unknown,
        }
    }
}

/// A cost that can be counted: a number of zero or more.
fn amount(raw: Option<&RawValue>) -> Option<f64> {
    value::<f64>(raw).filter(|usd| usd.is_finite() && *usd >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(lines: &[&str]) -> Spend {
        let mut spend = Spend::default();
        for line in lines {
            spend.result(&serde_json::from_str(line).unwrap());
        }
        spend
    }

    #[test]
    fn results_add_up_and_a_bad_cost_is_unknown() {
        let since = |cost: &str| {
            format!(
                r#"{{"total_cost_usd":9,"model_usage_since_last_result":{{"m":{{"inputTokens":10,"costUSD":{cost}}}}}}}"#
            )
        };
        assert_eq!(settle(&[&since("0.5")]).usd(), Some(0.5));
        let two = settle(&[&since("0.5"), &since("0.25")]);
        assert_eq!((two.usd(), two.usage().input), (Some(0.75), 20));
        for bad in ["-1", "\"free\"", "null", "0", "1e999"] {
            let spend = settle(&[&since(bad)]);
            assert_eq!(spend.usd(), None, "{bad}");
        }
        assert_eq!(settle(&[&since("null"), &since("0.5")]).usd(), None);
        assert_eq!(settle(&[r#"{"total_cost_usd":0.1}"#, r#"{"total_cost_usd":0.3}"#]).usd(), Some(0.3));
        assert_eq!(settle(&[r#"{"total_cost_usd":"x"}"#]).usd(), None);
        assert_eq!(settle(&[r#"{"total_cost_usd":0,"usage":{"input_tokens":0}}"#]).usd(), Some(0.0));
        assert_eq!(settle(&[r#"{"total_cost_usd":0,"usage":{"output_tokens":5}}"#]).usd(), None);
        assert_eq!(settle(&[r#"{"model_usage_since_last_result":{}}"#]).usd(), Some(0.0));
    }

    #[test]
    fn a_message_counts_once_however_many_lines_it_has() {
        let raw = |text: &str| serde_json::from_str::<Box<RawValue>>(text).unwrap();
        let one = raw(r#"{"input_tokens":10,"cache_creation_input_tokens":5,"output_tokens":1}"#);
        let more = raw(r#"{"input_tokens":10,"cache_creation_input_tokens":5,"output_tokens":7}"#);
        let mut spend = Spend::default();
        assert!(spend.message("a", Some(&one)));
        assert!(!spend.message("a", Some(&one)));
        assert!(spend.message("a", Some(&more)));
        assert!(spend.message("b", Some(&one)));
        assert!(!spend.message("b", None));
        assert_eq!(spend.usage(), Usage { input: 30, cache_write: 10, cached: 0, output: 8 });
        assert_eq!(spend.usd(), None);
        for number in 0..1000 {
            spend.message(&number.to_string(), Some(&one));
            assert!(spend.recent.len() <= RECENT);
        }
    }
}
