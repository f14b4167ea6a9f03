//! The agent's own text while it comes, whole: a run's events carry no more than the end of it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::domain::agents::catalog::Agent;
use crate::domain::agents::{Reader, Signal, Usage, printable};
use crate::system::config::Output;

/// How much is read before somebody must look up (bytes).
const GULP: usize = 4 << 20;
/// Longest line that is looked at (bytes).
const LONGEST: usize = 64 << 20;
/// How much of what was said is kept for the end (bytes).
const KEPT: usize = 1 << 20;

/// Follows the file that an agent prints to.
pub(super) struct Voice<'a> {
    agent: &'a Agent,
    path: PathBuf,
    file: Option<File>,
    at: u64,
    /// The start of a line whose end is not there yet.
    rest: Vec<u8>,
    reader: Option<Box<dyn Reader + Send>>,
    /// All that was said since the last tool.
    said: String,
    /// The last that was said.
    last: String,
    out: &'a mut dyn FnMut(&str),
}

impl<'a> Voice<'a> {
    /// Passes on to `out` what `agent` says in the file `path`, which need not be there yet.
    pub(super) fn new(agent: &'a Agent, path: PathBuf, out: &'a mut dyn FnMut(&str)) -> Self {
        let reader = reader(agent);
        let (said, last) = (String::new(), String::new());
        Self { agent, path, file: None, at: 0, rest: Vec::new(), reader, said, last, out }
    }

    /// Passes on what has come since. What cannot be read is told by the engine.
    pub(super) fn poll(&mut self) {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        self.begin_again();
        self.read();
    }

    /// Reads on, and says whether that was all.
    fn read(&mut self) -> bool {
        let mut block = vec![0; 64 << 10];
        let mut taken = 0;
        while taken < GULP {
            let count =
                self.file.as_ref().and_then(|file| file.read_at(&mut block, self.at).ok()).unwrap_or(0);
            if count == 0 {
                return true;
            }
            self.at += count as u64;
            taken += count;
            self.take(&block[..count]);
        }
        false
    }

    /// Passes on all that is left, a last line without its end too; in a `hurry` only the end of it.
    pub(super) fn finish(&mut self, hurry: bool) {
        // A flood is cut when it is over, which is no new beginning.
        if self.file.is_none() {
            self.poll();
        }
        let size = self.size();
        if hurry && size.saturating_sub(self.at) > GULP as u64 {
            (self.at, self.rest) = (size - GULP as u64, Vec::new());
        }
        while !self.read() {}
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.line(&rest);
        }
    }

    /// The session, where the agent has told it.
    pub(super) fn session(&self) -> Option<String> {
        self.reader.as_ref().and_then(|reader| reader.report().session)
    }

    /// The whole of a final message of which `end` is known. Says it, where it was not said yet.
    pub(super) fn whole(&mut self, end: &str) -> String {
        let end = end.trim_end();
        if self.said.is_empty() && self.last.is_empty() && !end.is_empty() {
            (self.out)(end);
        }
        let known = [&self.last, &self.said].into_iter().map(|text| text.trim_end());
        known.into_iter().find(|text| text.ends_with(end)).unwrap_or(end).to_owned()
    }

    /// An agent that is started once more prints to the same file, from its start.
    fn begin_again(&mut self) {
        if self.size() < self.at {
            (self.at, self.reader) = (0, reader(self.agent));
            (self.rest, self.said, self.last) = (Vec::new(), String::new(), String::new());
        }
    }

    fn size(&self) -> u64 {
        self.file.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |meta| meta.len())
    }

    fn take(&mut self, mut block: &[u8]) {
        while let Some(end) = block.iter().position(|byte| *byte == b'\n') {
            let mut line = std::mem::take(&mut self.rest);
            line.extend_from_slice(&block[..end]);
            self.line(&line);
            block = &block[end + 1..];
        }
        if self.rest.len() < LONGEST {
            self.rest.extend_from_slice(block);
        }
    }

    fn line(&mut self, line: &[u8]) {
        let Some(reader) = &mut self.reader else {
            let line = printable(&String::from_utf8_lossy(line));
            return self.say(&line);
        };
        for signal in reader.line(line) {
            match signal {
                Signal::Message(text) => {
                    text.trim_end().clone_into(&mut self.last);
                    self.say(&printable(&text));
                }
                Signal::Tool { .. } => self.said.clear(),
                _ => {}
            }
        }
    }

    fn say(&mut self, text: &str) {
        (self.out)(text);
        self.said.push_str(text);
        self.said.push('\n');
        if self.said.len() > 2 * KEPT {
            let from = self.said.len() - KEPT;
            let from = (from..=self.said.len()).find(|at| self.said.is_char_boundary(*at)).unwrap_or(0);
            self.said.drain(..from);
        }
    }
}

/// Plain text is passed on as it stands; a reader would leave its empty lines out.
fn reader(agent: &Agent) -> Option<Box<dyn Reader + Send>> {
    (agent.output != Output::Text).then(|| agent.reader(Usage::default()))
}
