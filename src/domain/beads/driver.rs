//! Has git merge the issues by our driver: a line in `.gitattributes`, which travels with the project,
//! and a command in the repository's settings, which does not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::system::config::env;
use crate::system::git::Repo;
use crate::system::store;

/// The driver's name in git; the one that `bd` uses too, so that its line in `.gitattributes` serves both.
const NAME: &str = "beads";
/// The name where somebody else's command has the other one.
const OWN_NAME: &str = "taskrun";
/// What git shows while it merges.
const TITLE: &str = "taskrun: tasks, one by one";
/// What git is to run, after the program.
const ARGS: &str = " beads merge-driver %O %A %B %P";

/// How far git merges a store by our driver.
#[derive(Debug)]
pub struct Driver {
    repo: Repo,
    attributes: PathBuf,
    line: String,
    name: &'static str,
    state: State,
}

/// What is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// All of it.
    Installed,
    /// Nothing: `.gitattributes` does not name a driver.
    NoAttribute,
    /// `.gitattributes` names it, but this repository has no command for it, or one that is gone.
    NoCommand,
    /// The user has the file merged in another way.
    Other(String),
}

impl Driver {
    /// Looks at how git merges `file`; `None` where it is in no repository, or ignored there.
    pub fn inspect(file: &Path) -> Result<Option<Self>> {
        let dir = file.parent().unwrap_or(file);
        let dir = fs::canonicalize(dir).with_context(|| format!("failed to find `{}`", dir.display()))?;
        let (Some(root), Some(beads), Some(name)) = (dir.parent(), dir.file_name(), file.file_name()) else {
            return Ok(None);
        };
        let Some(repo) = Repo::find(root)? else { return Ok(None) };
        let file = dir.join(name);
        if repo.inside(root).is_none() || repo.ignores(&file)? {
            return Ok(None);
        }
        let pattern = Path::new(beads).join(name);
        let attribute = repo.merge_attribute(&file)?;
        let free = |name: &str| -> Result<bool> {
            Ok(repo.merge_driver(name)?.is_none_or(|command| command.ends_with(ARGS)))
        };
        let (name, state) = match attribute.as_str() {
            "unspecified" if free(NAME)? => (NAME, State::NoAttribute),
            "unspecified" => (OWN_NAME, State::NoAttribute),
            NAME => (NAME, state(&repo, NAME)?),
            OWN_NAME => (OWN_NAME, state(&repo, OWN_NAME)?),
            other => (NAME, State::Other(format!("`merge={other}` in `.gitattributes`"))),
        };
        let attributes = root.join(".gitattributes");
        let line = format!("{} merge={name}", quoted(&pattern.to_string_lossy()));
        Ok(Some(Self { repo, attributes, line, name, state }))
    }

    /// What is there already.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The driver's name in git.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds what is missing, and says what. Nothing is committed, and nobody's own setting replaced.
    pub fn install(&mut self) -> Result<Vec<String>> {
        let mut said = Vec::new();
        if matches!(self.state, State::Installed | State::Other(_)) {
            return Ok(said);
        }
        if self.state == State::NoAttribute {
            self.add_line()?;
            said.push(format!(
                "git merges tasks one by one: `{}` says so; commit it",
                self.attributes.display()
            ));
        }
        let command = self.repo.merge_driver(self.name)?;
        if !command.as_deref().is_some_and(works) {
            self.repo.set_merge_driver(self.name, TITLE, &(program()? + ARGS))?;
            said.push(format!("`merge.{}.driver` is set in this repository's git settings", self.name));
        }
        self.state = State::Installed;
        Ok(said)
    }

    /// Appends our line; every byte before it stays.
    fn add_line(&self) -> Result<()> {
        let failed = || format!("failed to read `{}`", self.attributes.display());
        let mut bytes = match fs::read(&self.attributes) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            other => other.with_context(failed)?,
        };
        let end = if bytes.ends_with(b"\r\n") { "\r\n" } else { "\n" };
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            bytes.extend_from_slice(end.as_bytes());
        }
        bytes.extend_from_slice(self.line.as_bytes());
        bytes.extend_from_slice(end.as_bytes());
        store::write(&self.attributes, store::SHARED, &bytes)
    }
}

fn state(repo: &Repo, name: &str) -> Result<State> {
    Ok(match repo.merge_driver(name)? {
        None => State::NoCommand,
        Some(command) if !command.ends_with(ARGS) => {
            State::Other(format!("`merge.{name}.driver = {command}` in git's settings"))
        }
        Some(command) if works(&command) => State::Installed,
        Some(_) => State::NoCommand,
    })
}

/// Whether the program of a command of ours is still there.
fn works(command: &str) -> bool {
    let Some(program) = command.strip_suffix(ARGS) else { return false };
    if program == "taskrun" {
        return on_path().is_some();
    }
    let path = program.trim_matches('\'').replace("'\\''", "'").replace("%%", "%");
    Path::new(&path).is_file()
}

/// `taskrun` where that is what a shell finds, so that a newer one in another place serves as well;
/// else this program's own path.
fn program() -> Result<String> {
    let me = env::current_exe()?;
    let real = |path: &Path| fs::canonicalize(path).ok();
    if on_path().is_some_and(|found| real(&found).is_some() && real(&found) == real(&me)) {
        return Ok("taskrun".to_owned());
    }
    // For a shell, and for git, to which `%` means something.
    Ok(format!("'{}'", me.to_string_lossy().replace('\'', "'\\''").replace('%', "%%")))
}

fn on_path() -> Option<PathBuf> {
    env::search_path().into_iter().map(|dir| dir.join("taskrun")).find(|path| path.is_file())
}

/// A pattern as `.gitattributes` has it.
fn quoted(pattern: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "._-/".contains(char);
    if pattern.chars().all(plain) {
        return pattern.to_owned();
    }
    format!("\"{}\"", pattern.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_with_spaces_are_quoted() {
        assert_eq!(quoted(".beads/issues.jsonl"), ".beads/issues.jsonl");
        assert_eq!(quoted(".beads/my \"issues\".jsonl"), "\".beads/my \\\"issues\\\".jsonl\"");
    }

    #[test]
    fn a_command_works_while_its_program_is_there() {
        let me = std::env::current_exe().unwrap();
        assert!(works(&format!("'{}'{ARGS}", me.display())));
        assert!(!works(&format!("'{}.gone'{ARGS}", me.display())));
        assert!(!works("bd merge %A %O %A %B"));
    }
}
