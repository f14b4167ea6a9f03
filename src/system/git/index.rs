//! What a worktree's index file tells without asking git: its paths, what git noted of them, and whether marks on them
//! hide changes from git.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::linked;
use super::worktree::Answer;
use crate::system::process::Quick;

/// One path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to the top.
    pub(super) path: PathBuf,
    /// As git has it: `0o100644`.
    pub(super) mode: u32,
    /// Whether git is told not to look at it (`assume-unchanged`, `skip-worktree`).
    pub(super) marked: bool,
    /// Whether it is in conflict, or only intended to be added.
    odd: bool,
    /// ctime and mtime, each in seconds and nanoseconds, inode, user, group and size, the low 32 bits of each.
    pub(super) noted: [u32; 8],
}

impl Entry {
    /// Whether it is a file or link that git has whole and looks at.
    pub(super) fn is_plain(&self) -> bool {
        !self.marked && !self.odd && matches!(self.mode, 0o100_644 | 0o100_755 | 0o120_000)
    }
}

/// What an index tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Index {
    /// Its paths.
    pub(super) entries: Vec<Entry>,
    /// The tree that it is of, where it tells.
    pub(super) tree: Option<String>,
}

/// All of an index; `None` where it is of a kind that is not understood here: split, sparse, of other hashes.
fn index(bytes: &[u8]) -> Option<Index> {
    let short = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let version = long(4)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let (mut found, mut at, mut name) = (Vec::new(), 12, Vec::new());
    for _ in 0..long(8)? {
        let (start, mode, flags) = (at, long(at + 24)?, short(at + 60)?);
        at += 62;
        let extended = if flags & 0x4000 == 0 { 0 } else { short(at)? };
        at += if flags & 0x4000 == 0 { 0 } else { 2 };
        let shared = if version == 4 { name.len().checked_sub(varint(bytes, &mut at)?)? } else { 0 };
        name.truncate(shared);
        let end = at + bytes.get(at..)?.iter().position(|byte| *byte == 0)?;
        name.extend_from_slice(&bytes[at..end]);
        at = if version == 4 { end + 1 } else { start + ((end - start) / 8 + 1) * 8 };
        let marked = flags & 0x8000 != 0 || extended & 0x4000 != 0;
        let odd = flags & 0x3000 != 0 || extended & 0x2000 != 0;
        let mut noted = [0; 8];
        for (value, offset) in noted.iter_mut().zip([0, 4, 8, 12, 20, 28, 32, 36]) {
            *value = long(start + offset)?;
        }
        found.push(Entry { path: OsStr::from_bytes(&name).into(), mode, marked, odd, noted });
    }
    // What follows fits up to the checksum, or this was no way to read it.
    let last = bytes.len().checked_sub(20)?;
    let mut tree = None;
    while at < last {
        let end = at + 8 + usize::try_from(long(at + 4)?).ok()?;
        match bytes.get(at..at + 4)? {
            b"link" | b"sdir" => return None,
            b"TREE" => tree = bytes.get(at + 8..end).and_then(root_tree),
            _ => {}
        }
        at = end;
    }
    (at == last).then_some(Index { entries: found, tree })
}

/// The first of the trees that an index keeps, the top's: an empty name, how many entries, how many trees below, and the
/// hash, which is missing where an entry was changed.
fn root_tree(trees: &[u8]) -> Option<String> {
    let rest = trees.strip_prefix(b"\0")?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    if rest.starts_with(b"-") {
        return None;
    }
    let hash = rest.get(end + 1..end + 21)?;
    Some(hash.iter().fold(String::new(), |mut text, byte| {
        // Nothing fails that writes to a text.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0_usize;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value.checked_shl(7)?.checked_add(usize::from(byte & 127))?;
        if byte & 128 == 0 {
            return Some(value);
        }
        value += 1;
    }
}

/// The index of a linked worktree.
pub(super) fn read(dir: &Path) -> Option<Index> {
    index(&fs::read(linked::admin(dir)?.join("index")).ok()?)
}

/// Takes the marks away by which changes are hidden from git in a linked worktree, except from what a sparse checkout
/// leaves out.
pub(super) fn reveal(dir: &Path) -> Result<()> {
    if read(dir).is_some_and(|index| index.entries.iter().all(|entry| !entry.marked)) {
        return Ok(());
    }
    let git = |args: &[&str], input: &[u8]| {
        let said = Quick::new("git", dir, args).env("LC_ALL", "C").run(input)?;
        match Answer::of(&said) {
            Answer::Done => Ok(said.stdout),
            Answer::No(words) => bail!("git {} failed: {words}", args[0]),
        }
    };
    let sparse = linked::admin(dir).is_some_and(|admin| admin.join("info/sparse-checkout").exists());
    let there = |name: &[u8]| dir.join(OsStr::from_bytes(name)).symlink_metadata().is_ok();
    let (mut assumed, mut skipped) = (Vec::new(), Vec::new());
    for line in git(&["ls-files", "-v", "-z"], &[])?.split_inclusive(|byte| *byte == 0) {
        let (Some(tag), Some(name)) = (line.first(), line.get(2..)) else { continue };
        if tag.is_ascii_lowercase() {
            assumed.extend_from_slice(name);
        }
        if tag.eq_ignore_ascii_case(&b'S') && (!sparse || there(name.strip_suffix(b"\0").unwrap_or(name))) {
            skipped.extend_from_slice(name);
        }
    }
    for (mark, names) in [("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped)] {
        if !names.is_empty() {
            git(&["update-index", mark, "-z", "--stdin"], &names)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn all_versions_of_an_index_are_read_and_what_is_odd_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        let git = |args: &[&str]| assert!(Quick::new("git", dir, args).run(&[]).unwrap().ok, "{args:?}");
        let bytes = || fs::read(dir.join(".git/index")).unwrap();
        let names = ["a", "d/deeper/file-of-some-length", "d/deeper/file-of-some-lengths", "é x"];
        for name in names {
            store::make_dir(dir.join(name).parent().unwrap()).unwrap();
            store::write(&dir.join(name), store::SHARED, b"x").unwrap();
        }
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        for (version, mark) in [
            ("2", ""),
            ("4", ""),
            ("2", "--skip-worktree"),
            ("4", "--skip-worktree"),
            ("4", "--assume-unchanged"),
        ] {
            git(&["update-index", "--index-version", version]);
            git(&["update-index", "--no-skip-worktree", names[2]]);
            if !mark.is_empty() {
                git(&["update-index", mark, names[2]]);
            }
            let found = index(&bytes()).unwrap().entries;
            let expected = names.map(|name| (name.into(), 0o100_644, name == names[2] && !mark.is_empty()));
            let got: Vec<_> =
                found.iter().map(|entry| (entry.path.clone(), entry.mode, entry.marked)).collect();
            assert_eq!(got, expected, "{version} {mark}");
            assert!(found.iter().all(|entry| !entry.odd && entry.noted[7] == 1), "{found:?}");
        }
        let whole = bytes();
        for end in 0..whole.len() {
            assert_eq!(index(&whole[..end]), None, "{end}");
        }
        git(&["update-index", "--no-assume-unchanged", names[2]]);
        assert_eq!(index(&bytes()).unwrap().tree, None);
        let tree = Quick::new("git", dir, &["write-tree"]).run(&[]).unwrap().text();
        assert_eq!(index(&bytes()).unwrap().tree, Some(tree));
        store::write(&dir.join("new"), store::SHARED, b"x").unwrap();
        git(&["add", "--intent-to-add", "new"]);
        let found = index(&bytes()).unwrap();
        assert!(found.tree.is_none() && found.entries.iter().any(|entry| entry.odd), "{found:?}");
        git(&["update-index", "--split-index"]);
        assert_eq!(index(&bytes()), None);
    }
}
