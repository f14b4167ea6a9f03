//! Launchers: what a command is handed to where it is not to run right here (`srun`, `docker run`, `ssh` …). All that
//! taskrun starts for a task goes through [`Launcher::wrap`].
//!
//! The launched side is a few lines of `sh` around the command. They pass signals on to it and leave its exit code as
//! a receipt, as a launcher's own exit code proves nothing: `srun` ends with 0 when its node dies.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use anyhow::Result;
use memchr::memmem;

use crate::domain::agents::{Class, Failure};
use crate::fault::Fault;
use crate::system::clock;
use crate::system::config::{Config, ReceiptBy, env, programs};
use crate::system::process::{Launch, Outcome, Spawn, abandoned, sweep};

/// What runs on the launched side: `$0` is the launch's name; then come the start of the receipt, the file for it (or
/// nothing), the directory to work in (or nothing), whether a line on standard output is wanted, and the command.
///
/// What a shell starts beside itself ignores interrupts and reads nothing, if one does not see to it.
const FAR: &str = r#"t=$1 f=$2 d=$3 l=$4; shift 4
[ -z "$d" ] || cd -- "$d" || exit 97
i=--default-signal=INT,QUIT
case $1 in *=*) ;; *) env $i true 2>/dev/null && set -- env $i "$@";; esac
exec 3<&0
"$@" <&3 3<&- & c=$!
exec 3<&-
k=; pass() { s=1 k=T; trap '' "$1"; kill -s "$1" 0; trap "pass $1" "$1"; }
trap 'pass TERM' TERM; trap 'pass TERM' HUP; trap 'pass INT' INT
while s=; wait "$c" 2>/dev/null; r=$?; [ -n "$s" ] && kill -s 0 "$c" 2>/dev/null; do :; done
if [ -n "$f" ] && [ -f "${f%.receipt}.json" ]; then
{ printf '%s:%d%s.\n' "$t" "$r" "$k" >"$f.tmp" && mv -f -- "$f.tmp" "$f"; } 2>/dev/null; fi
[ -z "$l" ] || printf '%s:%d%s.\n' "$t" "$r" "$k"
exit "$r""#;

/// Characters of a launch's name that stand for whose it is.
const OWNER: usize = 16;
/// Characters that stand for its task; Kubernetes takes 63 in all.
const TASK: usize = 24;

/// A launcher, ready to be used.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// Its name in the settings.
    name: String,
    program: OsString,
    /// Its arguments.
    command: Vec<String>,
    stop: Vec<String>,
    pass_env: Vec<String>,
    receipt: ReceiptBy,
    quote: bool,
    /// Whose launches these are: the project's name.
    owner: String,
    /// Where launches are noted while they are under way.
    notes: PathBuf,
}

/// What one launch is for.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// The task's id; `prompt`, `gates` where there is none.
    pub task: &'a str,
    /// Which attempt on it, from 1.
    pub attempt: u64,
    /// Its branch, where it has one.
    pub branch: Option<&'a str>,
}

/// A launcher, and what is launched by it.
#[derive(Debug, Clone, Copy)]
pub struct Launching<'a> {
    /// By whom.
    pub launcher: &'a Launcher,
    /// For what.
    pub labels: Labels<'a>,
}

impl Launching<'_> {
    /// [`Launcher::wrap`]
    #[must_use]
    pub fn wrap(&self, spawn: Spawn) -> Spawn {
        self.launcher.wrap(spawn, &self.labels)
    }
}

/// The launcher failed, not the command: to be tried again, and no fault of the task's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LaunchFailed(
    /// Which launcher, and how.
    pub String,
);

impl From<LaunchFailed> for Failure {
    fn from(LaunchFailed(message): LaunchFailed) -> Self {
        Self { class: Class::Launcher, message, not_before: None }
    }
}

impl Launcher {
    /// The launcher `name` of the settings, for work on the project at `root`; launches under way are noted in the
    /// directory `notes`. Errors ([`Fault::Usage`]): there is none, or its program is missing.
    pub fn resolve(config: &Config, name: &str, root: &Path, notes: &Path) -> Result<Self> {
        let Some(entry) = config.launchers.get(name) else {
            let known: Vec<String> = config.launchers.keys().map(|name| format!("`{name}`")).collect();
            let known =
                if known.is_empty() { "none is set".into() } else { format!("known: {}", known.join(", ")) };
            return Err(Fault::usage(
                format!("there is no launcher `{name}` ({known})"),
                format!("write `[launchers.{name}]` with `command = […]` into the settings"),
            ));
        };
        let program = entry.command.first().map(String::as_str).unwrap_or_default();
        let Some(path) = programs::find(OsStr::new(program), root) else {
            return Err(Fault::usage(
                format!("`{program}`, the program of launcher `{name}`, is not installed"),
                "install it, put it on PATH, or name its path in `command`",
            ));
        };
        let quote = entry.quote.unwrap_or_else(|| Path::new(program).file_name() == Some(OsStr::new("ssh")));
        Ok(Self {
            name: name.to_owned(),
            program: path.into(),
            command: entry.command[1..].to_vec(),
            stop: entry.stop.clone(),
            pass_env: entry.pass_env.clone(),
            receipt: entry.receipt,
            quote,
            owner: root.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            notes: notes.to_owned(),
        })
    }

    /// Its name in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hands what is to be started to the launcher. [`Outcome::launch_failed`] says afterwards whether that went well.
    #[must_use]
    pub fn wrap(&self, spawn: Spawn, labels: &Labels<'_>) -> Spawn {
        let mark = clock::uuid().replace('-', "");
        let launch = Launch {
            launcher: self.name.clone(),
            name: launch_name(&self.owner, labels, &mark),
            token: format!("taskrun-receipt-{mark}"),
            silent: self.receipt == ReceiptBy::File,
            stop: Vec::new(),
            notes: self.notes.clone(),
        };
        let words = Words { dir: &spawn.dir, labels, name: &launch.name };
        let mut argv = vec![self.program.clone()];
        argv.extend(words.fill(&self.command, &self.names(&spawn)));
        let stop = words.fill(&self.stop, &[]);
        let far = self.far(&launch, &spawn);
        if self.quote {
            argv.push(quoted(&far));
        } else {
            argv.extend(far);
        }
        Spawn { argv, launch: Some(Launch { stop, ..launch }), ..spawn }
    }

    /// What the launched side is to run.
    fn far(&self, launch: &Launch, spawn: &Spawn) -> Vec<OsString> {
        let file = if self.receipt == ReceiptBy::Stdout { OsString::new() } else { launch.file().into() };
        // A launcher that is told the directory sees to it that the command runs there.
        let told = self.command.iter().any(|word| word.contains("{dir}"));
        let dir = if told { OsString::new() } else { spawn.dir.clone() };
        let line = if launch.silent { "" } else { "1" };
        let head = ["sh", "-c", FAR, &launch.name, &launch.token].map(OsString::from);
        head.into_iter().chain([file, dir, line.into()]).chain(spawn.argv.iter().cloned()).collect()
    }

    /// The variables that are handed on: those set for this command, and those that are named in the settings and set.
    fn names(&self, spawn: &Spawn) -> Vec<OsString> {
        let own = spawn.env.iter().map(|(name, _)| name.clone());
        let passed = self.pass_env.iter().filter(|name| env::value(name).is_some()).map(OsString::from);
        let mut names: Vec<OsString> = Vec::new();
        for name in own.chain(passed) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether a launch went well, whatever its command came to. An error is a [`LaunchFailed`].
    pub fn verdict(outcome: &Outcome) -> Result<(), LaunchFailed> {
        outcome.launch_failed.clone().map_or(Ok(()), |why| Err(LaunchFailed(why)))
    }
}

/// Ends what earlier runs have left with their launchers, killed or cut off; `notes` is where these noted it. What cannot be
/// ended is told, and tried again next time.
pub fn recover(notes: &Path, notice: &mut dyn FnMut(&str)) {
    sweep(notes);
    for note in abandoned(notes) {
        let launch = &note.launch;
        match launch.end() {
            Ok(()) => {
                notice(&format!(
                    "ended `{}`, left with launcher `{}` by an earlier run",
                    launch.name, launch.launcher
                ));
                launch.forget();
            }
            Err(why) => notice(&format!(
                "`{}`, left with launcher `{}` by an earlier run, may still be running: {why}; once it is not, remove `{}`",
                launch.name,
                launch.launcher,
                launch.note().display()
            )),
        }
    }
}

/// What placeholders stand for.
struct Words<'a> {
    dir: &'a OsStr,
    labels: &'a Labels<'a>,
    name: &'a str,
}

impl Words<'_> {
    /// The words of a command with their placeholders filled. One with `{env}` comes once for each of `names`; where it
    /// is the value of an option before it (`-e`, `{env}`), that option too.
    fn fill(&self, words: &[String], names: &[OsString]) -> Vec<OsString> {
        let mut filled: Vec<OsString> = Vec::new();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let value = words.peek().filter(|next| word.starts_with('-') && is_value_by_env(next));
            if let Some(value) = value.map(|value| (*value).clone()) {
                words.next();
                filled.extend(names.iter().flat_map(|name| [self.one(word, name), self.one(&value, name)]));
            } else if word.contains("{env}") {
                filled.extend(names.iter().map(|name| self.one(word, name)));
            } else {
                filled.push(self.one(word, OsStr::new("")));
            }
        }
        filled
    }

    fn one(&self, word: &str, env: &OsStr) -> OsString {
        let attempt = self.labels.attempt.to_string();
        let table: [(&str, &OsStr); 6] = [
            ("{dir}", self.dir),
            ("{task}", self.labels.task.as_ref()),
            ("{branch}", self.labels.branch.unwrap_or_default().as_ref()),
            ("{attempt}", attempt.as_ref()),
            ("{name}", self.name.as_ref()),
            ("{env}", env),
        ];
        let mut rest = word.as_bytes();
        let mut filled = Vec::with_capacity(rest.len());
        // One pass: what a value holds is no placeholder.
        while let Some(at) = memchr::memchr(b'{', rest) {
            filled.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            if let Some((word, value)) = table.iter().find(|(word, _)| rest.starts_with(word.as_bytes())) {
                filled.extend_from_slice(value.as_bytes());
                rest = &rest[word.len()..];
            } else {
                filled.push(b'{');
                rest = &rest[1..];
            }
        }
        filled.extend_from_slice(rest);
        OsString::from_vec(filled)
    }
}

/// Whether a word is the value of the option before it: one that is no option itself.
fn is_value_by_env(word: &str) -> bool {
    word.contains("{env}") && !word.starts_with('-')
}

/// `taskrun-<owner>-<task>-<attempt>-<mark>`: at most 63 of `[a-z0-9-]`, as every engine takes it, and never used twice.
fn launch_name(owner: &str, labels: &Labels<'_>, mark: &str) -> String {
    let (owner, task) = (slug(owner, OWNER), slug(labels.task, TASK));
    format!("taskrun-{owner}-{task}-{}-{}", labels.attempt % 1000, &mark[..8])
}

fn slug(text: &str, most: usize) -> String {
    let mut slug = String::new();
    for c in text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }) {
        if slug.len() < most && !(c == '-' && (slug.is_empty() || slug.ends_with('-'))) {
            slug.push(c);
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "x".into() } else { slug.to_owned() }
}

/// One word that a shell takes apart into exactly these.
fn quoted(words: &[OsString]) -> OsString {
    let mut line = Vec::new();
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        line.push(b'\'');
        line.extend_from_slice(&escaped(word.as_bytes()));
        line.push(b'\'');
    }
    OsString::from_vec(line)
}

fn escaped(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\'', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut escaped = Vec::with_capacity(bytes.len() + 8);
    let mut from = 0;
    for at in memmem::find_iter(bytes, b"'") {
        escaped.extend_from_slice(&bytes[from..at]);
        escaped.extend_from_slice(br"'\''");
        from = at + 1;
    }
    escaped.extend_from_slice(&bytes[from..]);
    Cow::Owned(escaped)
}

#[cfg(test)]
#[path = "launchers_tests.rs"]
mod tests;
