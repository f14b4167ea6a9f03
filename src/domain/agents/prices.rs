//! What tokens cost, where the agent does not say: the user's prices before the built-in ones.

use std::collections::BTreeMap;

use super::Usage;
use crate::system::config::Price;

/// The prices in force.
#[derive(Debug, Clone, Default)]
pub struct Book {
    own: BTreeMap<String, Price>,
}

impl Book {
    /// The user's prices, and behind them the built-in ones.
    pub fn new(own: BTreeMap<String, Price>) -> Self {
        Self { own }
    }

    /// The cost of `usage` in USD; `None` for a model nobody has a price for.
    pub fn cost(&self, model: Option<&str>, usage: &Usage) -> Option<f64> {
        Some(estimate(usage, &self.price(model?)?))
    }

    /// Whether a cost can be told for this model.
    pub fn knows(&self, model: &str) -> bool {
        self.price(model).is_some()
    }

    fn price(&self, model: &str) -> Option<Price> {
        self.own.get(model).copied()
    }
}

/// USD for `usage` at `price` (USD per million tokens).
#[allow(clippy::cast_precision_loss)] // token counts stay far below 2^52
fn estimate(usage: &Usage, price: &Price) -> f64 {
    let cost = |tokens: u64, per_million: f64| tokens as f64 * per_million / 1e6;
    let written = usage.cache_write.min(usage.input);
    cost(usage.input - written, price.input)
        + cost(written, price.cache_write.unwrap_or(price.input))
        + cost(usage.cached, price.cached)
        + cost(usage.output, price.output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_times_price() {
        let price = Price { input: 3.0, cached: 0.3, cache_write: None, output: 15.0 };
        let usage = Usage { input: 3000, cached: 6000, output: 150, ..Usage::default() };
        assert!((estimate(&usage, &price) - 0.01305).abs() < 1e-9);
        assert!(estimate(&Usage::default(), &price).abs() < 1e-12);
        let written = Usage { cache_write: 1000, ..usage };
        let dearer = Price { cache_write: Some(3.75), ..price };
        assert!((estimate(&written, &dearer) - 0.0138).abs() < 1e-9);
    }
}
