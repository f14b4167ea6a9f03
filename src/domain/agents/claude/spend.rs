//! What a Claude Code session used: counted along the stream, settled by its `result` lines.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::end::Outcome;
use crate::domain::agents::json::value;
use crate::domain::agents::money::{Money, amount};
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

impl Spend {
    /// Counts one line of an assistant's message; says whether that changed anything.
    pub(super) fn message(&mut self, id: &str, raw: Option<&RawValue>) -> bool {
        let Some(usage) = value::<Tokens>(raw).map(Usage::from) else { return false };
        let place = self.recent.iter().position(|(known, _)| known == id);
        let before = place.map_or(Usage::default(), |place| self.recent[place].1);
        let now = before.most(usage);
        match place {
            Some(place) => self.recent[place].1 = now,
            None => self.recent.push_back((id.to_owned(), now)),
        }
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        self.seen = self.seen.plus(now.minus(before));
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
                self.settled = self.settled.plus(usage);
            }
        } else {
            self.usd = amount(result.total_cost_usd).map_or(Money::Unknown, Money::Known);
            self.settled = self.settled.most(value::<Tokens>(result.usage).unwrap_or_default().into());
        }
    }

    /// Tokens of this attempt, as far as the stream shows them.
    pub(super) fn usage(&self) -> Usage {
        self.settled.most(self.seen)
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
