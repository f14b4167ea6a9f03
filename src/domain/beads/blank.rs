//! Texts that hold nothing a reader could see.

/// Whether nothing of `text` is visible: it is empty, or all of it is space, control or of no width.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|char| char.is_whitespace() || char.is_control() || is_ignorable(char))
}

/// What Unicode has renderers leave out (`Default_Ignorable_Code_Point`), and the pattern without dots.
fn is_ignorable(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_blank() {
        let blank = [
            "",
            " \n\t",
            "\u{200b}",
            "\u{200b} \u{feff}\u{2060}",
            "\u{a0}\u{3000}",
            "\0\u{1b}\u{7f}\u{9b}",
            "\u{ad}\u{200d}\u{fe0f}",
            "\u{3164}\u{2800}",
            "\u{202e}\u{2066}",
            "\u{e0041}",
        ];
        for text in blank {
            assert!(is_blank(text), "{}", text.escape_unicode());
        }
        for text in ["a", "\u{200b}a", ".", "日", "👩\u{200d}💻", "e\u{301}", "\u{fffd}", "-"] {
            assert!(!is_blank(text), "{}", text.escape_unicode());
        }
    }
}
