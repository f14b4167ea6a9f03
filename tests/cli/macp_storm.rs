//! Four workers that die at random work one queue: no task is lost, none is worked twice at a time, each attempt has one effect.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::bench::wait_for;
use crate::macp_workers::queue;
use crate::sandbox::Sandbox;

/// Claims, leaves its mark, says that it is done; until it is killed.
const WORKER: &str = r#"
while :; do
  out=$("$TASKRUN" macp claim --as "$WHO" --lease "$LEASE" 2>/dev/null) || { sleep 0.02; continue; }
  id=$(printf '%s\n' "$out" | sed -n '1s/  .*//p')
  attempt=$(printf '%s\n' "$out" | sed -n 's/^attempt  *\([0-9]*\).*/\1/p')
  printf '%s %s\n' "$id" "$attempt" >>"$EFFECTS"
  "$TASKRUN" macp update "$id" --as "$WHO" --attempt "$attempt" --status completed >/dev/null 2>>"$REFUSED"
done
"#;

/// A sequence that is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn worker(sandbox: &Sandbox, number: usize, lease: &str) -> Child {
    let aside = sandbox.root();
    let mut command = sandbox.command();
    let binary = command.get_program().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    command = std::process::Command::new("sh");
    command.args(["-c", WORKER]).current_dir(sandbox.path("")).env_clear().env("PATH", path);
    command.env("HOME", aside.join("home")).env("TASKRUN", binary).env("WHO", format!("w{number}"));
    command.env("LEASE", lease).env("TASK_MAX_CONCURRENT", "100");
    command.env("EFFECTS", aside.join("effects")).env("REFUSED", aside.join("refused"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0).spawn().unwrap()
}

/// Ended with all that they have started, whatever becomes of the test.
struct Pack(Vec<Child>);

impl Drop for Pack {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(end);
    }
}

fn end(child: &mut Child) {
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait();
}

#[test]
fn workers_that_die_lose_no_task_and_no_two_work_one() {
    let full = std::env::var_os("TASKRUN_STORM").is_some();
    let (count, lease, patience) = if full { (2000, "2s", 1800) } else { (40, "500ms", 120) };
    let tasks: Vec<Value> = (0..count)
        .map(|number| {
            // Some wait for others, some share a key.
            let before = if number % 7 == 6 { vec![format!("t{}", number - 3)] } else { Vec::new() };
            let mut task = json!({"id": format!("t{number}"), "depends_on": before});
            if number % 5 == 0 {
                task["key"] = json!(format!("k{}", number % 3));
            }
            task
        })
        .collect();
    let sandbox = queue(&tasks);
    let mut dice = Dice(0x5eed);
    let mut workers = Pack((0..4).map(|number| worker(&sandbox, number, lease)).collect());
    let (start, mut deaths) = (Instant::now(), 0);
    while completed(&sandbox) < count {
        assert!(start.elapsed() < Duration::from_secs(patience), "{} of {count}", completed(&sandbox));
        // At a random moment of some work: on a busy machine nothing may have happened for a while.
        let (size, moment) = (size(&sandbox), Duration::from_millis(20 + dice.below(200)));
        let more = 400 + dice.below(2000);
        wait_for("some work", || self::size(&sandbox) >= size + more || completed(&sandbox) == count);
        std::thread::sleep(moment);
        let number = usize::try_from(dice.below(4)).unwrap();
        end(&mut workers.0[number]);
        deaths += 1;
        workers.0[number] = worker(&sandbox, number, lease);
    }
    drop(workers);
    let took = start.elapsed().as_secs_f64();
    let (attempts, effects) = check(&sandbox, count);
    println!("{count} tasks, {deaths} deaths, {attempts} attempts, {effects} effects, {took:.1} s");
    assert!(deaths > 3);
}

fn size(sandbox: &Sandbox) -> u64 {
    fs::metadata(sandbox.path(".taskrun/macp/events.ndjson")).map_or(0, |meta| meta.len())
}

fn completed(sandbox: &Sandbox) -> usize {
    let text = fs::read(sandbox.path(".taskrun/macp/events.ndjson")).unwrap_or_default();
    String::from_utf8_lossy(&text).matches("\"task.completed\"").count()
}

/// What the record and the marks must say; how many attempts and effects there were.
fn check(sandbox: &Sandbox, count: usize) -> (usize, usize) {
    let text = sandbox.read(".taskrun/macp/events.ndjson");
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut by_task: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in events {
        by_task.entry(event["task_id"].as_str().unwrap().to_owned()).or_default().push(event);
    }
    assert_eq!(by_task.len(), count);
    let marks = fs::read_to_string(sandbox.root().join("effects")).unwrap();
    let mut effects: HashMap<(String, u64), usize> = HashMap::new();
    for line in marks.lines() {
        let (id, attempt) = line.split_once(' ').unwrap();
        *effects.entry((id.to_owned(), attempt.parse().unwrap())).or_default() += 1;
    }
    let mut started = HashSet::new();
    for (id, events) in &by_task {
        for number in lives(id, events) {
            assert!(started.insert((id.clone(), number)), "attempt {number} of {id} began twice");
        }
        let ends: Vec<&Value> =
            events.iter().filter(|event| event["event_type"] == "task.completed").collect();
        let [end] = ends[..] else { panic!("{id} ended {} times", ends.len()) };
        let attempt = end["metadata"]["result"]["attempt"].as_u64().unwrap();
        assert_eq!(effects.get(&(id.clone(), attempt)), Some(&1), "{id} attempt {attempt}");
    }
    for (mark, times) in &effects {
        assert!(*times == 1 && started.contains(mark), "{mark:?} {times} times");
    }
    (started.len(), effects.len())
}

/// The attempts of a task, in order. No attempt begins before the one before it was over, nor is one taken away before its
/// lease has run out or its process has died.
fn lives(id: &str, events: &[Value]) -> Vec<u64> {
    let time = |value: &Value| value.as_str().map(|text| text.parse::<Timestamp>().unwrap());
    let mut numbers = Vec::new();
    let mut hold: Option<Value> = None;
    for event in events {
        let now = time(&event["timestamp"]).unwrap();
        if event["metadata"]["hold"].is_object() && event["event_type"] != "task.started" {
            assert!(hold.is_some(), "{id} is held by nobody: {event}");
            hold = Some(event["metadata"]["hold"].clone());
        }
        match event["event_type"].as_str().unwrap() {
            "task.started" => {
                assert!(hold.is_none(), "{id} was taken while it was held: {event}");
                hold = Some(event["metadata"]["hold"].clone());
                numbers.push(event["metadata"]["attempt"].as_u64().unwrap());
            }
            "task.retry.scheduled" => {
                let hold = hold.take().unwrap_or_else(|| panic!("{id}: nobody held it: {event}"));
                let over = time(&hold["lease_until"]).unwrap() <= now;
                assert!(over || hold["holder"].is_object(), "{id} was taken away early: {event}");
                assert_eq!(event["metadata"]["blame"], "lost", "{event}");
            }
            "task.completed" => assert!(hold.take().is_some(), "{id}: nobody held it: {event}"),
            _ => {}
        }
    }
    let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
    assert_eq!(numbers, expected, "{id}");
    numbers
}
