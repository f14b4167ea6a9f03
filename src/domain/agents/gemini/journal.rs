//! What Gemini CLI writes down of a session below `~/.gemini/tmp/`: a line for each answer of the
//! model, flushed as it comes (seen with 0.61).

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::args::home;
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::counted::Counted;
use crate::domain::agents::growing::Growing;
use crate::domain::agents::json::{Raw, is, value};
use crate::domain::agents::{Journal, Session, Usage, Used};

/// The journal of a session, where it can be found.
pub(in crate::domain::agents) fn open(agent: &Agent, session: &Session<'_>) -> Option<Box<dyn Journal>> {
    Some(Box::new(Chat::new(home(agent)?.join("tmp"), session)))
}

/// A session's file, and those of its sub-agents.
#[derive(Debug)]
struct Chat {
    tmp: PathBuf,
    id: String,
    since: Timestamp,
    files: Vec<Growing>,
    counted: Counted,
    model: Option<String>,
    found: bool,
}

/// One line; the file also holds the user's messages and lists of changes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    timestamp: Raw<'a>,
    #[serde(borrow)]
    tokens: Raw<'a>,
    #[serde(borrow)]
    model: Raw<'a>,
}

/// `input` includes what was cached; thoughts and tools are what is missing in the total.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Tokens {
    input: u64,
    cached: u64,
    total: u64,
}

impl Chat {
    fn new(tmp: PathBuf, session: &Session<'_>) -> Self {
        Self {
            tmp,
            id: session.id.to_owned(),
            since: session.since,
            files: Vec::new(),
            counted: Counted::default(),
            model: None,
            found: false,
        }
    }

    /// Looks for its files: `PROJECT/chats/session-TIME-START_OF_ID.jsonl`, and its sub-agents' in
    /// `PROJECT/chats/ID/`. The project's name is its directory's, or a number behind it.
    fn look(&mut self) {
        let chats: Vec<PathBuf> = match self.files.first() {
            Some(file) => file.path().parent().map(Path::to_owned).into_iter().collect(),
            None => entries(&self.tmp).map(|project| project.join("chats")).collect(),
        };
        let start: String = self.id.chars().take(8).collect();
        let suffix = format!("-{start}.jsonl");
        for dir in chats {
            let own = entries(&dir).filter(|path| named(path, "session-", &suffix));
            let below = entries(&dir.join(&self.id)).filter(|path| named(path, "", ".jsonl"));
            for path in own.chain(below) {
                if !self.files.iter().any(|file| file.path() == path) {
                    self.files.push(Growing::new(path));
                }
            }
        }
    }
}

fn entries(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn named(path: &Path, prefix: &str, suffix: &str) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    name.starts_with(prefix) && name.ends_with(suffix)
}

/// An answer of the model: its id, when it came, what it used.
fn answer(line: &[u8]) -> Option<(String, Timestamp, Usage, Option<String>)> {
    let entry: Entry<'_> = serde_json::from_slice(line).ok()?;
    if !is(entry.kind, "gemini") {
        return None;
    }
    let tokens: Tokens = value::<Tokens>(entry.tokens)?;
    let cached = tokens.cached.min(tokens.input);
    let output = tokens.total.saturating_sub(tokens.input);
    let usage = Usage { input: tokens.input - cached, cache_write: 0, cached, output };
    let at = value::<String>(entry.timestamp)?.parse().ok()?;
    Some((value(entry.id)?, at, usage, value(entry.model)))
}

impl Journal for Chat {
    fn used(&mut self) -> Option<Used> {
        self.look();
        let Self { files, counted, model, found, since, .. } = self;
        for file in files {
            file.lines(|line| {
                let Some((id, at, usage, named)) = answer(line) else { return };
                if at >= *since {
                    *found = true;
                    counted.message(&id, usage);
                    *model = named.or(model.take());
                }
            });
        }
        self.found.then(|| Used {
            usage: self.counted.sum(),
            usd: None,
            model: self.model.clone(),
            long: self.counted.long().to_vec(),
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

    const CHAT: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/agents/gemini/journal/session-2026-11-21T13-23-f1acc89d.jsonl"
    ));

    fn used(tmp: &Path, since: &str) -> Option<Used> {
        let since = since.parse().unwrap();
        let session = Session { id: "f1acc89d-2937-494a-9722-bcc92d72eab5", dir: Path::new("/w"), since };
        Chat::new(tmp.to_owned(), &session).used()
    }

    #[test]
    fn an_attempts_answers_count_once_and_earlier_ones_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let chats = dir.path().join("w-1/chats");
        store::make_dir(&chats).unwrap();
        let path = chats.join("session-2026-11-21T13-23-f1acc89d.jsonl");
        store::write(&path, 0o600, CHAT.as_bytes()).unwrap();
        let one = Usage { input: 1000, cached: 2000, output: 50, cache_write: 0 };
        let two = Usage { input: 2000, cached: 4000, output: 100, cache_write: 0 };
        let model = Some("gemini-2.5-pro".to_owned());
        let told = |usage| Some(Used { usage, usd: None, model: model.clone(), long: Vec::new() });
        assert_eq!(used(dir.path(), "2026-11-21T13:23:50Z"), told(two));
        assert_eq!(used(dir.path(), "2026-11-21T13:23:58Z"), told(one));
        assert_eq!(used(dir.path(), "2026-11-21T14:00:00Z"), None);
        assert_eq!(used(&dir.path().join("none"), "2026-11-21T13:23:50Z"), None);
        // A sub-agent's answers are the session's, too.
        let below = chats.join("f1acc89d-2937-494a-9722-bcc92d72eab5");
        store::make_dir(&below).unwrap();
        let line = r#"{"id":"s","timestamp":"2026-11-21T13:23:59Z","type":"gemini","tokens":{"input":10,"output":1,"cached":20,"thoughts":4,"tool":0,"total":15},"model":"gemini-2.5-pro"}"#;
        store::write(&below.join("33bd.jsonl"), 0o600, format!("{line}\n{line}\nx\n{{\n").as_bytes())
            .unwrap();
        let three = Usage { input: 1000, cached: 2010, output: 55, cache_write: 0 };
        assert_eq!(used(dir.path(), "2026-11-21T13:23:58Z"), told(three));
    }
}
