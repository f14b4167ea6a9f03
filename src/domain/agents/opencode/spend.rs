//! What an opencode session used: the sum of its finished steps.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::agents::json::value;
use crate::domain::agents::money::{Money, amount};
use crate::domain::agents::{Signal, Usage};

/// `step_finish.part.tokens`: `input` without what the cache gave or took, `output` without reasoning.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Tokens {
    input: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    cache: Option<Cache>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cache {
    read: Option<u64>,
    write: Option<u64>,
}

impl From<Tokens> for Usage {
    fn from(tokens: Tokens) -> Self {
        let cache = tokens.cache.unwrap_or_default();
        let sum = |a: Option<u64>, b: Option<u64>| a.unwrap_or(0).saturating_add(b.unwrap_or(0));
        Self {
            input: sum(tokens.input, cache.write),
            cache_write: cache.write.unwrap_or(0),
            cached: cache.read.unwrap_or(0),
            output: sum(tokens.output, tokens.reasoning),
        }
    }
}

/// The sums so far. A step that was cut off counts nothing: opencode itself does not know it either.
#[derive(Debug, Default, Clone)]
pub(super) struct Spend {
    usage: Usage,
    usd: Money,
    /// Whether any step has begun.
    begun: bool,
}

impl Spend {
    /// A step begins.
    pub(super) fn step(&mut self) {
        self.begun = true;
    }

    /// A step is finished. A cost of 0 is what a model without a known price has, so it is not believed
    /// where tokens were used.
    pub(super) fn finish(&mut self, tokens: Option<&RawValue>, cost: Option<&RawValue>) {
        self.begun = true;
        let step: Usage = value::<Tokens>(tokens).unwrap_or_default().into();
        let cost = amount(cost).filter(|usd| *usd > 0.0 || step == Usage::default());
        self.usage = self.usage.plus(step);
        self.usd = self.usd.add(cost);
    }

    /// The provider answered with an error: where no answer had begun, nothing was paid.
    pub(super) fn refused(&mut self) {
        if self.usd == Money::Open && !self.begun {
            self.usd = Money::Known(0.0);
        }
    }

    /// Something is used that the stream does not show.
    pub(super) fn hidden(&mut self) {
        self.usd = Money::Unknown;
    }

    /// Tokens of this attempt, as far as the stream shows them.
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// USD of this attempt.
    pub(super) fn usd(&self) -> Option<f64> {
        match self.usd {
            Money::Known(usd) => Some(usd),
            Money::Open | Money::Unknown => None,
        }
    }

    pub(super) fn signal(&self) -> Signal {
        Signal::Used { usage: self.usage(), usd: self.usd() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(steps: &[(&str, &str)]) -> Spend {
        let raw = |text: &str| serde_json::from_str::<Box<RawValue>>(text).unwrap();
        let mut spend = Spend::default();
        for (tokens, cost) in steps {
            spend.finish(Some(&raw(tokens)), Some(&raw(cost)));
        }
        spend
    }

    const USED: &str = r#"{"input":100,"output":5,"reasoning":2,"cache":{"read":30,"write":4}}"#;

    #[test]
    fn steps_add_up_and_a_cost_of_nothing_is_not_believed() {
        let two = spend(&[(USED, "0.5"), (USED, "0.25")]);
        assert_eq!(two.usd(), Some(0.75));
        assert_eq!(two.usage(), Usage { input: 208, cache_write: 8, cached: 60, output: 14 });
        for bad in ["0", "-1", "null", "\"free\"", "1e999"] {
            assert_eq!(spend(&[(USED, "0.5"), (USED, bad)]).usd(), None, "{bad}");
            assert_eq!(spend(&[(USED, bad), (USED, "0.5")]).usd(), None, "{bad}");
        }
        assert_eq!(spend(&[("{}", "0")]).usd(), Some(0.0));
        assert_eq!(spend(&[("null", "0.1")]).usd(), Some(0.1));
        assert_eq!(spend(&[]).usd(), None);
    }

    #[test]
    fn only_a_refusal_before_any_answer_is_free() {
        let mut refused = Spend::default();
        refused.refused();
        assert_eq!(refused.usd(), Some(0.0));
        let mut dropped = Spend::default();
        dropped.step();
        dropped.refused();
        assert_eq!(dropped.usd(), None);
        let mut hidden = spend(&[(USED, "0.5")]);
        hidden.hidden();
        assert_eq!(hidden.usd(), None);
    }
}
