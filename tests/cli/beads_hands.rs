//! Many hands on one store, some of them killed at work: what was acknowledged is there, nothing is
//! claimed twice, and what the dead held comes back.
//!
//! The short form runs always; `TASKRUN_STORM=1 cargo test --release hands -- --nocapture` runs the full
//! one, 8 × 500 commands on one directory and the same across 4 worktrees, and prints its figures.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::beads_worktrees::worktree;
use crate::bench::{Bench, DONE};
use crate::sandbox::Outcome;

const FILE: &str = ".beads/issues.jsonl";
const HANDS: usize = 8;
/// Longest time after which a command is killed; most take about as long.
const KILL_WITHIN: u64 = 15_000;

/// What was acknowledged of an issue's status: a claimant has it, it is closed, or nothing (it was given
/// back, or a command that was to change it was killed).
#[derive(Debug, Clone, PartialEq)]
enum Stand {
    Held(String),
    Closed,
    Anything,
}

/// What all know.
#[derive(Default)]
struct Shared {
    stands: Mutex<HashMap<String, Stand>>,
    over: AtomicBool,
    killed: AtomicUsize,
    claims: AtomicUsize,
    looks: AtomicUsize,
}

/// One who works: what was acknowledged, by what it is about. `None` is a change that was killed.
struct Hand<'a> {
    bench: &'a Bench,
    dir: PathBuf,
    shared: &'a Shared,
    name: usize,
    seed: u64,
    count: usize,
    titles: HashMap<String, String>,
    comments: Vec<(String, String)>,
    labels: HashMap<(String, String), Option<bool>>,
    edges: HashMap<(String, String), Option<bool>>,
    notes: HashMap<String, Option<String>>,
    /// What it holds, and whether only as long as `sleeper` lives.
    mine: Vec<(String, bool)>,
    sleeper: Child,
}

fn sleeper() -> Child {
    Command::new("sleep").arg("3000").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

impl Drop for Hand<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<'a> Hand<'a> {
    fn new(bench: &'a Bench, dir: PathBuf, shared: &'a Shared, name: usize) -> Self {
        Self {
            bench,
            dir,
            shared,
            name,
            seed: 0x2545_f491_4f6c_dd1d ^ (name as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            count: 0,
            titles: HashMap::new(),
            comments: Vec::new(),
            labels: HashMap::new(),
            edges: HashMap::new(),
            notes: HashMap::new(),
            mine: Vec::new(),
            sleeper: sleeper(),
        }
    }

    fn roll(&mut self, below: usize) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        usize::try_from(self.seed >> 11).unwrap() % below
    }

    /// Runs a command; one in four is killed on the way. `None` when it was.
    fn run(&mut self, args: &[&str]) -> Option<Outcome> {
        let mut command = self.bench.sandbox.command();
        command.current_dir(&self.dir).env("BEADS_ACTOR", "storm").arg("beads").args(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if self.roll(4) == 0 {
            let within = u64::try_from(self.roll(usize::try_from(KILL_WITHIN).unwrap())).unwrap();
            thread::sleep(Duration::from_micros(within));
            let _ = child.kill();
        }
        let out = child.wait_with_output().unwrap();
        if out.status.code().is_none() {
            self.shared.killed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let [stdout, stderr] = [out.stdout, out.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        let out = Outcome { code: out.status.code().unwrap(), stdout, stderr };
        assert!([0, 1].contains(&out.code), "{args:?}: {out:?}");
        Some(out)
    }

    fn any(&mut self) -> Option<String> {
        let mut ids: Vec<String> = self.titles.keys().cloned().collect();
        ids.sort_unstable();
        (!ids.is_empty()).then(|| ids.swap_remove(self.roll(ids.len())))
    }

    fn stand(&self, id: &str, stand: Stand) {
        self.shared.stands.lock().unwrap().insert(id.to_owned(), stand);
    }

    fn step(&mut self) {
        self.count += 1;
        let word = format!("h{}-{}", self.name, self.count);
        let Some(id) = self.any() else { return self.create(&word, None) };
        match self.roll(100) {
            0..14 => self.create(&word, None),
            14..24 => self.create(&word, Some(&id)),
            24..37 => {
                let done = self.run(&["update", &id, "--notes", &word]).map(|out| out.code == 0);
                self.notes.insert(id, done.map(|done| assert!(done)).map(|()| word));
            }
            37..55 => self.claim(&word),
            55..64 => self.finish("close", Stand::Closed),
            64..72 => self.finish("reopen", Stand::Anything),
            72..82 => {
                if self.run(&["comment", &id, &word]).is_some() {
                    self.comments.push((id, word));
                }
            }
            82..87 => self.label(&id, &word),
            87..96 => self.edge(&id),
            96..98 => self.show(),
            _ => self.die(),
        }
    }

    fn create(&mut self, title: &str, parent: Option<&str>) {
        let mut args = vec!["create", title, "--silent"];
        args.extend(parent.iter().flat_map(|parent| ["--parent", parent]));
        let Some(out) = self.run(&args) else { return };
        assert_eq!(out.code, 0, "{out:?}");
        let id = out.stdout.trim().to_owned();
        assert!(parent.is_none_or(|parent| id.starts_with(&format!("{parent}."))), "{id}");
        assert_eq!(self.titles.insert(id, title.to_owned()), None);
    }

    fn claim(&mut self, word: &str) {
        let (leaning, pid) = (self.roll(2) == 0, self.sleeper.id().to_string());
        let who = if leaning { format!("while-{word}") } else { format!("ever-{word}") };
        let mut args = vec!["claim", "--json", "--as", &who];
        args.extend(leaning.then_some(["--while", &pid]).into_iter().flatten());
        let Some(out) = self.run(&args).filter(|out| out.code == 0) else { return };
        let id = out.json()["id"].as_str().unwrap().to_owned();
        let before = self.shared.stands.lock().unwrap().insert(id.clone(), Stand::Held(who.clone()));
        assert!(matches!(before, None | Some(Stand::Anything)), "`{who}` got `{id}`, which was {before:?}");
        self.shared.claims.fetch_add(1, Ordering::Relaxed);
        self.mine.push((id, leaning));
    }

    /// Closes or opens again something that it holds.
    fn finish(&mut self, verb: &str, then: Stand) {
        if self.mine.is_empty() {
            return;
        }
        let at = self.roll(self.mine.len());
        let id = self.mine.swap_remove(at).0;
        self.stand(&id, Stand::Anything);
        if let Some(out) = self.run(&[verb, &id]) {
            assert_eq!(out.code, 0, "{out:?}");
            if then == Stand::Closed {
                self.stand(&id, then);
            }
        }
    }

    fn label(&mut self, id: &str, word: &str) {
        let mut own: Vec<(String, String)> =
            self.labels.iter().filter(|(_, has)| **has == Some(true)).map(|(key, _)| key.clone()).collect();
        own.sort_unstable();
        let (key, verb) = match own.pop().filter(|_| self.count.is_multiple_of(3)) {
            Some(key) => (key, "--remove-label"),
            None => ((id.to_owned(), word.to_owned()), "--add-label"),
        };
        let done = self.run(&["update", &key.0, verb, &key.1]).map(|out| assert_eq!(out.code, 0, "{out:?}"));
        self.labels.insert(key, done.map(|()| verb == "--add-label"));
    }

    fn edge(&mut self, id: &str) {
        let Some(other) = self.any().filter(|other| other != id) else { return };
        let key = (id.to_owned(), other);
        let has = self.edges.get(&key).copied();
        let verb = match has {
            None | Some(Some(false)) => "add",
            Some(Some(true)) => "remove",
            Some(None) => return,
        };
        let kind: &[&str] = if verb == "add" { &["-t", "related"] } else { &[] };
        let done = self.run(&[&["dep", verb, &key.0, &key.1], kind].concat());
        // A parent and its child cannot be related as well.
        if done.as_ref().is_some_and(|out| out.code == 1) {
            return;
        }
        self.edges.insert(key, done.map(|_| verb == "add"));
    }

    fn show(&mut self) {
        if let Some(out) = self.run(&["ready", "--json"]) {
            assert!(out.code == 0 && out.json().is_array(), "{out:?}");
        }
    }

    /// The process that some of its claims rest on ends.
    fn die(&mut self) {
        let mine = std::mem::take(&mut self.mine).into_iter();
        let (lost, kept): (Vec<_>, Vec<_>) = mine.partition(|(_, leaning)| *leaning);
        self.mine = kept;
        for (id, _) in &lost {
            self.stand(id, Stand::Anything);
        }
        self.end();
        self.sleeper = sleeper();
    }

    fn end(&mut self) {
        let _ = self.sleeper.kill();
        let _ = self.sleeper.wait();
    }

    /// Everything that was acknowledged is in `issues`.
    fn check(&self, issues: &HashMap<String, Value>) {
        let texts = |id: &str, field: &str, key: &str| -> Vec<String> {
            let list = issues[id][field].as_array().cloned().unwrap_or_default();
            list.iter().map(|item| item[key].as_str().or(item.as_str()).unwrap().to_owned()).collect()
        };
        for (id, title) in &self.titles {
            assert_eq!(issues[id]["title"], **title, "{id}");
        }
        for (id, comment) in &self.comments {
            let found = texts(id, "comments", "text").iter().filter(|text| *text == comment).count();
            assert_eq!(found, 1, "{id} {comment}");
        }
        for ((id, label), has) in &self.labels {
            assert!(has.is_none_or(|has| texts(id, "labels", "").contains(label) == has), "{id} {label}");
        }
        for ((id, other), has) in &self.edges {
            let found = issues[id]["dependencies"].as_array().is_some_and(|edges| {
                edges.iter().any(|edge| edge["depends_on_id"] == **other && edge["type"] == "related")
            });
            assert!(has.is_none_or(|has| found == has), "{id} {other} {has:?}");
        }
        for (id, note) in self.notes.iter().filter_map(|(id, note)| Some((id, note.as_ref()?))) {
            // What a dead claimant held has got a line more.
            let notes = issues[id]["notes"].as_str().unwrap();
            assert!(notes.starts_with(note.as_str()), "{id}: {notes}");
        }
    }
}

/// Reads the file again and again, by itself and through the binary: it can always be read.
fn watch(bench: &Bench, dir: &Path, shared: &Shared) {
    while !shared.over.load(Ordering::Relaxed) {
        let text = bench.sandbox.read(FILE);
        assert!(text.is_empty() || text.ends_with('\n'));
        for line in text.lines() {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        }
        let mut command = bench.sandbox.command();
        let out = Outcome::of(command.current_dir(dir).args(["beads", "list", "--all", "--json"]));
        assert!(out.code == 0 && out.json().is_array(), "{}", out.stderr);
        shared.looks.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(20));
    }
}

fn issues(bench: &Bench) -> HashMap<String, Value> {
    let mut issues = HashMap::new();
    for line in bench.sandbox.read(FILE).lines() {
        let issue: Value = serde_json::from_str(line).unwrap();
        let id = issue["id"].as_str().unwrap().to_owned();
        assert_eq!(issues.insert(id, issue), None, "an id was given twice");
    }
    issues
}

#[allow(clippy::print_stdout)] // the figures are what the full form is run for
fn storm(bench: &Bench, dirs: &[PathBuf], what: &str) {
    let each = if std::env::var_os("TASKRUN_STORM").is_some() { 500 } else { 24 };
    let (shared, start) = (Shared::default(), Instant::now());
    let work = &|name: usize| {
        let mut hand = Hand::new(bench, dirs[name % dirs.len()].clone(), &shared, name);
        (0..each).for_each(|_| hand.step());
        hand
    };
    let mut hands: Vec<Hand> = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(bench, &dirs[dirs.len() - 1], &shared));
        let workers: Vec<_> = (0..HANDS).map(|name| scope.spawn(move || work(name))).collect();
        let hands: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        shared.over.store(true, Ordering::Relaxed);
        watcher.join().unwrap();
        hands.into_iter().map(Result::unwrap).collect()
    });
    let took = start.elapsed();
    let found = issues(bench);
    for hand in &hands {
        hand.check(&found);
    }
    let stands = shared.stands.lock().unwrap().clone();
    for (id, stand) in &stands {
        match stand {
            Stand::Held(who) => assert_eq!(
                (&found[id]["status"], &found[id]["assignee"]),
                (&"in_progress".into(), &(**who).into()),
                "{id}"
            ),
            Stand::Closed => assert_eq!(found[id]["status"], "closed", "{id}"),
            Stand::Anything => {}
        }
    }
    hands.iter_mut().for_each(Hand::end);
    settled(bench, &stands);
    let [killed, claims, looks] =
        [&shared.killed, &shared.claims, &shared.looks].map(|count| count.load(Ordering::Relaxed));
    println!(
        "{what}: {} commands of {HANDS} hands in {:.1} s, {killed} killed, {claims} claims, {} issues, {looks} looks",
        HANDS * each,
        took.as_secs_f64(),
        found.len()
    );
    assert!(killed > 0 && claims > 0);
}

/// All claims that rested on a process are over now: the next change opens what they held, and leaves
/// nothing behind.
fn settled(bench: &Bench, stands: &HashMap<String, Stand>) {
    assert_eq!(bench.sandbox.run(&["beads", "create", "last"]).code, 0);
    let found = issues(bench);
    let leaning = |issue: &&Value| {
        issue["status"] == "in_progress" && issue["assignee"].as_str().unwrap().starts_with("while-")
    };
    assert_eq!(found.values().find(leaning), None, "held by the dead");
    for (id, stand) in stands {
        if let Stand::Held(who) = stand {
            assert_eq!(found[id]["status"] == "in_progress", who.starts_with("ever-"), "{id}");
        }
    }
    let held = "taskrun.db.claims.lock";
    let entries = fs::read_dir(bench.sandbox.path(".beads")).unwrap();
    let mut left: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.retain(|name| name != "issues.jsonl");
    assert!(left.is_empty() || left == [held], "{left:?}");
    if !left.is_empty() {
        let held: Value = serde_json::from_str(&bench.sandbox.read(&format!(".beads/{held}"))).unwrap();
        for hold in held["holds"].as_array().unwrap() {
            let issue = &found[hold["task"].as_str().unwrap()];
            assert_eq!(
                (&issue["status"], &issue["assignee"]),
                (&"in_progress".into(), &hold["who"]),
                "{hold}"
            );
        }
    }
}

#[test]
fn storm_of_hands_on_one_directory() {
    let bench = Bench::bare(DONE);
    storm(&bench, &[bench.sandbox.path("")], "one directory");
}

#[test]
fn storm_of_hands_across_worktrees() {
    let bench = Bench::new(DONE);
    bench.commit_all();
    let dirs: Vec<PathBuf> = ["a", "b", "c", "d"].iter().map(|name| worktree(&bench, name)).collect();
    storm(&bench, &dirs, "four worktrees");
    for dir in &dirs {
        assert_eq!(fs::read_to_string(dir.join(FILE)).unwrap(), "", "its copy is not the store");
    }
}
