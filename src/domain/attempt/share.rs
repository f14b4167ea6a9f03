//! How what is left is shared among attempts at a time. Pure.

use crate::domain::attempt::budget::{Spend, Tally};

/// Closer than this is equal.
const NEXT_TO_NOTHING: f64 = 1e-9;

/// What an attempt may use up, set aside for it when it is given out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// USD; none where nothing limits them.
    pub usd: Option<f64>,
    /// Tokens, likewise.
    pub tokens: Option<u64>,
}

impl Share {
    /// What counts for an attempt under way that has used `live` so far: its share, or more if it used more.
    pub fn held(&self, live: &Spend) -> Spend {
        Spend {
            usd: self.usd.unwrap_or(0.0).max(live.usd),
            input_tokens: self.tokens.unwrap_or(0).max(live.tokens()),
            ..Spend::nothing()
        }
    }
}

/// Adds it to what counts already.
pub fn count(tally: &mut Tally, held: &Spend) {
    tally.run.add(held);
    tally.day.add(held);
}

/// Who asks for a part of what is left.
#[derive(Debug, Clone, Copy)]
pub struct Asks {
    /// What an attempt may use at most in any case.
    pub cap: Option<f64>,
    /// How many could begin now, this one included.
    pub hands: usize,
    /// Whether nobody is under way.
    pub alone: bool,
}

/// What one attempt gets of `left`, of which nothing is anybody else's: as much as the others that could begin now, but at
/// least what the dearest so far has used (`expected`), so that fewer begin when there is less. Who is alone gets all where
/// nothing is known yet. `None`: it has to wait for those under way.
pub fn portion(left: f64, expected: Option<f64>, asks: Asks) -> Option<f64> {
    let need = match (expected, asks.cap) {
        (Some(expected), Some(cap)) => Some(expected.min(cap)),
        (expected, cap) => expected.or(cap),
    };
    if !asks.alone && need.is_none_or(|need| left <= NEXT_TO_NOTHING || left + NEXT_TO_NOTHING < need) {
        return None;
    }
    let hands = u32::try_from(asks.hands).unwrap_or(u32::MAX).max(1);
    let parts = match need {
        None => 1.0,
        Some(need) if need <= NEXT_TO_NOTHING => f64::from(hands),
        Some(need) => ((left + NEXT_TO_NOTHING) / need).floor().clamp(1.0, f64::from(hands)),
    };
    let part = (left / parts).max(0.0);
    Some(asks.cap.map_or(part, |cap| part.min(cap)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_shared() {
        let table = [
            // left, expected, cap, hands, alone, portion
            (1.0, None, None, 5, true, Some(1.0)),
            (1.0, None, None, 5, false, None),
            (1.0, Some(0.9), None, 5, true, Some(1.0)),
            (0.1, Some(0.9), None, 5, false, None),
            (1.0, Some(0.5), None, 4, true, Some(0.5)),
            (0.5, Some(0.5), None, 3, false, Some(0.5)),
            (0.0, Some(0.5), None, 3, false, None),
            (0.0, Some(0.0), None, 3, false, None),
            (10.0, Some(0.1), None, 4, true, Some(2.5)),
            (10.0, Some(0.1), None, 1, true, Some(10.0)),
            (9.0, Some(0.0), None, 3, false, Some(3.0)),
            (2.0, None, Some(0.5), 5, true, Some(0.5)),
            (0.4, None, Some(0.5), 5, false, None),
            (0.4, None, Some(0.5), 5, true, Some(0.4)),
            (1.0, Some(2.0), Some(0.5), 5, false, Some(0.5)),
        ];
        for (left, expected, cap, hands, alone, part) in table {
            let found = portion(left, expected, Asks { cap, hands, alone });
            assert_eq!(found, part, "{left} {expected:?} {cap:?} {hands} {alone}");
        }
    }

    #[test]
    fn shares_never_sum_to_more_than_is_left() {
        for hands in 1..9_usize {
            for cents in 1..60_u32 {
                let (mut left, mut alone) = (7.0, true);
                for taken in 0..hands {
                    let asks = Asks { cap: None, hands: hands - taken, alone };
                    let Some(part) = portion(left, Some(f64::from(cents) / 10.0), asks) else { break };
                    (left, alone) = (left - part, false);
                }
                assert!(left > -1e-9, "{hands} {cents}: {left}");
            }
        }
    }
}
