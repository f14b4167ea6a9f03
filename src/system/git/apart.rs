//! Commits through an index of its own, and takes apart what the user and we changed in one file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::commit::{Commit, Committed, RESET, nul};
use super::{Repo, require};
use crate::system::process::Supervisor;
use crate::system::store;

/// A path that the user had changed before we changed it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// It.
    pub path: PathBuf,
    /// The revision that holds it as the user had it; without one the two cannot be told apart.
    pub base: Option<String>,
}

/// Our part of a shared path, as lines for `update-index`.
struct Part {
    /// HEAD's content plus our change.
    committed: Vec<u8>,
    /// What the user has staged plus our change, where something is staged.
    staged: Option<Vec<u8>>,
}

/// Puts paths into an index as the work tree has them, removed ones too.
pub(super) const UPDATE: [&str; 6] = ["update-index", "--add", "--remove", "--replace", "-z", "--stdin"];
const INFO: [&str; 3] = ["update-index", "-z", "--index-info"];

impl Repo {
    /// HEAD, our paths as they are, and of shared paths HEAD's version plus what we changed.
    pub(super) fn commit_apart(
        &self,
        child: Option<&mut Supervisor>,
        commit: &Commit<'_>,
    ) -> Result<Committed> {
        let index = commit.scratch.join("commit.index");
        store::remove(&index)?;
        let tree = if self.has_head()? { "HEAD" } else { "--empty" };
        self.indexed(&index, &["read-tree", tree], &[])?;
        self.indexed(&index, &UPDATE, &nul(commit.paths))?;
        let (mut skipped, mut staged) = (Vec::new(), Vec::new());
        let mut taken = commit.paths.to_vec();
        for shared in commit.shared {
            match self.our_part(shared, commit.scratch)? {
                Some(part) => {
                    self.indexed(&index, &INFO, &part.committed)?;
                    staged.extend(part.staged.unwrap_or_default());
                    taken.push(shared.path.clone());
                }
                None => skipped.push(shared.path.clone()),
            }
        }
        if taken.is_empty() {
            store::remove(&index)?;
            return Ok(Committed::Nothing(skipped));
        }
        let made = self.run_commit(child, commit, &[], Some(&index));
        store::remove(&index)?;
        match made? {
            Committed::Made(id, _) => {
                // The user's index must not undo the commit; their work tree stays as it is.
                self.must(&RESET, &nul(&taken))?;
                if !staged.is_empty() {
                    self.must(&INFO, &staged)?;
                }
                Ok(Committed::Made(id, skipped))
            }
            Committed::Nothing(_) => Ok(Committed::Nothing(skipped)),
            other @ Committed::Refused(_) => Ok(other),
        }
    }

    /// Our part of `shared`; `None` where it cannot be told from the user's.
    fn our_part(&self, shared: &Shared, scratch: &Path) -> Result<Option<Part>> {
        let (path, file) = (&shared.path, self.top.join(&shared.path));
        let Some(base) = shared.base.as_deref().filter(|_| file.is_file()) else { return Ok(None) };
        let [Some((mode, head)), Some((_, base))] = [self.blob("HEAD", path)?, self.blob(base, path)?] else {
            return Ok(None);
        };
        let content = |id: &str| -> Result<Vec<u8>> { Ok(self.must(&["cat-file", "blob", id], &[])?.stdout) };
        let base = content(&base)?;
        let merged = |ours: &str| self.merged(&content(ours)?, &base, &file, scratch);
        let Some(ours) = merged(&head)? else { return Ok(None) };
        let staged = match self.in_index(path)? {
            Some((mode, id)) if id != head => merged(&id)?.map(|id| entry(&mode, &id, path)),
            _ => None,
        };
        Ok(Some(Part { committed: entry(&mode, &ours, path), staged }))
    }

    /// The id of `ours` plus what leads from `base` to `file`; `None` where they get in each other's way.
    fn merged(&self, ours: &[u8], base: &[u8], file: &Path, scratch: &Path) -> Result<Option<String>> {
        let (ours_file, base_file) = (scratch.join("ours"), scratch.join("base"));
        store::scratch(&ours_file, ours)?;
        store::scratch(&base_file, base)?;
        let args: [&OsStr; 5] =
            ["merge-file".as_ref(), "-p".as_ref(), ours_file.as_ref(), base_file.as_ref(), file.as_ref()];
        let merged = self.git(&args).run(&[])?;
        store::remove(&ours_file)?;
        store::remove(&base_file)?;
        if !merged.ok {
            return Ok(None);
        }
        // Empty input would not be a pipe.
        let from = if merged.stdout.is_empty() { "/dev/null" } else { "--stdin" };
        Ok(Some(self.must(&["hash-object", "-w", "-t", "blob", from], &merged.stdout)?.text()))
    }

    /// Mode and id of a file in a revision; `None` where there is none.
    fn blob(&self, revision: &str, path: &Path) -> Result<Option<(String, String)>> {
        let args: [&OsStr; 5] =
            ["ls-tree".as_ref(), "-z".as_ref(), revision.as_ref(), "--".as_ref(), path.as_ref()];
        let said = self.git(&args).run(&[])?;
        let row = String::from_utf8_lossy(&said.stdout).into_owned();
        let mut words = row.split_whitespace();
        Ok(match (words.next(), words.next(), words.next()) {
            (Some(mode), Some("blob"), Some(id)) if said.ok => Some((mode.to_owned(), id.to_owned())),
            _ => None,
        })
    }

    /// Mode and id of a file in the user's index.
    fn in_index(&self, path: &Path) -> Result<Option<(String, String)>> {
        let args: [&OsStr; 5] =
            ["ls-files".as_ref(), "--stage".as_ref(), "-z".as_ref(), "--".as_ref(), path.as_ref()];
        let row = String::from_utf8_lossy(&self.must(&args, &[])?.stdout).into_owned();
        let mut words = row.split_whitespace();
        Ok(words.next().zip(words.next()).map(|(mode, id)| (mode.to_owned(), id.to_owned())))
    }

    /// Whether there is a commit yet.
    pub(super) fn has_head(&self) -> Result<bool> {
        Ok(self.git(&["rev-parse", "--verify", "--quiet", "HEAD"]).run(&[])?.ok)
    }

    pub(super) fn indexed(&self, index: &Path, args: &[&str], input: &[u8]) -> Result<String> {
        Ok(require(self.git(args).env("GIT_INDEX_FILE", index).run(input)?, args)?.text())
    }
}

fn entry(mode: &str, id: &str, path: &Path) -> Vec<u8> {
    [format!("{mode} {id}\t").as_bytes(), path.as_os_str().as_bytes(), b"\0"].concat()
}
