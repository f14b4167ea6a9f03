//! What a repository's files tell without asking git: whether a work tree is a linked one, and of what.
//! The environment (a hook's `GIT_DIR`) has no say in it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the `.git` in a directory says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// No work tree begins here.
    None,
    /// A main checkout, a submodule, or whatever else has a repository of its own.
    Main,
    /// A worktree that was added to the repository kept in this directory.
    Linked(PathBuf),
    /// A worktree whose repository is not where its `.git` says, but was here.
    Lost(PathBuf),
}

/// Looks at `dir/.git`; two small files are read at most.
pub fn tree(dir: &Path) -> Tree {
    let git = dir.join(".git");
    let Ok(meta) = fs::metadata(&git) else { return Tree::None };
    if meta.is_dir() {
        return Tree::Main;
    }
    let Some(admin) = line_of(&git).and_then(|line| line.strip_prefix(b"gitdir:").map(path_of)) else {
        return Tree::None;
    };
    let admin = dir.join(admin);
    if !admin.is_dir() {
        return Tree::Lost(admin);
    }
    // A submodule and a repository apart from its checkout have a `.git` file, too, but not this one.
    let Some(common) = line_of(&admin.join("commondir")) else { return Tree::Main };
    let common = admin.join(path_of(&common));
    common.canonicalize().map_or(Tree::Lost(common), Tree::Linked)
}

/// What is checked out in a linked worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch, by its name.
    Branch(String),
    /// A commit, on no branch.
    Commit(String),
}

/// Looks at a linked worktree's `HEAD`; `None` where that cannot be told from files.
pub fn head(dir: &Path) -> Option<Head> {
    let text = fs::read_to_string(admin(dir)?.join("HEAD")).ok()?;
    match text.trim_end().strip_prefix("ref: refs/heads/") {
        // Refs that are kept in tables leave only this here.
        Some(".invalid") => None,
        Some(branch) => Some(Head::Branch(branch.to_owned())),
        None => Some(Head::Commit(text.trim_end().to_owned())),
    }
}

/// Git's own directory for a linked worktree.
pub fn admin(dir: &Path) -> Option<PathBuf> {
    let line = line_of(&dir.join(".git"))?;
    Some(dir.join(path_of(line.strip_prefix(b"gitdir:")?)))
}

/// The commits that a linked worktree's `HEAD` was at while something else than `branch` was checked out, as far as its
/// log tells. What was once on a branch is in that one's own log, too.
pub fn strayed(dir: &Path, branch: &str) -> Vec<String> {
    let log = admin(dir).and_then(|admin| fs::read(admin.join("logs/HEAD")).ok()).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let (mut away, mut found) = (false, Vec::new());
    for (head, message) in log.lines().filter_map(|line| line.split_once('\t')) {
        if let Some(moved) = message.strip_prefix("checkout: moving from ") {
            away = moved.rsplit_once(" to ").is_none_or(|(_, to)| to != branch);
        } else if away {
            found.extend(head.split(' ').nth(1).map(str::to_owned));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether there is no file in a directory, nor below it.
pub fn is_hollow(dir: &Path) -> bool {
    let hollow =
        |entry: fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_hollow(&entry.path());
    fs::read_dir(dir).is_ok_and(|mut inner| inner.all(|entry| entry.is_ok_and(hollow)))
}

/// The main checkout of the repository kept in `common`; a bare one has none.
pub fn main_checkout(common: &Path) -> Option<PathBuf> {
    if common.file_name() == Some(OsStr::new(".git")) {
        return common.parent().map(Path::to_owned);
    }
    // Those of submodules are kept away from their checkouts.
    let config = fs::read_to_string(common.join("config")).ok()?;
    let mut core = false;
    let mut found = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            core = line.eq_ignore_ascii_case("[core]");
        } else if let Some((key, value)) = line.split_once('=')
            && core
            && key.trim().eq_ignore_ascii_case("worktree")
        {
            found = Some(value.trim().trim_matches('"').to_owned());
        }
    }
    common.join(found?).canonicalize().ok()
}

/// The linked worktrees of the repository kept in `common`, as far as they are there.
pub fn worktrees(common: &Path) -> Vec<PathBuf> {
    let admins = fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
    let git = |admin: PathBuf| Some(admin.join(path_of(&line_of(&admin.join("gitdir"))?)));
    let trees = admins.filter_map(|admin| git(admin.path())?.parent()?.canonicalize().ok());
    trees.collect()
}

fn line_of(path: &Path) -> Option<Vec<u8>> {
    let mut text = fs::read(path).ok()?;
    text.truncate(text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len()));
    Some(text)
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn files_tell_what_a_work_tree_is() {
        let temp = tempfile::tempdir().unwrap();
        let top = temp.path().canonicalize().unwrap();
        let put = |path: &str, text: &str| {
            let path = top.join(path);
            store::make_dir(path.parent().unwrap()).unwrap();
            store::write(&path, store::SHARED, text.as_bytes()).unwrap();
        };
        put("main/.git/worktrees/a/commondir", "../..\n");
        put("main/.git/modules/sub/config", "[core]\n\tworktree = ../../../sub\n[x]\n\tworktree = no\n");
        put("main/.git/modules/sub/worktrees/s/commondir", "../..\n");
        put("main/sub/.git", "gitdir: ../.git/modules/sub\n");
        put("a/.git", &format!("gitdir: {}/main/.git/worktrees/a\n", top.display()));
        put("relative/.git", "gitdir: ../main/.git/worktrees/a\n");
        put("of-sub/.git", "gitdir: ../main/.git/modules/sub/worktrees/s");
        put("lost/.git", "gitdir: ../gone/.git/worktrees/lost\n");
        put("odd/.git", "what is this\n");
        put("main/.git/worktrees/a/HEAD", "ref: refs/heads/feat/a\n");
        put("main/.git/modules/sub/worktrees/s/HEAD", "12ab\n");
        put("main/.git/worktrees/a/gitdir", &format!("{}/a/.git\n", top.display()));
        put("main/.git/worktrees/gone/gitdir", &format!("{}/gone/.git\n", top.display()));
        put("main/.git/worktrees/half/HEAD", "");
        put("half/admin/commondir", "../../nowhere\n");
        put("half/.git", "gitdir: admin\n");
        store::make_dir(&top.join("plain")).unwrap();
        let sub = top.join("main/.git/modules/sub");
        let table = [
            ("main", Tree::Main),
            ("main/sub", Tree::Main),
            ("a", Tree::Linked(top.join("main/.git"))),
            ("relative", Tree::Linked(top.join("main/.git"))),
            ("of-sub", Tree::Linked(sub.clone())),
            ("lost", Tree::Lost(top.join("lost/../gone/.git/worktrees/lost"))),
            ("half", Tree::Lost(top.join("half/admin/../../nowhere"))),
            ("odd", Tree::None),
            ("plain", Tree::None),
        ];
        for (dir, expected) in table {
            assert_eq!(tree(&top.join(dir)), expected, "{dir}");
        }
        assert_eq!(head(&top.join("a")), Some(Head::Branch("feat/a".into())));
        assert_eq!(head(&top.join("of-sub")), Some(Head::Commit("12ab".into())));
        put("main/.git/worktrees/a/HEAD", "ref: refs/heads/.invalid\n");
        assert_eq!((head(&top.join("a")), head(&top.join("plain"))), (None, None));
        assert_eq!(main_checkout(&top.join("main/.git")), Some(top.join("main")));
        assert_eq!(main_checkout(&sub), Some(top.join("main/sub")));
        assert_eq!(main_checkout(&top.join("repo.git")), None);
        assert_eq!(worktrees(&top.join("main/.git")), [top.join("a")]);
        assert_eq!(worktrees(&sub), [] as [PathBuf; 0]);
    }
}
