//! The queue's files against what was said to them: any order of changes, hands' edits, torn files and deaths between two steps
//! of a writing. Whatever was acknowledged is there, and log, results and `tasks.json` agree.

#![allow(clippy::disallowed_methods)] // hands and deaths touch files directly

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::event::{Attempt, Blame, Event, Hold};
use super::place::Place;
use super::queue::Queue;
use super::result::TaskResult;
use super::task::Status;
use crate::domain::workspace::Workspace;
use crate::system::clock;
use crate::system::host::Host;

fn task(id: &str) -> Map<String, Value> {
    let task = json!({"id": id, "title": "T", "status": "pending", "created_at": "2026-01-01T00:00:00Z", "x_own": {"keep": [1, 2]}, "dispatch": "exec"});
    task.as_object().unwrap().clone()
}

fn result(id: &str, status: Status, attempt: u64) -> TaskResult {
    let text =
        json!({"task_id": id, "status": status, "completed_at": "2026-01-01T00:00:00Z", "attempt": attempt});
    serde_json::from_value(text).unwrap()
}

/// A queue and what it must say.
struct World {
    _dir: tempfile::TempDir,
    place: Place,
    /// Status, attempts, title.
    model: BTreeMap<String, (Status, u64, String)>,
    results: BTreeMap<String, u64>,
    staying: Option<Queue>,
    /// What an editor that was left open holds.
    editor: Option<String>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::of(&Workspace::at(dir.path().canonicalize().unwrap()));
        fs::create_dir_all(place.dir()).unwrap();
        Self {
            _dir: dir,
            place,
            model: BTreeMap::new(),
            results: BTreeMap::new(),
            staying: None,
            editor: None,
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut super::queue::Turn<'_>) -> anyhow::Result<()>) {
        match &mut self.staying {
            Some(queue) => queue.change(change).unwrap(),
            None => Queue::open(self.place.clone()).unwrap().change(change).unwrap(),
        }
    }

    fn status(&self, id: &str) -> Option<Status> {
        self.model.get(id).map(|found| found.0)
    }

    /// Does something that makes sense for the task as it is.
    fn act(&mut self, what: u8, id: &str) {
        let now = clock::now();
        let attempts = self.model.get(id).map_or(0, |found| found.1);
        match (what, self.status(id)) {
            (_, None) => {
                self.change(|turn| turn.submit(task(id)));
                self.model.insert(id.into(), (Status::Pending, 0, "T".into()));
            }
            (0 | 1, Some(Status::Pending)) => {
                let attempt = Attempt { number: attempts + 1, forgiven: 0, most: 3 };
                // A worker of long ago: its process is gone.
                let hold = Hold { by: "w".into(), host: Host::here(), holder: None, lease_until: Some(now) };
                let event = Event::started(id, attempt, &hold, now);
                self.change(|turn| {
                    turn.record(event);
                    Ok(())
                });
                self.model.insert(id.into(), (Status::Running, attempts + 1, self.model[id].2.clone()));
            }
            (0..4, Some(Status::Running)) => {
                let status = [Status::Completed, Status::Failed, Status::Escalated, Status::Completed]
                    [usize::from(what)];
                let event = Event::ended(id, &result(id, status, attempts), false, now);
                self.change(|turn| {
                    turn.record(Event::gated(id, now));
                    turn.record(event);
                    Ok(())
                });
                self.model.get_mut(id).unwrap().0 = status;
                self.results.insert(id.into(), attempts);
            }
            (4, Some(status)) if status.is_final() => {
                let event = Event::again(id, Blame::Nobody, attempts, None, now);
                self.change(|turn| {
                    turn.record(event);
                    Ok(())
                });
                self.model.get_mut(id).unwrap().0 = Status::Pending;
                self.results.remove(id);
            }
            (5, Some(_)) => {
                let title = format!("title {}", clock::random());
                let fields = json!({"title": title.clone()}).as_object().unwrap().clone();
                self.change(|turn| turn.edit(id, fields));
                self.model.get_mut(id).unwrap().2 = title;
            }
            (6, Some(status)) if status.is_final() => {
                let result = result(id, Status::Failed, attempts);
                self.change(|turn| {
                    turn.record(Event::ended(id, &result, true, now));
                    Ok(())
                });
                self.model.get_mut(id).unwrap().0 = Status::Cancelled;
                self.results.insert(id.into(), attempts);
            }
            _ => {}
        }
    }

    /// A hand sets a status in `tasks.json`, as it stands there.
    fn edit_by_hand(&mut self, id: &str, to: Status) {
        let path = self.place.tasks();
        let Ok(text) = fs::read_to_string(&path) else { return };
        let mut all: Value = serde_json::from_str(&text).unwrap();
        let list = all["tasks"].as_array_mut().unwrap();
        let Some(task) = list.iter_mut().find(|task| task["id"] == id) else { return };
        if task["status"] == to.on_disk()
            || self.status(id) == Some(Status::Cancelled)
            || !task["cancelled"].is_null()
        {
            return;
        }
        task["status"] = to.on_disk().into();
        fs::write(&path, serde_json::to_string_pretty(&all).unwrap()).unwrap();
        self.model.get_mut(id).unwrap().0 = to;
        if to == Status::Pending {
            self.results.remove(id);
        }
        // Nobody does anything with a file that he has not seen.
        self.change(|_| Ok(()));
    }

    fn found(&self) -> BTreeMap<String, (Status, u64, String)> {
        let queue = Queue::open(self.place.clone()).unwrap();
        let rows = queue.state().rows();
        rows.map(|row| (row.id.clone(), (row.status, row.attempts, queue.task(&row.id).unwrap().title)))
            .collect()
    }

    /// An editor is opened, or saves what it has held since it was.
    fn left_open(&mut self) {
        let path = self.place.tasks();
        let Some(text) = self.editor.take() else {
            self.editor = fs::read_to_string(path).ok();
            return;
        };
        let all: Value = serde_json::from_str(&text).unwrap();
        let list = all["tasks"].as_array().unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
        self.change(|_| Ok(()));
        let found = self.found();
        let mut signs = false;
        for (id, (status, attempts, _)) in &self.model {
            let copy = list.iter().find(|task| task["id"] == **id);
            let now = found.get(id);
            assert!(status.is_final() || now.is_some(), "{id} is lost");
            let Some((now, counted, _)) = now else { continue };
            assert!(counted >= attempts, "{id} goes back");
            let behind = copy.is_some_and(|copy| copy["attempts"].as_u64().unwrap_or(0) < *attempts);
            signs |= behind;
            assert!(!(behind && status.is_final()) || now == status, "{id} is done again");
        }
        // What was not written yet is no sign: that is why it is not asked that all of them stay.
        assert!(signs || !found.is_empty() || self.model.values().all(|task| task.0.is_final()));
        self.model = found;
        let model = &self.model;
        self.results.retain(|id, _| model.get(id).is_some_and(|task| task.0.is_final()));
    }

    /// What the files say without a lock is what was said to them.
    fn agrees(&self) {
        assert_eq!(self.found(), self.model);
        let queue = Queue::open(self.place.clone()).unwrap();
        for (id, attempt) in &self.results {
            assert_eq!(queue.result(id).unwrap().unwrap()["attempt"], *attempt, "{id}");
        }
    }

    /// After somebody came and changed something, the files agree with each other too.
    fn recovers(&self) {
        let mut queue = Queue::open(self.place.clone()).unwrap();
        queue.change(|_| Ok(())).unwrap();
        queue.checkpoint().unwrap();
        self.agrees();
        if self.model.is_empty() {
            return;
        }
        let all: Value = serde_json::from_str(&fs::read_to_string(self.place.tasks()).unwrap()).unwrap();
        for task in all["tasks"].as_array().unwrap() {
            let (status, attempts, _) = &self.model[task["id"].as_str().unwrap()];
            assert_eq!(task["status"], status.on_disk(), "{task}");
            assert_eq!(task["cancelled"] == true, *status == Status::Cancelled, "{task}");
            assert_eq!(task["attempts"].as_u64().unwrap_or(0), *attempts, "{task}");
            assert_eq!(task["x_own"], json!({"keep": [1, 2]}));
        }
        assert_eq!(all["tasks"].as_array().unwrap().len(), self.model.len());
        for (id, attempt) in &self.results {
            let file = fs::read(self.place.results().join(format!("{id}.json"))).unwrap();
            let result: Value = serde_json::from_slice(&file).unwrap();
            assert_eq!(result["attempt"], *attempt);
        }
    }

    /// Something bad happens to the files that may happen to them.
    fn suffer(&self, what: u8, id: &str) {
        let half = br#"{"event_id":"1","event_type":"task.comp"#;
        let append = |path: PathBuf, bytes: &[u8]| {
            use std::io::Write;
            let file = fs::OpenOptions::new().append(true).open(path);
            drop(file.map(|mut file| file.write_all(bytes)));
        };
        match what % 4 {
            0 => append(self.place.events(), half),
            1 => {
                let inboxes = fs::read_dir(self.place.state()).into_iter().flatten().flatten();
                inboxes
                    .filter(|file| file.file_name().to_string_lossy().starts_with("inbox"))
                    .for_each(|file| append(file.path(), br#"{"submit":[{"id":"ha"#));
            }
            // What was just written may not have reached the disk; the log has.
            2 => drop(fs::remove_file(self.place.results().join(format!("{id}.json")))),
            _ => {
                if let Ok(file) =
                    fs::OpenOptions::new().write(true).open(self.place.results().join(format!("{id}.json")))
                {
                    file.set_len(7).unwrap();
                }
            }
        }
        // It was started anew since.
        let path = self.place.checkpoint();
        if let Ok(text) = fs::read_to_string(&path) {
            let (head, rest) = text.split_once('\n').unwrap();
            let mut head: Value = serde_json::from_str(head).unwrap();
            head["boot"] = "another".into();
            fs::write(&path, format!("{head}\n{rest}")).unwrap();
        }
    }
}

fn copy(from: &Path, to: &Path) {
    if from.exists() {
        fs::copy(from, to).unwrap();
    } else {
        drop(fs::remove_file(to));
    }
}

/// Every state in which a death can leave a writing of `tasks.json`.
fn die_in_every_step(world: &mut World) {
    let (place, keep) = (world.place.clone(), world.place.dir().join("keep"));
    fs::create_dir_all(&keep).unwrap();
    let hold = |name: &str| keep.join(name);
    let linked = |from: &Path, to: &Path| {
        drop(fs::remove_file(to));
        if from.exists() {
            fs::hard_link(from, to).unwrap();
        }
    };
    linked(&place.tasks(), &hold("tasks0"));
    let state0: Vec<PathBuf> =
        fs::read_dir(place.state()).into_iter().flatten().flatten().map(|file| file.path()).collect();
    for path in &state0 {
        copy(path, &hold(&format!("0-{}", path.file_name().unwrap().to_string_lossy())));
    }
    let mut writer = Queue::open(place.clone()).unwrap();
    writer.checkpoint().unwrap();
    linked(&place.tasks(), &hold("tasks1"));
    copy(&place.checkpoint(), &hold("checkpoint1"));
    copy(&place.kept(), &hold("kept1"));
    let back = || {
        for path in &state0 {
            copy(&hold(&format!("0-{}", path.file_name().unwrap().to_string_lossy())), path);
        }
        if !state0.contains(&place.checkpoint()) {
            drop(fs::remove_file(place.checkpoint()));
        }
    };
    for step in 0..5 {
        back();
        copy(&hold("checkpoint1"), &place.next_checkpoint());
        if step > 0 {
            copy(&hold("kept1"), &place.kept());
        }
        match step {
            // Only the new checkpoint is there yet, or it and the copy that is kept.
            0 | 1 => linked(&hold("tasks0"), &place.tasks()),
            // And the new `tasks.json`.
            2 => linked(&hold("tasks1"), &place.tasks()),
            // All but the old inbox's removal.
            _ => {
                linked(&hold("tasks1"), &place.tasks());
                fs::rename(place.next_checkpoint(), place.checkpoint()).unwrap();
            }
        }
        world.agrees();
        if step == 4 {
            world.recovers();
        }
    }
    fs::remove_dir_all(&keep).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_acknowledged_is_lost(steps in prop::collection::vec((0..16_u8, 0..5_u8, 0..8_u8), 1..24)) {
        let mut world = World::new();
        for (what, id, more) in steps {
            let id = format!("t{id}");
            match what {
                0..7 => world.act(what, &id),
                7 if world.staying.is_none() => {
                    world.staying = Some(Queue::open(world.place.clone()).unwrap().staying());
                }
                // It dies as it is.
                7 => world.staying = None,
                8 => {
                    let to = [Status::Pending, Status::Completed, Status::Failed, Status::Escalated];
                    world.edit_by_hand(&id, to[usize::from(more) % 4]);
                }
                9 if world.staying.is_none() => world.suffer(more, &id),
                10 => die_in_every_step(&mut world),
                12 | 13 => world.left_open(),
                11 => {
                    if let Some(queue) = &mut world.staying {
                        queue.checkpoint().unwrap();
                    }
                }
                _ => world.act(more % 7, &id),
            }
            world.agrees();
        }
        world.staying = None;
        world.recovers();
    }
}

/// A log that is cut anywhere behind the last checkpoint is a queue as it was a little earlier.
#[test]
fn a_log_cut_anywhere_is_an_earlier_queue() {
    let mut world = World::new();
    world.act(0, "t0");
    world.staying = Some(Queue::open(world.place.clone()).unwrap().staying());
    let mut states = vec![(0, world.model.clone())];
    for what in [0, 0, 4, 0, 1, 4, 0, 2] {
        world.act(what, "t0");
        states.push((fs::metadata(world.place.events()).unwrap().len(), world.model.clone()));
    }
    world.staying = None;
    let whole = fs::read(world.place.events()).unwrap();
    let mut cut_at = 0;
    while cut_at < whole.len() {
        fs::write(world.place.events(), &whole[..cut_at]).unwrap();
        let queue = Queue::open(world.place.clone()).unwrap();
        let row = queue.state().row("t0").unwrap();
        let before = states.iter().rev().find(|(end, _)| *end <= cut_at as u64).unwrap();
        let after = states.iter().find(|(end, _)| *end > cut_at as u64).unwrap();
        let found = (row.status, row.attempts);
        let fits = [before, after].iter().any(|(_, model)| (model["t0"].0, model["t0"].1) == found);
        // In the middle of a change there is `gated`.
        assert!(fits || found.0 == Status::Gated, "{cut_at}: {found:?} {before:?} {after:?}");
        cut_at += 37;
    }
}
