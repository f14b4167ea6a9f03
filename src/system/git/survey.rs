//! What a look at a worktree's own files tells beside its index: whether they are as git has left them. It is stricter than
//! git's own look, and cheaper; where it cannot tell, git is asked.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

use super::index::{self, Entry};
use super::linked;
use crate::system::process::Said;
use crate::system::threads::{at_once, threads};

/// What may be in git's own directory for a worktree in which nobody works.
const KNOWN: [&str; 8] =
    ["HEAD", "ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG", "commondir", "gitdir", "index", "logs"];

/// From so many files on, several threads look.
const MANY: usize = 1000;

/// A linked worktree as it was looked at.
#[derive(Debug)]
pub struct Survey {
    /// Whether files and directories can be read and written as those of a new one, and nothing is under way in it.
    pub is_as_new: bool,
    /// Whether every path of the index is there with the times, size and mode that git noted, and nothing else is but `unknown`.
    same: bool,
    /// What lies there that the index does not know, relative to the top.
    unknown: Vec<PathBuf>,
    /// The tree that the index is of, where it tells.
    tree: Option<String>,
}

/// A directory of the index.
#[derive(Default)]
struct Folder<'i> {
    files: HashMap<&'i [u8], &'i Entry>,
    folders: Vec<&'i [u8]>,
}

/// What a new file's and a new directory's mode is, and when the index was written.
struct Measure {
    file: u32,
    open: u32,
    written: (i64, i64),
}

/// What was seen of one or several directories.
struct Part {
    fits: bool,
    same: bool,
    unknown: Vec<PathBuf>,
}

impl Survey {
    /// Looks at the linked worktree in `dir`; `None` where its index is of a kind that is not understood here.
    pub fn of(dir: &Path) -> Option<Self> {
        let admin = linked::admin(dir)?;
        let meta = fs::metadata(admin.join("index")).ok()?;
        let index = index::read(dir)?;
        // Git has made this file as it makes those that are checked out.
        let file = fs::symlink_metadata(admin.join("commondir")).ok()?.permissions().mode() & 0o666;
        let written = (meta.mtime(), meta.mtime_nsec());
        let measure = Measure { file, open: file | (file & 0o444) >> 2, written };
        let folders: Vec<(&[u8], Folder<'_>)> = folders(&index.entries).into_iter().collect();
        let threads = if index.entries.len() < MANY { 1 } else { threads() };
        let share = folders.len().div_ceil(threads).max(1);
        let look = |some: &[(&[u8], Folder<'_>)]| {
            some.iter().map(|(name, folder)| measure.look(dir, name, folder)).fold(Part::default(), Part::and)
        };
        let seen = at_once(folders.chunks(share).collect(), look);
        let seen = seen.into_iter().fold(Part::default(), Part::and);
        let plain = index.entries.iter().all(Entry::is_plain);
        let kinds = index.entries.iter().all(|entry| measure.knows(entry));
        Some(Self {
            is_as_new: seen.fits
                && kinds
                && is_calm(&admin)
                && index.entries.iter().all(|entry| !entry.marked),
            same: seen.same && plain,
            unknown: seen.unknown,
            tree: index.tree,
        })
    }

    /// The tree of the last commit, where that is all there is in the worktree but for what git ignores; `None` where `git`
    /// (which runs it there with arguments and input) has to be asked for its status.
    pub(super) fn settled(&self, git: impl Fn(&[&str], &[u8]) -> Result<Said>) -> Result<Option<&str>> {
        let Some(tree) = self.tree.as_deref().filter(|_| self.same) else { return Ok(None) };
        if git(&["rev-parse", "--verify", "--quiet", "HEAD^{tree}"], &[])?.text() != tree {
            return Ok(None);
        }
        if self.unknown.is_empty() {
            return Ok(Some(tree));
        }
        let names: Vec<u8> =
            self.unknown.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        let ignored = git(&["check-ignore", "-z", "--stdin"], &names)?;
        let all = memchr::memchr_iter(0, &ignored.stdout).count() == self.unknown.len();
        Ok(Some(tree).filter(|_| ignored.ok && all))
    }
}

impl Default for Part {
    fn default() -> Self {
        Self { fits: true, same: true, unknown: Vec::new() }
    }
}

impl Part {
    fn and(mut self, other: Self) -> Self {
        self.fits &= other.fits;
        self.same &= other.same;
        self.unknown.extend(other.unknown);
        self
    }
}

impl Measure {
    /// Whether such an entry can be judged here at all.
    fn knows(&self, entry: &Entry) -> bool {
        entry.mode == 0o120_000 || self.mode_of(entry).is_some()
    }

    fn mode_of(&self, entry: &Entry) -> Option<u32> {
        match entry.mode {
            0o100_644 => Some(self.file),
            0o100_755 => Some(self.open),
            _ => None,
        }
    }

    fn look(&self, top: &Path, name: &[u8], folder: &Folder<'_>) -> Part {
        let path = if name.is_empty() { top.to_owned() } else { top.join(OsStr::from_bytes(name)) };
        self.try_look(&path, name, folder).unwrap_or(Part { fits: false, same: false, unknown: Vec::new() })
    }

    fn try_look(&self, path: &Path, name: &[u8], folder: &Folder<'_>) -> Result<Part> {
        let mut part = Part::default();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = rustix::fs::open(path, flags, Mode::empty())?;
        part.fits &= rustix::fs::fstat(&dir)?.st_mode & 0o1777 == self.open;
        for (file, entry) in &folder.files {
            // What is missing is told by git.
            let Ok(stat) = rustix::fs::statat(&dir, *file, AtFlags::SYMLINK_NOFOLLOW) else {
                part.same = false;
                continue;
            };
            part.fits &= self.mode_of(entry).is_none_or(|mode| stat.st_mode & 0o7777 == mode);
            part.same &= self.is_same(entry, &stat);
        }
        for inner in Dir::new(dir)? {
            let inner = inner.context("failed to list a directory")?;
            let own = inner.file_name().to_bytes();
            if matches!(own, b"." | b"..")
                || name.is_empty() && own == b".git"
                || folder.files.contains_key(own)
            {
                continue;
            }
            if folder.folders.contains(&own) {
                part.same &= inner.file_type() == FileType::Directory;
                continue;
            }
            let parent = Path::new(OsStr::from_bytes(name));
            part.unknown.push(parent.join(OsStr::from_bytes(own)));
        }
        Ok(part)
    }

    /// Whether a file is the one that git has looked at. One as young as the index may have been changed since.
    fn is_same(&self, entry: &Entry, stat: &Stat) -> bool {
        let kind = FileType::from_raw_mode(stat.st_mode);
        let kinds = match entry.mode {
            0o120_000 => kind == FileType::Symlink,
            mode => kind == FileType::RegularFile && (stat.st_mode & 0o100 != 0) == (mode == 0o100_755),
        };
        let nanoseconds = |nanoseconds| i64::try_from(nanoseconds).unwrap_or(-1);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // so git keeps them
        let now = [
            stat.st_ctime as u32,
            stat.st_ctime_nsec as u32,
            stat.st_mtime as u32,
            stat.st_mtime_nsec as u32,
            stat.st_ino as u32,
            stat.st_uid,
            stat.st_gid,
            stat.st_size as u32,
        ];
        kinds && now == entry.noted && (stat.st_mtime, nanoseconds(stat.st_mtime_nsec)) < self.written
    }
}

/// The files of an index by the directory they are in, and all directories above.
fn folders(entries: &[Entry]) -> HashMap<&[u8], Folder<'_>> {
    let mut found: HashMap<&[u8], Folder<'_>> = HashMap::new();
    found.entry(b"").or_default();
    for entry in entries {
        let (mut dir, name) = parted(entry.path.as_os_str().as_bytes());
        let mut new = !found.contains_key(dir);
        found.entry(dir).or_default().files.insert(name, entry);
        while new {
            let (above, own) = parted(dir);
            new = !found.contains_key(above);
            found.entry(above).or_default().folders.push(own);
            dir = above;
        }
    }
    found
}

/// The directory, empty for the top, and the name in it.
fn parted(path: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memrchr(b'/', path) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

/// Whether nothing is under way in the worktree that git keeps this directory for.
fn is_calm(admin: &Path) -> bool {
    let known = |entry: fs::DirEntry| {
        KNOWN.iter().any(|name| *entry.file_name() == **name)
            || entry.file_name() == "refs" && linked::is_hollow(&entry.path())
    };
    fs::read_dir(admin).is_ok_and(|mut inner| inner.all(|entry| entry.is_ok_and(known)))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::system::process::Quick;
    use crate::system::store;

    fn git(dir: &Path, args: &[&str], input: &[u8]) -> Result<Said> {
        let who = [("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@a"), ("GIT_CONFIG_NOSYSTEM", "1")];
        let quick =
            who.iter().fold(Quick::new("git", dir, args), |quick, (name, value)| quick.env(name, value));
        quick.env("GIT_COMMITTER_NAME", "a").env("GIT_COMMITTER_EMAIL", "a@a").run(input)
    }

    fn done(dir: &Path, args: &[&str]) {
        let said = git(dir, args, &[]).unwrap();
        assert!(said.ok, "{args:?}: {}", said.stderr);
    }

    fn put(path: &Path, text: &str) {
        store::make_dir(path.parent().unwrap()).unwrap();
        store::write(path, store::SHARED, text.as_bytes()).unwrap();
    }

    /// Has the index be younger than all that was written until now.
    fn ages(tree: &Path) {
        let index = fs::File::options().write(true).open(linked::admin(tree).unwrap().join("index")).unwrap();
        index.set_modified(SystemTime::now() + Duration::from_secs(1)).unwrap();
    }

    type Case = (&'static str, bool, fn(&Path));

    const CASES: &[Case] = &[
        ("as it was made", true, |_| {}),
        ("what is ignored", true, |tree| {
            put(&tree.join("build/deep/x"), "x");
            put(&tree.join("d/a.o"), "x");
        }),
        ("committed", true, |tree| {
            put(&tree.join("e/new"), "new");
            done(tree, &["add", "-A"]);
            done(tree, &["commit", "-qm", "more"]);
        }),
        ("unknown", false, |tree| put(&tree.join("d/unknown"), "x")),
        ("unknown beside what is ignored", false, |tree| {
            put(&tree.join("d/a.o"), "x");
            put(&tree.join("unknown"), "x");
        }),
        ("changed", false, |tree| put(&tree.join("d/a"), "y")),
        ("changed, its time set back", false, |tree| {
            let path = tree.join("d/a");
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            put(&path, "y");
            fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        }),
        ("gone", false, |tree| store::remove(&tree.join("d/a")).unwrap()),
        ("its directory gone", false, |tree| store::remove_tree(&tree.join("d")).unwrap()),
        ("staged", false, |tree| {
            put(&tree.join("d/a"), "other");
            done(tree, &["add", "-A"]);
        }),
        ("intended", false, |tree| {
            put(&tree.join("new"), "new");
            done(tree, &["add", "-N", "new"]);
        }),
        ("hidden", false, |tree| {
            done(tree, &["update-index", "--skip-worktree", "d/a"]);
            put(&tree.join("d/a"), "other");
        }),
        ("another mode", false, |tree| {
            let path = tree.join("d/a");
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("a link for a directory", false, |tree| {
            done(tree, &["mv", "d", "build"]);
            done(tree, &["reset", "-q"]);
            std::os::unix::fs::symlink("build", tree.join("d")).unwrap();
        }),
        ("an earlier commit", false, |tree| done(tree, &["update-ref", "--no-deref", "HEAD", "HEAD~"])),
    ];

    #[test]
    fn what_is_not_as_git_left_it_is_left_to_git() {
        let temp = tempfile::tempdir().unwrap();
        let main = temp.path().join("main");
        put(&main.join("first"), "");
        done(&main, &["init", "-qb", "main"]);
        done(&main, &["add", "-A"]);
        done(&main, &["commit", "-qm", "first"]);
        put(&main.join("d/a"), "x");
        put(&main.join("d/deeper/b"), "x");
        put(&main.join(".gitignore"), "/build\n*.o\n");
        std::os::unix::fs::symlink("d/a", main.join("link")).unwrap();
        done(&main, &["add", "-A"]);
        done(&main, &["commit", "-qm", "second"]);
        for (name, expected, change) in CASES {
            let tree = temp.path().join("tree");
            done(
                &main,
                &["worktree", "add", "-q", "-b", &name.replace([' ', ','], "-"), tree.to_str().unwrap()],
            );
            change(&tree);
            ages(&tree);
            let survey = Survey::of(&tree).unwrap();
            let settled = survey.settled(|args, input| git(&tree, args, input)).unwrap();
            assert_eq!(settled.is_some(), *expected, "{name}: {survey:?}");
            let status = git(&tree, &["status", "--porcelain"], &[]).unwrap().text();
            assert!(settled.is_none() || status.is_empty(), "{name}: {status}");
            done(&main, &["worktree", "remove", "-ff", tree.to_str().unwrap()]);
        }
    }

    #[test]
    fn a_file_as_young_as_the_index_is_left_to_git() {
        let temp = tempfile::tempdir().unwrap();
        let (main, tree) = (temp.path().join("main"), temp.path().join("tree"));
        put(&main.join("a"), "x");
        done(&main, &["init", "-qb", "main"]);
        done(&main, &["add", "-A"]);
        done(&main, &["commit", "-qm", "first"]);
        done(&main, &["worktree", "add", "-q", "-b", "b", tree.to_str().unwrap()]);
        let time = fs::metadata(tree.join("a")).unwrap().modified().unwrap();
        let index =
            fs::File::options().write(true).open(linked::admin(&tree).unwrap().join("index")).unwrap();
        index.set_modified(time).unwrap();
        assert!(!Survey::of(&tree).unwrap().same);
        index.set_modified(time + Duration::from_nanos(1)).unwrap();
        assert!(Survey::of(&tree).unwrap().same);
    }
}
