//! Quality gates: shell commands of the user's that the harness itself runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::domain::agents::invocation::file;
use crate::domain::attempt::event::Kind;
use crate::domain::attempt::receipt::GateResult;
use crate::domain::launchers::{Launcher, Launching};
use crate::system::process::{Attendant, Keep, Limits, Outcome, Spawn, Supervisor, Why};
use crate::system::{interrupt, log, redact};

/// How long a gate may take where the config says nothing.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20 * 60);

/// How often a gate is handed to a launcher that fails.
const LAUNCHES: u64 = 3;
/// The pause between two of those.
const PAUSE: Duration = Duration::from_secs(1);

/// What gates run, where and how long.
#[derive(Debug, Clone)]
pub struct Gates {
    /// Shell commands, in order.
    pub commands: Vec<String>,
    /// Longest time for each.
    pub timeout: Duration,
    /// Whether the first red one ends the check.
    pub stop_at_red: bool,
    /// Bytes of one gate's log.
    pub log_limit: u64,
}

/// Where the gates' output goes: `<prefix>.gate-1.log`, …
#[derive(Debug)]
pub struct Place<'a> {
    /// Directory the gates run in.
    pub dir: &'a Path,
    /// Path and start of the name of their output files.
    pub prefix: &'a Path,
    /// Variables for them, beside the inherited ones.
    pub env: Vec<(OsString, OsString)>,
    /// One file for what any of them prints, used again and again; then what prints nothing leaves no log.
    pub capture: Option<PathBuf>,
    /// What they are handed to, if they are not to run right here.
    pub launch: Option<Launching<'a>>,
}

/// Stops what prints for nobody when the user asks for it.
pub(crate) struct Watch<'a> {
    /// Whether somebody wants to stop.
    pub(crate) asked: &'a dyn Fn() -> bool,
    /// Told when it is being started.
    pub(crate) begun: &'a dyn Fn(),
}

impl Attendant for Watch<'_> {
    fn listens(&self) -> bool {
        false
    }

    fn begun(&mut self) {
        (self.begun)();
    }

    fn line(&mut self, _line: &[u8]) {}

    fn stop(&mut self) -> bool {
        (self.asked)()
    }
}

impl Gates {
    /// Runs them one after the other. `asked` says when somebody wants to stop; then, and after a
    /// signal, the result is `None`. Errors: a gate could not even be started, or its launcher failed each time
    /// ([`LaunchFailed`](crate::domain::launchers::LaunchFailed)).
    pub fn run(
        &self,
        child: &mut Supervisor,
        place: &Place<'_>,
        asked: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Kind),
    ) -> Result<Option<Vec<GateResult>>> {
        let mut results = Vec::new();
        for (number, command) in self.commands.iter().enumerate() {
            tell(Kind::GateStarted { command: redact::ours().text(command).into_owned() });
            let [output, own] = [".log", ".capture"].map(|end| output_of(place.prefix, number + 1, end));
            let capture = place.capture.as_ref().unwrap_or(&own);
            let outcome = self.attend(child, &|| self.spawn(command, place, [capture, &output]), asked)?;
            if place.capture.is_none() || capture.metadata().is_ok_and(|meta| meta.len() > 0) {
                log::settle(capture, &output, self.log_limit)?;
            }
            let done = match Launcher::verdict(&outcome) {
                Err(failed) if failed.done => Some(failed.why),
                other => other.map(|()| None)?,
            };
            if matches!(outcome.why, Some(Why::Interrupted | Why::Asked)) {
                return Ok(None);
            }
            let ended_for = outcome.why.map(|why| match why {
                Why::Flood => "it printed more than 1 GiB".to_owned(),
                _ => format!("it took longer than {}s", self.timeout.as_secs()),
            });
            let ended_for = ended_for.or(done);
            let passed = outcome.ended.code == Some(0) && ended_for.is_none();
            let result = GateResult {
                command: redact::ours().text(command).into_owned(),
                passed,
                exit_code: outcome.ended.code,
                signal: outcome.ended.signal,
                duration_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
                output,
                ended_for,
            };
            tell(Kind::GateFinished { result: result.clone() });
            results.push(result);
            if !passed && self.stop_at_red {
                break;
            }
        }
        Ok(interrupt::signal().is_none().then_some(results))
    }
}

fn output_of(prefix: &Path, number: usize, end: &str) -> PathBuf {
    file(prefix, &format!(".gate-{number}{end}"))
}

impl Gates {
    /// Runs one gate to its end; again where it was its launcher that failed.
    fn attend(
        &self,
        child: &mut Supervisor,
        spawn: &dyn Fn() -> Spawn,
        asked: &dyn Fn() -> bool,
    ) -> Result<Outcome> {
        let limits = Limits { total: Some(self.timeout), ..Limits::default() };
        let mut launches = 1;
        loop {
            let outcome = child.attend(spawn(), limits, &mut Watch { asked, begun: &|| {} })?;
            let again = outcome.launch_failed.as_ref().is_some_and(|trouble| !trouble.done);
            if !again || launches == LAUNCHES || asked() {
                return Ok(outcome);
            }
            launches += 1;
            interrupt::nap(PAUSE)?;
        }
    }

    fn spawn(&self, command: &str, place: &Place<'_>, [capture, log]: [&PathBuf; 2]) -> Spawn {
        let keep = Keep { stdout: log.into(), stderr: log.into(), limit: self.log_limit };
        let spawn = Spawn {
            argv: ["sh", "-c", command].map(OsString::from).into(),
            dir: place.dir.into(),
            env: place.env.clone(),
            stdout: capture.into(),
            stderr: capture.into(),
            keep: Some(keep),
            ..Spawn::default()
        };
        match &place.launch {
            Some(launch) => launch.wrap(spawn),
            None => spawn,
        }
    }
}

/// One line about a red gate, for reasons and notes.
pub fn complaint(result: &GateResult) -> String {
    match (&result.ended_for, result.exit_code) {
        (Some(why), _) => format!("gate `{}` failed: {why}", result.command),
        (None, Some(code)) => format!("gate `{}` failed with exit code {code}", result.command),
        (None, None) => format!("gate `{}` was killed", result.command),
    }
}
