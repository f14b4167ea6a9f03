//! What agents printed, as it is stored: all of it, its end, or as it comes.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::domain::loops::history::{self, Log};
use crate::domain::prompted::status::{known, latest, running};
use crate::domain::workspace::Workspace;
use crate::system::interrupt;

/// Between two looks for more.
const NAP: Duration = Duration::from_millis(50);
/// How much is read at once (bytes).
const BLOCK: usize = 64 << 10;

/// Whose output is meant: `id`, or what began last, of what runs where anything does. `None` when
/// nothing ever ran; an unknown id is a [`crate::fault::Fault::NotFound`].
pub fn chosen(workspace: &Workspace, id: Option<&str>) -> Result<Option<String>> {
    match id {
        Some(id) => known(workspace, id).map(|()| Some(id.to_owned())),
        None => Ok(running(workspace)?.pop().or_else(|| latest(workspace))),
    }
}

/// The files that hold the output of `id`, in order.
pub fn files(workspace: &Workspace, id: &str) -> Result<Vec<Log>> {
    history::logs(workspace, Some(id), None)
}

/// Where in these files, read as one, the last `lines` lines begin: for each file the place to start.
pub fn tails(files: &[Log], lines: u64) -> Result<BTreeMap<PathBuf, u64>> {
    let mut wanted = lines;
    let mut places = BTreeMap::new();
    for log in files.iter().rev() {
        let (place, found) =
            tail(&log.path, wanted).with_context(|| format!("failed to read `{}`", log.path.display()))?;
        places.insert(log.path.clone(), place);
        wanted -= found;
    }
    Ok(places)
}

/// Where the last `lines` lines of a file begin, and how many lines those are.
fn tail(path: &Path, lines: u64) -> std::io::Result<(u64, u64)> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if size == 0 || lines == 0 {
        return Ok((size, 0));
    }
    let mut block = vec![0; BLOCK];
    let (mut at, mut found) = (size, 0);
    while at > 0 {
        let from = at.saturating_sub(BLOCK as u64);
        let part = &mut block[..usize::try_from(at - from).unwrap_or(BLOCK)];
        file.read_exact_at(part, from)?;
        for (index, _) in part.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let next = from + index as u64 + 1;
            if next == size {
                continue;
            }
            found += 1;
            if found == lines {
                return Ok((next, found));
            }
        }
        at = from;
    }
    Ok((0, found + 1))
}

/// Copies what a file holds from `at` on to `out`; returns how far that is. `out` says whether to go on.
pub fn copy(path: &Path, mut at: u64, out: &mut dyn FnMut(&[u8]) -> bool) -> Result<(u64, bool)> {
    let failed = || format!("failed to read `{}`", path.display());
    let file = File::open(path).with_context(failed)?;
    let mut block = vec![0; BLOCK];
    loop {
        let count = file.read_at(&mut block, at).with_context(failed)?;
        if count == 0 {
            return Ok((at, true));
        }
        at += count as u64;
        if !out(&block[..count]) {
            return Ok((at, false));
        }
    }
}

/// Copies the output of `id` to `out` from `places` on, until that run has ended and all is copied;
/// `head` hears of each file before its first bytes. Errors: interrupted.
pub fn follow(
    workspace: &Workspace,
    id: &str,
    mut places: BTreeMap<PathBuf, u64>,
    head: &mut dyn FnMut(&Path),
    out: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<()> {
    interrupt::install()?;
    let mut told = Vec::new();
    loop {
        // Looked at first: what is written before its end is there after this.
        let runs = running(workspace)?.iter().any(|running| running == id);
        for log in files(workspace, id)? {
            if !told.contains(&log.path) {
                head(&log.path);
                told.push(log.path.clone());
            }
            let at = places.entry(log.path.clone()).or_default();
            // A flood is cut when it is over.
            *at = (*at).min(log.bytes);
            let (upto, go_on) = copy(&log.path, *at, out)?;
            *at = upto;
            if !go_on {
                return Ok(());
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
    fn the_last_lines_are_found_without_reading_it_all() {
        let dir = tempfile::tempdir().unwrap();
        let long = format!("first\n{}\nlast", "x".repeat(3 * BLOCK));
        let table: [(&str, u64, u64, &str); 9] = [
            ("", 3, 0, ""),
            ("a\nb\nc\n", 0, 0, ""),
            ("a\nb\nc\n", 1, 1, "c\n"),
            ("a\nb\nc", 1, 1, "c"),
            ("a\nb\nc\n", 2, 2, "b\nc\n"),
            ("a\nb\nc\n", 3, 3, "a\nb\nc\n"),
            ("a\nb\nc\n", 9, 3, "a\nb\nc\n"),
            ("a\n\n\n", 2, 2, "\n\n"),
            (&long, 2, 2, &long["first\n".len()..]),
        ];
        for (text, lines, found, expected) in table {
            let path = dir.path().join("log");
            crate::system::store::scratch(&path, text.as_bytes()).unwrap();
            let (at, count) = tail(&path, lines).unwrap();
            assert_eq!(count, found, "{lines} of {} bytes", text.len());
            let mut out = Vec::new();
            copy(&path, at, &mut |bytes| {
                out.extend_from_slice(bytes);
                true
            })
            .unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
