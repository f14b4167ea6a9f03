//! What differs between two commits, by the commands that no settings of the user's change.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Repo;

/// Files larger than this are only said to differ.
const LARGE: &str = "core.bigFileThreshold=512k";
/// Files that git is asked about at a time.
const AT_ONCE: usize = 20;

impl Repo {
    /// A tree with nothing in it, to compare a first commit with.
    pub fn empty_tree(&self) -> Result<String> {
        Ok(self.must(&["hash-object", "-t", "tree", "--stdin"], &[])?.text())
    }

    /// The paths that differ between two commits or trees, sorted.
    pub fn differing(&self, from: &str, to: &str) -> Result<Vec<PathBuf>> {
        let args = ["diff-tree", "-r", "--name-only", "--no-renames", "-z", from, to, "--"];
        let said = self.must(&args, &[])?.stdout;
        let names = said.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| Path::new(OsStr::from_bytes(name)).to_owned()).collect())
    }

    /// How these `paths` differ between two commits or trees, as a patch; hardly more than `limit` bytes of it, and
    /// whether there is more.
    pub fn patch(&self, [from, to]: [&str; 2], paths: &[PathBuf], limit: usize) -> Result<(Vec<u8>, bool)> {
        let mut out = Vec::new();
        for some in paths.chunks(AT_ONCE) {
            if out.len() > limit {
                return Ok((out, true));
            }
            let options = ["diff-tree", "-r", "-p", "--no-color", "--no-ext-diff", "--no-textconv"];
            let mut args: Vec<OsString> = ["-c", LARGE].into_iter().chain(options).map(Into::into).collect();
            args.extend([from, to, "--"].map(OsString::from));
            args.extend(some.iter().map(|path| path.as_os_str().to_owned()));
            out.extend(self.must(&args, &[])?.stdout);
        }
        Ok((out, false))
    }
}
