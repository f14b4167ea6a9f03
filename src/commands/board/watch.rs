//! `board --watch`: the board again whenever something changed.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use console::style;
use serde_json::Value;

use super::{Size, read};
use crate::commands::Context;
use crate::domain::beads::Store;
use crate::domain::loops::state;
use crate::domain::workspace::Workspace;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::interrupt;
use crate::system::stamp::Stamp;
use crate::system::terminal::{self, Heard};
use crate::ui::fit::wrap;
use crate::ui::one_line;
use crate::ui::screen::{SUSPEND, Screen};

/// How long a signal or a new size of the terminal waits.
const TICK: Duration = Duration::from_millis(100);
/// How long a change waits.
const LOOK: Duration = Duration::from_millis(250);
/// What changes with time alone (a task put off until now) waits so long.
const STALE: Duration = Duration::from_secs(60);
/// Of the time, reading takes at most one part in so many.
const SHARE: u32 = 10;
/// Ctrl-L.
const REDRAW: u8 = 0x0c;
/// A lower terminal has no row for saying how to end.
const LOW: usize = 8;

/// Shows the board again and again, until a signal, or `q` where it is drawn.
pub fn watch(context: &Context) -> Result<Exit> {
    let workspace = context.workspace()?;
    interrupt::install()?;
    let size = match terminal::size().filter(|_| context.ui.can_draw()) {
        Some(size) => room(size),
        None => Size { wide: context.ui.width(), rows: None },
    };
    // What cannot be read now is an error; later it may be half-way to something.
    let mut sight = Sight::take(&workspace, &Store::open(&workspace)?, context.ui.json(), size)?;
    let mut screen = if context.ui.can_draw() { Some(context.ui.screen()?) } else { None };
    let exit = follow(&mut sight, &workspace, screen.as_ref(), context);
    drop(screen.take());
    sight.notices.iter().for_each(|notice| context.ui.notice(notice));
    exit
}

/// The board as it was seen, and what tells that it changed.
struct Sight {
    text: String,
    size: Size,
    files: Vec<(PathBuf, Stamp)>,
    looked: Instant,
    taken: Instant,
    patience: Duration,
    notices: Vec<String>,
}

impl Sight {
    fn take(workspace: &Workspace, store: &Store, json: bool, size: Size) -> Result<Self> {
        // Stamped before it is read, so that no change goes unseen.
        let files = state::budget_files(workspace).into_iter().chain([store.file().to_owned()]);
        let files = files.map(|path| (Stamp::of(&path), path)).map(|(stamp, path)| (path, stamp)).collect();
        let start = Instant::now();
        let text = read(workspace, store, json, size)?;
        let taken = Instant::now();
        let patience = LOOK.max((taken - start) * SHARE);
        let notices = store.take_notices();
        Ok(Self { text, size, files, looked: taken, taken, patience, notices })
    }

    fn is_old(&mut self) -> bool {
        if self.looked.elapsed() < self.patience {
            return false;
        }
        self.looked = Instant::now();
        self.taken.elapsed() > STALE || self.files.iter().any(|(path, stamp)| Stamp::of(path) != *stamp)
    }

    /// Looks again. With a screen, what cannot be read is shown until it can be.
    fn renew(&mut self, workspace: &Workspace, json: bool, size: Size, draws: bool) -> Result<()> {
        let new = Store::open(workspace).and_then(|store| Self::take(workspace, &store, json, size));
        match new {
            Ok(new) => {
                let mut notices = std::mem::take(&mut self.notices);
                *self = new;
                notices.retain(|notice| !self.notices.contains(notice));
                self.notices.append(&mut notices);
            }
            Err(error) if draws => {
                self.text = complaint(&error, size.wide);
                self.size = size;
                self.taken = Instant::now();
                for (path, stamp) in &mut self.files {
                    *stamp = Stamp::of(path);
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn follow(
    sight: &mut Sight,
    workspace: &Workspace,
    screen: Option<&Screen>,
    context: &Context,
) -> Result<Exit> {
    let json = context.ui.json();
    let mut shown: Option<String> = None;
    loop {
        if let Some(signal) = interrupt::signal() {
            return Ok(Exit::Interrupted(signal));
        }
        let size = screen.map_or(sight.size, |screen| room(screen.size()));
        if size != sight.size {
            shown = None;
        }
        if size != sight.size || sight.is_old() {
            sight.renew(workspace, json, size, screen.is_some())?;
        }
        if shown.as_ref() != Some(&sight.text) {
            if !show(sight, screen, context)? {
                return Ok(ended());
            }
            shown = Some(sight.text.clone());
        }
        let heard = match screen {
            Some(screen) => screen.listen(TICK).unwrap_or(Heard::ReaderGone),
            None => terminal::listen(false, TICK),
        };
        match heard {
            Heard::Key(b'q' | b'Q') => return Ok(Exit::Done),
            Heard::Key(REDRAW | SUSPEND) => shown = None,
            Heard::ReaderGone => return Ok(ended()),
            Heard::Key(_) | Heard::Nothing => {}
        }
    }
}

/// A terminal that is closed also sends a signal; a reader who had enough does not.
fn ended() -> Exit {
    interrupt::signal().map_or(Exit::Done, Exit::Interrupted)
}

/// Shows the board; `false` when there is nobody left to show it to.
fn show(sight: &Sight, screen: Option<&Screen>, context: &Context) -> Result<bool> {
    let Some(screen) = screen else {
        // One line a board, for who reads them as they come.
        let json = context.ui.json();
        let line =
            if json { serde_json::from_str::<Value>(&sight.text)?.to_string() } else { sight.text.clone() };
        context.ui.text(&line);
        return Ok(!context.ui.stdout_is_gone());
    };
    let mut lines: Vec<String> = sight.text.lines().map(str::to_owned).collect();
    let rows = sight.size.rows.unwrap_or(0);
    if rows + 1 >= LOW {
        lines.resize(rows, String::new());
        let how = if screen.has_keys() { "q quits" } else { "Ctrl-C quits" };
        lines.push(style(how).dim().to_string());
    }
    Ok(screen.draw(&lines).is_ok())
}

/// What is left for the board on a terminal of this size.
fn room((wide, rows): (usize, usize)) -> Size {
    Size { wide, rows: Some(if rows >= LOW { rows - 1 } else { rows }) }
}

/// An error in place of the board.
fn complaint(error: &anyhow::Error, wide: usize) -> String {
    let hint = error.downcast_ref::<Fault>().and_then(Fault::hint);
    let lines = [Some(format!("{error:#}")), hint.map(str::to_owned), Some("still watching".into())];
    let lines = lines.iter().flatten().flat_map(|line| wrap(&one_line(line), wide, "", ""));
    lines.collect::<Vec<_>>().join("\n")
}
