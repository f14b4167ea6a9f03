//! Worktrees of a repository: added, moved, used again, removed. All that changes any of them runs under one lock, which
//! git's processes hold with us: should we be killed, whoever comes next waits for the git that we leave behind.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::linked::{self, Head};
use super::survey::Survey;
use super::{first_line, index};
use crate::system::lock::Lock;
use crate::system::process::{Quick, Said};

/// A repository whose worktrees are worked on, under a lock.
#[derive(Debug)]
pub struct Worktrees<'w> {
    root: &'w Path,
    lock: &'w Lock,
}

/// What a worktree on a branch can start from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// The commit of `origin/main`.
    pub origin_main: Option<String>,
    /// Name and commit of what `origin/HEAD` points at.
    pub origin_head: Option<(String, String)>,
    /// The commit of the branch itself.
    pub branch: Option<String>,
    /// Where that is checked out.
    pub checked_out: Option<PathBuf>,
}

/// What git answered to something that it may well refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// Not done; git's words.
    No(String),
}

impl Answer {
    pub(super) fn of(said: &Said) -> Self {
        if said.ok {
            return Self::Done;
        }
        let words = said.stderr.lines().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
        let words = words.unwrap_or_else(|| first_line(&said.stderr));
        Self::No(words.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned())
    }
}

impl<'w> Worktrees<'w> {
    /// Those of the repository that `root` is in.
    pub fn new(root: &'w Path, lock: &'w Lock) -> Self {
        Self { root, lock }
    }

    /// What there is to start from. [`Answer::No`]: no repository.
    pub fn refs(&self, branch: &str) -> Result<Result<Refs, String>> {
        let own = format!("refs/heads/{branch}");
        let names = ["refs/remotes/origin/main", "refs/remotes/origin/HEAD", own.as_str()];
        let format = "--format=%(refname)%00%(objectname)%00%(symref)%00%(worktreepath)";
        let said = self.quick(self.root, &["for-each-ref", format, names[0], names[1], names[2]])?;
        if let Answer::No(words) = Answer::of(&said) {
            return Ok(Err(words));
        }
        let mut refs = Refs::default();
        for line in said.stdout.split(|byte| *byte == b'\n') {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
            let [name, commit, symref, path] = fields.as_slice() else { continue };
            let commit = Some(String::from_utf8_lossy(commit).into_owned());
            if *name == names[0].as_bytes() {
                refs.origin_main = commit;
            } else if *name == names[1].as_bytes() {
                let name = String::from_utf8_lossy(symref).replace("refs/remotes/", "");
                refs.origin_head = commit.map(|commit| (name, commit));
            } else if *name == own.as_bytes() {
                refs.branch = commit;
                refs.checked_out =
                    Some(PathBuf::from(OsStr::from_bytes(path))).filter(|path| !path.as_os_str().is_empty());
            }
        }
        Ok(Ok(refs))
    }

    /// The commit that is checked out in the repository; `None` before the first.
    pub fn head(&self) -> Result<Option<String>> {
        let said = self.quick(self.root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?;
        Ok(Some(said.text()).filter(|_| said.ok))
    }

    /// Where two commits part.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>> {
        let said = self.quick(self.root, &["merge-base", one, other])?;
        Ok(Some(said.text()).filter(|_| said.ok))
    }

    /// Adds one at `path` on a branch that is there, or on a new one that begins at a commit.
    pub fn add(&self, path: &Path, branch: &str, start: Option<&str>) -> Result<Answer> {
        let mut args: Vec<&OsStr> = ["worktree", "add", "--quiet", "--no-track"].map(OsStr::new).into();
        match start {
            Some(start) => args.extend(["-b".as_ref(), branch.as_ref(), path.as_os_str(), start.as_ref()]),
            None => args.extend([path.as_os_str(), branch.as_ref()]),
        }
        if start.is_none() {
            // It has no say over a branch that is there, and git would refuse it.
            args.retain(|arg| *arg != "--no-track");
        }
        Ok(Answer::of(&self.quick(self.root, &args)?))
    }

    /// Removes one that is clean; `force` removes any, also a half-made or lost one.
    pub fn remove(&self, path: &Path, force: bool) -> Result<Answer> {
        // A setting that hides untracked files must not lose them.
        let mut args: Vec<&OsStr> =
            ["-c", "status.showUntrackedFiles=all", "worktree", "remove"].map(OsStr::new).into();
        args.extend(if force { ["--force"; 2].as_slice() } else { &[] }.iter().map(OsStr::new));
        args.push(path.as_os_str());
        Ok(Answer::of(&self.quick(self.root, &args)?))
    }

    /// Moves one; what is in it stays as it is.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<Answer> {
        let args: [&OsStr; 4] = ["worktree".as_ref(), "move".as_ref(), from.as_ref(), to.as_ref()];
        Ok(Answer::of(&self.quick(self.root, &args)?))
    }

    /// Takes a branch away that still points where it did when it was made.
    pub fn drop_branch(&self, branch: &str, commit: &str) -> Result<Answer> {
        let name = format!("refs/heads/{branch}");
        Ok(Answer::of(&self.quick(self.root, &["update-ref", "-d", &name, commit])?))
    }

    /// Frees the branch that is checked out in a worktree; its files stay.
    pub fn detach(&self, path: &Path) -> Result<Answer> {
        Ok(Answer::of(&self.quick(path, &["update-ref", "--no-deref", "HEAD", "HEAD"])?))
    }

    /// Has a worktree that nobody works in, with its `HEAD` on no branch, be on `branch`, which is at `commit` or is made
    /// there, with nothing in it that is neither in git nor ignored, which it is already where it is `clean`.
    pub fn renew(&self, path: &Path, branch: (&str, bool), commit: &str, clean: bool) -> Result<Answer> {
        let (branch, new) = branch;
        let name = format!("refs/heads/{branch}");
        let there = linked::head(path) == Some(Head::Commit(commit.to_owned()));
        let make: &[&str] = &["update-ref", &name, commit, ""];
        let on: &[&str] = &["symbolic-ref", "HEAD", &name];
        // What differs between the two commits is written, and nothing else is touched.
        let change: &[&str] = &["read-tree", "-m", "-u", "HEAD", commit];
        let mut steps: Vec<&[&str]> = if new { vec![make] } else { Vec::new() };
        match (clean, there) {
            (true, true) => steps.push(on),
            (true, false) => steps.extend([change, on]),
            (false, _) => steps.extend([on, &["reset", "--hard", "--quiet"], &["clean", "-ffdq"]]),
        }
        for step in steps {
            if let no @ Answer::No(_) = Answer::of(&self.quick(path, step)?) {
                return Ok(no);
            }
        }
        Ok(Answer::Done)
    }

    /// Whether there is nothing in a worktree that is neither in git nor ignored, marks that hide it or not.
    pub fn is_clean(&self, path: &Path) -> Result<bool> {
        self.is_clean_by(path, Survey::of(path).as_ref())
    }

    /// [`Worktrees::is_clean`] where the worktree was just looked at.
    pub fn is_clean_by(&self, path: &Path, survey: Option<&Survey>) -> Result<bool> {
        let git = |args: &[&str], input: &[u8]| ask(path, args, input);
        if survey.map(|survey| survey.settled(git)).transpose()?.flatten().is_some() {
            return Ok(true);
        }
        index::reveal(path)?;
        let args = ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=none"];
        let said = self.quick(path, &args)?;
        if let Answer::No(words) = Answer::of(&said) {
            bail!("git status failed: {words}");
        }
        Ok(said.stdout.is_empty())
    }

    /// Whether one of these commits is in no branch, tag or remote.
    pub fn is_adrift(&self, path: &Path, commits: &[String]) -> Result<bool> {
        let mut args = vec!["rev-list", "-1", "--ignore-missing"];
        args.extend(commits.iter().map(String::as_str));
        args.extend(["--not", "--branches", "--tags", "--remotes"]);
        let said = self.quick(path, &args)?;
        if let Answer::No(words) = Answer::of(&said) {
            bail!("git rev-list failed: {words}");
        }
        Ok(!said.stdout.is_empty())
    }

    fn quick<S: AsRef<OsStr>>(&self, dir: &Path, args: &[S]) -> Result<Said> {
        Quick::new("git", dir, args).env("LC_ALL", "C").holding(self.lock)?.run(&[])
    }
}

fn ask(path: &Path, args: &[&str], input: &[u8]) -> Result<Said> {
    Quick::new("git", path, args).env("LC_ALL", "C").run(input)
}

/// The paths in a worktree that differ from a commit, whether committed, staged or neither, and those that git does not
/// know and does not ignore; sorted, relative to its top.
pub fn changed_since(path: &Path, commit: &str) -> Result<Vec<String>> {
    let survey = Survey::of(path);
    let settled = survey.as_ref().map(|survey| survey.settled(|args, input| ask(path, args, input)));
    let settled = settled.transpose()?.flatten();
    if settled.is_none() {
        index::reveal(path)?;
    }
    let ask = |args: &[&str]| -> Result<BTreeSet<String>> {
        let said = ask(path, args, &[])?;
        if let Answer::No(words) = Answer::of(&said) {
            bail!("git {} failed: {words}", args[0]);
        }
        let names = said.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        Ok(names.map(|name| String::from_utf8_lossy(name).into_owned()).collect())
    };
    let status =
        ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none"];
    let told = if settled.is_some() { BTreeSet::new() } else { ask(&status)? };
    let open: BTreeSet<String> =
        told.into_iter().filter_map(|line| line.get(3..).map(str::to_owned)).collect();
    // Trees alone are compared in no time, however large they are.
    let mut changed = ask(&["diff-tree", "-r", "--name-only", "--no-renames", "-z", commit, "HEAD"])?;
    if changed.is_disjoint(&open) {
        changed.extend(open);
        return Ok(changed.into_iter().collect());
    }
    // What was committed and then changed again may be what it was.
    let diff = [
        "diff",
        "--no-ext-diff",
        "--no-renames",
        "--name-only",
        "-z",
        "--ignore-submodules=none",
        commit,
        "--",
    ];
    let mut changed = ask(&diff)?;
    changed.extend(ask(&["ls-files", "--others", "--exclude-standard", "-z"])?);
    Ok(changed.into_iter().collect())
}
