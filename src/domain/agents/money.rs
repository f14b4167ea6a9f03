//! Costs that a stream tells in parts: known only while every part is.

use serde_json::value::RawValue;

use super::json::value;

/// What is known of a cost.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) enum Money {
    /// Nothing was said yet.
    #[default]
    Open,
    /// The sum in USD.
    Known(f64),
    /// Something was used whose cost is not told.
    Unknown,
}

impl Money {
    /// With one part more; `None` is a part that nobody knows.
    pub(super) fn add(self, more: Option<f64>) -> Self {
        match (self, more) {
            // An empty sum is -0.0 in Rust.
            (Self::Open, Some(more)) => Self::Known(more + 0.0),
            (Self::Known(sum), Some(more)) => Self::Known(sum + more),
            _ => Self::Unknown,
        }
    }
}

/// A cost that can be counted: a number of zero or more.
pub(super) fn amount(raw: Option<&RawValue>) -> Option<f64> {
    value::<f64>(raw).filter(|usd| usd.is_finite() && *usd >= 0.0).map(f64::abs)
}
