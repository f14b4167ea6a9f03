//! What Claude Code writes down of a session below `$CLAUDE_CONFIG_DIR/projects/`: a line for each
//! block of an answer, flushed as it comes (seen with 2.1.328), and at its end what the session cost.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::spend::Tokens;
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::counted::Counted;
use crate::domain::agents::growing::Growing;
use crate::domain::agents::json::{Raw, is, value};
use crate::domain::agents::{Journal, Session, Usage, Used};
use crate::system::config::env;

/// The journal of a session, where it can be found.
pub(in crate::domain::agents) fn open(agent: &Agent, session: &Session<'_>) -> Option<Box<dyn Journal>> {
    let own = || env::home().map(|home| home.join(".claude"));
    let config = agent.variable("CLAUDE_CONFIG_DIR").map(PathBuf::from).or_else(own)?;
    Some(Box::new(Project::new(config.join("projects"), session)))
}

/// A session's file, and those of its sub-agents.
#[derive(Debug)]
struct Project {
    projects: PathBuf,
    /// The directory's name as Claude Code is known to write it; longer ones end otherwise.
    guess: String,
    id: String,
    since: Timestamp,
    files: Vec<Growing>,
    told: Told,
}

/// What the lines told.
#[derive(Debug, Default)]
struct Told {
    /// Whether a line of this attempt was seen.
    began: bool,
    counted: Counted,
    model: Option<String>,
    /// USD of the session before the attempt.
    before: f64,
    /// USD of the attempt, unless messages came after it was said.
    usd: Option<f64>,
}

/// One line; there are many kinds more.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    timestamp: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow, rename = "totalCostUSD")]
    total: Raw<'a>,
    #[serde(borrow, rename = "hasUnknownModelCost")]
    guessed: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    model: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
}

impl Project {
    fn new(projects: PathBuf, session: &Session<'_>) -> Self {
        let dash = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        Self {
            projects,
            guess: session.dir.to_string_lossy().chars().map(dash).collect(),
            id: session.id.to_owned(),
            since: session.since,
            files: Vec::new(),
            told: Told::default(),
        }
    }

    /// Looks for `DIRECTORY/ID.jsonl`, and its sub-agents' files in `DIRECTORY/ID/subagents/`.
    fn look(&mut self) {
        let name = format!("{}.jsonl", self.id);
        if self.files.is_empty() {
            let first = self.projects.join(&self.guess);
            let all = std::iter::once(first).chain(entries(&self.projects));
            let found = all.map(|dir| dir.join(&name)).find(|path| path.is_file());
            self.files.extend(found.map(Growing::new));
        }
        let Some(dir) = self.files.first().and_then(|file| file.path().parent()) else { return };
        let below = entries(&dir.join(&self.id).join("subagents"));
        let jsonl = below.filter(|path| path.extension() == Some("jsonl".as_ref()));
        let new: Vec<PathBuf> =
            jsonl.filter(|path| !self.files.iter().any(|file| file.path() == path)).collect();
        self.files.extend(new.into_iter().map(Growing::new));
    }
}

fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path())
}

impl Told {
    fn line(&mut self, line: &[u8], since: Timestamp) {
        let Ok(entry) = serde_json::from_slice::<Entry<'_>>(line) else { return };
        let at = value::<String>(entry.timestamp).and_then(|at| at.parse::<Timestamp>().ok());
        self.began |= at.is_some_and(|at| at >= since);
        if is(entry.kind, "cost-state") {
            self.cost(&entry);
        } else if is(entry.kind, "assistant") && at.is_some_and(|at| at >= since) {
            self.answer(&entry);
        }
    }

    fn answer(&mut self, entry: &Entry<'_>) {
        let message: Message<'_> = value(entry.message).unwrap_or_default();
        // What it puts in the model's mouth itself has no tokens.
        let model = value::<String>(message.model).filter(|model| model != "<synthetic>");
        let usage = value::<Tokens>(message.usage).map(Usage::from);
        let (Some(model), Some(usage), Some(id)) = (model, usage, value::<String>(message.id)) else {
            return;
        };
        if self.counted.message(&id, usage) {
            self.usd = None;
        }
        self.model = Some(model);
    }

    /// The session's cost by now, that of earlier attempts with it where those came to their end.
    fn cost(&mut self, entry: &Entry<'_>) {
        let total = value::<f64>(entry.total).filter(|usd| usd.is_finite() && *usd >= 0.0);
        let Some(total) = total.filter(|_| !is(entry.guessed, "true")) else {
            self.usd = None;
            return;
        };
        if !self.began {
            self.before = total;
            return;
        }
        // A total below the one before is of a count that began anew.
        self.usd = Some(if total < self.before { total } else { total - self.before });
    }
}

impl Journal for Project {
    fn used(&mut self) -> Option<Used> {
        self.look();
        let Self { files, told, since, .. } = self;
        // Sub-agents' answers first: what the session's own file says of the cost comes after them.
        for file in files.iter_mut().rev() {
            file.lines(|line| told.line(line, *since));
        }
        let told = &self.told;
        let some = told.usd.is_some() || told.model.is_some();
        some.then(|| Used {
            usage: told.counted.sum(),
            usd: told.usd,
            model: told.model.clone(),
            long: told.counted.long().to_vec(),
        })
    }

    fn found(&self) -> bool {
        !self.files.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    const ID: &str = "953ef348-3032-49c0-bda0-5e8869c95628";

    /// A session that was killed in a tool and then continued, as 2.1.328 wrote it.
    const KILLED: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/agents/claude/journal/953ef348-3032-49c0-bda0-5e8869c95628.jsonl"
    ));

    fn project(projects: &Path, since: &str) -> Project {
        let session = Session { id: ID, dir: Path::new("/w/a.b"), since: since.parse().unwrap() };
        Project::new(projects.to_owned(), &session)
    }

    fn one(usd: Option<f64>) -> Used {
        let usage = Usage { input: 1000, cached: 2000, output: 50, cache_write: 0 };
        Used { usage, usd, model: Some("claude-sonnet-4-6".into()), long: Vec::new() }
    }

    #[test]
    fn a_killed_attempt_and_its_continuation_count_apart() {
        let dir = tempfile::tempdir().unwrap();
        // Not where it is looked for first: a directory with a name of its own.
        let own = dir.path().join("-w-other");
        store::make_dir(&own).unwrap();
        let path = own.join(format!("{ID}.jsonl"));
        let (killed, _) = KILLED
            .split_once(
                "{\"type\":\"queue-operation\",\"operation\":\"enqueue\",\"timestamp\":\"2026-11-21T13:24",
            )
            .unwrap();
        store::write(&path, 0o600, killed.as_bytes()).unwrap();
        let mut first = project(dir.path(), "2026-11-21T13:23:59Z");
        assert_eq!(first.used(), Some(one(None)));
        assert_eq!(first.used(), Some(one(None)));
        store::write(&path, 0o600, KILLED.as_bytes()).unwrap();
        assert_eq!(project(dir.path(), "2026-11-21T13:24:00Z").used(), Some(one(Some(0.00435))));
        assert_eq!(project(dir.path(), "2026-11-21T14:00:00Z").used(), None);
    }

    #[test]
    fn cost_is_what_the_attempt_added() {
        let answer = |id: &str, at: &str| {
            format!(
                r#"{{"type":"assistant","timestamp":"2026-11-21T{at}Z","message":{{"id":"{id}","model":"m","usage":{{"input_tokens":10}}}}}}"#
            )
        };
        let cost = |usd: &str| format!(r#"{{"type":"cost-state","totalCostUSD":{usd}}}"#);
        let (old, new) = (answer("a", "10:00:00"), answer("b", "12:00:00"));
        let unknown = r#"{"type":"cost-state","totalCostUSD":9,"hasUnknownModelCost":true}"#.to_owned();
        let table = [
            (vec![old.clone(), cost("0.5"), new.clone(), cost("0.75")], Some(0.25), 10),
            (vec![old.clone(), cost("0.5"), new.clone(), cost("0.25")], Some(0.25), 10),
            (vec![old.clone(), cost("0.5"), new.clone()], None, 10),
            (vec![new.clone(), cost("0.5"), answer("c", "12:00:01")], None, 20),
            (vec![new.clone(), cost("\"x\"")], None, 10),
            (vec![new.clone(), unknown], None, 10),
            (vec!["torn".into(), new.replace("\"m\"", "\"<synthetic>\""), new.clone(), new], None, 10),
        ];
        for (lines, usd, input) in table {
            let mut told = Told::default();
            for line in &lines {
                told.line(line.as_bytes(), "2026-11-21T11:00:00Z".parse().unwrap());
            }
            assert_eq!((told.usd, told.counted.sum().input), (usd, input), "{lines:#?}");
        }
    }

    #[test]
    fn sub_agents_count_too() {
        let dir = tempfile::tempdir().unwrap();
        let below = dir.path().join("-w-a-b").join(ID).join("subagents");
        store::make_dir(&below).unwrap();
        store::write(&dir.path().join("-w-a-b").join(format!("{ID}.jsonl")), 0o600, KILLED.as_bytes())
            .unwrap();
        let line = r#"{"isSidechain":true,"type":"assistant","timestamp":"2026-11-21T13:24:01Z","message":{"id":"s","model":"m","usage":{"input_tokens":500,"output_tokens":20}}}"#;
        store::write(&below.join("agent-1.jsonl"), 0o600, format!("{line}\n").as_bytes()).unwrap();
        let used = project(dir.path(), "2026-11-21T13:24:00Z").used().unwrap();
        assert_eq!((used.usage.input, used.usage.output, used.usd), (1500, 70, Some(0.00435)));
    }
}
