//! Whether git has a file that the work tree lacks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Repo;

/// Where git has a file that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the index.
    Index,
    /// In the index, but a sparse checkout leaves it out.
    Skipped,
    /// In the last commit only: its removal is staged.
    Head,
}

impl Repo {
    /// Where git has the file at `path`, relative to the work tree's top; nowhere where it is empty.
    pub fn has(&self, path: &Path) -> Option<Kept> {
        if self.has_at(":0:", path) {
            let said = self.git(&["ls-files".as_ref(), "-t".as_ref(), "--".as_ref(), path.as_os_str()]);
            let skipped = said.run(&[]).is_ok_and(|said| said.stdout.starts_with(b"S "));
            return Some(if skipped { Kept::Skipped } else { Kept::Index });
        }
        self.has_at("HEAD:", path).then_some(Kept::Head)
    }

    fn has_at(&self, revision: &str, path: &Path) -> bool {
        let mut object = OsString::from(revision);
        object.push(path);
        let said = self.git(&["cat-file".as_ref(), "-s".as_ref(), object.as_os_str()]).run(&[]);
        said.is_ok_and(|said| said.ok && said.text().trim() != "0")
    }

    /// [`Repo::inside`] for what is not there, or whose directory is not.
    pub fn inside_missing(&self, path: &Path) -> Option<PathBuf> {
        let there = path.ancestors().find(|dir| dir.exists())?;
        let rest = path.strip_prefix(there).ok()?;
        self.inside(there).map(|inside| inside.join(rest))
    }
}
