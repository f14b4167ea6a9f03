//! A list on the whole screen from which one entry is chosen: arrow keys or `j` and `k`, letters that filter, Enter and Esc.

use std::time::Duration;

use anyhow::Result;
use console::style;

use super::fit::{cut, pad, wide};
use super::screen::Screen;
use super::{Ui, one_line};
use crate::system::interrupt;
use crate::system::terminal::Heard;

/// How long a signal or a new size of the terminal waits.
const TICK: Duration = Duration::from_millis(100);
/// The bytes of one key come together; Esc alone is followed by nothing.
const WITHIN_KEY: Duration = Duration::from_millis(40);

/// How many entries a page up or down leads over.
const PAGE: usize = 10;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the filter looks at first, and what is shown first.
    pub name: String,
    /// What is said of it.
    pub detail: String,
    /// Whether it is there whatever the filter says.
    pub always: bool,
}

/// What was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Up,
    Down,
    First,
    Last,
    PageUp,
    PageDown,
    Enter,
    Leave,
    Erase,
    Letter(char),
    Other,
}

/// What a key led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Stay,
    Chosen(usize),
    Left,
}

impl Ui {
    /// Whether [`Ui::choose`] can be used: there is a terminal at both ends on which can be drawn.
    pub fn can_choose(&self) -> bool {
        self.can_ask() && self.can_draw()
    }

    /// Has one of `entries` chosen, beginning at the one at `at`; `None` where none is wanted. Errors: a signal.
    pub fn choose(&self, title: &str, entries: &[Entry], at: usize) -> Result<Option<usize>> {
        interrupt::install()?;
        let mut menu = Menu::new(title, entries, at);
        let screen = self.screen()?;
        let mut drawn = Vec::new();
        loop {
            interrupt::check()?;
            let lines = menu.lines(screen.size());
            if lines != drawn {
                screen.draw(&lines)?;
                drawn = lines;
            }
            let turn = match screen.listen(TICK)? {
                Heard::Nothing => Turn::Stay,
                Heard::ReaderGone => Turn::Left,
                Heard::Key(byte) => menu.press(key(byte, &screen)?),
            };
            match turn {
                Turn::Stay => {}
                Turn::Chosen(index) => return Ok(Some(index)),
                Turn::Left => {
                    drop(screen);
                    interrupt::check()?;
                    return Ok(None);
                }
            }
        }
    }
}

/// The key that begins with `byte`.
fn key(byte: u8, screen: &Screen) -> Result<Key> {
    let mut bytes = vec![byte];
    while unfinished(&bytes)
        && let Heard::Key(byte) = screen.listen(WITHIN_KEY)?
    {
        bytes.push(byte);
    }
    Ok(meant(&bytes))
}

/// Whether more bytes belong to this key, if they come.
fn unfinished(bytes: &[u8]) -> bool {
    match bytes {
        // How many bytes a letter has is told by its first.
        [0x1b | 0xc0..=0xdf] | [0x1b, b'[' | b'O'] => true,
        [0x1b, b'[', .., last] => !(0x40..=0x7e).contains(last) && bytes.len() < 16,
        [0xe0..=0xef, rest @ ..] => rest.len() < 2,
        [0xf0..=0xf7, rest @ ..] => rest.len() < 3,
        _ => false,
    }
}

fn meant(bytes: &[u8]) -> Key {
    match bytes {
        b"\x1b[A" | b"\x1bOA" | b"\x10" => Key::Up,
        b"\x1b[B" | b"\x1bOB" | b"\x0e" => Key::Down,
        b"\x1b[H" | b"\x1bOH" | b"\x1b[1~" => Key::First,
        b"\x1b[F" | b"\x1bOF" | b"\x1b[4~" => Key::Last,
        b"\x1b[5~" => Key::PageUp,
        b"\x1b[6~" => Key::PageDown,
        b"\r" | b"\n" => Key::Enter,
        // Esc, and Ctrl-D as at the end of any input.
        b"\x1b" | b"\x04" => Key::Leave,
        b"\x7f" | b"\x08" => Key::Erase,
        _ => {
            let letter = std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next());
            letter.filter(|letter| !letter.is_control()).map_or(Key::Other, Key::Letter)
        }
    }
}

/// The list, the filter and where we are; knows no terminal.
struct Menu<'a> {
    title: &'a str,
    entries: &'a [Entry],
    filter: String,
    /// Whether `j` and `k` are letters: after `/`, or another letter.
    typing: bool,
    /// Which of the shown ones.
    at: usize,
}

impl<'a> Menu<'a> {
    fn new(title: &'a str, entries: &'a [Entry], at: usize) -> Self {
        Self { title, entries, filter: String::new(), typing: false, at: at.min(entries.len().max(1) - 1) }
    }

    /// The entries that the filter lets through.
    fn shown(&self) -> Vec<usize> {
        let wanted = self.filter.to_lowercase();
        let holds = |entry: &Entry| {
            let text = format!("{} {}", entry.name, entry.detail).to_lowercase();
            wanted.split_whitespace().all(|word| text.contains(word))
        };
        let fits = |index: &usize| self.entries[*index].always || holds(&self.entries[*index]);
        (0..self.entries.len()).filter(fits).collect()
    }

    fn press(&mut self, key: Key) -> Turn {
        let last = self.shown().len().saturating_sub(1);
        let meant = match key {
            Key::Letter('k') if !self.typing => Key::Up,
            Key::Letter('j') if !self.typing => Key::Down,
            Key::Letter('q') if !self.typing => Key::Leave,
            key => key,
        };
        match meant {
            Key::Enter => return self.shown().get(self.at).map_or(Turn::Stay, |index| Turn::Chosen(*index)),
            // The first time it only takes the filter away.
            Key::Leave if !self.typing => return Turn::Left,
            Key::Leave => self.narrow(String::new(), false),
            Key::Letter('/') if !self.typing => self.typing = true,
            Key::Up => self.at = self.at.saturating_sub(1),
            Key::Down => self.at = last.min(self.at + 1),
            Key::PageUp => self.at = self.at.saturating_sub(PAGE),
            Key::PageDown => self.at = last.min(self.at + PAGE),
            Key::First => self.at = 0,
            Key::Last => self.at = last,
            Key::Letter(letter) => self.narrow(format!("{}{letter}", self.filter), true),
            Key::Erase => {
                let mut filter = self.filter.clone();
                let more = filter.pop().is_some();
                self.narrow(filter, more && self.typing);
            }
            Key::Other => {}
        }
        Turn::Stay
    }

    /// Takes another filter; who stood on an entry that is still shown stays on it.
    fn narrow(&mut self, filter: String, typing: bool) {
        let stood = self.shown().get(self.at).copied();
        self.filter = filter;
        self.typing = typing;
        let shown = self.shown();
        let kept = stood.filter(|index| !self.entries[*index].always || self.filter.is_empty());
        self.at = kept.and_then(|stood| shown.iter().position(|index| *index == stood)).unwrap_or(0);
    }

    /// What is drawn on a terminal of so many columns and rows.
    fn lines(&self, (columns, rows): (usize, usize)) -> Vec<String> {
        let shown = self.shown();
        let room = rows.saturating_sub(4).max(1);
        let from = (self.at + 1).saturating_sub(room);
        let names = shown.iter().map(|index| wide(&self.entries[*index].name)).max().unwrap_or(0);
        let names = names.min(columns / 2);
        let mut lines = vec![style(cut(&one_line(self.title), columns)).bold().to_string()];
        lines.push(if self.typing {
            cut(&format!("/{}", self.filter), columns).into_owned()
        } else {
            String::new()
        });
        for (row, index) in shown.iter().enumerate().skip(from).take(room) {
            let entry = &self.entries[*index];
            let mark = if row == self.at { "❯" } else { " " };
            let text = format!("{mark} {}  {}", pad(&one_line(&entry.name), names), one_line(&entry.detail));
            let text = cut(text.trim_end(), columns).into_owned();
            lines.push(if row == self.at { style(text).cyan().bold().to_string() } else { text });
        }
        lines.push(String::new());
        let leave = if self.typing { "Esc clears" } else { "Esc leaves" };
        // The ways out are seen on a narrow terminal too.
        let keys = format!("Enter chooses · {leave} · ↑ ↓ move · letters filter");
        lines.push(style(cut(&keys, columns)).dim().to_string());
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let entry =
            |name: &str, detail: &str, always| Entry { name: name.into(), detail: detail.into(), always };
        vec![
            entry("add-tests", "Add tests", false),
            entry("blog-post", "Write a post", false),
            entry("kick-off", "Begin", false),
            entry("+ New skill", "", true),
        ]
    }

    /// What comes of pressing these one after the other.
    fn pressed(bytes: &str) -> Turn {
        let entries = entries();
        let mut menu = Menu::new("Skills", &entries, 0);
        let mut rest = bytes.as_bytes();
        let mut turn = Turn::Stay;
        while !rest.is_empty() && turn == Turn::Stay {
            let mut length = 1;
            while length < rest.len() && unfinished(&rest[..length]) {
                length += 1;
            }
            turn = menu.press(meant(&rest[..length]));
            rest = &rest[length..];
        }
        turn
    }

    #[test]
    fn keys_move_filter_choose_and_leave() {
        let table = [
            ("", Turn::Stay),
            ("\r", Turn::Chosen(0)),
            ("\x1b[B\n", Turn::Chosen(1)),
            ("\x1bOB\x1b[B\x1b[A\r", Turn::Chosen(1)),
            ("jjjjjjj\r", Turn::Chosen(3)),
            ("jjkkkkk\r", Turn::Chosen(0)),
            ("\x1b[F\r", Turn::Chosen(3)),
            ("\x1b[F\x1b[H\r", Turn::Chosen(0)),
            ("post\r", Turn::Chosen(1)),
            ("POST\r", Turn::Chosen(1)),
            ("/kick\r", Turn::Chosen(2)),
            ("kick\r", Turn::Chosen(2)),
            ("begin\r", Turn::Chosen(2)),
            ("none of them\r", Turn::Chosen(3)),
            ("poxx\x7f\x7fst\r", Turn::Chosen(1)),
            ("q", Turn::Left),
            ("\x04", Turn::Left),
            ("post\x04", Turn::Stay),
            ("post\x04\x04", Turn::Left),
            ("ü\r", Turn::Chosen(3)),
            ("\x1b[6~\r", Turn::Chosen(3)),
            ("\x1b[6~\x1b[5~\x01\r", Turn::Chosen(0)),
        ];
        for (bytes, expected) in table {
            assert_eq!(pressed(bytes), expected, "{bytes:?}");
        }
        assert_eq!(meant(b"\x1b"), Key::Leave);
        assert_eq!(Menu::new("", &[], 3).press(Key::Enter), Turn::Stay);
    }

    #[test]
    fn what_is_drawn_fits_and_shows_where_one_is() {
        let entries = entries();
        let menu = Menu::new("Skills", &entries, 2);
        for (columns, rows) in [(80, 24), (20, 6), (10, 5), (1, 1)] {
            let lines = menu.lines((columns, rows));
            let plain: Vec<String> =
                lines.iter().map(|line| console::strip_ansi_codes(line).into_owned()).collect();
            assert!(plain.iter().all(|line| wide(line) <= columns), "{plain:?}");
            assert!(plain.len() <= rows.max(5), "{plain:?}");
            assert!(plain.iter().any(|line| line.starts_with('❯')) || columns == 1, "{plain:?}");
        }
    }
}
