//! Plain text output: all of it is the final message, its exit code decides.

use super::{Reader, Report, Signal, Terminal, Usage, one_line, printable, tail};
use crate::domain::attempt::completion::Scan;

/// Longest line that is passed on whole as a message, in characters.
const SHOWN: usize = 2048;

/// Reads plain text in constant memory.
#[derive(Debug, Default)]
pub struct Text {
    scan: Scan,
    tail: String,
    free: bool,
}

impl Text {
    /// A reader; `free` when the agent is known to cost nothing.
    pub fn new(free: bool) -> Self {
        Self { free, ..Self::default() }
    }

    fn keep(&mut self, line: &str) {
        self.tail.push_str(tail(line));
        self.tail.push('\n');
        // Cut now and then only, not with every line.
        if self.tail.len() > 4 * super::TAIL {
            self.tail = tail(&self.tail).to_owned();
        }
    }
}

impl Reader for Text {
    fn line(&mut self, line: &[u8]) -> Vec<Signal> {
        let line = String::from_utf8_lossy(line);
        self.scan.line(&line);
        self.keep(&line);
        let shown = one_line(&line, SHOWN);
        if shown.is_empty() { Vec::new() } else { vec![Signal::Message(shown)] }
    }

    fn oversized(&mut self, start: &[u8]) {
        let start = String::from_utf8_lossy(start);
        self.scan.cut(&start);
        self.keep(&start);
    }

    fn report(&self) -> Report {
        Report {
            terminal: Terminal::Success,
            promise: self.scan.promise(),
            unusable: Vec::new(),
            final_text: printable(tail(&self.tail)).trim_end().to_owned(),
            usage: Usage::default(),
            usd: self.free.then_some(0.0),
            session: None,
            model: None,
            long: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::completion::{Promise, promise};
    use proptest::prelude::*;

    fn read(lines: &[&[u8]]) -> Report {
        let mut reader = Text::new(false);
        for line in lines {
            reader.line(line);
        }
        reader.report()
    }

    #[test]
    fn the_last_line_promises_and_the_tail_is_kept() {
        let report = read(&[b"a", b"\xff\xfe", b"<promise>COMPLETE</promise>", b"", b"  "]);
        assert_eq!(report.promise, Promise::Complete);
        assert_eq!(report.terminal, Terminal::Success);
        assert_eq!(report.final_text, "a\n\u{fffd}\u{fffd}\n<promise>COMPLETE</promise>");
        assert_eq!(report.usd, None);
        assert_eq!(Text::new(true).report().usd, Some(0.0));
        assert_eq!(read(&[b"```", b"<promise>COMPLETE</promise>"]).promise, Promise::None);
    }

    #[test]
    fn memory_stays_bounded_and_characters_whole() {
        let mut reader = Text::new(false);
        for _ in 0..2000 {
            let signals = reader.line("ü€".repeat(5000).as_bytes());
            assert!(matches!(&signals[..], [Signal::Message(text)] if text.chars().count() <= SHOWN));
            assert!(reader.tail.len() <= 5 * super::super::TAIL + 1);
        }
        assert!(reader.report().final_text.len() <= super::super::TAIL);
        reader.oversized(b"<promise>COMPLETE</promise>");
        assert_eq!(reader.report().promise, Promise::None);
    }

    proptest! {
        #[test]
        fn line_by_line_is_the_same_as_whole(lines in prop::collection::vec(
            prop::sample::select(vec!["```", "~~~", "````", "", " x", "<promise>COMPLETE</promise>",
                "<promise>BLOCKED: y</promise>", "``` z", "    ```"]), 0..12)) {
            let bytes: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            prop_assert_eq!(read(&bytes).promise, promise(&lines.join("\n")));
        }
    }
}
