//! The whole terminal for one command that draws again and again; left as it was found, however the
//! command ends.

use std::io::{self, Write};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::system::terminal::{self, Heard};

/// The other screen, no cursor, no wrapping of long lines.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// Ctrl-Z: after it, all must be drawn again.
pub const SUSPEND: u8 = 0x1a;

static ENTERED: AtomicBool = AtomicBool::new(false);

/// The screen, until it is dropped.
#[derive(Debug)]
pub struct Screen {
    keys: bool,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn enter() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                leave();
                before(info);
            }));
        });
        ENTERED.store(true, Ordering::SeqCst);
        let screen = Self { keys: terminal::take_keys() };
        write(ENTER)?;
        Ok(screen)
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        terminal::size().unwrap_or((80, 24))
    }

    /// Whether keys can be pressed; without them only a signal ends what is shown.
    pub fn has_keys(&self) -> bool {
        self.keys
    }

    /// Draws `lines` over what is there; those that are too many are not shown.
    pub fn draw(&self, lines: &[String]) -> io::Result<()> {
        write(&drawing(lines, self.size()))
    }

    /// Waits for something to happen; Ctrl-Z stops us here.
    pub fn listen(&self, patience: Duration) -> io::Result<Heard> {
        let heard = terminal::listen(self.keys, patience);
        if heard != Heard::Key(SUSPEND) {
            return Ok(heard);
        }
        leave();
        terminal::suspend();
        ENTERED.store(true, Ordering::SeqCst);
        terminal::take_keys();
        write(ENTER)?;
        Ok(heard)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// What draws `lines` on so many columns and rows. A line that is full is left alone: behind it the cursor still stands on its
/// last letter, which clearing what follows would take away.
fn drawing(lines: &[String], (columns, rows): (usize, usize)) -> String {
    let is_full = |line: &String| console::measure_text_width(line) >= columns;
    let clear = |line: &String| if is_full(line) { line.clone() } else { format!("{line}\x1b[K") };
    let shown: Vec<String> = lines.iter().take(rows).map(clear).collect();
    let rest = match shown.last() {
        Some(last) if is_full(last) && shown.len() >= rows => "",
        Some(last) if is_full(last) => "\r\n\x1b[J",
        _ => "\x1b[J",
    };
    format!("\x1b[H{}{rest}", shown.join("\r\n"))
}

fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // A terminal that is gone needs nothing.
        let _ = write(LEAVE);
        terminal::give_back();
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_line_keeps_its_last_letter() {
        let table: [(&[&str], &str); 5] = [
            (&[], "\x1b[H\x1b[J"),
            (&["ab"], "\x1b[Hab\x1b[K\x1b[J"),
            (&["abc", "a"], "\x1b[Habc\r\na\x1b[K\x1b[J"),
            (&["a", "\x1b[1mabc\x1b[0m"], "\x1b[Ha\x1b[K\r\n\x1b[1mabc\x1b[0m\r\n\x1b[J"),
            (&["a", "b", "abc", "d"], "\x1b[Ha\x1b[K\r\nb\x1b[K\r\nabc"),
        ];
        for (lines, expected) in table {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            assert_eq!(drawing(&lines, (3, 3)), expected, "{lines:?}");
        }
    }
}
