//! Merging files of a kind of their own: who does it, and git's own way.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Quick, Repo};

/// Merges three texts (base, ours, theirs) as git does: the result and whether it is without conflicts;
/// `None` where git cannot merge such files.
pub fn merge_text([base, ours, theirs]: [&Path; 3]) -> Result<Option<(Vec<u8>, bool)>> {
    let here = std::path::absolute(".").context("failed to find the current directory")?;
    let args: [&OsStr; 12] = [
        "merge-file".as_ref(),
        "-p".as_ref(),
        "--diff3".as_ref(),
        "-L".as_ref(),
        "ours".as_ref(),
        "-L".as_ref(),
        "base".as_ref(),
        "-L".as_ref(),
        "theirs".as_ref(),
        ours.as_os_str(),
        base.as_os_str(),
        theirs.as_os_str(),
    ];
    let said = Quick::new("git", &here, &args).run(&[])?;
    // Beyond 127 it failed; below that it counts the conflicts.
    let conflicts = said.ended.code.filter(|code| (0..128).contains(code));
    Ok(conflicts.map(|conflicts| (said.stdout, conflicts == 0)))
}

/// What git holds of a file it has not merged: base, ours, theirs; nothing where there was none.
pub type Stages = [Option<Vec<u8>>; 3];

impl Repo {
    /// What is to be merged into `path` (absolute); `None` where git has no merge of it open.
    pub fn stages(&self, path: &Path) -> Result<Option<Stages>> {
        let args: [&OsStr; 5] =
            ["ls-files".as_ref(), "--unmerged".as_ref(), "-z".as_ref(), "--".as_ref(), path.as_os_str()];
        let said = self.must(&args, &[])?.stdout;
        let mut stages = Stages::default();
        for entry in said.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            let mut words = entry.split_whitespace().skip(1);
            let (object, stage) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let place = stage.parse().ok().and_then(|stage: usize| stages.get_mut(stage.checked_sub(1)?));
            let place = place.context("git ls-files says something else than expected")?;
            *place = Some(self.must(&["cat-file", "blob", object], &[])?.stdout);
        }
        Ok(Some(stages).filter(|stages| stages.iter().any(Option::is_some)))
    }

    /// The merge driver that `path` (absolute) has by git's attributes: `unspecified` where none.
    pub fn merge_attribute(&self, path: &Path) -> Result<String> {
        let args: [&OsStr; 5] =
            ["check-attr".as_ref(), "-z".as_ref(), "merge".as_ref(), "--".as_ref(), path.as_os_str()];
        let said = self.must(&args, &[])?;
        let value = said.stdout.split(|byte| *byte == 0).nth(2).unwrap_or_default();
        Ok(String::from_utf8_lossy(value).into_owned())
    }

    /// Whether git would never take up `path` (absolute) by itself.
    pub fn ignores(&self, path: &Path) -> Result<bool> {
        // It knows no `--literal-pathspecs`; an absolute path is none anyway.
        let args: [&OsStr; 4] =
            ["check-ignore".as_ref(), "--quiet".as_ref(), "--".as_ref(), path.as_os_str()];
        Ok(Quick::new("git", &self.top, &args).run(&[])?.ok)
    }

    /// The command of the merge driver `name`, where git knows one.
    pub fn merge_driver(&self, name: &str) -> Result<Option<String>> {
        let said = self.git(&["config", "--get", &format!("merge.{name}.driver")]).run(&[])?;
        Ok(Some(said.text()).filter(|text| said.ok && !text.is_empty()))
    }

    /// Sets the merge driver `name` for this repository and all its work trees.
    pub fn set_merge_driver(&self, name: &str, title: &str, command: &str) -> Result<()> {
        self.must(&["config", "--local", &format!("merge.{name}.name"), title], &[])?;
        self.must(&["config", "--local", &format!("merge.{name}.driver"), command], &[]).map(|_| ())
    }

    /// `dir` as git sees it: below the top of the work tree.
    pub fn inside(&self, dir: &Path) -> Option<PathBuf> {
        let top = std::fs::canonicalize(&self.top).ok()?;
        std::fs::canonicalize(dir).ok()?.strip_prefix(top).ok().map(Path::to_owned)
    }
}
