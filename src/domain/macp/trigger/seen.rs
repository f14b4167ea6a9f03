//! What was submitted under which key, so that the same never is twice: `state/dedupe.ndjson` of the queue.
//!
//! A line is written before the task is, and a second one once it is there; a key whose task is neither there nor known to
//! have been was never submitted, because its writer died in between.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::macp::place::Place;
use crate::system::{clock, store};

/// The file is written anew when so many lines more than needed are in it.
const SLACK: usize = 1000;

/// Keys and their tasks.
#[derive(Debug)]
pub struct Seen {
    place: Place,
    known: BTreeMap<String, Entry>,
    fresh: Vec<Entry>,
    batch: String,
    done: BTreeSet<String>,
    lines: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    key: String,
    task: String,
    batch: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Done {
    done: String,
}

/// What a rule's key is kept and compared as: it may be long, and nobody's business.
pub fn digest(rule: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("{rule}\0{key}").as_bytes());
    hash.iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Seen {
    /// Reads what is remembered `window` long; `has` says whether a task is in the queue.
    pub fn load(place: &Place, now: Timestamp, window: Duration, has: impl Fn(&str) -> bool) -> Result<Self> {
        let text = store::read_text(&file(place))?.unwrap_or_default();
        let done: BTreeSet<String> = lines::<Done>(&text).map(|done| done.done).collect();
        let valid = |entry: &Entry| {
            now.duration_since(entry.at).unsigned_abs() <= window
                && (done.contains(&entry.batch) || has(&entry.task))
                || has(&entry.task)
        };
        let known = lines::<Entry>(&text).filter(valid).map(|entry| (entry.key.clone(), entry)).collect();
        let batch = clock::base36(clock::random(), 12);
        Ok(Self { place: place.clone(), known, fresh: Vec::new(), batch, done, lines: text.lines().count() })
    }

    /// The task that was submitted under this key.
    pub fn task(&self, digest: &str) -> Option<&str> {
        self.known.get(digest).map(|entry| entry.task.as_str())
    }

    /// Remembers it, once [`Seen::write`] is called.
    pub fn add(&mut self, digest: &str, task: &str, now: Timestamp) {
        let (key, task) = (digest.to_owned(), task.to_owned());
        let entry = Entry { at: now, key: key.clone(), task, batch: self.batch.clone() };
        self.fresh.push(entry.clone());
        self.known.insert(key, entry);
    }

    /// Writes what is new, durably; before the tasks are, under the queue's lock.
    pub fn write(&self) -> Result<()> {
        let file = file(&self.place);
        if self.lines > 2 * self.known.len() + SLACK {
            let batches: BTreeSet<_> = self.known.values().map(|entry| &entry.batch).collect();
            let done = self.done.iter().filter(|done| batches.contains(done));
            let mut text = String::new();
            for entry in self.known.values() {
                text += &(serde_json::to_string(entry)? + "\n");
            }
            for done in done {
                text += &(serde_json::to_string(&Done { done: done.clone() })? + "\n");
            }
            return store::write(&file, store::PRIVATE, text.as_bytes());
        }
        let fresh = self.fresh.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        if fresh.is_empty() { Ok(()) } else { store::append_durable(&file, &fresh.join("\n")) }
    }

    /// Writes that the tasks are there.
    pub fn done(self) -> Result<()> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        store::append_durable(&file(&self.place), &serde_json::to_string(&Done { done: self.batch })?)
    }
}

fn file(place: &Place) -> std::path::PathBuf {
    place.state().join("dedupe.ndjson")
}

/// The lines that are such; others, and those a dead writer tore, say nothing.
fn lines<'t, T: Deserialize<'t>>(text: &'t str) -> impl Iterator<Item = T> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::workspace::Workspace;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_key_is_known_when_its_task_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::of(&Workspace::at(dir.path().to_owned()));
        store::make_dir(&place.state()).unwrap();
        let now = at("2026-01-01T00:00:00Z");
        let load = |now, has: &[&str]| Seen::load(&place, now, 30 * DAY, |task| has.contains(&task)).unwrap();
        let mut seen = load(now, &[]);
        seen.add("k1", "t1", now);
        seen.write().unwrap();
        // Its writer died here: the task is there, or it never was.
        assert_eq!(load(now, &["t1"]).task("k1"), Some("t1"));
        assert_eq!(load(now, &[]).task("k1"), None);
        let mut seen = load(now, &[]);
        seen.add("k2", "t2", now);
        seen.write().unwrap();
        seen.done().unwrap();
        // Cleared away, and remembered all the same, for a time.
        assert_eq!(load(at("2026-01-30T00:00:00Z"), &[]).task("k2"), Some("t2"));
        assert_eq!(load(at("2026-02-01T00:00:00Z"), &[]).task("k2"), None);
        assert_eq!(load(at("2026-02-01T00:00:00Z"), &["t2"]).task("k2"), Some("t2"));
        assert_ne!(digest("a", "b"), digest("a\0b", ""));
        assert_eq!(digest("a", "b").len(), 32);
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::of(&Workspace::at(dir.path().to_owned()));
        store::make_dir(&place.state()).unwrap();
        let mut day = at("2026-01-01T00:00:00Z");
        for round in 0..20 {
            let mut seen = Seen::load(&place, day, DAY, |_| false).unwrap();
            (0..200).for_each(|n| seen.add(&format!("{round}-{n}"), "t", day));
            seen.write().unwrap();
            seen.done().unwrap();
            day = day.checked_add(jiff::SignedDuration::from_hours(30)).unwrap();
        }
        let text = store::read_text(&file(&place)).unwrap().unwrap();
        assert!(text.lines().count() < 2000, "{}", text.lines().count());
        let last = day.checked_sub(jiff::SignedDuration::from_hours(30)).unwrap();
        let seen = Seen::load(&place, last, DAY, |_| false).unwrap();
        assert_eq!(seen.task("19-0"), Some("t"), "what is written anew is done too");
        assert_eq!(seen.task("18-0"), None);
    }
}
