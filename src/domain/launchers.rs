//! Launchers: what a command is handed to where it is not to run right here (`srun`, `docker run`, `ssh` …). All that
//! taskrun starts for a task goes through [`Launcher::wrap`].
//!
//! The launched side is a few lines of `sh` around the command. They pass signals on to it and leave its exit code as
//! a receipt, as a launcher's own exit code proves nothing: `srun` ends with 0 when its node dies.

mod words;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::Result;

pub use words::holds_code;

use crate::domain::agents::{Class, Failure};
use crate::fault::Fault;
use crate::system::clock;
use crate::system::config::{Config, ReceiptBy, env, programs};
use crate::system::process::{Launch, Outcome, Spawn, abandoned, sweep};
use words::{Words, quoted, within_code, within_quotes};

/// What runs on the launched side: `$0` is the launch's name; then come the start of the receipt, the file for it (or
/// nothing), the directory to work in (or nothing), whether a line on standard output is wanted, variables of ours (`A=b`) up to
/// `--`, and the command.
///
/// What a shell starts beside itself ignores interrupts and reads nothing, if one does not see to it.
const FAR: &str = r#"t=$1 f=$2 d=$3 l=$4; shift 4
while [ "$1" != -- ]; do export "$1"; shift; done; shift
[ -z "$d" ] || cd -- "$d" || exit 97
i=--default-signal=INT,QUIT
case $1 in *=*) ;; *) env $i true 2>/dev/null && set -- env $i "$@";; esac
exec 3<&0
"$@" <&3 3<&- & c=$!
exec 3<&-
k=; pass() { s=1 k=T; trap '' "$1"; kill -s "$1" 0; trap "pass $1" "$1"; }
trap 'pass TERM' TERM; trap 'pass TERM' HUP; trap 'pass INT' INT
r= s=1; while [ -n "$s" ]; do
s=; wait "$c" 2>/dev/null; w=$?; if [ $w != 127 ] || [ -z "$r" ]; then r=$w; fi; done
if [ -n "$f" ] && [ -f "${f%.receipt}.json" ]; then
{ printf '%s:%d%s.\n' "$t" "$r" "$k" >"$f.tmp" && mv -f -- "$f.tmp" "$f"; } 2>/dev/null; fi
[ -z "$l" ] || printf '%s:%d%s.\n' "$t" "$r" "$k"
exit "$r""#;

/// How variables begin that are ours and reach the far side whatever a launcher hands on; none of them is a secret.
const OURS: &str = "TASKRUN_";
/// The one of these that may be inherited: how many tasks of triggers lie behind what is run.
const DEPTH: &str = "TASKRUN_DEPTH";

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
    /// Whether a shell takes its words apart again, and those of `stop`.
    quote: bool,
    quote_stop: bool,
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

/// The launcher failed, not the command: no fault of the task's, and to be tried again unless it is done.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct LaunchFailed {
    /// Which launcher, and how.
    pub why: String,
    /// Whether its command had succeeded all the same: that is not to be done twice, so a person has to look at it.
    pub done: bool,
}

impl From<LaunchFailed> for Failure {
    fn from(failed: LaunchFailed) -> Self {
        Self { class: Class::Launcher, message: failed.why, not_before: None }
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
        let is_ssh = |program: &String| Path::new(program).file_name() == Some(OsStr::new("ssh"));
        let [quote, quote_stop] = [&entry.command, &entry.stop]
            .map(|words| entry.quote.unwrap_or_else(|| words.first().is_some_and(is_ssh)));
        for (words, quote) in [(&entry.command, quote), (&entry.stop, quote_stop)] {
            if let Some(value) = within_quotes(words).filter(|_| quote) {
                return Err(Fault::usage(
                    format!("`[launchers.{name}]` holds `{value}` within quotes, for a shell"),
                    "take the quotes away: what it stands for is quoted where that is needed",
                ));
            }
            if let Some(value) = within_code(words).filter(|_| !quote) {
                return Err(Fault::usage(
                    format!("`[launchers.{name}]` makes `{value}` a part of code for a shell"),
                    "give it as a word of its own: `[\"sh\", \"-c\", \"cd \\\"$1\\\" && shift && exec \\\"$@\\\"\", \"sh\", \"{dir}\"]`",
                ));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            program: path.into(),
            command: entry.command[1..].to_vec(),
            stop: entry.stop.clone(),
            pass_env: entry.pass_env.clone(),
            receipt: entry.receipt,
            quote,
            quote_stop,
            owner: root.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            notes: notes.to_owned(),
        })
    }

    /// Refuses a task whose id or branch a shell could take for code, where this launcher is told it: quotes are the first
    /// line against that, this is the second.
    pub fn refuse_code(&self, labels: &Labels<'_>) -> Result<()> {
        let words = || self.command.iter().chain(&self.stop);
        let told = |value: &str| words().any(|word| word.contains(value));
        let pairs = [("{task}", Some(labels.task)), ("{branch}", labels.branch)];
        let bad = |(value, text): &(&str, Option<&str>)| told(value) && text.is_some_and(holds_code);
        let Some((value, text)) = pairs.into_iter().find(bad) else { return Ok(()) };
        Err(Fault::refused(
            format!(
                "`{}` is nothing that launcher `{}` may be told as `{value}`",
                text.unwrap_or_default(),
                self.name
            ),
            "name the task, or its branch, without characters that mean something to a shell",
        ))
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
        let words = |quote| Words { dir: &spawn.dir, labels, name: &launch.name, quote };
        let mut argv = vec![self.program.clone()];
        argv.extend(words(self.quote).fill(&self.command, &self.names(&spawn)));
        let stop = words(self.quote_stop).fill(&self.stop, &[]);
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
        let ours = marks(spawn).into_iter().chain(std::iter::once("--".into()));
        head.into_iter()
            .chain([file, dir, line.into()])
            .chain(ours)
            .chain(spawn.argv.iter().cloned())
            .collect()
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
        let failed = outcome.launch_failed.clone();
        failed.map_or(Ok(()), |trouble| Err(LaunchFailed { why: trouble.why, done: trouble.done }))
    }
}

/// What of ours the far side gets as data, `NAME=value` each.
fn marks(spawn: &Spawn) -> Vec<OsString> {
    let depth = env::value(DEPTH).map(|value| (OsString::from(DEPTH), value));
    let own = spawn.env.iter().filter(|(name, _)| name.to_str().is_some_and(|name| name.starts_with(OURS)));
    let pair = |(name, value): (OsString, OsString)| [name, value].join(OsStr::new("="));
    // What is said last counts.
    depth.into_iter().chain(own.cloned()).map(pair).collect()
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

#[cfg(test)]
#[path = "launchers_tests.rs"]
mod tests;
