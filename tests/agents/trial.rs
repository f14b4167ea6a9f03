//! One agent, one server, one repository, and what was seen of them.

use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Instant;

use serde_json::Value;

use crate::bench::Bench;
use crate::rows::{QUIET, ROWS, Row};
use crate::sandbox::Outcome;
use crate::server::Server;

/// The variable that names the folder of agents.
const FOLDER: &str = "TASKRUN_AGENTS";

/// The last line of a message that claims to be done.
pub const DONE: &str = "<promise>COMPLETE</promise>";

/// The folder of agents, where these tests are to run.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Standard error itself, which the test harness does not keep back.
fn tell(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Everything that one test needs.
pub struct Trial {
    pub row: &'static Row,
    pub bench: Bench,
    pub server: Server,
    case: &'static str,
    program: PathBuf,
    hurry: Cell<bool>,
    since: Instant,
}

/// How a run went.
pub struct Seen {
    pub code: i32,
    pub events: Vec<Value>,
    pub stderr: String,
}

impl Trial {
    /// A repository with two tasks, and nothing said to the model yet. None where the agent is not there.
    pub fn of(agent: &str, case: &'static str) -> Option<Self> {
        let Some(folder) = folder() else {
            tell(&format!("skipped: {agent} {case}: `{FOLDER}` names no folder of agents"));
            return None;
        };
        let row = ROWS.iter().find(|row| row.name == agent).unwrap();
        let Ok(program) = row.program(&folder).canonicalize() else {
            tell(&format!("skipped: {agent} {case}: `{}` is not there", row.program(&folder).display()));
            return None;
        };
        let (bench, server) = (Bench::new(""), Server::start());
        let trial =
            Self { row, bench, server, case, program, hurry: Cell::new(false), since: Instant::now() };
        fs::create_dir_all(trial.bench.aside("tmp")).unwrap();
        trial.config("");
        trial.bench.tasks(&["bd-1", "bd-2"]);
        Some(trial)
    }

    /// Settings: `agent` is added to `[agent]`, and may go on with other tables.
    pub fn config(&self, agent: &str) {
        let Row { name, model, .. } = self.row;
        self.bench.config(&format!(
            "[agent]\ndefault = '{name}'\nmodel = '{model}'\npermissions = 'full'\n{agent}\n\
             [gates]\n'*' = ['test -s \"$TASKRUN_TASK.txt\"']\n{}",
            self.row.prices()
        ));
        self.bench.commit_all();
    }

    /// The agent makes few tries of its own from now on.
    pub fn hurry(&self) {
        self.hurry.set(true);
    }

    /// Where the work of a task goes: the gate looks for it.
    pub fn file(&self, task: &str) -> PathBuf {
        self.bench.sandbox.path(&format!("{task}.txt"))
    }

    /// `taskrun loop run --json`, to be started.
    fn command(&self, args: &[&str]) -> Command {
        self.dressed(self.bench.looping(args))
    }

    /// Any command that runs the agent, to its end; its events.
    pub fn other(&self, args: &[&str]) -> (Outcome, Vec<Value>) {
        let mut command = self.bench.sandbox.command();
        command.args(args);
        let out = Outcome::of(&mut self.dressed(command));
        let events = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (out, events)
    }

    fn dressed(&self, mut command: Command) -> Command {
        command.arg("--json").env("TERM", "dumb").env("TMPDIR", self.bench.aside("tmp"));
        command.envs(QUIET).env(self.row.variable, &self.program);
        command.envs(self.row.set_up(&self.bench.sandbox, &self.server.url(), self.hurry.get()));
        command
    }

    /// `taskrun loop run --json` to its end.
    pub fn run(&self, args: &[&str]) -> Seen {
        let out = Outcome::of(&mut self.command(args));
        let events: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!events.is_empty(), "{out:?}");
        let seen = Seen { code: out.code, events, stderr: out.stderr };
        self.report(&seen);
        seen
    }

    /// Starts a run whose stdout and stderr go to `out` and `err` aside.
    pub fn start(&self, args: &[&str]) -> Child {
        let file = |name: &str| fs::File::create(self.bench.aside(name)).unwrap();
        self.command(args).stdout(file("out")).stderr(file("err")).spawn().unwrap()
    }

    /// What the run from [`Trial::start`] said, once it has ended with `code`.
    pub fn ended(&self, code: i32) -> Seen {
        let stderr = fs::read_to_string(self.bench.aside("err")).unwrap();
        let seen = Seen { code, events: self.bench.told(), stderr };
        self.report(&seen);
        seen
    }

    /// USD that the attempts on record cost, and whether that is known of all of them.
    pub fn shown(&self, task: &str) -> (f64, bool) {
        let history = self.bench.history();
        let spends =
            history.iter().filter(|receipt| receipt["task"] == task).map(|receipt| &receipt["spend"]);
        spends.fold((0.0, true), |(usd, known), spend| {
            (usd + spend["usd"].as_f64().unwrap(), known && spend["known"] == true)
        })
    }

    /// USD that the server's own counts come to.
    pub fn true_cost(&self, task: &str) -> f64 {
        self.row.cost(self.server.claimed(task))
    }

    /// Asserts that a task's receipts say what the server has counted: money and tokens. An
    /// answer that broke off may be counted too, see [`Served`](crate::server::Served::torn).
    pub fn accounted_for(&self, task: &str) {
        let (usd, known) = self.shown(task);
        let (expected, lost) = (self.true_cost(task), self.row.cost(self.server.torn(task)));
        let fits = known && expected - 1e-9 <= usd && usd <= expected + lost + 1e-9;
        assert!(fits, "{task}: {usd} {known}, not {expected}: {self:?}");
        let history = self.bench.history();
        let sum = |key: &str| -> u64 {
            let receipts = history.iter().filter(|receipt| receipt["task"] == task);
            receipts.map(|receipt| receipt["spend"][key].as_u64().unwrap()).sum()
        };
        let (claimed, torn) = (self.server.claimed(task), self.server.torn(task));
        let counts = [
            ("input_tokens", claimed.input + claimed.written, torn.input + torn.written),
            ("cached_tokens", claimed.cached, torn.cached),
            ("output_tokens", claimed.output, torn.output),
        ];
        for (key, whole, torn) in counts {
            let shown = sum(key);
            assert!((whole..=whole + torn).contains(&shown), "{task}: {key} {shown}, not {whole}: {self:?}");
        }
    }

    /// Asserts that no process of this trial's runs is left.
    pub fn nothing_left(&self) {
        let left = self.left();
        assert!(left.is_empty(), "left running: {left:?}");
    }

    /// Live processes with the mark of a run and this trial's own home.
    fn left(&self) -> Vec<String> {
        let home = format!("HOME={}", self.bench.aside("home").display());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
            let has =
                |text: &str| environ.split(|byte| *byte == 0).any(|item| item.starts_with(text.as_bytes()));
            if has("TASKRUN_RUN=") && has(&home) {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                found.push(String::from_utf8_lossy(&line).replace('\0', " "));
            }
        }
        found
    }

    /// One line for people, about each run.
    fn report(&self, seen: &Seen) {
        let tasks = ["bd-1", "bd-2", "bd-3"];
        let (mut shown, mut known, mut expected) = (0.0, true, 0.0);
        for task in tasks {
            let (usd, all) = self.shown(task);
            (shown, known, expected) = (shown + usd, known && all, expected + self.true_cost(task));
        }
        let count = |task: &&str| self.server.served(task).len();
        let closed = self.bench.subjects().len() - 1;
        tell(&format!(
            "seen: {} {}: exit {} {} | closed {closed} | left {} | shown {shown:.6}{} server {expected:.6} | requests {} | {:.1} s",
            self.row.name,
            self.case,
            seen.code,
            seen.last()["reason"].as_str().unwrap_or("?"),
            self.left().len(),
            if known { "" } else { " and more" },
            tasks.iter().map(count).sum::<usize>(),
            self.since.elapsed().as_secs_f64(),
        ));
    }
}

impl Seen {
    /// The last event.
    pub fn last(&self) -> &Value {
        self.events.last().unwrap()
    }

    /// Asserts how it ended.
    pub fn is(&self, code: i32, reason: &str, trial: &Trial) {
        assert_eq!((self.code, self.last()["reason"].as_str()), (code, Some(reason)), "{trial:?}{self:?}");
    }
}

/// For a test that fails.
impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit {}, stderr:\n{}\nevents:", self.code, self.stderr)?;
        self.events.iter().try_for_each(|event| writeln!(f, "{event}"))
    }
}

/// What the server saw and the agent printed, for a test that fails.
impl std::fmt::Debug for Trial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "the server: {}", self.server.story())?;
        for receipt in self.bench.history() {
            writeln!(f, "receipt: {receipt}")?;
        }
        let runs = self.bench.sandbox.path(".taskrun/runs");
        for run in fs::read_dir(runs).into_iter().flatten().flatten() {
            for file in fs::read_dir(run.path()).into_iter().flatten().flatten() {
                let path = file.path();
                if path.extension().is_some_and(|kind| kind == "stdout" || kind == "stderr") {
                    let text = fs::read(&path).unwrap_or_default();
                    writeln!(f, "{}:\n{}", path.display(), String::from_utf8_lossy(&text))?;
                }
            }
        }
        Ok(())
    }
}
