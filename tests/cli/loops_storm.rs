//! A loop that is killed again and again, at any moment.
//!
//! 20 kills run always; `TASKRUN_STORM=1` makes it 100.

use std::collections::HashMap;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::bench::{Bench, reap};

const SCRIPT: &str = "```sh\necho $TASKRUN_TASK >> log.txt\necho $TASKRUN_TASK > $TASKRUN_TASK.txt\n\
                      echo $$ >> shared.txt\necho '<promise>COMPLETE</promise>'\n```";

/// Tasks of the `shell` agent, every third of which waits for the one before it, and a user's changes.
fn graph(count: usize) -> Bench {
    let bench = Bench::new("");
    bench.sandbox.write("mine.txt", "the user's\n");
    bench.sandbox.write("shared.txt", "one\ntwo\nthree\nfour\n");
    for at in 0..count {
        let mut fields = json!({"description": SCRIPT});
        if at % 3 == 2 {
            let id = format!("bd-{at:02}");
            fields["dependencies"] =
                json!([{"issue_id": id, "depends_on_id": format!("bd-{:02}", at - 1), "type": "blocks"}]);
        }
        bench.task(&format!("bd-{at:02}"), &fields);
    }
    bench.commit_all();
    bench.sandbox.write("mine.txt", "the user's, changed\n");
    bench.sandbox.write("shared.txt", "ONE\ntwo\nthree\nfour\n");
    bench
}

#[test]
fn storm_of_kills_does_every_task_once() {
    let (kills, count) = if std::env::var_os("TASKRUN_STORM").is_some() { (100, 60) } else { (20, 12) };
    let bench = graph(count);
    let mut hits = 0;
    let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
    for at in 0..kills {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let mut run = bench.looping(&["--agent", "shell", "--gate", "true"]);
        let err = std::fs::File::create(bench.aside(&format!("err.{at}"))).unwrap();
        let mut child = run.stdout(Stdio::null()).stderr(err).spawn().unwrap();
        // The random moment; a run that ends before it was not killed, and must have gone well.
        thread::sleep(Duration::from_micros(5_000 + seed % 240_000));
        let _ = child.kill();
        let code = reap(child);
        hits += u32::from(code == 137);
        assert!([0, 137].contains(&code), "{at}: {code} {:?}", bench.lines(&format!("err.{at}")));
    }
    let last = bench.finish(&["--agent", "shell", "--gate", "true"]);
    let why = bench.history().pop().unwrap()["reason"].clone();
    assert_eq!((&last["reason"], &last["left"]), (&json!("complete"), &json!(0)), "{why}: {last}");
    let listed = bench.sandbox.run(&["beads", "list", "--all", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), count);
    assert!(listed.as_array().unwrap().iter().all(|issue| issue["status"] == "closed"), "{listed}");
    let mut commits: HashMap<String, usize> = HashMap::new();
    for subject in bench.subjects() {
        *commits.entry(subject).or_default() += 1;
    }
    let mut closed: HashMap<String, usize> = HashMap::new();
    for attempt in bench.history() {
        match attempt["outcome"].as_str().unwrap() {
            "closed" => *closed.entry(attempt["task"].as_str().unwrap().to_owned()).or_default() += 1,
            "killed" => {}
            other => panic!("{other}: {attempt}"),
        }
    }
    for at in 0..count {
        let id = format!("bd-{at:02}");
        assert_eq!(commits.get(&format!("{id}: Do {id}")), Some(&1), "{id}: {commits:?}");
        assert_eq!(closed.get(&id), Some(&1), "{id}: {closed:?}");
        assert_eq!(bench.git(&["show", &format!("HEAD:{id}.txt")]), format!("{id}\n"));
    }
    assert_eq!(commits.len(), count + 1);
    assert!(hits > 0, "nothing was killed");
    assert_eq!(bench.sandbox.read("mine.txt"), "the user's, changed\n");
    assert_eq!(bench.git(&["show", "HEAD:mine.txt"]), "the user's\n");
    let shared = bench.git(&["show", "HEAD:shared.txt"]);
    assert!(shared.starts_with("one\ntwo\nthree\nfour\n") && shared.lines().count() >= 4 + count, "{shared}");
    assert_eq!(bench.git(&["status", "--porcelain"]), " M mine.txt\n M shared.txt\n");
}
