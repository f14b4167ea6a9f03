//! What Codex writes down of a session: `$CODEX_HOME/sessions/Y/M/D/rollout-*-<thread>.jsonl`, one line a
//! response, written at once.
//!
//! A continued session goes on in the file it began in, which lies under the day it began; the id tells
//! that day, for it is a UUID of version 7.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::tokens::{self, Tokens};
use crate::domain::agents::catalog::Agent;
use crate::domain::agents::growing::Growing;
use crate::domain::agents::json::{Raw, is, value};
use crate::domain::agents::{Journal, LONG, Session, Usage, Used};
use crate::system::config::env;

/// The journal of a session, where it can be found: once Codex has begun to write it.
pub(in crate::domain::agents) fn open(agent: &Agent, session: &Session<'_>) -> Option<Box<dyn Journal>> {
    let home = agent.variable("CODEX_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = home.or_else(|| Some(env::home()?.join(".codex")))?;
    Some(Box::new(Rollout::new(home.join("sessions"), session)))
}

/// One thread's file.
struct Rollout {
    /// Where the days lie.
    sessions: PathBuf,
    id: String,
    file: Option<Growing>,
    count: Count,
}

impl Rollout {
    fn new(sessions: PathBuf, session: &Session<'_>) -> Self {
        let count = Count { since: session.since, ..Count::default() };
        Self { sessions, id: session.id.to_owned(), file: None, count }
    }
}

impl Journal for Rollout {
    fn used(&mut self) -> Option<Used> {
        if self.file.is_none() {
            self.file = find(&self.sessions, &self.id).map(Growing::new);
        }
        let count = &mut self.count;
        if let Some(file) = &mut self.file {
            file.lines(|line| count.line(line));
        }
        self.count.used()
    }

    fn found(&self) -> bool {
        self.file.is_some()
    }
}

/// The file of the thread `id`: below the day in the id, as some time zone has it.
fn find(sessions: &Path, id: &str) -> Option<PathBuf> {
    let began = began(id)?;
    let end = format!("-{id}.jsonl");
    [0, -24, 24].into_iter().find_map(|hours| {
        let at = began.checked_add(SignedDuration::from_hours(hours)).ok()?;
        let day = at.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d").to_string();
        let entries = sessions.join(day).read_dir().ok()?;
        let ours = |name: &str| name.starts_with("rollout-") && name.ends_with(&end);
        entries.flatten().find(|entry| entry.file_name().to_str().is_some_and(ours)).map(|entry| entry.path())
    })
}

/// When a UUID of version 7 was made: its first 48 bits are milliseconds.
fn began(id: &str) -> Option<Timestamp> {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    let version = hex.get(12..13)?;
    let milliseconds = i64::from_str_radix(hex.get(..12)?, 16).ok()?;
    (version == "7").then(|| Timestamp::from_millisecond(milliseconds).ok())?
}

/// The outer fields of a line.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    timestamp: Raw<'a>,
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    payload: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
    #[serde(borrow)]
    model: Raw<'a>,
    #[serde(borrow)]
    info: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow)]
    total_token_usage: Raw<'a>,
}

/// What the lines so far come to.
#[derive(Debug, Default)]
struct Count {
    since: Timestamp,
    model: Option<String>,
    /// The sum of this attempt's responses (`token_usage_record`).
    records: Option<Usage>,
    /// Those with a long context.
    long: Vec<Usage>,
    /// The thread's total when the attempt began, and the last one (`token_count`): all there is before
    /// Codex kept records.
    before: Usage,
    total: Option<Usage>,
}

impl Count {
    fn line(&mut self, line: &[u8]) {
        let Ok(entry) = serde_json::from_slice::<Entry<'_>>(line) else { return };
        let (record, context) = (is(entry.kind, "token_usage_record"), is(entry.kind, "turn_context"));
        if !record && !context && !is(entry.kind, "event_msg") {
            return;
        }
        let Some(payload) = value::<Payload<'_>>(entry.payload) else { return };
        if context {
            self.model = value(payload.model).or(self.model.take());
            return;
        }
        let ours = value::<Timestamp>(entry.timestamp).is_some_and(|at| at >= self.since);
        if record {
            let usage = value::<Tokens>(payload.usage).filter(|_| ours).map(Usage::from);
            self.records = usage.map(|usage| self.records.unwrap_or_default().plus(usage)).or(self.records);
            self.long.extend(usage.filter(|usage| usage.context() >= LONG));
        } else if is(payload.kind, "token_count") {
            let info: Info<'_> = value(payload.info).unwrap_or_default();
            let Some(total) = value::<Tokens>(info.total_token_usage).map(Usage::from) else { return };
            if ours {
                self.total = Some(total);
            } else {
                self.before = total;
            }
        }
    }

    fn used(&self) -> Option<Used> {
        let counted = || self.total.map(|total| tokens::since(total, self.before));
        let usage = self.records.or_else(counted)?;
        Some(Used { usage, usd: None, model: self.model.clone(), long: self.long.clone() })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const ID: &str = "01a1fe37-c36c-7360-98b3-bf550bd2b184";
    const ROLLOUT: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/agents/codex/rollout.jsonl"));
    /// Between the recorded thread's two turns.
    const RESUMED: &str = "2026-11-21T13:07:10.1Z";

    fn turns(count: u64) -> Usage {
        Usage { input: 1000 * count, cache_write: 0, cached: 2000 * count, output: 50 * count }
    }

    fn counted(text: &str, since: &str) -> Option<Used> {
        let mut count = Count { since: since.parse().unwrap(), ..Count::default() };
        text.lines().for_each(|line| count.line(line.as_bytes()));
        count.used()
    }

    #[test]
    fn only_this_attempts_responses_count() {
        let used = |since| counted(ROLLOUT, since).map(|used| used.usage);
        assert_eq!(used("2026-11-21T13:07:09Z"), Some(turns(3)));
        assert_eq!(used(RESUMED), Some(turns(1)));
        assert_eq!(used("2026-11-21T13:08:00Z"), None);
        assert_eq!(counted(ROLLOUT, RESUMED).unwrap().model.as_deref(), Some("gpt-5.4"));
        // As older versions write it.
        let lines = ROLLOUT.lines().filter(|line| !line.contains("token_usage_record"));
        let older = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(counted(&older, RESUMED).map(|used| used.usage), Some(turns(1)));
        assert_eq!(counted(&older, "2026-11-21T13:07:09Z").map(|used| used.usage), Some(turns(3)));
        for odd in [
            "",
            "{}",
            "[]",
            "{\"type\":\"token_usage_record\"}",
            "{\"type\":\"event_msg\",\"payload\":1}",
            "x",
        ] {
            assert_eq!(counted(odd, RESUMED), None, "{odd}");
        }
    }

    #[test]
    fn what_is_written_later_is_read_later() {
        let dir = tempfile::tempdir().unwrap();
        let session =
            Session { id: ID, dir: Path::new("/w"), since: "2026-11-21T13:07:09Z".parse().unwrap() };
        let mut journal = Rollout::new(dir.path().to_owned(), &session);
        assert_eq!(journal.used(), None);
        // A time zone behind UTC may have had the day before.
        let day = dir.path().join("2026/11/20");
        std::fs::create_dir_all(&day).unwrap();
        let path = day.join(format!("rollout-2026-11-20T23-07-09-{ID}.jsonl"));
        let mut file = std::fs::File::options().create_new(true).append(true).open(path).unwrap();
        assert_eq!(journal.used(), None);
        let mut seen = Vec::new();
        for piece in ROLLOUT.as_bytes().chunks(700) {
            file.write_all(piece).unwrap();
            seen.extend(journal.used().map(|used| used.usage.output));
            assert_eq!(journal.used().map(|used| used.usage.output), seen.last().copied());
        }
        seen.dedup();
        assert_eq!(seen, [50, 100, 150]);
        // A line that is not whole is no line yet.
        file.write_all(&vec![b'x'; 3000]).unwrap();
        assert_eq!(journal.used().unwrap().usage, turns(3));
        let again = ROLLOUT.lines().nth(7).unwrap();
        file.write_all(format!("\n{again}\n").as_bytes()).unwrap();
        assert_eq!(journal.used().unwrap().usage, turns(4));
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        assert_eq!(began(ID).unwrap().to_string(), "2026-11-21T13:07:09.804Z");
        for id in ["", "x", "../../etc", "01a1fe37-c36c-4360-98b3-bf550bd2b184", "ü1a1fe37c36c7"] {
            assert_eq!(began(id), None, "{id}");
        }
    }
}
