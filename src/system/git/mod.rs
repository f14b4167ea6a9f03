//! The git commands we need, through the one spawner. Paths are relative to the work tree's top
//! and never reach git as patterns.

mod apart;
mod commit;
mod diff;
pub mod index;
mod kept;
pub mod linked;
mod merge;
mod status;
pub mod worktree;

pub use apart::Shared;
pub use commit::{Commit, Committed};
pub use kept::Kept;
pub use merge::{Stages, merge_text};
pub use status::{Entry, Print, Status, fingerprint};

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::fault::Fault;
use crate::system::process::{Quick, Said, Started, Supervisor};
use commit::Place;

/// A work tree.
#[derive(Debug, Clone)]
pub struct Repo {
    top: PathBuf,
    dir: PathBuf,
    identity: Vec<(OsString, OsString)>,
    hooks: OnceCell<PathBuf>,
}

impl Repo {
    /// The work tree that `dir` is in; `None` when it is in none, or git is not installed.
    pub fn find(dir: &Path) -> Result<Option<Self>> {
        let args = ["rev-parse", "--show-toplevel", "--absolute-git-dir"];
        let said = match Quick::new("git", dir, &args).env("LC_ALL", "C").run(&[]) {
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Usage { .. })) => return Ok(None),
            other => other?,
        };
        if said.ok {
            let mut lines =
                said.stdout.split(|byte| *byte == b'\n').map(|line| Path::new(OsStr::from_bytes(line)));
            let (Some(top), Some(dir)) = (lines.next(), lines.next()) else {
                bail!("git rev-parse said nothing")
            };
            return Ok(Some(Self {
                top: top.to_owned(),
                dir: dir.to_owned(),
                identity: Vec::new(),
                hooks: OnceCell::new(),
            }));
        }
        if said.stderr.contains("not a git repository") || said.stderr.contains("must be run in a work tree")
        {
            return Ok(None);
        }
        Err(Fault::usage(
            format!("git cannot use the repository at `{}`: {}", dir.display(), first_line(&said.stderr)),
            "run `git status` there and do what it says",
        ))
    }

    /// The commit that `revision` names; `None` where it names none.
    pub fn commit_of(&self, revision: &str) -> Result<Option<String>> {
        let named = format!("{revision}^{{commit}}");
        let said = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &named]).run(&[])?;
        Ok(Some(said.text()).filter(|commit| said.ok && !commit.is_empty()))
    }

    /// Makes a repository in `dir`, an absolute path, with the branch `main`.
    pub fn init(dir: &Path) -> Result<Self> {
        let args = ["-c", "init.defaultBranch=main", "init", "--quiet"];
        require(Quick::new("git", dir, &args).run(&[])?, &args[2..])?;
        Self::find(dir)?.context("git init made no repository")
    }

    /// Commits everything there is.
    pub fn commit_all(&self, message: &str) -> Result<()> {
        self.must(&["add", "--all"], &[])?;
        self.must(&["commit", "--quiet", "--no-verify", "-m", message], &[]).map(|_| ())
    }

    /// The last `count` commits, newest first, one line each.
    pub fn log(&self, count: usize) -> Result<String> {
        Ok(self.must(&["log", "--oneline", "--no-decorate", &format!("-{count}")], &[])?.text())
    }

    /// The work tree's top directory.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Why nothing can be committed just now: a merge, rebase or the like is under way.
    pub fn busy(&self) -> Option<&'static str> {
        let signs = [
            ("MERGE_HEAD", "a merge"),
            ("rebase-merge", "a rebase"),
            ("rebase-apply", "a rebase"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
        ];
        signs.iter().find(|(file, _)| self.dir.join(file).exists()).map(|(_, what)| *what)
    }

    /// Makes commits possible where git knows no name and address: they are then made as `taskrun`.
    pub fn ensure_identity(&mut self) -> Result<()> {
        let known = self.git(&["var", "GIT_COMMITTER_IDENT"]).run(&[])?.ok
            && self.git(&["var", "GIT_AUTHOR_IDENT"]).run(&[])?.ok;
        if !known {
            let names = ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "taskrun"));
            let mails = ["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "taskrun@localhost"));
            self.identity = names.into_iter().chain(mails).map(|(k, v)| (k.into(), v.into())).collect();
        }
        Ok(())
    }

    /// Begins to point `name` (`refs/…`) at `target`, any revision; done when [`Pending::done`] says so.
    pub fn set_ref(&self, name: &str, target: &str) -> Result<Pending> {
        Ok(Pending(self.git(&["update-ref", name, target]).start()?))
    }

    /// The refs whose names begin with `prefix` (`refs/…/`), each with the commit it points at.
    pub fn refs(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let said = self.must(&["for-each-ref", "--format=%(objectname) %(refname)", prefix], &[])?;
        let pair =
            |line: &str| line.split_once(' ').map(|(commit, name)| (name.to_owned(), commit.to_owned()));
        Ok(said.text().lines().filter_map(pair).collect())
    }

    /// Removes refs, those that still point where [`Repo::refs`] saw them, all or none.
    pub fn drop_refs(&self, refs: &[(String, String)]) -> Result<()> {
        let lines: Vec<String> =
            refs.iter().map(|(name, commit)| format!("delete {name} {commit}\n")).collect();
        self.must(&["update-ref", "--stdin"], lines.concat().as_bytes()).map(|_| ())
    }

    /// Whether hooks run with a commit: these could turn it down, or touch the work tree.
    pub fn has_commit_hooks(&self) -> bool {
        let dir = self.hooks.get_or_init(|| {
            let said = self.must(&["rev-parse", "--git-path", "hooks"], &[]);
            self.top.join(said.map(|said| said.text()).unwrap_or_default())
        });
        ["pre-commit", "commit-msg", "prepare-commit-msg", "post-commit"]
            .iter()
            .any(|hook| dir.join(hook).exists())
    }

    /// Tidies up as `git commit` would have done by itself.
    pub fn maintain(&self) {
        let _ = self.git(&["maintenance", "run", "--auto", "--quiet"]).run(&[]);
    }

    /// The remotes' names.
    pub fn remotes(&self) -> Result<Vec<String>> {
        Ok(self.must(&["remote"], &[])?.text().lines().map(str::to_owned).collect())
    }

    /// Pushes the current branch to where git would, or to one of its own name where nobody said
    /// where; the error is git's own. Below `child`, where one is given with a folder for git's output.
    pub fn push(&self, mut child: Option<(&mut Supervisor, &Path)>) -> Result<()> {
        // Its words are looked into, and nobody is there to be asked.
        let env = [("LC_ALL", "C"), ("GIT_TERMINAL_PROMPT", "0")];
        let mut push = |args: &[&str]| {
            if let Some((child, scratch)) = &mut child {
                let place = Place { scratch, env: &env, ..Place::default() };
                return self.below(child, args, &place).map(|(code, words)| (code == Some(0), words));
            }
            let quick = env.iter().fold(self.git(args), |quick, (name, value)| quick.env(name, value));
            quick.run(&[]).map(|said| (said.ok, said.stderr))
        };
        let (mut ok, mut words) = push(&["push", "--quiet"])?;
        if !ok && words.contains("has no upstream branch") {
            (ok, words) = push(&["-c", "push.default=current", "push", "--quiet"])?;
        }
        anyhow::ensure!(ok, "git push failed: {}", words.trim());
        Ok(())
    }

    fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> Quick {
        let mut all: Vec<&OsStr> = vec![OsStr::new("--literal-pathspecs")];
        all.extend(args.iter().map(AsRef::as_ref));
        let quick = Quick::new("git", &self.top, &all);
        self.identity.iter().fold(quick, |quick, (name, value)| quick.env(&name.to_string_lossy(), value))
    }

    fn must<S: AsRef<OsStr>>(&self, args: &[S], input: &[u8]) -> Result<Said> {
        require(self.git(args).run(input)?, args)
    }
}

/// `user.name` as git knows it in `dir`, a repository or not.
pub fn user_name(dir: &Path) -> Option<String> {
    let said = Quick::new("git", dir, &["config", "user.name"]).run(&[]).ok()?;
    Some(said.text()).filter(|name| said.ok && !name.is_empty())
}

/// A ref on its way.
#[derive(Debug)]
pub struct Pending(Started);

impl Pending {
    /// Waits until the ref is there.
    pub fn done(self) -> Result<()> {
        require(self.0.finish()?, &["update-ref"]).map(|_| ())
    }
}

/// The output of a git command that must not fail.
fn require<S: AsRef<OsStr>>(said: Said, args: &[S]) -> Result<Said> {
    if said.ok {
        return Ok(said);
    }
    let verb = args.first().map(|arg| arg.as_ref().to_string_lossy().into_owned()).unwrap_or_default();
    bail!("git {verb} failed: {}", said.stderr)
}

/// The first line of what git said, for one-line errors.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
