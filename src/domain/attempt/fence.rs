//! Fenced code blocks of Markdown, line by line (`CommonMark` 0.31, section 4.5).

/// Whether the lines seen so far leave a fence open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fence {
    open: Option<(char, usize)>,
}

/// What a line is to the fences around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// Ordinary text.
    Outside,
    /// The line that opens a block, with its info string (`sh`, `rust ignore`).
    Opens(&'a str),
    /// A block's content.
    Inside,
    /// The line that closes a block.
    Closes,
}

impl Fence {
    /// Takes one line without its newline.
    pub fn line<'a>(&mut self, line: &'a str) -> Line<'a> {
        let marker = marker(line);
        match (self.open, marker) {
            (None, Some((mark, length, info))) if mark == '~' || !info.contains('`') => {
                self.open = Some((mark, length));
                Line::Opens(info.trim())
            }
            (None, _) => Line::Outside,
            (Some((open, least)), Some((mark, length, info)))
                if mark == open && length >= least && info.trim().is_empty() =>
            {
                self.open = None;
                Line::Closes
            }
            (Some(_), _) => Line::Inside,
        }
    }

    /// The line that would close what is open.
    pub fn closing(&self) -> Option<String> {
        self.open.map(|(mark, length)| mark.to_string().repeat(length))
    }
}

/// A fence's character, its length and what follows: at most three spaces before it, at least
/// three of it.
fn marker(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let rest = text.trim_start_matches(mark);
    let length = text.len() - rest.len();
    (line.len() - text.len() <= 3 && length >= 3).then_some((mark, length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a line: Outside, opeNs, Inside, Closes.
    fn letters(text: &str) -> String {
        let mut fence = Fence::default();
        text.lines()
            .map(|line| match fence.line(line) {
                Line::Outside => 'o',
                Line::Opens(_) => 'n',
                Line::Inside => 'i',
                Line::Closes => 'c',
            })
            .collect()
    }

    #[test]
    fn fences_open_and_close_as_in_commonmark() {
        let table = [
            ("a\n```\nb\n```\nc", "onico"),
            ("```sh\n```", "nc"),
            ("~~~\n```\n~~~", "nic"),
            ("````\n```\n````\nx", "nico"),
            ("```\n`````\nx", "nco"),
            ("   ```\nx\n  ```\ny", "nico"),
            ("    ```\nx", "oo"),
            ("\t```\nx", "oo"),
            ("``\nx", "oo"),
            ("``` a`b\nx", "oo"),
            ("~~~ a`b\nx", "ni"),
            ("```\n``` x\n```  \ny", "nico"),
            ("```\nx", "ni"),
            ("> ```\nx", "oo"),
        ];
        for (text, expected) in table {
            assert_eq!(letters(text), expected, "{text:?}");
        }
        let mut fence = Fence::default();
        assert_eq!(fence.line("~~~~ sh x "), Line::Opens("sh x"));
        assert_eq!(fence.closing().as_deref(), Some("~~~~"));
    }
}
