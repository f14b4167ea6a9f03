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
/// What git is to run, around the program. Only 0 and 1 are its answers: where it cannot run at all git
/// would keep our side, so that theirs is lost with the next commit; markers at least are seen.
const COMMAND: [&str; 2] = [
    "if ",
    " beads merge-driver -- %O %A %B %P; then :; elif test $? -eq 1; then exit 1; \
     else git merge-file --diff3 -L ours -L base -L theirs %A %O %B; fi",
];
/// What came after the program before.
const OLD_ARGS: &str = " beads merge-driver %O %A %B %P";
/// Words a command can begin with that are no programs to be found.
const SHELL: [&str; 14] =
    ["if", "case", "for", "while", "until", "exec", "command", "test", "[", "{", "eval", "set", "env", ":"];

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
    /// A command that we wrote before: it leaves more to chance.
    OldCommand,
    /// The user has the file merged in another way.
    Other(String),
    /// In another way, by this program, which is not there.
    Gone {
        /// The setting.
        how: String,
        /// The program.
        program: String,
    },
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
            Ok(repo.merge_driver(name)?.is_none_or(|command| own(&command).is_some()))
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
        if matches!(self.state, State::Installed | State::Other(_) | State::Gone { .. }) {
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
        if !command.as_deref().is_some_and(works) || self.state == State::OldCommand {
            self.repo.set_merge_driver(self.name, TITLE, &COMMAND.join(&program()?))?;
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
    let Some(command) = repo.merge_driver(name)? else { return Ok(State::NoCommand) };
    if own(&command).is_some() {
        let state = if command.ends_with(OLD_ARGS) { State::OldCommand } else { State::Installed };
        return Ok(if works(&command) { state } else { State::NoCommand });
    }
    let how = format!("`merge.{name}.driver = {command}` in git's settings");
    let missing = program_of(&command).filter(|program| !is_there(program, repo.top()));
    Ok(match missing {
        Some(program) => State::Gone { how, program },
        None => State::Other(how),
    })
}

/// The program of a command of ours, as it is written there.
fn own(command: &str) -> Option<&str> {
    let new = command.strip_prefix(COMMAND[0]).and_then(|rest| rest.strip_suffix(COMMAND[1]));
    new.or_else(|| command.strip_suffix(OLD_ARGS))
}

/// Whether the program of a command of ours is still there.
fn works(command: &str) -> bool {
    let Some(program) = own(command) else { return false };
    let path = program.trim_matches('\'').replace("'\\''", "'").replace("%%", "%");
    is_there(&path, Path::new("/"))
}

/// The program that a command begins with, where that can be told without a shell.
fn program_of(command: &str) -> Option<String> {
    let command = command.trim_start();
    let quote = command.chars().next().filter(|char| matches!(char, '\'' | '"'));
    let (program, rest) = match quote {
        Some(quote) => command[1..].split_once(quote)?,
        None => command.split_at(command.find(char::is_whitespace).unwrap_or(command.len())),
    };
    let plain = |char: char| char.is_alphanumeric() || "/._-+,@:".contains(char);
    let told = if quote.is_some() {
        !program.contains(['$', '`', '\\', '%', '~']) && !rest.starts_with(|char: char| !char.is_whitespace())
    } else {
        program.chars().all(plain) && !SHELL.contains(&program)
    };
    Some(program.to_owned()).filter(|program| told && !program.is_empty())
}

/// Whether a shell in `dir` finds this program.
fn is_there(program: &str, dir: &Path) -> bool {
    if program.contains('/') { dir.join(program).is_file() } else { on_path(program).is_some() }
}

/// `taskrun` where that is what a shell finds, so that a newer one in another place serves as well;
/// else this program's own path.
fn program() -> Result<String> {
    let me = env::current_exe()?;
    let real = |path: &Path| fs::canonicalize(path).ok();
    if on_path("taskrun").is_some_and(|found| real(&found).is_some() && real(&found) == real(&me)) {
        return Ok("taskrun".to_owned());
    }
    // For a shell, and for git, to which `%` means something.
    Ok(format!("'{}'", me.to_string_lossy().replace('\'', "'\\''").replace('%', "%%")))
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::search_path().into_iter().map(|dir| dir.join(program)).find(|path| path.is_file())
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
        for command in [format!("'{}'{OLD_ARGS}", me.display()), COMMAND.join(&format!("'{}'", me.display()))]
        {
            assert!(works(&command), "{command}");
        }
        assert!(!works(&format!("'{}.gone'{OLD_ARGS}", me.display())));
        assert!(!works(&COMMAND.join("'/gone/taskrun'")));
        assert!(!works("bd merge %A %O %A %B"));
    }

    #[test]
    fn the_program_of_a_command_is_named_where_it_can_be_told() {
        let table = [
            ("bd merge %A %O", Some("bd")),
            ("  /opt/x/bd merge %A", Some("/opt/x/bd")),
            ("'/opt/my tools/bd' merge", Some("/opt/my tools/bd")),
            ("\"/opt/my tools/bd\" merge", Some("/opt/my tools/bd")),
            ("\"$HOME/bd\" merge", None),
            ("$HOME/bd merge", None),
            ("~/bin/bd merge", None),
            ("if true; then bd; fi", None),
            ("A=1 bd merge", None),
            ("true", Some("true")),
        ];
        for (command, program) in table {
            assert_eq!(program_of(command).as_deref(), program, "{command}");
        }
    }
}
