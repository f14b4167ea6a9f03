//! The chunked coding, read strictly: byte by byte, so that it does not matter how the bytes arrive.

/// The longest size line, extensions and all.
const LINE: usize = 4 << 10;
/// The most that trailers may measure.
const TRAILERS: usize = 16 << 10;

/// How far a chunked body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    at: At,
    /// Bytes of the present line or of the trailers.
    line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    /// In the digits of a size.
    Size(u64),
    /// In what follows the digits.
    Extension(u64),
    /// Before the line feed of a size line.
    SizeEnd(u64),
    /// In data of which so much is left.
    Data(u64),
    /// Before the carriage return, and the line feed, that close the data.
    DataEnd,
    DataFeed,
    /// In the trailers: at the start of a line, inside one, before its line feed, before the last line feed.
    Trailer,
    TrailerLine,
    TrailerFeed,
    Last,
    Done,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { at: At::Size(0), line: 0 }
    }
}

impl Chunks {
    /// Whether the end was seen.
    pub fn done(&self) -> bool {
        self.at == At::Done
    }

    /// Reads on in `bytes` and hands the data among them to `data`; says how many of them belong to the body. Errors: it is
    /// not chunked as it should be.
    pub fn take(&mut self, bytes: &[u8], data: &mut dyn FnMut(&[u8])) -> Result<usize, &'static str> {
        let mut used = 0;
        while used < bytes.len() && !self.done() {
            if let At::Data(left) = self.at {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - used);
                data(&bytes[used..used + here]);
                used += here;
                let left = left - here as u64;
                self.at = if left == 0 { At::DataEnd } else { At::Data(left) };
                continue;
            }
            self.at = self.step(bytes[used])?;
            used += 1;
        }
        Ok(used)
    }

    fn step(&mut self, byte: u8) -> Result<At, &'static str> {
        self.line += 1;
        let trailing = matches!(self.at, At::Trailer | At::TrailerLine | At::TrailerFeed | At::Last);
        if self.line > if trailing { TRAILERS } else { LINE } {
            return Err("a chunk's line without an end");
        }
        Ok(match (&self.at, byte) {
            (At::Size(size), _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let more = size.checked_mul(16).filter(|_| self.line <= 16);
                At::Size(more.ok_or("a chunk's size beyond all bounds")? + u64::from(digit))
            }
            (At::Size(_), _) if self.line == 1 => return Err("a chunk's size that is no number"),
            (At::Size(size) | At::Extension(size), b'\r') => At::SizeEnd(*size),
            (At::Size(size), b';' | b' ' | b'\t') => At::Extension(*size),
            (At::Extension(size), 0x20.. | b'\t') if byte != 0x7f => At::Extension(*size),
            (At::SizeEnd(0), b'\n') => self.fresh(At::Trailer),
            (At::SizeEnd(size), b'\n') => self.fresh(At::Data(*size)),
            (At::DataEnd, b'\r') => At::DataFeed,
            (At::DataFeed, b'\n') => self.fresh(At::Size(0)),
            (At::Trailer, b'\r') => At::Last,
            (At::Last, b'\n') => At::Done,
            (At::TrailerLine, b'\r') => At::TrailerFeed,
            (At::TrailerFeed, b'\n') => At::Trailer,
            (At::Trailer | At::TrailerLine, 0x20.. | b'\t') if byte != 0x7f => At::TrailerLine,
            (At::Size(_), _) => return Err("a chunk's size that is no number"),
            _ => return Err("a chunk that does not end where it says"),
        })
    }

    fn fresh(&mut self, at: At) -> At {
        self.line = 0;
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8], step: usize) -> Result<(Vec<u8>, usize, bool), &'static str> {
        let (mut chunks, mut out, mut used) = (Chunks::default(), Vec::new(), 0);
        for part in bytes.chunks(step) {
            let taken = chunks.take(part, &mut |data| out.extend_from_slice(data))?;
            used += taken;
            if taken < part.len() {
                break;
            }
        }
        Ok((out, used, chunks.done()))
    }

    #[test]
    fn bodies_are_read_however_they_arrive() {
        let table: [(&str, &str, usize); 5] = [
            ("5\r\nhello\r\n0\r\n\r\n", "hello", 15),
            ("5\r\nhello\r\n1;a=\"b\"\r\n!\r\n0\r\n\r\nGET", "hello!", 27),
            ("005 \r\nhello\r\n000\r\nX-Sum: 1\r\nY: 2\r\n\r\nrest", "hello", 36),
            ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 20),
            ("0\r\n\r\n", "", 5),
        ];
        for (text, data, used) in table {
            for step in [1, 2, 3, 7, 1000] {
                let found = all(text.as_bytes(), step);
                assert_eq!(found, Ok((data.as_bytes().to_vec(), used, true)), "{text:?} by {step}");
            }
        }
        for cut in ["", "5", "5\r\nhel", "5\r\nhello\r\n0\r\n", "0\r\nX: y\r\n"] {
            assert!(!all(cut.as_bytes(), 3).unwrap().2, "{cut:?}");
        }
    }

    #[test]
    fn what_is_not_chunked_is_refused() {
        let table = [
            "\r\n",
            "x\r\n",
            "-5\r\nhello\r\n",
            "0x5\r\nhello\r\n",
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhelloo\r\n0\r\n\r\n",
            "5\r\rhello",
            " 5\r\nhello",
            "11111111111111111\r\n",
            "5;a\nb\r\nhello",
            "0\r\nX: y\nZ\r\n\r\n",
            "5;\u{0}\r\nhello",
        ];
        for text in table {
            assert!(all(text.as_bytes(), 4).is_err(), "{text:?}");
        }
        let endless = format!("5;{}", "a".repeat(5000));
        assert!(all(endless.as_bytes(), 999).is_err());
        let endless = format!("0\r\n{}", "a: b\r\n".repeat(5000));
        assert!(all(endless.as_bytes(), 999).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_alike_in_any_pieces(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'0'), Just(b'3'), Just(b';'), any::<u8>()], 0..60), step in 1_usize..9)
        {
            let (whole, parts) = (all(&bytes, 1000), all(&bytes, step));
            prop_assert_eq!(whole, parts);
        }
    }
}
