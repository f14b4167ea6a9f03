//! Reads a queue from its files: `tasks.json`, what was submitted since it was written, what the log has seen since. Without a
//! lock it looks again whenever a writer got in between.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::checkpoint::{Extra, Side};
use super::elements::{self, Stop, Wrong};
use super::event::Event;
use super::field;
use super::memory::{Memory, Span};
use super::place::Place;
use super::sketch::{self, Sketch};
use super::stale::{self, Save};
use super::task::Task;
use crate::domain::agents::one_line;
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::store::Mark;

/// How often it looks again.
const LOOKS: usize = 200;

/// Reads it; the events beside it are a hand's edits that the log does not know yet. `locked`: nobody else writes.
pub fn load(place: &Place, locked: bool) -> Result<(Memory, Vec<Event>)> {
    for _ in 0..LOOKS {
        if let Some(found) = look(place, locked)? {
            return Ok(found);
        }
    }
    Err(Fault::busy(format!("`{}` changes all the time", shown(&place.tasks())), "try again"))
}

/// How far `tasks.json` is known.
enum Known {
    /// It is the one we wrote.
    Ours(Box<Side>),
    /// A hand was at it after these.
    Edited(Vec<Side>),
    /// Nothing was ever written by us.
    Never,
}

fn look(place: &Place, locked: bool) -> Result<Option<(Memory, Vec<Event>)>> {
    let path = place.tasks();
    for path in [&path, &place.events(), &place.checkpoint()] {
        regular(path)?;
    }
    led_astray(place)?;
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        file => Some(file.with_context(|| format!("failed to read `{}`", shown(&path)))?),
    };
    let mark = file.as_ref().map(Mark::of).transpose()?;
    let first = Side::open(&place.checkpoint())?;
    let seen = first.as_ref().map(|side| side.head.clone());
    let Some(known) = known(place, mark, first)? else { return Ok(None) };
    let head = match &known {
        Known::Ours(side) => Some(side.head.clone()),
        Known::Edited(sides) => sides.first().map(|side| side.head.clone()),
        Known::Never => None,
    };
    if mark.is_none() && head.as_ref().is_some_and(|head| head.tasks.is_some()) {
        return Err(Fault::invalid(
            format!("`{}` is gone", shown(&path)),
            "put it back, or begin with an empty queue by `taskrun macp init`",
        ));
    }
    let fresh = head.is_none();
    let mut memory = Memory::new(place, head);
    // The log's end first: of what it tells up to here, every task is in the inbox by now.
    let mut end = memory.events.size();
    if fresh {
        let (bytes, _) = memory.events.news(end)?;
        memory.lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
    }
    if end < memory.events.at() {
        end = memory.events.size();
        memory.log_was_cut(end, locked)?;
    }
    memory.inbox.pin();
    if !locked && Side::open(&place.checkpoint())?.map(|side| side.head) != seen {
        return Ok(None);
    }
    (memory.file, memory.mark) = (file, mark);
    match read_tasks(&mut memory) {
        // Somebody is writing into it right now.
        Err(_) if Mark::at(&path) != mark => return Ok(None),
        read => read?,
    }
    let save = recall(&mut memory, place, known)?;
    catch_up(&mut memory, end, locked)?;
    let hands = stale::settle(&mut memory, &save);
    if !memory.gone.is_empty() {
        memory.forget();
    }
    Ok(Some((memory, hands)))
}

/// Whether it can be read to its end. Errors ([`Fault::Invalid`]): it is a pipe, a device, a directory.
pub(super) fn regular(path: &Path) -> Result<()> {
    let odd = std::fs::metadata(path).is_ok_and(|meta| !meta.is_file());
    let told = || format!("`{}` is no regular file", shown(path));
    if odd { Err(Fault::invalid(told(), "put a regular file there, or move it away")) } else { Ok(()) }
}

/// Errors ([`Fault::Invalid`]): `tasks.json` is a link that leads out of the queue's directory and the repository, or nowhere.
fn led_astray(place: &Place) -> Result<()> {
    let path = place.tasks();
    if !path.is_symlink() {
        return Ok(());
    }
    let real = path.canonicalize().ok();
    let tops = [place.dir(), place.root()].map(Path::canonicalize);
    let inside = |real: &PathBuf| tops.iter().flatten().any(|top| real.starts_with(top));
    if real.as_ref().is_some_and(inside) {
        return Ok(());
    }
    let told = match real {
        Some(real) => format!("`{}` is a link that leads out, to `{}`", shown(&path), real.display()),
        None => format!("`{}` is a link to nothing", shown(&path)),
    };
    Err(Fault::invalid(told, "put the file itself there; the queue's directory as a whole may be a link"))
}

/// Which checkpoint `tasks.json` is of; `None` where a writer got in between.
fn known(place: &Place, mark: Option<Mark>, first: Option<Side>) -> Result<Option<Known>> {
    let is_of = |side: &Side| side.head.tasks == mark;
    if first.as_ref().is_some_and(is_of) {
        return Ok(first.map(|side| Known::Ours(Box::new(side))));
    }
    let next = Side::open(&place.next_checkpoint())?;
    if next.as_ref().is_some_and(is_of) {
        return Ok(next.map(|side| Known::Ours(Box::new(side))));
    }
    let again = Side::open(&place.checkpoint())?.map(|side| side.head);
    if again != first.as_ref().map(|side| side.head.clone()) || Mark::at(&place.tasks()) != mark {
        return Ok(None);
    }
    Ok(Some(match first {
        Some(first) => Known::Edited([Some(first), next].into_iter().flatten().collect()),
        None => Known::Never,
    }))
}

fn read_tasks(memory: &mut Memory) -> Result<()> {
    let Some(file) = memory.file.take() else { return Ok(()) };
    let path = memory.events.path().with_file_name("tasks.json");
    let read = elements::each(&file, |range, text| {
        let sketch = Sketch::read(text).map_err(|error| bad(range.start, text, &error))?;
        if memory.state.row(sketch.id()).is_some() {
            let message = format!("there are two tasks `{}`", one_line(sketch.id(), 60));
            return Err(Stop::Wrong(Wrong { at: range.start, message }));
        }
        let len = u32::try_from(text.len())
            .map_err(|_| Stop::Wrong(Wrong { at: range.start, message: "this task is too long".into() }))?;
        let span =
            Span { at: range.start, len, inbox: false, kept: false, result_path: sketch.has_result_path() };
        memory.insert(sketch, span);
        Ok(())
    });
    match read {
        Ok(frame) => memory.frame = Some(frame),
        Err(Stop::Other(error)) => return Err(error),
        Err(Stop::Wrong(wrong)) => {
            let line = line_at(&file, wrong.at).unwrap_or(0);
            return Err(Fault::invalid(
                format!("`{}` line {line}: {}", shown(&path), wrong.message),
                "mend it; it was left as it is",
            ));
        }
    }
    memory.file = Some(file);
    Ok(())
}

fn bad(at: u64, text: &[u8], error: &serde_json::Error) -> Stop {
    let within = text.split(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    let at = at + within.map(|line| line.len() as u64 + 1).sum::<u64>();
    let told = error.to_string();
    let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
    let field =
        field_before(text, error).filter(|_| !told.starts_with("missing")).map(|name| format!("`{name}`: "));
    let told = &format!("{}{told}", field.unwrap_or_default());
    let message = match sketch::name(text) {
        Some(id) => format!("task `{}`: {told}", one_line(&id, 60)),
        None => told.clone(),
    };
    Stop::Wrong(Wrong { at, message })
}

/// The field whose value an error is about.
fn field_before(text: &[u8], error: &serde_json::Error) -> Option<String> {
    let above: usize =
        text.split_inclusive(|byte| *byte == b'\n').take(error.line().checked_sub(1)?).map(<[u8]>::len).sum();
    field::at_end(text.get(..above + error.column())?)
}

/// The line that the offset `at` is in, from 1.
fn line_at(file: &File, at: u64) -> io::Result<u64> {
    use std::os::unix::fs::FileExt;
    let mut buffer = vec![0; 1 << 16];
    let (mut read, mut line) = (0, 1);
    while read < at {
        let most = usize::try_from(at - read).unwrap_or(usize::MAX).min(buffer.len());
        let got = file.read_at(&mut buffer[..most], read)?;
        if got == 0 {
            break;
        }
        line += memchr::memchr_iter(b'\n', &buffer[..got]).count() as u64;
        read += got as u64;
    }
    Ok(line)
}

/// Gives rows back what the checkpoint remembers of them, and finds those that a hand has touched.
fn recall(memory: &mut Memory, place: &Place, known: Known) -> Result<Save> {
    let mut save = Save::default();
    let mut sides = match known {
        Known::Never => return Ok(save),
        Known::Ours(mut side) => {
            restore(memory, side.extras()?);
            return Ok(save);
        }
        Known::Edited(sides) => sides,
    };
    let extras = sides[0].extras()?;
    let mut noted = vec![sides[0].noted()?];
    for side in &mut sides[1..] {
        side.extras()?;
        noted.push(side.noted()?);
    }
    for row in 0..memory.spans.len() {
        let (id, file) = (memory.state.at(row).id.clone(), memory.noted[row]);
        let Some(base) = noted[0].get(&id) else { continue };
        if *base != file {
            save.touched
                .insert(row, (file, noted.iter().filter_map(|noted| noted.get(&id).copied()).collect()));
            memory.state.begin_at(row, base.status.unwrap_or(memory.state.at(row).status), base.attempts);
        }
    }
    stale::put_back(memory, place, &noted[0], &mut save);
    restore(memory, extras);
    Ok(save)
}

fn restore(memory: &mut Memory, extras: HashMap<String, Extra>) {
    for (id, extra) in extras {
        memory.state.change(&id, |row| extra.restore(row));
    }
}

/// Reads the inbox and the log up to `end`.
fn catch_up(memory: &mut Memory, end: u64, locked: bool) -> Result<()> {
    let base = memory.inbox.at();
    let (bytes, rest) = memory.inbox.news(memory.inbox.size())?;
    memory.take_inbox(&bytes, base);
    if locked && !rest.is_empty() {
        // It was never acknowledged.
        memory.inbox.cut()?;
    }
    let (bytes, rest) = memory.events.news(end)?;
    memory.take_events(&bytes);
    if !rest.is_empty() {
        memory.torn(&rest, locked)?;
    }
    Ok(())
}

/// A task's whole definition; where a hand was at `tasks.json` since it was read, as it is there now.
pub fn task(memory: &Memory, place: &Place, id: &str) -> Result<Task> {
    let mut found = memory.task(id);
    for _ in 0..LOOKS {
        let same = || Mark::at(&place.tasks()) == memory.mark && memory.inbox.path().exists();
        if found.is_ok() || memory.state.row(id).is_none() || same() {
            break;
        }
        found = look(place, false).and_then(|found| match found {
            Some((memory, _)) => memory.task(id),
            None => Err(Fault::busy(format!("task `{id}` is being edited"), "try again in a moment")),
        });
        if found.as_ref().is_err_and(|error| matches!(error.downcast_ref(), Some(Fault::NotFound { .. }))) {
            break;
        }
    }
    found
}
