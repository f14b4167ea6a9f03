//! What tokens cost, where the agent does not say.

use super::Usage;
use crate::system::config::Price;

/// USD for `usage` at `price` (USD per million tokens).
#[allow(clippy::cast_precision_loss)] // token counts stay far below 2^52
pub fn estimate(usage: &Usage, price: &Price) -> f64 {
    let cost = |tokens: u64, per_million: f64| tokens as f64 * per_million / 1e6;
    cost(usage.input, price.input) + cost(usage.cached, price.cached) + cost(usage.output, price.output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_times_price() {
        let price = Price { input: 3.0, cached: 0.3, output: 15.0 };
        let usage = Usage { input: 3000, cached: 6000, output: 150 };
        assert!((estimate(&usage, &price) - 0.01305).abs() < 1e-9);
        assert!(estimate(&Usage::default(), &price).abs() < 1e-12);
    }
}
