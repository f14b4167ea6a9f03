//! Bytes that others wrote, on their way to a terminal: text and its colours pass, orders to the terminal are shown and not obeyed.

/// How an escape is shown.
const SHOWN: &str = "\u{241b}";

/// `bytes` with colours (SGR, `ESC [ … m`), line ends and tabs as they are; other escapes and control characters are shown or
/// left out. A colour that is cut in two is shown: that harms nobody.
pub(super) fn tame(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let step = match byte {
            0x1b => {
                let Some(length) = colour(rest) else {
                    out.extend(SHOWN.as_bytes());
                    at += 1;
                    continue;
                };
                length
            }
            // The same orders as one character each.
            0xc2 if rest.get(1).is_some_and(|next| (0x80..0xa0).contains(next)) => {
                at += 2;
                continue;
            }
            b'\n' | b'\r' | b'\t' => 1,
            0..0x20 | 0x7f => {
                at += 1;
                continue;
            }
            _ => 1,
        };
        out.extend(&rest[..step]);
        at += step;
    }
    out
}

/// How long the colour is that `bytes` begin with.
fn colour(bytes: &[u8]) -> Option<usize> {
    let inner = bytes.strip_prefix(b"\x1b[")?;
    let digits = inner.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':')).count();
    (inner.get(digits) == Some(&b'm')).then_some(digits + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_pass_and_orders_are_shown() {
        let table: &[(&str, &str)] = &[
            ("plain\n\ttext\r\n", "plain\n\ttext\r\n"),
            ("\x1b[1;31mred\x1b[0m \x1b[38:5:9mx\x1b[m", "\x1b[1;31mred\x1b[0m \x1b[38:5:9mx\x1b[m"),
            ("\x1b[2Jgone", "␛[2Jgone"),
            ("\x1b]0;owned\x07title", "␛]0;ownedtitle"),
            ("\x1bc \u{9b}2J \x08\x7f", "␛c 2J "),
            ("\x1b[31", "␛[31"),
            ("äöü €", "äöü €"),
        ];
        for (text, expected) in table {
            assert_eq!(String::from_utf8(tame(text.as_bytes())).unwrap(), *expected, "{text:?}");
        }
        assert_eq!(tame(b"\xff\xc2"), b"\xff\xc2", "what is no text passes");
    }
}
