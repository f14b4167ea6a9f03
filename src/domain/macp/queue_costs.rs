//! What the queue itself costs, the tasks left out: `tests/bench-macp-queue.sh` runs and shows it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::event::{Attempt, Event, Hold};
use super::place::Place;
use super::queue::Queue;
use super::result::TaskResult;
use super::schedule::Wish;
use super::task::Status;
use crate::domain::workspace::Workspace;
use crate::system::clock;
use crate::system::host::Host;
use crate::system::lock::Holder;

/// The text of a queue of `count` tasks in layers of 32, each of which waits for two of the layer before.
fn text(count: usize) -> String {
    let tasks: Vec<String> = (0..count)
        .map(|at| {
            let on: Vec<String> = if at < 32 { Vec::new() } else { vec![format!("task-{}", at - 32), format!("task-{}", at - 31)] };
            json!({"id": format!("task-{at}"), "title": format!("Task number {at} of many"), "status": "pending", "type": "coding",
                "dispatch": "exec", "command": "true", "depends_on": on, "max_attempts": 2, "priority": 2,
                "created_at": "2026-01-01T00:00:00Z", "description": "x".repeat(150)})
            .to_string()
        })
        .collect();
    format!("{{\n  \"tasks\": [\n    {}\n  ]\n}}\n", tasks.join(",\n    "))
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("?").trim().to_owned()
}

/// Works a queue as a drain of two slots does, without running anything.
#[test]
#[ignore = "a measurement: tests/bench-macp-queue.sh"]
fn costs() {
    let count: usize = std::env::var("TASKRUN_BENCH_TASKS").map_or(1_000, |count| count.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let place = Place::of(&Workspace::at(dir.path().canonicalize().unwrap()));
    crate::system::store::make_dir(place.dir()).unwrap();
    crate::system::store::write(&place.tasks(), 0o644, text(count).as_bytes()).unwrap();
    let start = Instant::now();
    let mut queue = Queue::open(place.clone()).unwrap().staying();
    let opened = start.elapsed();
    let hold = Hold { by: "bench".into(), host: Host::here(), holder: Some(Holder::me()), lease_until: None };
    let result = |id: &str, now| {
        TaskResult { completed_at: now, ..serde_json::from_value(
        json!({"task_id": id, "status": Status::Completed, "completed_at": "2026-01-01T00:00:00Z", "summary": "done"})).unwrap() }
    };
    let (start, mut changes, mut done, mut longest) = (Instant::now(), 0_u32, 0, Duration::ZERO);
    let mut running: Vec<String> = Vec::new();
    while done < count {
        let one = Instant::now();
        running = queue
            .change(|turn| {
                let now = turn.now();
                for id in running.drain(..) {
                    turn.record(Event::gated(&id, now));
                    turn.record(Event::ended(&id, &result(&id, now), false, now));
                    done += 1;
                }
                let mut next = Vec::new();
                while next.len() < 2
                    && let Some(row) = turn.state().next(now, &Wish::default())
                {
                    let id = row.id.clone();
                    turn.record(Event::assigned(&id, now));
                    turn.record(Event::started(&id, Attempt { number: 1, forgiven: 0, most: 2 }, &hold, now));
                    next.push(id);
                }
                Ok(next)
            })
            .unwrap();
        changes += 1;
        longest = longest.max(one.elapsed());
        queue.keep_up().unwrap();
    }
    let worked = start.elapsed();
    // A reader that finds all of it in the log still.
    let start = Instant::now();
    queue.checkpoint().unwrap();
    queue.sync().unwrap();
    let written = start.elapsed();
    let start = Instant::now();
    let seen = Queue::open(place.clone()).unwrap();
    assert_eq!(seen.state().counts()[3].1, count);
    let reread = start.elapsed();
    let log = std::fs::metadata(place.events()).unwrap().len();
    let events = std::fs::read_to_string(place.events()).unwrap();
    drop(seen);
    let fresh = tempfile::tempdir().unwrap();
    let again = Place::of(&Workspace::at(fresh.path().canonicalize().unwrap()));
    crate::system::store::make_dir(again.dir()).unwrap();
    crate::system::store::write(&again.tasks(), 0o644, text(count).as_bytes()).unwrap();
    drop(Queue::open(again.clone()).unwrap().change(|_| Ok(())).unwrap());
    crate::system::store::write(&again.events(), 0o644, events.as_bytes()).unwrap();
    let start = Instant::now();
    assert_eq!(Queue::open(again).unwrap().state().counts()[3].1, count);
    let replayed = start.elapsed();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(u32::try_from(count).unwrap());
    println!(
        "{count:>7} tasks  open {:>8.2?}  work {:>7.1} us/task ({:>6.1} us/change, longest {longest:.1?})  last checkpoint {written:>8.1?}  read again {reread:>8.1?}  replay all {replayed:>8.1?}  log {:.1} MB  peak {}",
        opened,
        each(worked),
        worked.as_secs_f64() * 1e6 / f64::from(changes),
        Duration::from_nanos(log).as_nanos() as f64 / 1e6,
        peak(),
    );
    let _ = clock::now();
}
