//! What the steps of a mission printed, as it is stored: all of it, its end, or as it comes.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::sheet::quoted;
use super::{Folder, Record, Shelf};
use crate::domain::prompted::logs::copy;
use crate::fault::Fault;
use crate::system::document::shown;
use crate::system::{interrupt, store};

/// Between two looks for more.
const NAP: Duration = Duration::from_millis(50);

/// A log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Log {
    /// Whose step's.
    pub step_id: String,
    /// Of which run.
    pub run_id: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// The logs of a mission in the order of the runs: of one step, of one run, or all.
pub fn logs(folder: &Folder, step: Option<&str>, run: Option<&str>) -> Result<Vec<Log>> {
    let logs = wanted(folder, step, run)?.into_iter().filter_map(|record| {
        let path = record.log(folder);
        let bytes = size(&path)?;
        Some(Log { step_id: record.run.step_id, run_id: record.run.run_id, path, bytes })
    });
    Ok(logs.collect())
}

/// The run whose log is meant: the last one that goes on or has a log. `None` where there is none.
/// Errors ([`Fault::NotFound`]): `step` or `run` was asked for, and nothing of it was ever run.
pub fn chosen(folder: &Folder, step: Option<&str>, run: Option<&str>) -> Result<Option<Record>> {
    let records = wanted(folder, step, run)?.into_iter();
    Ok(records.rev().find(|record| record.run.goes_on() || size(&record.log(folder)).is_some()))
}

/// How long a log is (bytes). `None` where there is none: what a link shows may lie anywhere.
pub fn size(path: &Path) -> Option<u64> {
    path.symlink_metadata().ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len())
}

fn wanted(folder: &Folder, step: Option<&str>, run: Option<&str>) -> Result<Vec<Record>> {
    let mut records = folder.records()?;
    records.retain(|record| {
        step.is_none_or(|step| record.run.step_id == step) && run.is_none_or(|run| record.run.run_id == run)
    });
    if records.is_empty() && (step.is_some() || run.is_some()) {
        let id = folder.id();
        let of = |word: &str, name: Option<&str>| name.map(|name| format!(" of {word} {}", quoted(name)));
        let of = [of("step", step), of("run", run)].into_iter().flatten().collect::<String>();
        let hint = format!("`taskrun mission runs {id}` shows what was run");
        return Err(Fault::not_found(format!("mission `{id}` has no run{of}"), hint));
    }
    Ok(records)
}

/// Where the last `most` bytes of a log begin; a letter is not cut in two.
pub fn tail(path: &Path, most: u64) -> Result<u64> {
    let failed = || format!("failed to read `{}`", shown(path));
    let file = store::open_plain(path).with_context(failed)?;
    let size = file.metadata().with_context(failed)?.len();
    let from = size.saturating_sub(most);
    if from == 0 {
        return Ok(0);
    }
    let mut start = [0; 3];
    let count = file.read_at(&mut start, from).with_context(failed)?;
    // The bytes of a letter but its first are 10xxxxxx, and three at most.
    let cut = start[..count].iter().take_while(|byte| **byte & 0xc0 == 0x80).count();
    Ok(from + cut as u64)
}

/// Copies a log from `at` on to `out`, which says whether to go on.
pub fn print(path: &Path, at: u64, out: &mut dyn FnMut(&[u8]) -> bool) -> Result<()> {
    copy(path, at, out).map(|_| ())
}

/// Copies the log of a run from `at` on to `out` until the run has ended and all is copied. Errors: interrupted.
pub fn follow(
    shelf: &Shelf,
    id: &str,
    record: &Record,
    mut at: u64,
    out: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<()> {
    interrupt::install()?;
    loop {
        // The folder moves when the mission is completed.
        let folder = shelf.find(id)?;
        // Looked at first: what is written before its end is there after this.
        let now = folder.records()?.into_iter().find(|one| one.name == record.name);
        let moved = now.is_none() && !folder.dir.is_dir();
        let runs = moved || now.is_some_and(|now| now.run.goes_on());
        let log = record.log(&folder);
        if let Some(bytes) = size(&log) {
            // A flood is cut when it is over.
            at = at.min(bytes);
            match copy(&log, at, out) {
                Ok((_, false)) => return Ok(()),
                Ok((upto, true)) => at = upto,
                Err(_) if size(&log).is_none() => continue,
                Err(error) => return Err(error),
            }
        }
        if !runs {
            return Ok(());
        }
        interrupt::nap(NAP)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_begins_with_a_whole_letter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let table: [(&[u8], u64, &[u8]); 9] = [
            (b"", 4, b""),
            (b"abc", 4, b"abc"),
            (b"abc", 3, b"abc"),
            (b"abc", 2, b"bc"),
            (b"abc", 0, b""),
            ("xäöü".as_bytes(), 3, "ü".as_bytes()),
            ("日本🚀".as_bytes(), 3, b""),
            ("日本🚀z".as_bytes(), 4, b"z"),
            (b"a\x80\x80\x80\x80\x80", 5, b"\x80\x80"),
        ];
        for (text, most, expected) in table {
            store::scratch(&path, text).unwrap();
            let mut out = Vec::new();
            print(&path, tail(&path, most).unwrap(), &mut |bytes| {
                out.extend_from_slice(bytes);
                true
            })
            .unwrap();
            assert_eq!(out, expected, "{most} of {text:?}");
        }
    }
}
