//! Whether a step has written the artifact that it has to write.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    use crate::system::store;
    use std::fs;

    #[test]
    fn an_artifact_must_be_new_or_changed_and_hold_something() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.md");
        let before = Before::look(path.clone());
        assert_eq!((before.was_there(), before.written()), (false, Err("did not write it")));
        fs::File::create(&path).unwrap();
        assert_eq!(before.written(), Err("left it empty"));
        store::write(&path, 0o600, b"text").unwrap();
        assert_eq!(before.written(), Ok(()));
        let again = Before::look(path.clone());
        assert_eq!((again.was_there(), again.written()), (true, Err("left it as it was")));
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(again.written(), Ok(()), "the same text once more is written, too");
        fs::remove_file(&path).unwrap();
        assert_eq!(again.written(), Err("did not write it"));
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert_eq!(again.written(), Err("made a link of it"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(again.written(), Err("made something of it that is no file"));
    }
}
