//! What Gemini CLI said last: fragments joined to lines and messages, in constant memory.

use crate::domain::agents::{printable, tail};
use crate::domain::attempt::completion::{Promise, Scan};

/// Bytes of an unfinished line that are kept; a longer one is no tag.
const LINE: usize = 64 << 10;
/// Bytes of a message that are gathered before it is passed on in pieces.
const MESSAGE: usize = 64 << 10;

/// The text since the last tool call, as it comes in.
#[derive(Debug, Default)]
pub(super) struct Said {
    scan: Scan,
    line: String,
    /// Whether the start of the line is all that is kept of it.
    cut: bool,
    tail: String,
    some: bool,
}

impl Said {
    /// Takes the next fragment.
    pub(super) fn push(&mut self, text: &str) {
        self.some |= !text.trim().is_empty();
        let mut pieces = text.split('\n');
        self.grow(pieces.next().unwrap_or_default());
        for piece in pieces {
            self.end_line();
            self.grow(piece);
        }
        self.tail.push_str(tail(text));
        // Cut now and then only, not with every fragment.
        if self.tail.len() > 4 * crate::domain::agents::TAIL {
            self.tail = tail(&self.tail).to_owned();
        }
    }

    /// Takes note of a fragment that was too long to be kept.
    pub(super) fn lost(&mut self) {
        self.some = true;
        self.cut = true;
    }

    fn grow(&mut self, piece: &str) {
        self.cut |= self.line.len() + piece.len() > LINE;
        if !self.cut {
            self.line.push_str(piece);
        }
    }

    fn end_line(&mut self) {
        if self.cut {
            self.scan.cut(&self.line);
        } else {
            self.scan.line(&self.line);
        }
        self.line.clear();
        self.cut = false;
    }

    /// Whether there is no word in it.
    pub(super) fn is_empty(&self) -> bool {
        !self.some
    }

    /// What it promises, if it ended here.
    pub(super) fn promise(&self) -> Promise {
        let mut scan = self.scan.clone();
        if self.cut {
            scan.cut(&self.line);
        } else {
            scan.line(&self.line);
        }
        scan.promise()
    }

    /// Its end, as a terminal may show it.
    pub(super) fn end(&self) -> String {
        printable(tail(&self.tail))
    }
}

/// Fragments of a message that is not yet passed on.
#[derive(Debug, Default)]
pub(super) struct Gather(String);

impl Gather {
    /// Takes a fragment; gives what has become too long to be kept.
    pub(super) fn push(&mut self, text: &str) -> Option<String> {
        self.0.push_str(text);
        (self.0.len() > MESSAGE).then(|| self.take()).flatten()
    }

    /// The message, if there is a word in it.
    pub(super) fn take(&mut self) -> Option<String> {
        let text = printable(&std::mem::take(&mut self.0));
        (!text.trim().is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::completion::promise;
    use proptest::prelude::*;

    #[test]
    fn a_line_without_end_is_no_tag_and_takes_no_room() {
        let mut said = Said::default();
        for _ in 0..100 {
            said.push(&"ü".repeat(10_000));
            assert!(said.line.len() <= LINE && said.tail.len() <= 40_000);
        }
        said.push("\n<promise>COMPLETE</promise>");
        assert_eq!(said.promise(), Promise::Complete);
        said.lost();
        assert_eq!(said.promise(), Promise::None);
    }

    #[test]
    fn messages_without_end_come_in_pieces() {
        let mut gather = Gather::default();
        let pieces: Vec<String> = (0..200).filter_map(|_| gather.push(&"x".repeat(4096))).collect();
        assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() <= MESSAGE + 4096));
    }

    proptest! {
        #[test]
        fn fragments_are_the_same_as_the_whole(text in "(<promise>COMPLETE</promise>|```|\n|x| |\r){0,12}", at in 0usize..200) {
            let at = at % (text.len() + 1);
            let mut said = Said::default();
            said.push(&text[..at]);
            said.push(&text[at..]);
            prop_assert_eq!(said.promise(), promise(&text));
        }
    }
}
