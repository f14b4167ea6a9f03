//! What a worktree's index file tells without asking git: its paths, and whether marks on them hide changes from git.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::linked;
use super::worktree::Answer;
use crate::system::process::Quick;

/// What may be in git's own directory for a worktree in which nobody works.
const KNOWN: [&str; 8] =
    ["HEAD", "ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG", "commondir", "gitdir", "index", "logs"];

/// One path.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    mode: u32,
    /// Whether git is told not to look at it (`assume-unchanged`, `skip-worktree`).
    marked: bool,
}

/// All of an index; `None` where it is of a kind that is not understood here: split, sparse, of other hashes.
fn entries(bytes: &[u8]) -> Option<Vec<Entry>> {
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
        found.push(Entry { path: OsStr::from_bytes(&name).into(), mode, marked });
    }
    // What follows fits up to the checksum, or this was no way to read it.
    let last = bytes.len().checked_sub(20)?;
    while at < last {
        if matches!(bytes.get(at..at + 4)?, b"link" | b"sdir") {
            return None;
        }
        at += 8 + usize::try_from(long(at + 4)?).ok()?;
    }
    (at == last).then_some(found)
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

fn read(dir: &Path) -> Option<Vec<Entry>> {
    entries(&fs::read(linked::admin(dir)?.join("index")).ok()?)
}

/// Takes the marks away by which changes are hidden from git in a linked worktree, except from what a sparse checkout
/// leaves out.
pub(super) fn reveal(dir: &Path) -> Result<()> {
    if read(dir).is_some_and(|entries| entries.iter().all(|entry| !entry.marked)) {
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

/// Whether a linked worktree is as a new one beside what `git status` tells: nothing is under way in it, nothing is hidden
/// from git, and its files can be read and written as those of a new one.
pub fn is_as_new(dir: &Path) -> bool {
    let (Some(admin), Some(entries)) = (linked::admin(dir), read(dir)) else { return false };
    let known = |entry: fs::DirEntry| {
        KNOWN.iter().any(|name| *entry.file_name() == **name)
            || entry.file_name() == "refs" && linked::is_hollow(&entry.path())
    };
    let calm = fs::read_dir(&admin).is_ok_and(|mut inner| inner.all(|entry| entry.is_ok_and(known)));
    let mode = |path: &Path| path.symlink_metadata().map(|meta| meta.permissions().mode());
    // Git has made this file as it makes those that are checked out.
    let Ok(plain) = mode(&admin.join("commondir")).map(|mode| mode & 0o666) else { return false };
    let open = plain | (plain & 0o444) >> 2;
    let mut dirs = HashSet::new();
    calm && mode(dir).is_ok_and(|mode| mode & 0o1777 == open)
        && entries.iter().all(|entry| {
            // What is missing is told by git.
            let is = mode(&dir.join(&entry.path)).ok().map(|mode| mode & 0o7777);
            let fits = match entry.mode {
                0o100_644 => is.is_none_or(|is| is == plain),
                0o100_755 => is.is_none_or(|is| is == open),
                0o120_000 => true,
                _ => false,
            };
            let above = entry.path.ancestors().skip(1).take_while(|above| !above.as_os_str().is_empty());
            let mut new = above.take_while(|above| dirs.insert(*above));
            let dirs_fit = new.all(|above| mode(&dir.join(above)).is_ok_and(|mode| mode & 0o1777 == open));
            fits && dirs_fit && !entry.marked
        })
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
        let index = || fs::read(dir.join(".git/index")).unwrap();
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
            let found = entries(&index()).unwrap();
            let expected = names.map(|name| Entry {
                path: name.into(),
                mode: 0o100_644,
                marked: name == names[2] && !mark.is_empty(),
            });
            assert_eq!(found, expected, "{version} {mark}");
        }
        let whole = index();
        for end in 0..whole.len() {
            assert_eq!(entries(&whole[..end]), None, "{end}");
        }
        git(&["update-index", "--split-index"]);
        assert_eq!(entries(&index()), None);
    }
}
