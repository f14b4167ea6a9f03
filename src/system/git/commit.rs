//! Commits and snapshots that leave the user's own changes, staged or not, where they are.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::Repo;
use super::apart::{Shared, UPDATE};
use crate::fault::Fault;
use crate::system::interrupt;
use crate::system::process::{Attendant, Limits, Spawn, Supervisor};
use crate::system::store;

/// What is to be committed.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The message, subject first.
    pub message: &'a str,
    /// Paths whose work tree state is wholly ours (removed ones included).
    pub paths: &'a [PathBuf],
    /// Those of `paths` that git does not know yet.
    pub new: &'a [PathBuf],
    /// Paths that the user had changed before and we changed too: only our part is committed.
    pub shared: &'a [Shared],
    /// Folder for git's output and a temporary index.
    pub scratch: &'a Path,
}

/// What came of it.
#[derive(Debug)]
pub enum Committed {
    /// A commit was made: its id, and paths of `shared` that could not be taken apart.
    Made(String, Vec<PathBuf>),
    /// There was nothing to commit, but for these paths that could not be taken apart.
    Nothing(Vec<PathBuf>),
    /// git said no (a hook, mostly); its words.
    Refused(String),
}

/// Makes the index equal to HEAD at the paths on standard input.
pub(super) const RESET: [&str; 4] = ["reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"];

/// Longest wait for another git that holds the index.
const UNLOCKED: Duration = Duration::from_secs(3);

/// Longest time that git may take with a hook or a network behind it.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Where and with what git runs below a supervisor.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// Folder for its output.
    pub(super) scratch: &'a Path,
    /// Index instead of the work tree's own.
    pub(super) index: Option<&'a Path>,
    /// Its standard input.
    pub(super) input: Vec<u8>,
    /// Variables beside the inherited ones.
    pub(super) env: &'a [(&'a str, &'a str)],
}

impl Default for Place<'_> {
    fn default() -> Self {
        Self { scratch: Path::new("."), index: None, input: Vec::new(), env: &[] }
    }
}

struct Silent;

impl Attendant for Silent {
    fn listens(&self) -> bool {
        false
    }

    fn line(&mut self, _line: &[u8]) {}
}

impl Repo {
    /// Makes the commit. Hooks run as the user's own would: below `child`, where one is given.
    pub fn commit(&self, child: Option<&mut Supervisor>, commit: &Commit<'_>) -> Result<Committed> {
        if commit.paths.is_empty() && commit.shared.is_empty() {
            return Ok(Committed::Nothing(Vec::new()));
        }
        self.await_index()?;
        // `--only` does not know a path that is neither in the index nor in the work tree.
        let gone = |path: &PathBuf| self.top.join(path).symlink_metadata().is_err();
        if !commit.shared.is_empty() || commit.paths.iter().any(gone) {
            return self.commit_apart(child, commit);
        }
        if !commit.new.is_empty() {
            self.must(&["add", "--pathspec-from-file=-", "--pathspec-file-nul"], &nul(commit.new))?;
        }
        let only = ["--only".into(), OsString::from("--pathspec-file-nul")];
        let made = self.run_commit(child, commit, &only, None)?;
        match made {
            // What a hook has added to the commit is not in the user's index yet.
            Committed::Made(..) if self.has_commit_hooks() => {
                self.must(&RESET, &nul(commit.paths))?;
            }
            Committed::Refused(_) if !commit.new.is_empty() => {
                self.must(&["update-index", "--force-remove", "-z", "--stdin"], &nul(commit.new))?;
            }
            _ => {}
        }
        Ok(made)
    }

    pub(super) fn run_commit(
        &self,
        child: Option<&mut Supervisor>,
        commit: &Commit<'_>,
        extra: &[OsString],
        index: Option<&Path>,
    ) -> Result<Committed> {
        let message = commit.scratch.join("commit.message");
        store::scratch(&message, commit.message.as_bytes())?;
        // Full ids in what it prints; tidying up is done once, after the run.
        let settings =
            "-c core.abbrev=no -c gc.auto=0 -c maintenance.auto=false commit --cleanup=whitespace -F";
        let mut args: Vec<OsString> = settings.split(' ').map(Into::into).collect();
        args.push(message.clone().into());
        args.extend_from_slice(extra);
        let listed = index.is_none().then(|| nul(commit.paths));
        if listed.is_some() {
            args.push("--pathspec-from-file=-".into());
        }
        let (code, said) = if let Some(child) = child {
            self.below(
                child,
                &args,
                &Place { scratch: commit.scratch, index, input: listed.unwrap_or_default(), env: &[] },
            )?
        } else {
            let quick = self.git(&args);
            let quick = index.into_iter().fold(quick, |quick, index| quick.env("GIT_INDEX_FILE", index));
            let said = quick.run(&listed.unwrap_or_default())?;
            (said.ended.code, format!("{}\n{}", said.text(), said.stderr))
        };
        store::remove(&message)?;
        if code == Some(0) {
            let id = committed_id(&said)
                .map_or_else(|| self.must(&["rev-parse", "HEAD"], &[]).map(|s| s.text()), Ok)?;
            return Ok(Committed::Made(id, Vec::new()));
        }
        self.await_index()?;
        // A hook's no is 1; more is git's own trouble (a lock, a signature), which no task can repair.
        anyhow::ensure!(code.is_none_or(|code| code == 1), "git commit failed: {}", said.trim());
        let nothing = said.contains("nothing to commit") || said.contains("nothing added to commit");
        Ok(if nothing { Committed::Nothing(Vec::new()) } else { Committed::Refused(said.trim().to_owned()) })
    }

    /// Runs git below the supervisor, so that a slow hook or network dies with us; its exit code and
    /// its words. What was done before a signal came is done.
    pub(super) fn below<S: AsRef<OsStr>>(
        &self,
        child: &mut Supervisor,
        args: &[S],
        place: &Place<'_>,
    ) -> Result<(Option<i32>, String)> {
        let (stdin, output) = (place.scratch.join("git.stdin"), place.scratch.join("git.output"));
        store::scratch(&stdin, &place.input)?;
        let mut env = self.identity.clone();
        env.extend(place.index.map(|index| ("GIT_INDEX_FILE".into(), index.into())));
        env.extend(place.env.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let head = ["git", "--literal-pathspecs"].map(OsString::from);
        let spawn = Spawn {
            argv: head.into_iter().chain(args.iter().map(|arg| arg.as_ref().to_owned())).collect(),
            dir: self.top.clone().into(),
            env,
            stdin: Some(stdin.clone().into()),
            stdout: output.clone().into(),
            stderr: output.clone().into(),
            leave_children: true,
            tidies_up: true,
            ..Spawn::default()
        };
        let limits = Limits { total: Some(PATIENCE), ..Limits::default() };
        let outcome = child.attend(spawn, limits, &mut Silent)?;
        if outcome.ended.code != Some(0) {
            interrupt::check()?;
        }
        let said = fs::read(&output).with_context(|| format!("failed to read `{}`", output.display()))?;
        store::remove(&stdin)?;
        store::remove(&output)?;
        let mut said = String::from_utf8_lossy(&said).into_owned();
        if outcome.why.is_some() {
            said.push_str("it took too long and was ended");
        }
        Ok((outcome.ended.code, said))
    }

    /// Waits until no other git (the user's, an editor's) holds the index. One that was killed holds it
    /// for ever; whether it was, only the user can tell.
    fn await_index(&self) -> Result<()> {
        let (lock, start) = (self.dir.join("index.lock"), Instant::now());
        while lock.symlink_metadata().is_ok() {
            if start.elapsed() > UNLOCKED {
                return Err(Fault::busy(
                    format!("another git holds the index: `{}` exists", lock.display()),
                    "run it again when that git has finished; if none runs, remove the file",
                ));
            }
            interrupt::nap(Duration::from_millis(5))?;
        }
        Ok(())
    }

    /// The last commit after `since` whose message holds all of `words`.
    pub fn commit_with(&self, since: Option<&str>, words: &[&str]) -> Result<Option<String>> {
        let range = since.map_or("HEAD".into(), |since| format!("{since}..HEAD"));
        let mut args =
            ["log", "-1", "--format=%H", "--fixed-strings", "--all-match"].map(str::to_owned).to_vec();
        args.extend(words.iter().map(|word| format!("--grep={word}")));
        args.push(range);
        // No commit yet, or a history rewritten since: then it is not there.
        let said = self.git(&args).run(&[])?;
        Ok(Some(said.text()).filter(|id| said.ok && !id.is_empty()))
    }

    /// Brings the index in line with HEAD where `commit`, if it is HEAD, changed something: a kill
    /// between a commit from an index of its own and this would seem to undo the commit.
    pub fn settle_index(&self, commit: &str) -> Result<()> {
        self.await_index()?;
        if self.must(&["rev-parse", "HEAD"], &[])?.text() != commit {
            return Ok(());
        }
        let list = ["diff-tree", "--root", "--no-commit-id", "--name-only", "-r", "-z", "HEAD"];
        let paths = self.must(&list, &[])?.stdout;
        self.must(&RESET, &paths).map(|_| ())
    }

    /// Records `head` plus everything that lies in the work tree at `paths` as a commit that no
    /// branch holds, and returns its id.
    pub fn snapshot(
        &self,
        message: &str,
        head: Option<&str>,
        paths: &[PathBuf],
        scratch: &Path,
    ) -> Result<String> {
        let index = scratch.join("snapshot.index");
        // git compares an index's age with that of files to tell which of them may have changed
        // unseen, in the same moment and to the same size.
        store::copy_with_age(&self.dir.join("index"), &index)?;
        self.indexed(&index, &UPDATE, &nul(paths))?;
        let tree = self.indexed(&index, &["write-tree"], &[])?;
        store::remove(&index)?;
        let mut args = vec!["commit-tree", &tree, "-m", message];
        args.extend(head.iter().flat_map(|head| ["-p", head]));
        Ok(self.must(&args, &[])?.text())
    }
}

/// The id in `[main 1f2e…] subject` or `[main (root-commit) 1f2e…] subject`.
fn committed_id(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.starts_with('['))?;
    let id = line[1..].split_once(']')?.0.rsplit(' ').next()?;
    let full = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    full.then(|| id.to_owned())
}

pub(super) fn nul(paths: &[PathBuf]) -> Vec<u8> {
    let mut out = Vec::new();
    for path in paths {
        out.extend_from_slice(path.as_os_str().as_bytes());
        out.push(0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_from_what_git_prints() {
        let id = "e249097cc20d499355e0ddce7f0527b70e09b26d";
        let table = [
            (format!("[main {id}] add x"), Some(id)),
            (format!("hook says hi\n[main (root-commit) {id}] x"), Some(id)),
            (format!("[detached HEAD {id}] x"), Some(id)),
            ("[main e249097] short".to_owned(), None),
            ("nothing".to_owned(), None),
        ];
        for (said, expected) in table {
            assert_eq!(committed_id(&said).as_deref(), expected, "{said}");
        }
    }
}
