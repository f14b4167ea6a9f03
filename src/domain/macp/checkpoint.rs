//! `state/checkpoint.ndjson`: which `tasks.json` we wrote, how far it has taken the log in, and what each task was then. By it a
//! hand's edit is told from our own writing.
//!
//! First line: [`Head`]. Then a line for each task with more to remember than `tasks.json` has room for ([`Extra`]), an empty
//! line, and a line `["id","status",attempts]` for each task. One is written under the name `checkpoint.next.ndjson` before
//! the `tasks.json` it belongs to gets its name, and gets its own name after it: at every moment one of both fits.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Hold;
use super::sketch::Noted;
use super::state::{Left, Row, State};
use super::task::Status;
use crate::fault::Fault;
use crate::system::host::Host;
use crate::system::store::Mark;

/// The version of this file that this program writes.
const VERSION: u64 = 1;

/// How far things were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    version: u64,
    /// The `tasks.json` this is about; none where there was none.
    pub tasks: Option<Mark>,
    /// So many bytes of `events.ndjson` are in it.
    pub events: u64,
    /// So many lines these are.
    pub lines: u64,
    /// Which inbox is being filled.
    pub inbox: u64,
    /// So many bytes of it are in `tasks.json`.
    pub inbox_at: u64,
    /// The machine that wrote it.
    pub host: Host,
    /// Which boot of it.
    pub boot: String,
}

impl Head {
    /// One for a queue that has none.
    pub fn new(tasks: Option<Mark>, host: Host, boot: String) -> Self {
        Self { version: VERSION, tasks, events: 0, lines: 0, inbox: 0, inbox_at: 0, host, boot }
    }
}

/// What `tasks.json` has no field for, or must not be given one for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extra {
    id: String,
    attempts: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    forgiven: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<Box<Hold>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancel_requested: bool,
    #[serde(default, skip_serializing_if = "Left::is_none")]
    left: Left,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Extra {
    /// What a row holds that its text does not.
    fn of(row: &Row, noted: Noted) -> Option<Self> {
        let cancelled = row.status == Status::Cancelled && noted.status != Some(Status::Cancelled);
        let untold = noted.attempts.map_or(0, u64::from) != row.attempts;
        let more = cancelled || untold || row.forgiven > 0 || row.not_before.is_some() || row.hold.is_some();
        let more = more || !row.left.is_none();
        more.then(|| Self {
            id: row.id.clone(),
            attempts: row.attempts,
            forgiven: row.forgiven,
            cancelled,
            not_before: row.not_before,
            hold: row.hold.clone(),
            started_at: row.started_at,
            cancel_requested: row.cancel_requested,
            left: row.left,
        })
    }

    /// Gives it back to the row.
    pub fn restore(self, row: &mut Row) {
        row.attempts = self.attempts;
        row.forgiven = self.forgiven;
        row.not_before = self.not_before;
        row.hold = self.hold;
        row.started_at = self.started_at;
        row.cancel_requested = self.cancel_requested;
        row.left = self.left;
        if self.cancelled {
            row.status = Status::Cancelled;
        }
    }
}

/// Writes one.
pub fn write(out: &mut dyn Write, head: &Head, state: &State, noted: &[Noted]) -> io::Result<()> {
    serde_json::to_writer(&mut *out, head)?;
    out.write_all(b"\n")?;
    for (row, noted) in state.rows().zip(noted) {
        if let Some(extra) = Extra::of(row, *noted) {
            serde_json::to_writer(&mut *out, &extra)?;
            out.write_all(b"\n")?;
        }
    }
    for (row, noted) in state.rows().zip(noted) {
        out.write_all(b"\n[")?;
        serde_json::to_writer(&mut *out, &row.id)?;
        let word = noted.status.unwrap_or(Status::Pending).word();
        match noted.attempts {
            Some(attempts) => write!(out, ",\"{word}\",{attempts}]")?,
            None => write!(out, ",\"{word}\",null]")?,
        }
    }
    out.write_all(b"\n")
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// One that is being read.
#[derive(Debug)]
pub struct Side {
    /// Its first line.
    pub head: Head,
    lines: BufReader<File>,
    name: String,
}

impl Side {
    /// Opens it and reads its first line. Errors ([`Fault::Invalid`]): newer than this program, damaged.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let name = path.display().to_string();
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.with_context(|| format!("failed to read `{name}`"))?,
        };
        let mut lines = BufReader::with_capacity(1 << 13, file);
        let mut first = String::new();
        lines.read_line(&mut first).map_err(|_| damaged(&name))?;
        let version = serde_json::from_str::<Version>(&first).map_err(|_| damaged(&name))?.version;
        if version > VERSION {
            return Err(Fault::invalid(
                format!("`{name}` has version {version}; this taskrun knows up to {VERSION}"),
                "use the newer taskrun that wrote it",
            ));
        }
        let head = serde_json::from_str(&first).map_err(|_| damaged(&name))?;
        Ok(Some(Self { head, lines, name }))
    }

    /// What it remembers beside `tasks.json`, by id.
    pub fn extras(&mut self) -> Result<HashMap<String, Extra>> {
        let mut extras = HashMap::new();
        let mut line = String::new();
        loop {
            line.clear();
            self.lines.read_line(&mut line).map_err(|_| damaged(&self.name))?;
            if line.trim_end().is_empty() {
                return Ok(extras);
            }
            let extra: Extra = serde_json::from_str(&line).map_err(|_| damaged(&self.name))?;
            extras.insert(extra.id.clone(), extra);
        }
    }

    /// What each task was when it was written, by id; after [`Side::extras`].
    pub fn noted(&mut self) -> Result<HashMap<String, Noted>> {
        let mut all = HashMap::new();
        let mut line = String::new();
        loop {
            line.clear();
            if self.lines.read_line(&mut line).map_err(|_| damaged(&self.name))? == 0 {
                return Ok(all);
            }
            let (id, status, attempts): (String, Status, Option<u32>) =
                serde_json::from_str(&line).map_err(|_| damaged(&self.name))?;
            all.insert(id, Noted { status: Some(status), attempts });
        }
    }
}

fn damaged(name: &str) -> anyhow::Error {
    Fault::invalid(
        format!("`{name}` is damaged"),
        "move it aside: `tasks.json` is then taken as it stands, without what the log has seen since",
    )
}
