//! Writes `tasks.json` and the checkpoint beside it. Bytes of tasks that have not moved are copied as they are.

use std::cell::RefCell;
use std::io::{self, Write};
use std::ops::Range;

use anyhow::Result;
use serde_json::Value;

use super::checkpoint::{self, Head};
use super::ids::Ids;
use super::memory::{Memory, Span};
use super::place::Place;
use super::sketch::{Noted, Sketch};
use super::splice;
use super::state::Row;
use super::task::Status;
use crate::system::host::Host;
use crate::system::lock::Holder;
use crate::system::store::{self, Draft, Mark, SHARED};

/// What an empty queue looks like.
pub const EMPTY: &str = "{\n  \"tasks\": []\n}\n";

/// Brings `tasks.json` up to date where it is not, and the checkpoint in any case. For who holds the lock and has read all.
/// `false` where a hand was faster: nothing is written then.
pub fn write(place: &Place, memory: &mut Memory) -> Result<bool> {
    if Mark::at(&place.tasks()) != memory.mark {
        return Ok(false);
    }
    memory.events.sync()?;
    memory.inbox.sync()?;
    store::make_dir(&place.state())?;
    let fresh =
        memory.spans.iter().any(|span| span.inbox) || !memory.edits.is_empty() || !memory.dropped.is_empty();
    let moved =
        || memory.state.rows().zip(&memory.noted).any(|(row, noted)| !changes(row, *noted).is_empty());
    if !fresh && !moved() {
        let head = head(memory, memory.mark, false);
        write_ids(place, memory, head.inbox)?;
        let known =
            memory.head.as_ref().is_some_and(|head| head.tasks == memory.mark) && place.kept().exists();
        if let Some(file) = memory.file.as_ref().filter(|_| !known) {
            store::copy_soon(&place.kept(), file)?;
        }
        let write = |out: &mut dyn Write| checkpoint::write(out, &head, &memory.state, &memory.noted);
        store::replace(&place.checkpoint(), SHARED, write)?;
        memory.head = Some(head);
        return Ok(true);
    }
    replace(place, memory)
}

fn write_ids(place: &Place, memory: &Memory, generation: u64) -> Result<()> {
    Ids::new(place.ids(generation)).write(&memory.state)
}

fn head(memory: &Memory, tasks: Option<Mark>, folded: bool) -> Head {
    let mut head = memory.head.clone().unwrap_or_else(|| Head::new(None, Host::default(), String::new()));
    head.tasks = tasks;
    (head.host, head.boot) = (Host::here(), Holder::me().boot);
    head.events = memory.events.at();
    head.lines = memory.lines;
    head.inbox_at = memory.inbox.at();
    if folded {
        (head.inbox, head.inbox_at) = (head.inbox + 1, 0);
    }
    head
}

fn replace(place: &Place, memory: &mut Memory) -> Result<bool> {
    let folded = memory.inbox.size() > 0;
    let fresh =
        RefCell::new((Vec::with_capacity(memory.spans.len()), Vec::with_capacity(memory.spans.len()), None));
    let mut written = None;
    let mut late = false;
    let old = &*memory;
    let staged = store::replace_staged(
        &place.tasks(),
        SHARED,
        |draft| {
            let (spans, noted, frame) = &mut *fresh.borrow_mut();
            let mut copy = Copy { memory: old, draft, at: 0, waiting: 0..0, spans, noted };
            *frame = Some(copy.all()?);
            copy.flush()
        },
        |temp| {
            let head = head(old, Some(Mark::of(temp)?), folded);
            let noted = &fresh.borrow().1;
            write_ids(place, old, head.inbox).map_err(io::Error::other)?;
            let write = |out: &mut dyn Write| checkpoint::write(out, &head, &old.state, noted);
            let stage = store::replace(&place.next_checkpoint(), SHARED, write);
            written = Some(head);
            store::copy_soon(&place.kept(), temp)?;
            late = Mark::at(&place.tasks()) != old.mark;
            let faster = || io::Error::other("it was edited meanwhile");
            if late { Err(faster()) } else { stage.map_err(io::Error::other) }
        },
    );
    if late {
        return Ok(false);
    }
    let file = match staged {
        // Its bytes changed under the writing.
        Err(_) if Mark::at(&place.tasks()) != old.mark => return Ok(false),
        staged => staged?,
    };
    let (spans, noted, frame) = fresh.into_inner();
    store::rename(&place.next_checkpoint(), &place.checkpoint())?;
    let before = memory.head.as_ref().map_or(0, |head| head.inbox);
    // As it was before it had its name: a hand may have been at it since.
    memory.mark = written.as_ref().and_then(|head| head.tasks);
    (memory.file, memory.frame, memory.head) = (Some(file), frame, written);
    (memory.spans, memory.noted) = (spans, noted);
    memory.edits.clear();
    memory.dropped.clear();
    memory.kept = None;
    if folded {
        let head = memory.head.as_ref().map_or(0, |head| head.inbox);
        memory.inbox = store::Journal::new(place.inbox(head), SHARED, 0);
        store::remove(&place.inbox(before))?;
        store::remove(&place.ids(before))?;
    }
    Ok(true)
}

/// What has to be set in a task's text for it to say how far the task is.
fn changes(row: &Row, noted: Noted) -> Vec<(&'static str, Option<Value>)> {
    let mut set = Vec::new();
    let was = noted.status.unwrap_or(Status::Pending);
    if was.on_disk() != row.status.on_disk() {
        set.push(("status", Some(row.status.on_disk().into())));
    }
    let told = noted.attempts.map(u64::from);
    if told != Some(row.attempts) && (told.is_some() || (row.macp && row.attempts > 0)) {
        set.push(("attempts", Some(row.attempts.into())));
    }
    match (was == Status::Cancelled, row.status == Status::Cancelled) {
        (true, false) => set.push(("cancelled", None)),
        (false, true) if row.macp => set.push(("cancelled", Some(true.into()))),
        _ => {}
    }
    set
}

/// How much white space is at the end of a part of a file, or at its beginning.
fn spaces(file: &std::fs::File, part: Range<u64>, at_end: bool) -> io::Result<u64> {
    let mut bytes = vec![0; usize::try_from(part.end - part.start).unwrap_or(0)];
    std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, part.start)?;
    let rest = if at_end { bytes.trim_ascii_end() } else { bytes.trim_ascii_start() };
    Ok((bytes.len() - rest.len()) as u64)
}

/// A task's text with its progress as it is now.
pub fn told(row: &Row, noted: Noted, text: &str) -> String {
    splice::set(text, &changes(row, noted))
}

/// A writing under way.
struct Copy<'c, 'm> {
    memory: &'m Memory,
    draft: &'c mut Draft,
    at: u64,
    /// What is to be copied before anything else is put.
    waiting: Range<u64>,
    spans: &'c mut Vec<Span>,
    noted: &'c mut Vec<Noted>,
}

impl Copy<'_, '_> {
    fn all(&mut self) -> io::Result<super::elements::Frame> {
        let memory = self.memory;
        let mut frame = match memory.frame {
            Some(frame) => frame,
            None => super::elements::Frame {
                end: EMPTY.find('[').map_or(0, |at| at as u64 + 1),
                some: false,
                bare: false,
            },
        };
        // The list's elements in the file's order, those that go included.
        let kept = memory.spans.iter().enumerate().filter(|(_, span)| !span.inbox);
        let mut parts: Vec<(u64, u32, Option<usize>)> =
            kept.map(|(row, span)| (span.at, span.len, Some(row))).collect();
        if !memory.dropped.is_empty() {
            parts.extend(memory.dropped.iter().map(|span| (span.at, span.len, None)));
            parts.sort_unstable();
        }
        let mut opening = parts.first().map_or(frame.end, |part| part.0);
        let empty = frame.some && parts.iter().all(|part| part.2.is_none());
        if let Some(file) = memory.file.as_ref().filter(|_| empty) {
            // Not even the space stays that was before them.
            opening -= spaces(file, opening.saturating_sub(256)..opening, true)?;
        }
        self.copy(0, opening)?;
        let (mut end, mut some) = (opening, false);
        for (start, len, row) in parts {
            if let Some(row) = row {
                if some {
                    self.copy(end, start)?;
                }
                self.element(row)?;
                some = true;
            }
            end = start + u64::from(len);
        }
        let mut old_end = frame.end;
        for row in (0..memory.spans.len()).filter(|row| memory.spans[*row].inbox) {
            let open = if frame.bare { "\n  " } else { "\n    " };
            if some {
                self.put(b",")?;
            }
            self.put(open.as_bytes())?;
            self.element(row)?;
            some = true;
        }
        let was_some = frame.some && !empty;
        if let (Some(file), Some(mark)) = (memory.file.as_ref().filter(|_| empty), memory.mark) {
            old_end += spaces(file, old_end..mark.size().min(old_end + 256), false)?;
        }
        (frame.end, frame.some) = (self.at, some);
        if some && !was_some {
            // `[]`, or nothing but spaces in between.
            self.put(if frame.bare { b"\n" } else { b"\n  " })?;
        }
        match memory.mark {
            Some(mark) => self.copy(old_end, mark.size())?,
            None => self.put(&EMPTY.as_bytes()[usize::try_from(old_end).unwrap_or(0)..])?,
        }
        Ok(frame)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.flush()?;
        self.at += bytes.len() as u64;
        self.draft.write_all(bytes)
    }

    /// Copies what lies between two places of the old file; together with what follows it there, if that comes next.
    fn copy(&mut self, from: u64, to: u64) -> io::Result<()> {
        if self.memory.mark.is_none() {
            let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
            return self.put(&EMPTY.as_bytes()[range]);
        }
        if self.waiting.end != from {
            self.flush()?;
            self.waiting = from..from;
        }
        self.waiting.end = to;
        self.at += to - from;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let (waiting, Some(file)) = (std::mem::replace(&mut self.waiting, 0..0), &self.memory.file) else {
            return Ok(());
        };
        let length = waiting.end - waiting.start;
        // Short pieces go through the buffer: a call of the system for each would cost more.
        if length > 1 << 16 {
            return self.draft.copy(file, waiting);
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, waiting.start)?;
        self.draft.write_all(&bytes)
    }

    fn element(&mut self, row: usize) -> io::Result<()> {
        let memory = self.memory;
        let (span, noted) = (memory.spans[row], memory.noted[row]);
        let mut set = changes(memory.state.at(row), noted);
        let start = self.at;
        let edits = memory.edits.get(&row);
        if set.is_empty() && edits.is_none() && !span.inbox {
            self.copy(span.at, span.at + u64::from(span.len))?;
            self.spans.push(Span { at: start, ..span });
            self.noted.push(noted);
            return Ok(());
        }
        let text = memory.text(row).map_err(io::Error::other)?;
        for (name, value) in edits.into_iter().flatten() {
            set.push((name, Some(value.clone()).filter(|value| !value.is_null())));
        }
        let text = splice::set(&text, &set);
        self.put(text.as_bytes())?;
        let len = u32::try_from(text.len()).map_err(io::Error::other)?;
        let noted = Sketch::read(text.as_bytes()).map_err(io::Error::other)?.noted();
        self.spans.push(Span { at: start, len, inbox: false, kept: false, ..span });
        self.noted.push(noted);
        Ok(())
    }
}
