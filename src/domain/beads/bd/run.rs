//! Runs `bd` and hands back what it says; the one place that does.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::answer;
use super::verbs::{Call, Verb, call};
use super::version::{Dialect, INSTALL, dialect};
use crate::fault::Fault;
use crate::system::config::{env, programs};
use crate::system::process::{Quick, Said, probe};
use crate::system::store;

/// Longest wait for `bd --version`.
const PATIENCE: Duration = Duration::from_secs(20);
/// What follows says how a command is used, not what is wrong.
const USAGE: &str = "\nUsage:";

/// The program `bd`, for one `.beads` directory.
#[derive(Debug)]
pub struct Bd {
    program: PathBuf,
    root: PathBuf,
    dir: PathBuf,
    /// Whether a 1.x keeps a database there.
    database: bool,
    dialect: OnceCell<Dialect>,
}

impl Bd {
    /// Finds it on `PATH`, or where `BD_PATH` says. One that is missing is a [`Fault::Usage`].
    pub fn find(dir: &Path, database: bool) -> Result<Self> {
        let root = dir.parent().unwrap_or(dir).to_owned();
        let name = env::bd().unwrap_or_else(|| "bd".into());
        let program = programs::find(&name, &root).ok_or_else(|| {
            Fault::usage(format!("`{}` is not installed or not on PATH", Path::new(&name).display()), INSTALL)
        })?;
        Ok(Self::at(program, dir, database))
    }

    /// The program at `program`.
    pub(super) fn at(program: PathBuf, dir: &Path, database: bool) -> Self {
        let root = dir.parent().unwrap_or(dir).to_owned();
        Self { program, root, dir: dir.to_owned(), database, dialect: OnceCell::new() }
    }

    /// How it is spoken to; it is asked for its version once.
    pub fn dialect(&self) -> Result<Dialect> {
        if let Some(known) = self.dialect.get() {
            return Ok(*known);
        }
        let said = probe(&self.program, &["--version"], PATIENCE)?.unwrap_or_default();
        let found = dialect(&said)?;
        if self.database && found == Dialect::Classic {
            // It would make a second store beside the one that is there.
            let said = said.lines().next().unwrap_or_default();
            return Err(Fault::usage(
                format!("a bd 1.x keeps the issues here, and this is `{said}`"),
                INSTALL,
            ));
        }
        Ok(*self.dialect.get_or_init(|| found))
    }

    /// Whether it keeps the issues in a database, and `issues.jsonl` is only an export.
    pub fn is_dolt(&self) -> Result<bool> {
        Ok(self.dialect()? == Dialect::Dolt)
    }

    /// Runs it; that it refuses is a [`Fault::Refused`] in its own words.
    pub(in crate::domain::beads) fn run(&self, verb: &Verb, actor: Option<&str>) -> Result<Said> {
        let dialect = self.dialect()?;
        let mut call = call(verb, dialect);
        if let Some(actor) = actor {
            // Before the `--` that ends the options.
            let at = call.args.iter().position(|word| word == "--").unwrap_or(call.args.len());
            call.args.insert(at, format!("--actor={actor}"));
        }
        let starting = matches!(verb, Verb::Init { .. });
        let said = self.quick(&call, starting).run(call.input.as_bytes())?;
        if said.ok { Ok(said) } else { Err(self.refused(&call, &said)) }
    }

    /// [`Bd::run`] for a verb that acts on issues and names them: each of `ids` must be in its answer.
    /// Some versions exit 0 though they refused.
    pub(super) fn act(&self, verb: &Verb, actor: Option<&str>, ids: &[String]) -> Result<()> {
        let said = self.run(verb, actor)?;
        let done = answer::ids(&said.stdout).unwrap_or_default();
        if ids.iter().all(|id| done.contains(id)) {
            return Ok(());
        }
        Err(self.refused(&call(verb, self.dialect()?), &said))
    }

    /// [`Bd::run`] for a verb that answers with issues: their ids.
    pub(super) fn ids(&self, verb: &Verb, actor: Option<&str>) -> Result<Vec<String>> {
        let said = self.run(verb, actor)?;
        answer::ids(&said.stdout).ok_or_else(|| match self.dialect().map(|dialect| call(verb, dialect)) {
            Ok(call) => self.refused(&call, &said),
            Err(error) => error,
        })
    }

    /// Every issue as a line of `issues.jsonl`, from `file` where that is kept up to date.
    pub(in crate::domain::beads) fn lines(&self, file: &Path) -> Result<String> {
        if self.is_dolt()? {
            let said = self.run(&Verb::Export, None)?;
            return String::from_utf8(said.stdout)
                .map_err(|_| Fault::invalid("`bd export` prints what is not UTF-8", "run it to see"));
        }
        self.run(&Verb::Flush, None)?;
        Ok(store::read_text(file)?.unwrap_or_default())
    }

    /// Hands over `lines` as `bd import` takes them.
    pub(super) fn import(&self, lines: &str) -> Result<()> {
        let mut call = call(&Verb::Import, self.dialect()?);
        lines.clone_into(&mut call.input);
        if lines.is_empty() {
            return Ok(());
        }
        let said = self.quick(&call, false).run(call.input.as_bytes())?;
        if said.ok { Ok(()) } else { Err(self.refused(&call, &said)) }
    }

    fn quick(&self, call: &Call, starting: bool) -> Quick {
        let mut quick = Quick::new(&self.program.display().to_string(), &self.root, &call.args)
            .env("BEADS_NO_DAEMON", "1")
            .env("BD_NON_INTERACTIVE", "1")
            .env("BD_JSON_ENVELOPE", "0");
        if let Some(actor) = env::actor() {
            // The classic one knows only the old name.
            quick = quick.env("BD_ACTOR", actor);
        }
        if !starting {
            return quick.env("BEADS_DIR", &self.dir);
        }
        // `bd init` of 1.x would commit whatever is staged; without an index it leaves git alone.
        quick.env("GIT_INDEX_FILE", self.dir.join("none").join("index"))
    }

    fn refused(&self, call: &Call, said: &Said) -> anyhow::Error {
        let words = answer::words(said);
        let words = words.split(USAGE).next().unwrap_or_default().trim();
        let verb = call.args.iter().take_while(|word| !word.starts_with('-')).cloned().collect::<Vec<_>>();
        let version = if self.is_dolt().unwrap_or(false) { "1.x" } else { "0.47 to 0.49" };
        let hint = format!("that is what `bd` ({version}) says; `bd {} --help` tells more", verb.join(" "));
        Fault::refused(format!("`bd {}`: {words}", verb.join(" ")), hint)
    }
}
