//! What a call leaves on disk for its child: files in the slot's directory, for nobody else to read, gone once it has ended.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use super::{BRIEF, Call};
use crate::system::process::Spawn;
use crate::system::store;

/// How the names of those files begin.
pub const STAGED: &str = "staged-";

impl Call {
    /// How its command is started from the slot's directory `slot`: what it is given in files is written there. The outputs,
    /// and what launches it, are for the caller to add. `None` where nothing is started by us.
    pub fn spawn(&self, slot: &Path) -> Result<Option<Spawn>> {
        let Self::Command { argv, env, dir, stdin, brief, pty, .. } = self else { return Ok(None) };
        let stdin = match stdin {
            None => None,
            Some(bytes) => Some(stage(slot, "stdin", bytes)?),
        };
        let argv = match brief {
            None => argv.clone(),
            Some(text) => {
                let path = stage(slot, "brief.md", text.as_bytes())?;
                argv.iter().map(|word| put_in(word, &path)).collect()
            }
        };
        Ok(Some(Spawn { argv, dir: dir.into(), env: env.clone(), stdin, pty: *pty, ..Spawn::default() }))
    }
}

/// Removes what was staged in a slot; also what a crash has left.
pub fn sweep(slot: &Path) -> Result<()> {
    for entry in slot.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGED) {
            store::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file of the slot's; its path.
pub(in crate::domain::macp) fn stage(slot: &Path, name: &str, bytes: &[u8]) -> Result<OsString> {
    let path = slot.join(format!("{STAGED}{name}"));
    // Never into a file that is there: its rights may be others'.
    store::remove(&path)?;
    store::scratch(&path, bytes)?;
    Ok(path.into_os_string())
}

/// A word with the path of the brief in place of [`BRIEF`]; only words from the settings hold it.
fn put_in(word: &OsString, path: &OsString) -> OsString {
    let Some((before, after)) = word.to_str().and_then(|word| word.split_once(BRIEF)) else {
        return word.clone();
    };
    let mut whole = OsString::from(before);
    whole.push(path);
    whole.push(after);
    whole
}
