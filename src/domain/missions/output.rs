//! Whether a step has written the artifact that it has to write.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::system::document::shown;
use crate::system::store;

/// So much is read at once.
const BLOCK: usize = 64 << 10;

/// An artifact as it was before the step.
#[derive(Debug, Clone)]
pub struct Before {
    path: PathBuf,
    seen: Option<Look>,
}

/// What tells a file from its older self.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    inode: u64,
    size: u64,
    changed: Option<SystemTime>,
}

impl Before {
    /// How the file at `path` is now; it need not be there.
    pub fn look(path: PathBuf) -> Self {
        let seen = look(&path).ok().flatten();
        Self { path, seen }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an earlier one was there.
    pub fn was_there(&self) -> bool {
        self.seen.is_some()
    }

    /// Whether it was written since, and holds something. The error says what is wrong with it, in words.
    pub fn written(&self) -> Result<(), &'static str> {
        match look(&self.path)? {
            None => Err("did not write it"),
            Some(now) if self.seen.as_ref() == Some(&now) => Err("left it as it was"),
            Some(now) if now.size == 0 => Err("left it empty"),
            Some(_) => Ok(()),
        }
    }
}

/// What an artifact holds, told without keeping it: by the record of the run that wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// Its name.
    pub artifact: String,
    /// How long it is.
    pub bytes: u64,
    /// Of all it holds.
    pub sha256: String,
}

impl Print {
    /// That of the artifact at `path`, read block by block.
    pub fn of(path: &Path) -> Result<Self> {
        let failed = || format!("failed to read `{}`", shown(path));
        let mut file = store::open_plain(path).with_context(failed)?;
        let (mut sum, mut bytes, mut block) = (Sha256::new(), 0, vec![0; BLOCK]);
        loop {
            let count = file.read(&mut block).with_context(failed)?;
            if count == 0 {
                break;
            }
            sum.update(&block[..count]);
            bytes += count as u64;
        }
        let artifact = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sha256 = sum.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Ok(Self { artifact, bytes, sha256 })
    }

    /// Whether the file at `path` holds the same.
    pub fn is_of(&self, path: &Path) -> Result<bool> {
        Ok(path.metadata().is_ok_and(|meta| meta.len() == self.bytes)
            && Self::of(path)?.sha256 == self.sha256)
    }
}

fn look(path: &Path) -> Result<Option<Look>, &'static str> {
    match path.symlink_metadata() {
        Err(_) => Ok(None),
        // What a link shows may lie anywhere, and would not move with the mission.
        Ok(meta) if meta.is_symlink() => Err("made a link of it"),
        Ok(meta) if !meta.is_file() => Err("made something of it that is no file"),
        Ok(meta) => Ok(Some(Look { inode: meta.ino(), size: meta.len(), changed: meta.modified().ok() })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_print_tells_a_text_from_another_of_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.md");
        store::write(&path, 0o600, b"abc").unwrap();
        let print = Print::of(&path).unwrap();
        assert_eq!(print.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((&*print.artifact, print.bytes, print.is_of(&path).unwrap()), ("out.md", 3, true));
        for text in ["abd", "abcd", ""] {
            store::write(&path, 0o600, text.as_bytes()).unwrap();
            assert!(!print.is_of(&path).unwrap(), "{text}");
        }
    }

    #[test]
    fn an_artifact_must_be_new_or_changed_and_hold_something() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.md");
        let before = Before::look(path.clone());
        assert_eq!((before.was_there(), before.written()), (false, Err("did not write it")));
        store::write(&path, 0o600, b"").unwrap();
        assert_eq!(before.written(), Err("left it empty"));
        store::write(&path, 0o600, b"text").unwrap();
        assert_eq!(before.written(), Ok(()));
        let again = Before::look(path.clone());
        assert_eq!((again.was_there(), again.written()), (true, Err("left it as it was")));
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(again.written(), Ok(()), "the same text once more is written, too");
        store::remove(&path).unwrap();
        assert_eq!(again.written(), Err("did not write it"));
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert_eq!(again.written(), Err("made a link of it"));
        store::remove(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(again.written(), Err("made something of it that is no file"));
    }
}
