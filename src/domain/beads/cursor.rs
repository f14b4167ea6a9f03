//! Goes through plainly written JSON from left to right. `None` wherever it is not plain, or no JSON.

use serde::Deserialize;

use super::text::{Number, Text};

/// So deep may values be nested that nobody looks into.
pub(super) const DEEPEST: usize = 60;

/// A place in a text without control characters.
pub(super) struct Cursor<'l> {
    text: &'l str,
    at: usize,
}

impl<'l> Cursor<'l> {
    /// At the start of `text`.
    pub(super) fn new(text: &'l str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether nothing but spaces is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    pub(super) fn string_or_null(&mut self) -> Option<Text<'l>> {
        if self.peek()? == b'n' {
            self.literal("null")?;
            return Some(Text::default());
        }
        let start = self.at;
        if self.string()? {
            return Some(Text::borrowed(self.text.get(start + 1..self.at - 1)?));
        }
        Text::deserialize(&mut serde_json::Deserializer::from_str(self.text.get(start..self.at)?)).ok()
    }

    /// A whole number of few digits, or `null`.
    #[allow(clippy::option_option)] // not plain, absent, there
    pub(super) fn number(&mut self) -> Option<Option<Number>> {
        if self.peek()? == b'n' {
            return self.literal("null").map(|()| None);
        }
        let digits = self.value()?;
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() < 18;
        if plain { digits.parse().ok().map(|number| Some(Number(number))) } else { None }
    }

    #[allow(clippy::option_option)] // not plain, absent, there
    pub(super) fn yes_or_no(&mut self) -> Option<Option<bool>> {
        match self.peek()? {
            b't' => self.literal("true").map(|()| Some(true)),
            b'f' => self.literal("false").map(|()| Some(false)),
            _ => self.literal("null").map(|()| None),
        }
    }

    /// Any value, as written.
    pub(super) fn value(&mut self) -> Option<&'l str> {
        self.peek()?;
        let start = self.at;
        self.skip(DEEPEST)?;
        self.text.get(start..self.at)
    }

    pub(super) fn skip(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'{' => {
                let mut more = self.open(b'{', b'}')?;
                while more {
                    self.peek().filter(|byte| *byte == b'"')?;
                    self.string()?;
                    self.expect(b':')?;
                    self.skip(depth.checked_sub(1)?)?;
                    more = self.more(b'}')?;
                }
                Some(())
            }
            b'[' => {
                let mut more = self.open(b'[', b']')?;
                while more {
                    self.skip(depth.checked_sub(1)?)?;
                    more = self.more(b']')?;
                }
                Some(())
            }
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.skip_number(),
        }
    }

    fn skip_number(&mut self) -> Option<()> {
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// A member's name without escapes, and its colon.
    pub(super) fn key(&mut self) -> Option<&'l str> {
        self.peek().filter(|byte| *byte == b'"')?;
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let len = special(rest)?;
        if rest[len] == b'\\' {
            return None;
        }
        self.at = start + len + 1;
        self.expect(b':')?;
        self.text.get(start..start + len)
    }

    /// Goes past the string that starts here; says whether it is free of escapes.
    fn string(&mut self) -> Option<bool> {
        let bytes = self.text.as_bytes();
        if self.byte()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut plain = true;
        loop {
            let found = self.at + special(bytes.get(self.at..)?)?;
            if bytes[found] == b'"' {
                self.at = found + 1;
                return Some(plain);
            }
            plain = false;
            self.at = found + 2;
            match bytes.get(found + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                b'u' => {
                    let digits = bytes.get(self.at..self.at + 4)?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    self.at += 4;
                }
                _ => return None,
            }
        }
    }

    pub(super) fn literal(&mut self, word: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    /// Goes into an array or object; says whether anything is in it.
    pub(super) fn open(&mut self, open: u8, close: u8) -> Option<bool> {
        self.expect(open)?;
        let empty = self.peek()? == close;
        self.at += usize::from(empty);
        Some(!empty)
    }

    /// Goes past the comma or the end of an array or object; says whether there is more.
    pub(super) fn more(&mut self, close: u8) -> Option<bool> {
        let byte = self.peek()?;
        self.at += 1;
        (byte == b',' || byte == close).then_some(byte == b',')
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// The next byte that is no space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.spaces();
        self.byte()
    }

    fn spaces(&mut self) {
        while self.byte() == Some(b' ') {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// Where the first quote or backslash is. Most are near, so a call of `memchr` would cost more than it saves.
fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The lowest byte found is right, whatever those above it say.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let words = bytes.as_chunks::<8>().0;
    for (at, word) in words.iter().take(6).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let done = words.len().min(6) * 8;
    memchr::memchr2(b'"', b'\\', &bytes[done..]).map(|at| done + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_wherever_they_are() {
        for at in 0..200 {
            for byte in *b"\"\\" {
                let mut bytes = vec![b'!'; at];
                assert_eq!(special(&bytes), None);
                bytes.extend([byte, b'#', b'"']);
                assert_eq!(special(&bytes), Some(at));
            }
        }
    }
}
