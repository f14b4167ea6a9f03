//! What tokens cost, where the agent does not say: the user's prices before the built-in ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Usage;
use crate::system::config::Price;

/// The day of the built-in prices, which stand in `prices.txt`.
pub const DATE: &str = "2026-11-20";

/// Providers whose own prices the built-in ones are. Elsewhere (`local/…`, a reseller, a subscription)
/// the same model costs something else, or nothing.
const PROVIDERS: [&str; 3] = ["anthropic", "google", "openai"];

static TABLE: LazyLock<BTreeMap<&str, Listed>> =
    LazyLock::new(|| rows(include_str!("prices.txt")).flatten().collect());

/// A model's line of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Listed {
    price: Price,
    /// From how many tokens of input on a call costs more, and how much.
    long: Option<(u64, Price)>,
}

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

    /// The cost of `usage` in USD; `None` for a model nobody has a price for. `long` are those of its
    /// calls that had a long context: some models cost more then, call by call.
    pub fn cost(&self, model: Option<&str>, usage: &Usage, long: &[Usage]) -> Option<f64> {
        let listed = self.find(model?)?;
        let price = |call: &Usage| {
            let long = listed.long.filter(|(from, _)| call.context() > *from).map(|(_, price)| price);
            estimate(call, &long.unwrap_or(listed.price))
        };
        let rest = long.iter().fold(*usage, |rest, call| rest.minus(*call));
        Some(estimate(&rest, &listed.price) + long.iter().map(price).sum::<f64>())
    }

    /// Whether a cost can be told for this model.
    pub fn knows(&self, model: &str) -> bool {
        self.find(model).is_some()
    }

    /// The user's own price before a built-in one; each by the model's name as it is, then without its
    /// provider, then without its date.
    fn find(&self, model: &str) -> Option<Listed> {
        let own = |name: &str| self.own.get(name).map(|price| Listed { price: *price, long: None });
        let names = names(model);
        names
            .iter()
            .find_map(|name| own(name))
            .or_else(|| names.iter().find_map(|name| TABLE.get(name).copied()))
    }
}

/// The names by which `model` may have a price, the closest first.
fn names(model: &str) -> Vec<&str> {
    let bare = match model.split_once('/') {
        Some((provider, bare)) if PROVIDERS.contains(&provider) => bare,
        _ => model,
    };
    vec![model, bare, undated(bare)]
}

/// `name` without a date at its end: `-20250929` or `-2024-08-06`.
fn undated(name: &str) -> &str {
    let dated = |rest: &str, shape: &str| {
        rest.bytes()
            .zip(shape.bytes())
            .all(|(byte, of)| if of == b'#' { byte.is_ascii_digit() } else { byte == of })
    };
    let before = |shape: &str| {
        let (before, rest) = name.split_at_checked(name.len().checked_sub(shape.len())?)?;
        (!before.is_empty() && dated(rest, shape)).then_some(before)
    };
    before("-20######").or_else(|| before("-20##-##-##")).unwrap_or(name)
}

/// The lines of a table as `prices.txt` describes it; `None` for one that cannot be read.
fn rows(text: &str) -> impl Iterator<Item = Option<(&str, Listed)>> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(row)
}

fn row(line: &str) -> Option<(&str, Listed)> {
    let mut columns = line.split_whitespace();
    let name = columns.next()?;
    let columns: Vec<&str> = columns.collect();
    let long = match columns.get(4..) {
        Some([from, long @ ..]) => Some((from.parse().ok()?, price(long)?)),
        _ => None,
    };
    Some((name, Listed { price: price(columns.get(..4)?)?, long }))
}

/// Input, cached, cache write, output.
fn price(columns: &[&str]) -> Option<Price> {
    let [input, cached, cache_write, output] = columns else { return None };
    let number = |text: &str| text.parse::<f64>().ok().filter(|price| price.is_finite() && *price >= 0.0);
    let optional = |text: &str| if text == "-" { Some(None) } else { number(text).map(Some) };
    let input = number(input)?;
    let cached = optional(cached)?.unwrap_or(input);
    Some(Price { input, cached, cache_write: optional(cache_write)?, output: number(output)? })
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
    use crate::domain::agents::LONG;

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

    #[test]
    fn every_line_of_the_table_is_sound() {
        let text = include_str!("prices.txt");
        assert!(text.starts_with(&format!("# {DATE}: ")), "the date is the table's");
        let rows: Vec<_> = rows(text).map(Option::unwrap).collect();
        assert_eq!(rows.len(), TABLE.len(), "no model twice");
        assert!(rows.len() > 50);
        for (name, Listed { price, long }) in &rows {
            assert!(!name.contains('/') && price.input > 0.0 && price.output > price.input, "{name}");
            assert!(price.cached > 0.0 && price.cached <= price.input, "{name}");
            assert!(price.cache_write.is_none_or(|write| write >= price.input), "{name}");
            if let Some((from, long)) = long {
                assert!(*from >= LONG && long.input > price.input && long.output > price.output, "{name}");
                assert!(long.cached > price.cached, "{name}");
            }
        }
    }

    #[test]
    fn a_bad_line_is_none() {
        for line in [
            "x",
            "x 1 2 3",
            "x 1 2 3 y",
            "x 1 2 3 -4",
            "x 1 - - 2 200000",
            "x 1 - - 2 3 4",
            "x - 1 1 1",
            "x inf - - 1",
        ] {
            assert_eq!(row(line), None, "{line}");
        }
        assert!(row("x 1 - - 2 200000 1 - - 2").is_some());
    }

    #[test]
    fn known_costs_to_the_cent() {
        let million = Usage { input: 1_000_000, cached: 0, cache_write: 0, output: 1_000_000 };
        let short = Usage { input: 100_000, cached: 100_000, cache_write: 40_000, output: 10_000 };
        let table = [
            ("claude-sonnet-4-6", million, Some(18.0)),
            ("anthropic/claude-sonnet-4-6", million, Some(18.0)),
            ("claude-sonnet-4-6-20251231", million, Some(18.0)),
            ("claude-haiku-4-5-20251001", million, Some(6.0)),
            // 60k input, 40k written, 100k cached, 10k output.
            ("claude-sonnet-4-5", short, Some(0.18 + 0.15 + 0.03 + 0.15)),
            // No price of its own for writing.
            ("gpt-5.4", short, Some(0.25 + 0.025 + 0.15)),
            ("openai/gpt-5.4-2026-03-05", short, Some(0.25 + 0.025 + 0.15)),
            ("gpt-5.4", Usage { input: 272_001, ..short }, Some(1.360_005 + 0.05 + 0.225)),
            ("gpt-5.4", Usage { input: 172_000, ..short }, Some(0.43 + 0.025 + 0.15)),
            ("gemini-2.5-pro", short, Some(0.125 + 0.0125 + 0.1)),
            ("google/gemini-2.5-pro", Usage { input: 100_001, ..short }, Some(0.250_002_5 + 0.025 + 0.15)),
            // Cached input without a price of its own costs like any.
            ("gpt-5-pro", short, Some(1.5 + 1.5 + 1.2)),
            ("local/gpt-5.4", short, None),
            ("openrouter/openai/gpt-5.4", short, None),
            ("gpt-5.4-2026", short, None),
            ("gpt-5.4-20260305-x", short, None),
            ("", short, None),
            ("-20250929", short, None),
            ("ü", short, None),
        ];
        for (model, usage, expected) in table {
            let cost = Book::default().cost(Some(model), &usage, &[usage]);
            let near = |(cost, expected): (f64, f64)| (cost - expected).abs() < 1e-9;
            assert_eq!(cost.is_some(), expected.is_some(), "{model}");
            assert!(cost.zip(expected).is_none_or(near), "{model}: {cost:?} is not {expected:?}");
            assert_eq!(Book::default().knows(model), expected.is_some(), "{model}");
        }
        assert_eq!(Book::default().cost(None, &million, &[]), None);
    }

    #[test]
    fn each_call_is_long_or_not_by_itself() {
        let call = |input| Usage { input, output: 1_000, ..Usage::default() };
        let three = call(100_000).plus(call(100_000)).plus(call(100_000));
        let cost =
            |usage: &Usage, long: &[Usage]| Book::default().cost(Some("gpt-5.4"), usage, long).unwrap();
        assert!((cost(&three, &[]) - 0.795).abs() < 1e-9);
        let long = call(300_000);
        let mixed = three.plus(long);
        assert!((cost(&mixed, &[long]) - (0.795 + 1.5225)).abs() < 1e-9);
        assert!((cost(&call(200_000), &[call(200_000)]) - 0.515).abs() < 1e-9, "below the threshold");
    }

    #[test]
    fn the_users_own_prices_come_first() {
        let price = |input| Price { input, cached: 0.0, cache_write: None, output: 0.0 };
        let own = [("gpt-5.4", 1.0), ("openai/gpt-5.4-pro", 2.0), ("local/m", 0.0), ("m-2026-01-01", 3.0)];
        let book = Book::new(own.map(|(name, input)| (name.to_owned(), price(input))).into());
        let cost = |model| {
            book.cost(
                Some(model),
                &Usage { input: 1_000_000, ..Usage::default() },
                &[Usage { input: 1_000_000, ..Usage::default() }],
            )
        };
        let table = [
            ("gpt-5.4", Some(1.0)),
            ("openai/gpt-5.4", Some(1.0)),
            ("gpt-5.4-2026-03-05", Some(1.0)),
            ("openai/gpt-5.4-pro", Some(2.0)),
            ("gpt-5.4-pro", Some(60.0)),
            ("local/m", Some(0.0)),
            ("local/gpt-5.4", None),
            ("m-2026-01-01", Some(3.0)),
            ("m", None),
        ];
        for (model, expected) in table {
            assert_eq!(cost(model), expected, "{model}");
        }
    }
}
