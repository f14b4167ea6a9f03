//! The one gate for output: results to stdout; progress, notices, errors and hints to stderr.

pub mod fit;
pub mod menu;
mod raw;
pub mod screen;

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use self::screen::Screen;
use crate::fault::Fault;
use crate::system::config::env;
use crate::system::{interrupt, terminal};

/// When to colour what goes to a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where everything the program says goes through.
#[derive(Debug)]
pub struct Ui {
    json: bool,
    quiet: bool,
    verbose: bool,
    stdout_gone: Cell<bool>,
    stdout_error: RefCell<Option<io::Error>>,
}

impl Ui {
    /// A gate for one command; `json` decides the format of results, never the terminal.
    pub fn new(json: bool, quiet: bool, verbose: bool, color: Color) -> Self {
        match color {
            Color::Auto => {} // console reads NO_COLOR, CLICOLOR_FORCE and TERM itself
            Color::Always => set_colors(true),
            Color::Never => set_colors(false),
        }
        Self { json, quiet, verbose, stdout_gone: Cell::new(false), stdout_error: RefCell::new(None) }
    }

    /// Whether results are JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Whether more than usual is wanted.
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// Whether a person can be asked: both ends are a terminal.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether whoever read stdout has had enough, as far as that was noticed.
    pub fn stdout_is_gone(&self) -> bool {
        self.stdout_gone.get()
    }

    /// Whether stdout is a terminal (for fitting text to its width, never for its format).
    pub fn stdout_is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether stderr is a terminal: somebody may be watching.
    pub fn stderr_is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Columns of the terminal behind stdout, or 80.
    pub fn width(&self) -> usize {
        console::Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns))
    }

    /// Columns to fit text into: those of the terminal behind stdout. Anything else gets whole lines.
    pub fn fit(&self) -> Option<usize> {
        self.stdout_is_terminal().then(|| self.width())
    }

    /// Whether text can be drawn again and again: stdout is a terminal that can do it, and the result
    /// is no JSON.
    pub fn can_draw(&self) -> bool {
        !self.json && self.stdout_is_terminal() && env::value("TERM").is_some_and(|term| term != "dumb")
    }

    /// Takes the whole terminal over; only where [`Ui::can_draw`] says so.
    pub fn screen(&self) -> anyhow::Result<Screen> {
        Ok(Screen::enter()?)
    }

    /// Prints text that is the result, ending it with one newline. Nothing for empty text.
    pub fn text(&self, text: &str) {
        if text.is_empty() {
            return;
        }
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.stdout(&[text.as_bytes(), end.as_bytes()]);
    }

    /// Prints bytes that are the result, as they are; on a terminal without what would steer it.
    pub fn bytes(&self, bytes: &[u8]) {
        if self.stdout_is_terminal() {
            return self.stdout(&[&raw::tame(bytes)]);
        }
        self.stdout(&[bytes]);
    }

    /// Prints an agent's own text as it comes, and ends its line; with `--json` that is in the events.
    pub fn said(&self, text: &str) {
        if !self.json {
            self.stdout(&[text.as_bytes(), b"\n"]);
        }
    }

    /// Prints a result that is too long to be held, as `fill` writes it. A reader who has had enough ends
    /// `fill` by an error of its writer, which is none of ours.
    pub fn stream(&self, fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut out = io::BufWriter::with_capacity(1 << 16, Stdout(self));
        let filled = fill(&mut out).and_then(|()| Ok(out.flush()?));
        if self.stdout_gone.get() { Ok(()) } else { filled }
    }

    /// Prints one JSON document (pretty, as people read it too).
    pub fn document<T: Serialize>(&self, value: &T) -> anyhow::Result<()> {
        self.text(&escaped(serde_json::to_string_pretty(value)?));
        Ok(())
    }

    /// Prints one NDJSON line of a run.
    pub fn line<T: Serialize>(&self, value: &T) -> anyhow::Result<()> {
        self.text(&escaped(serde_json::to_string(value)?));
        Ok(())
    }

    /// The result in the format asked for: the document with `--json`, else the text.
    pub fn result<T: Serialize>(&self, value: &T, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        if self.json {
            return self.document(value);
        }
        self.text(&text());
        Ok(())
    }

    /// A line about what is going on; silent with `-q`.
    pub fn progress(&self, message: &str) {
        if !self.quiet {
            self.stderr(message);
        }
    }

    /// Something the user should know though all went well.
    pub fn notice(&self, message: &str) {
        let message = many_lines(message);
        self.stderr(&format!("{} {message}", console::style("note:").for_stderr().cyan()));
    }

    /// Something that is not as it should be, but does not stop us.
    pub fn warn(&self, message: &str) {
        let message = many_lines(message);
        self.stderr(&format!("{} {message}", console::style("warning:").for_stderr().yellow()));
    }

    /// An error with its causes and hint: text, or one JSON line with `--json`.
    pub fn error(&self, error: &anyhow::Error) {
        let fault = error.downcast_ref::<Fault>();
        let hint = fault.and_then(Fault::hint);
        if self.json {
            let code = fault.map_or("error", Fault::code);
            let message = format!("{error:#}");
            let line = serde_json::json!({"error": {"code": code, "message": message, "hint": hint}});
            return self.stderr(&escaped(line.to_string()));
        }
        let head = console::style("error:").for_stderr().red().bold();
        self.stderr(&format!("{head} {}", many_lines(&error.to_string())));
        for cause in error.chain().skip(1) {
            self.stderr(&format!("caused by: {}", many_lines(&cause.to_string())));
        }
        if let Some(hint) = hint {
            self.stderr(&format!("{} {}", console::style("hint:").for_stderr().cyan(), many_lines(hint)));
        }
    }

    /// Asks on the terminal and returns the trimmed answer, `None` at the end of input; only where
    /// [`Ui::can_ask`] says so. What was typed before the question is no answer to it. A signal that comes
    /// meanwhile is an error.
    pub fn ask(&self, question: &str) -> anyhow::Result<Option<String>> {
        terminal::drop_typed();
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question} ")?;
        stderr.flush()?;
        let (send, answer) = mpsc::channel();
        // Beside us, for reading goes on after a signal. Nobody waits for it then.
        thread::spawn(move || {
            let mut line = String::new();
            let read = io::stdin().read_line(&mut line);
            let _ = send.send(read.map(|count| (count > 0).then_some(line)));
        });
        loop {
            match answer.recv_timeout(Duration::from_millis(50)) {
                Ok(line) => return Ok(line?.map(|line| line.trim().to_owned())),
                Err(RecvTimeoutError::Timeout) => interrupt::check()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// A closed stdout is no failure: what follows is dropped in silence.
    fn stdout(&self, parts: &[&[u8]]) {
        if self.stdout_gone.get() {
            return;
        }
        let mut stdout = io::stdout().lock();
        let written = parts.iter().try_for_each(|part| stdout.write_all(part));
        if let Err(error) = written.and_then(|()| stdout.flush()) {
            self.stdout_gone.set(true);
            if error.kind() != io::ErrorKind::BrokenPipe {
                self.stdout_error.replace(Some(error));
            }
        }
    }

    /// Why the result did not reach stdout, where that is more than a reader who had enough: a
    /// full disk, a read error. Told once, at the end.
    pub fn stdout_failure(&self) -> Option<io::Error> {
        self.stdout_error.take()
    }

    #[allow(clippy::unused_self)] // one gate: all that is said goes through a `Ui`
    fn stderr(&self, line: &str) {
        // Nobody is left to tell when stderr is gone.
        let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }
}

/// Stdout through the gate.
struct Stdout<'u>(&'u Ui);

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.stdout(&[bytes]);
        if self.0.stdout_gone.get() { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `text` from a file or a program for one line of a terminal: what could move the cursor, change
/// colours or reverse the reading order is made visible, line ends become spaces.
pub fn one_line(text: &str) -> String {
    text.trim()
        .chars()
        .map(|char| if matches!(char, '\n' | '\r' | '\t') { ' ' } else { harmless(char) })
        .collect()
}

/// [`one_line`], with its line ends and tabs kept.
pub fn many_lines(text: &str) -> String {
    let lines = text.trim().lines().map(|line| {
        line.chars().map(|char| if char == '\t' { char } else { harmless(char) }).collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn harmless(char: char) -> char {
    if steers(char) { char::REPLACEMENT_CHARACTER } else { char }
}

/// Whether it could move the cursor, change colours or reverse the reading order.
fn steers(char: char) -> bool {
    matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        || char.is_control()
}

/// JSON for the eyes of people: what JSON may hold as it is and a terminal obeys is spelled `\u009b`, which means the same.
fn escaped(json: String) -> String {
    // All of it begins with one of these bytes, and only in texts.
    if !json.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xe2)) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        if char != '\n' && steers(char) {
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out
}

fn set_colors(on: bool) {
    console::set_colors_enabled(on);
    console::set_colors_enabled_stderr(on);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_cannot_steer_the_terminal() {
        assert_eq!(one_line("a\x1b[31mb\nc\u{202e}d\u{9b}"), "a\u{fffd}[31mb c\u{fffd}d\u{fffd}");
        assert_eq!(many_lines("\n a\tb\r\n\x07c\n"), "a\tb\n\u{fffd}c");
        assert_eq!(one_line("日本語 🚀"), "日本語 🚀");
        let value = serde_json::json!({"a\u{7f}": ["\x1b[2J\u{9b}2J\u{202e}", "日本 é “x”\n"]});
        for json in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = escaped(json);
            assert!(!shown.chars().any(|char| char != '\n' && steers(char)), "{shown:?}");
            assert!(shown.contains("\\u009b") && shown.contains("日本 é “x”"), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }
}
