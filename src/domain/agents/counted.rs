//! Tokens of messages that may be written down more than once: the last word on each counts.

use std::collections::VecDeque;

use super::{LONG, Usage};

/// Messages that are told apart; one message's lines follow each other closely.
const RECENT: usize = 64;

/// The sum over messages.
#[derive(Debug, Default)]
pub(super) struct Counted {
    sum: Usage,
    long: Vec<Usage>,
    recent: VecDeque<(String, Usage)>,
}

impl Counted {
    /// Counts a message, or corrects what was counted for it; says whether that changed anything.
    pub(super) fn message(&mut self, id: &str, now: Usage) -> bool {
        let place = self.recent.iter().position(|(known, _)| known == id);
        let before = place.map_or(Usage::default(), |place| self.recent[place].1);
        match place {
            Some(place) => self.recent[place].1 = now,
            None => self.recent.push_back((id.to_owned(), now)),
        }
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        self.sum = self.sum.minus(before).plus(now);
        if let Some(at) = self.long.iter().rposition(|call| *call == before) {
            self.long.remove(at);
        }
        self.long.extend(Some(now).filter(|now| now.context() >= LONG));
        now != before
    }

    /// Those with a long context.
    pub(super) fn long(&self) -> &[Usage] {
        &self.long
    }

    /// All of them.
    pub(super) fn sum(&self) -> Usage {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_message_counts() {
        let tokens = |input, output| Usage { input, output, cached: 7, cache_write: 2 };
        let mut counted = Counted::default();
        assert!(counted.message("a", tokens(10, 9)));
        assert!(!counted.message("a", tokens(10, 9)));
        assert!(counted.message("b", tokens(5, 1)));
        assert!(counted.message("a", tokens(10, 3)));
        assert_eq!(counted.sum(), Usage { input: 15, output: 4, cached: 14, cache_write: 4 });
        for number in 0..1000 {
            counted.message(&number.to_string(), tokens(1, 1));
            assert!(counted.recent.len() <= RECENT);
        }
        assert_eq!(counted.sum().input, 1015);
    }
}
