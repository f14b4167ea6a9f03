//! The tasks of a `tasks.json` one after another, with their places in it, without holding the whole file.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use anyhow::Result;

/// So much is read at once.
const STEP: usize = 1 << 18;

/// How the list is wrapped, and where more can be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Where the list's content ends: behind its last element, or behind `[` where it has none.
    pub end: u64,
    /// Whether it has an element.
    pub some: bool,
    /// Whether it is the whole document, not `tasks` of an object.
    pub bare: bool,
}

/// What is wrong, and where.
#[derive(Debug)]
pub struct Wrong {
    /// The offset.
    pub at: u64,
    /// What.
    pub message: String,
}

/// Why reading ended early.
#[derive(Debug)]
pub enum Stop {
    /// The file makes no sense.
    Wrong(Wrong),
    /// It could not be read, or who asked had enough.
    Other(anyhow::Error),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Calls `each` with every element of the list in `file` and where it lies. Whether an element is JSON is for `each` to see;
/// all around them is checked.
pub fn each(file: &File, mut each: impl FnMut(Range<u64>, &[u8]) -> Result<(), Stop>) -> Result<Frame, Stop> {
    let mut window = Window { file, bytes: Vec::with_capacity(STEP), base: 0, at: 0, ended: false };
    window.mark()?;
    window.spaces()?;
    let frame = match window.peek()? {
        Some(b'[') => window.list(true, &mut each)?,
        Some(b'{') => window.object(&mut each)?,
        Some(_) => return Err(window.wrong("a list of tasks, or an object with `tasks`, is expected")),
        None => return Err(window.wrong("the file is empty; `{\"tasks\": []}` is an empty queue")),
    };
    window.spaces()?;
    match window.peek()? {
        None => Ok(frame),
        Some(_) => Err(window.wrong("there is something behind the end")),
    }
}

/// The part of the file that is at hand.
struct Window<'f> {
    file: &'f File,
    bytes: Vec<u8>,
    base: u64,
    at: usize,
    ended: bool,
}

impl Window<'_> {
    fn wrong(&self, message: &str) -> Stop {
        Stop::Wrong(Wrong { at: self.here(), message: message.to_owned() })
    }

    fn here(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Reads on, dropping what lies before `keep`; false at the end of the file.
    fn more(&mut self, keep: usize) -> Result<bool, Stop> {
        if self.ended {
            return Ok(false);
        }
        self.bytes.drain(..keep);
        self.base += keep as u64;
        self.at -= keep;
        let had = self.bytes.len();
        self.bytes.resize(had + STEP.max(had), 0);
        let got = loop {
            match self.file.read_at(&mut self.bytes[had..], self.base + had as u64) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                got => break got?,
            }
        };
        self.bytes.truncate(had + got);
        self.ended = got == 0;
        Ok(got > 0)
    }

    /// Passes over a byte order mark, which some editors put before everything.
    fn mark(&mut self) -> Result<(), Stop> {
        self.peek()?;
        if self.bytes.starts_with("\u{feff}".as_bytes()) {
            self.at += '\u{feff}'.len_utf8();
        }
        Ok(())
    }

    fn peek(&mut self) -> Result<Option<u8>, Stop> {
        if self.at == self.bytes.len() && !self.more(self.at)? {
            return Ok(None);
        }
        Ok(Some(self.bytes[self.at]))
    }

    fn spaces(&mut self) -> Result<(), Stop> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek()? {
            self.at += 1;
        }
        Ok(())
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        self.spaces()?;
        match self.peek()? {
            Some(found) if found == byte => self.at += 1,
            Some(_) => return Err(self.wrong(&format!("`{}` is expected", char::from(byte)))),
            None => return Err(self.wrong("the file ends in the middle")),
        }
        Ok(())
    }

    fn list(
        &mut self,
        bare: bool,
        each: &mut impl FnMut(Range<u64>, &[u8]) -> Result<(), Stop>,
    ) -> Result<Frame, Stop> {
        self.at += 1;
        let mut frame = Frame { end: self.here(), some: false, bare };
        self.spaces()?;
        if self.peek()? == Some(b']') {
            self.at += 1;
            return Ok(frame);
        }
        loop {
            self.spaces()?;
            if self.peek()? != Some(b'{') {
                return Err(self.wrong("a task is expected"));
            }
            let value = self.value()?;
            let start = self.base + value.start as u64;
            frame.end = self.base + value.end as u64;
            frame.some = true;
            each(start..frame.end, &self.bytes[value])?;
            self.spaces()?;
            if self.peek()? != Some(b',') {
                self.expect(b']')?;
                return Ok(frame);
            }
            self.at += 1;
        }
    }

    fn object(
        &mut self,
        each: &mut impl FnMut(Range<u64>, &[u8]) -> Result<(), Stop>,
    ) -> Result<Frame, Stop> {
        let mut frame = None;
        self.at += 1;
        self.spaces()?;
        if self.peek()? == Some(b'}') {
            return Err(self.wrong("the object has no `tasks`"));
        }
        loop {
            self.spaces()?;
            if self.peek()? != Some(b'"') {
                return Err(self.wrong("a name in quotes is expected"));
            }
            let key = self.value()?;
            let is_tasks = serde_json::from_slice::<String>(&self.bytes[key]).is_ok_and(|key| key == "tasks");
            self.expect(b':')?;
            self.spaces()?;
            match self.peek()? {
                Some(b'[') if is_tasks && frame.is_none() => frame = Some(self.list(false, each)?),
                Some(_) if is_tasks => return Err(self.wrong("`tasks` must be one list")),
                _ => {
                    let value = self.value()?;
                    if serde_json::from_slice::<serde::de::IgnoredAny>(&self.bytes[value.clone()]).is_err() {
                        self.at = value.start;
                        return Err(self.wrong("this is no JSON"));
                    }
                }
            }
            self.spaces()?;
            if self.peek()? != Some(b',') {
                self.expect(b'}')?;
                return frame.ok_or_else(|| self.wrong("the object has no `tasks`"));
            }
            self.at += 1;
        }
    }

    /// Takes the value that begins here, as a whole; says where it lies in what is at hand.
    fn value(&mut self) -> Result<Range<usize>, Stop> {
        let mut scan = Scan::default();
        let (mut start, mut at) = (self.at, self.at);
        loop {
            if let Some(end) = scan.end(&self.bytes, &mut at) {
                self.at = end;
                return Ok(start..end);
            }
            self.at = at;
            let moved = start;
            if !self.more(start)? {
                if scan.is_plain() {
                    return Ok(start..at);
                }
                return Err(self.wrong("the file ends in the middle of a value"));
            }
            start -= moved;
            at -= moved;
        }
    }
}

/// Finds the end of a value.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    text: bool,
    plain: bool,
}

impl Scan {
    /// Whether what was seen may end with the file: a number or a word.
    fn is_plain(&self) -> bool {
        self.plain
    }

    /// Goes on at `at`; the end of the value, if it is there.
    fn end(&mut self, bytes: &[u8], at: &mut usize) -> Option<usize> {
        while *at < bytes.len() {
            if self.text {
                let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[*at..]) else {
                    *at = bytes.len();
                    return None;
                };
                *at += found;
                if bytes[*at] == b'\\' {
                    if *at + 1 == bytes.len() {
                        return None;
                    }
                    *at += 2;
                    continue;
                }
                self.text = false;
                *at += 1;
                if self.depth == 0 {
                    return Some(*at);
                }
                continue;
            }
            match bytes[*at] {
                b'"' if !self.plain => self.text = true,
                b'{' | b'[' if !self.plain => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        *at += 1;
                        return Some(*at);
                    }
                }
                b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' if self.plain => return Some(*at),
                _ if self.depth == 0 => self.plain = true,
                _ => {}
            }
            *at += 1;
        }
        None
    }
}

/// The end of the value that begins at `start` in whole text.
pub(super) fn value_end(text: &str, start: usize) -> usize {
    let mut at = start;
    Scan::default().end(text.as_bytes(), &mut at).unwrap_or(text.len())
}
