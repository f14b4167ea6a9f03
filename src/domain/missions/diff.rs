//! What changed between two texts, as people read it. In this program and not by `git diff`: git need not be installed, and the
//! user's own settings (external drivers, pagers, colours) have no say in it.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::system::document::shown;
use crate::system::store;

/// Longer texts are not compared line by line (bytes).
const LONGEST: u64 = 1 << 20;
/// After this the differences found need not be the fewest.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much of two files is compared at once.
const BLOCK: usize = 64 << 10;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Diff {
    /// Nothing.
    Same,
    /// This, as a unified diff.
    Lines(String),
    /// Something that cannot be shown, and why.
    Unseen(String),
}

/// What has to be changed in the file `before` to make it `after`; both are called `name`.
pub fn between(before: &Path, after: &Path, name: &str) -> Result<Diff> {
    let (mut one, mut other) = (open(before)?, open(after)?);
    let sizes = [one.metadata()?.len(), other.metadata()?.len()];
    if sizes.iter().any(|size| *size > LONGEST) {
        let same = same(&mut one, &mut other)?;
        let why = format!("more than {} MiB: too long to be compared line by line", LONGEST >> 20);
        return Ok(if same { Diff::Same } else { Diff::Unseen(why) });
    }
    let text = |mut file: File| {
        let mut text = Vec::new();
        file.read_to_end(&mut text).map(|_| String::from_utf8(text))
    };
    let (Ok(one), Ok(other)) = (text(one)?, text(other)?) else {
        return Ok(Diff::Unseen("no text".into()));
    };
    Ok(if one == other { Diff::Same } else { Diff::Lines(lines(&one, &other, name)) })
}

/// Whether two files hold the same, read block by block.
pub fn is_same(one: &Path, other: &Path) -> Result<bool> {
    same(&mut open(one)?, &mut open(other)?)
}

fn same(one: &mut File, other: &mut File) -> Result<bool> {
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        one.by_ref().take(BLOCK as u64).read_to_end(&mut left)?;
        other.by_ref().take(BLOCK as u64).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

fn open(path: &Path) -> Result<File> {
    store::open_plain(path).with_context(|| format!("failed to read `{}`", shown(path)))
}

/// The unified diff of two texts.
fn lines(before: &str, after: &str, name: &str) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let heads = (format!("{name}\tas it was"), format!("{name}\tas it is"));
    diff.unified_diff().context_radius(3).header(&heads.0, &heads.1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_by_lines_and_long_ones_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let big = vec![b'x'; usize::try_from(LONGEST).unwrap() + 1];
        let mut other = big.clone();
        *other.last_mut().unwrap() = b'y';
        let lines = |text: &str| Diff::Lines(format!("--- a.md\tas it was\n+++ a.md\tas it is\n{text}"));
        let long = Diff::Unseen("more than 1 MiB: too long to be compared line by line".into());
        let table: [(&[u8], &[u8], Diff); 8] = [
            (b"", b"", Diff::Same),
            (b"a\nb\n", b"a\nb\n", Diff::Same),
            (b"a\nb\n", b"a\nc\n", lines("@@ -1,2 +1,2 @@\n a\n-b\n+c\n")),
            (b"a\n", b"a", lines("@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n")),
            (b"", b"a\n", lines("@@ -0,0 +1 @@\n+a\n")),
            (b"\xff", b"a", Diff::Unseen("no text".into())),
            (&big, &big, Diff::Same),
            (&big, &other, long),
        ];
        for (before, after, expected) in table {
            let paths = [("one", before), ("other", after)].map(|(name, bytes)| {
                let path = dir.path().join(name);
                store::scratch(&path, bytes).unwrap();
                path
            });
            assert_eq!(between(&paths[0], &paths[1], "a.md").unwrap(), expected);
            assert_eq!(is_same(&paths[0], &paths[1]).unwrap(), expected == Diff::Same);
        }
        assert!(between(&dir.path().join("none"), &dir.path().join("one"), "a").is_err());
    }
}
