//! All there is to see of one mission, gathered without holding any large file whole.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::mission::{Mission, Status};
use super::run::StepRun;
use super::stand::KILLED;
use super::workflow::Workflow;
use super::{Folder, Shelf, artifact, log};
use crate::system::document::shown;
use crate::system::lock::Lock;
use crate::system::{interrupt, store};

/// Of a longer artifact only the beginning is given (bytes).
pub const TEXT: u64 = 64 << 10;
/// So much of the end of a log is given (bytes).
const LOG: u64 = 4000;
/// A process that ended a moment ago may be about to say so in the mission's file.
const MOMENT: Duration = Duration::from_millis(50);

/// A mission, and all that belongs to it.
#[derive(Debug, Serialize)]
pub struct Detail {
    /// It, as it is: one whose process died has failed.
    #[serde(flatten)]
    pub mission: Mission,
    /// Where it lies.
    pub path: PathBuf,
    /// Its workflow; none where the file does not hold it any more.
    pub workflow: Option<Workflow>,
    /// The artifacts' texts by name.
    pub artifacts: BTreeMap<String, String>,
    /// Their sizes (bytes).
    pub artifact_sizes: BTreeMap<String, u64>,
    /// Those of which only the beginning is given.
    pub truncated: Vec<String>,
    /// All runs and decisions by when they began.
    pub runs: Vec<StepRun>,
    /// The end of what the running step printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_log_tail: Option<String>,
}

/// What the mission `id` is, with the texts of its artifacts where those are wanted.
pub fn of(shelf: &Shelf, id: &str, with_texts: bool) -> Result<Detail> {
    let folder = shelf.find(id)?;
    let (mission, runs) = truth(shelf, &folder)?;
    let workflow =
        shelf.workflows()?.into_iter().find(|workflow| workflow.workflow_id == mission.workflow_id);
    let artifact_sizes = sizes(&folder)?;
    let (mut artifacts, mut truncated) = (BTreeMap::new(), Vec::new());
    for name in artifact_sizes.keys().filter(|_| with_texts) {
        let (text, cut) = beginning(&folder.artifacts().join(name))?;
        truncated.extend(cut.then(|| name.clone()));
        artifacts.insert(name.clone(), text);
    }
    let log = runs.iter().rfind(|run| mission.status.runs() && run.goes_on());
    let log = log.map(|run| folder.log(mission.current_step, run));
    let current_log_tail = log.map(|path| end(&path)).transpose()?;
    let path = folder.dir;
    Ok(Detail { mission, path, workflow, artifacts, artifact_sizes, truncated, runs, current_log_tail })
}

/// A mission and its runs as they are, and not as their files say: what has no process any more has failed.
pub fn truth(shelf: &Shelf, folder: &Folder) -> Result<(Mission, Vec<StepRun>)> {
    let look = || anyhow::Ok((folder.mission()?, folder.all_runs()?));
    let (mut mission, mut runs) = look()?;
    if folder.is_dead(&mission, &runs) {
        interrupt::nap(MOMENT)?;
        (mission, runs) = look()?;
    }
    if !folder.is_dead(&mission, &runs) || shelf.is_held(&mission.mission_id) {
        return Ok((mission, runs));
    }
    let mut why = format!("{KILLED}: the process that ran the step died");
    for run in runs.iter_mut().filter(|run| run.finished_at.is_none()) {
        why = format!("{KILLED}: the process that ran step `{}` died", run.step_id);
        run.error = Some(why.clone());
    }
    mission.status = Status::Failed;
    mission.errors.push(why.clone());
    mission.last_error = Some(why);
    Ok((mission, runs))
}

/// The artifacts and how large they are.
pub fn sizes(folder: &Folder) -> Result<BTreeMap<String, u64>> {
    Ok(artifact::list(folder)?.into_iter().map(|artifact| (artifact.name, artifact.bytes)).collect())
}

/// The beginning of a text, and whether that is not all.
pub fn beginning(path: &Path) -> Result<(String, bool)> {
    let read = || -> io::Result<(Vec<u8>, bool)> {
        let file = store::open_plain(path)?;
        let cut = file.metadata()?.len() > TEXT;
        let mut bytes = Vec::new();
        file.take(TEXT).read_to_end(&mut bytes)?;
        Ok((bytes, cut))
    };
    let (bytes, cut) = read().with_context(|| format!("failed to read `{}`", shown(path)))?;
    Ok((whole_letters(&bytes), cut))
}

/// The end of a log that may not be there yet.
fn end(path: &Path) -> Result<String> {
    if log::size(path).is_none() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    let most = usize::try_from(LOG).unwrap_or(usize::MAX);
    log::print(path, log::tail(path, LOG)?, &mut |more| {
        bytes.extend_from_slice(more);
        // What comes meanwhile is not waited for.
        bytes.len() < most
    })?;
    Ok(whole_letters(&bytes))
}

/// `bytes` as text without the letter that was cut through at their end.
fn whole_letters(bytes: &[u8]) -> String {
    let upto = match std::str::from_utf8(bytes) {
        // Without a length of the error the letter is only unfinished.
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    String::from_utf8_lossy(&bytes[..upto]).into_owned()
}

impl Shelf {
    /// Whether some process holds the mission `id`.
    fn is_held(&self, id: &str) -> bool {
        Lock::is_held(&self.lock_file(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_letters_are_given() {
        let table: [(&[u8], &str); 6] = [
            (b"", ""),
            ("aé".as_bytes(), "aé"),
            (&"aé".as_bytes()[..2], "a"),
            (&"a🚀".as_bytes()[..4], "a"),
            (b"\xffa", "\u{fffd}a"),
            (b"a\xff", "a\u{fffd}"),
        ];
        for (bytes, expected) in table {
            assert_eq!(whole_letters(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_large_file_is_read_by_its_ends() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        assert_eq!(end(&path).unwrap(), "");
        store::scratch(&path, "é".repeat(50_000).as_bytes()).unwrap();
        assert_eq!(end(&path).unwrap(), "é".repeat(2000));
        let (text, cut) = beginning(&path).unwrap();
        assert_eq!((text, cut), ("é".repeat(32 << 10), true));
        store::scratch(&path, b"short").unwrap();
        assert_eq!(beginning(&path).unwrap(), ("short".into(), false));
        assert_eq!(end(&path).unwrap(), "short");
    }
}
