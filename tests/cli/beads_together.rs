//! A store beside a database of a real `bd` 1.x (`TASKRUN_BD`): what either side does reaches the other, once,
//! and nothing is overruled in silence.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::beads_real::{Real, array, binaries, taskrun};
use crate::sandbox::{Outcome, Sandbox};

/// A database and a file, both used.
struct Pair {
    real: Real,
    sandbox: Sandbox,
}

impl Pair {
    fn all() -> Vec<Self> {
        let pair = |real: Real| {
            let sandbox = Sandbox::new();
            real.must(&sandbox, &["init", "-q", "--skip-hooks", "--skip-agents", "--prefix=ex"]);
            Self { real, sandbox }
        };
        binaries().into_iter().filter(|real| real.dolt).map(pair).collect()
    }

    fn ours(&self, args: &[&str]) -> Outcome {
        let out = taskrun(&self.real, &self.sandbox, &[&["beads"], args].concat());
        assert_eq!(out.code, 0, "{args:?} {out:?}");
        out
    }

    fn theirs(&self, args: &[&str]) {
        self.real.must(&self.sandbox, args);
    }

    fn create(&self, args: &[&str]) -> String {
        let out = self.real.json(&self.sandbox, &[&["create", "--json"], args].concat());
        out["id"].as_str().unwrap().to_owned()
    }

    /// The issue as the file has it, and as `bd` does.
    fn shown(&self, id: &str) -> [Value; 2] {
        [
            self.ours(&["show", id, "--json"]).json()[0].clone(),
            self.real.json(&self.sandbox, &["show", id, "--json"])[0].clone(),
        ]
    }

    /// Another exchange does nothing.
    fn settled(&self) {
        let before = self.sandbox.read(".beads/issues.jsonl");
        let out = self.ours(&["sync", "--from-bd", "--to-bd", "--json"]).json();
        assert_eq!((&out["from_bd"], &out["to_bd"]), (&json!([]), &json!([])), "{out}");
        assert_eq!(self.sandbox.read(".beads/issues.jsonl"), before);
    }

    fn both(&self) -> Outcome {
        self.ours(&["sync", "--from-bd", "--to-bd"])
    }
}

/// `bd` keeps whole seconds.
fn later() {
    sleep(Duration::from_millis(1100));
}

#[test]
fn what_both_sides_change_is_united() {
    for pair in Pair::all() {
        let ids = ["one", "two", "three", "four", "five"].map(|title| pair.create(&[title, "-t", "task"]));
        let [one, two, three, four, five] = ids.each_ref().map(String::as_str);
        let epic = pair.create(&["Epic", "-t", "epic"]);
        pair.ours(&["sync", "--from-bd"]);
        later();
        // Each field is changed on one side only; `bd` is the later one, then the file.
        pair.ours(&["close", one]);
        pair.ours(&["dep", "add", two, three]);
        pair.ours(&["update", three, "--add-label", "L2"]);
        let mine = pair.ours(&["create", "mine", "--parent", &epic, "--silent"]).stdout.trim().to_owned();
        pair.theirs(&["update", four, "--title", "as bd has it"]);
        pair.theirs(&["dep", "add", four, three]);
        later();
        let yours = pair.create(&["yours", "--parent", &epic]);
        assert_eq!(mine, yours);
        pair.theirs(&["update", one, "-p", "0"]);
        pair.theirs(&["update", two, "--title", "renamed"]);
        pair.theirs(&["update", three, "--add-label", "L1"]);
        pair.theirs(&["comments", "add", four, "said in bd", "-a", "bob"]);
        pair.theirs(&["delete", five, "--force"]);
        later();
        pair.ours(&["update", four, "-p", "1", "--title", "as the file has it"]);
        let out = pair.both();
        assert!(
            out.stderr.contains(&format!("`{four}` was changed on both sides: `title` as the file has it")),
            "{out:?}"
        );
        assert!(out.stderr.contains(&format!("`{five}` was deleted in `bd`")), "{out:?}");
        assert!(out.stderr.contains("`mine`, is now"), "{out:?}");
        for issue in pair.shown(one) {
            assert_eq!((&issue["status"], &issue["priority"]), (&"closed".into(), &0.into()));
        }
        for issue in pair.shown(three) {
            let labels: BTreeSet<&str> = array(&issue["labels"]).iter().filter_map(Value::as_str).collect();
            assert_eq!(labels, BTreeSet::from(["L1", "L2"]));
        }
        for (id, title, count) in [(two, "renamed", 1), (four, "as the file has it", 1)] {
            for issue in pair.shown(id) {
                assert_eq!(
                    (issue["title"].as_str(), array(&issue["dependencies"]).len()),
                    (Some(title), count),
                    "{issue}"
                );
            }
        }
        assert_eq!(pair.shown(four)[0]["comments"][0]["text"], "said in bd");
        // Both children are there, on both sides, and the deleted one on neither.
        for rows in [
            pair.ours(&["list", "--json"]).json(),
            pair.real.json(&pair.sandbox, &["list", "--json", "--limit=0"]),
        ] {
            let titles: BTreeSet<&str> =
                array(&rows).iter().map(|row| row["title"].as_str().unwrap()).collect();
            assert_eq!(
                titles,
                BTreeSet::from(["Epic", "as the file has it", "mine", "renamed", "three", "yours"])
            );
        }
        pair.settled();
    }
}

#[test]
fn what_bd_cannot_hold_is_given_once_and_stays_here() {
    for pair in Pair::all() {
        let (one, two) = (pair.create(&["one"]), pair.create(&["two"]));
        pair.ours(&["sync", "--from-bd"]);
        later();
        for _ in 0..2 {
            pair.ours(&["comment", &one, "--as", "ann", "again"]);
        }
        pair.ours(&["update", &two, "--notes", "noted", "--add-label", "x,y"]);
        let given = pair.ours(&["sync", "--to-bd", "--json"]).json()["to_bd"].clone();
        let given: BTreeSet<&str> = array(&given).iter().filter_map(Value::as_str).collect();
        assert_eq!(given, BTreeSet::from([&*one, &*two]));
        assert_eq!(pair.ours(&["sync", "--to-bd", "--json"]).json()["to_bd"], json!([]));
        pair.ours(&["update", &two, "--notes", "", "--remove-label", "x"]);
        pair.both();
        assert_eq!(array(&pair.shown(&one)[0]["comments"]).len(), 2);
        for issue in pair.shown(&two) {
            assert_eq!(
                (issue["notes"].as_str().unwrap_or_default(), &issue["labels"]),
                ("", &json!(["y"])),
                "{issue}"
            );
        }
        // Deleted here, it is named each time, and does not come back.
        let text = pair.sandbox.read(".beads/issues.jsonl");
        let kept: Vec<&str> =
            text.lines().filter(|line| !line.contains(&format!("\"id\":\"{two}\""))).collect();
        pair.sandbox.write(".beads/issues.jsonl", kept.join("\n") + "\n");
        for _ in 0..2 {
            let out = pair.both();
            assert!(out.stderr.contains(&format!("`bd delete {two} --force`")), "{out:?}");
            assert_eq!(pair.sandbox.read(".beads/issues.jsonl").lines().count(), 1);
        }
        assert!(pair.sandbox.path(".beads/taskrun.db.synced").is_file());
    }
}

/// What is made on either side of a database reaches the other, once.
#[test]
fn a_database_and_the_file_are_brought_together() {
    for real in binaries().into_iter().filter(|real| real.dolt) {
        let sandbox = Sandbox::new();
        real.must(&sandbox, &["init", "-q", "--skip-hooks", "--skip-agents", "--prefix=ex"]);
        let taskrun = |args: &[&str]| {
            let out = taskrun(&real, &sandbox, args);
            assert_eq!(out.code, 0, "{args:?} {out:?}");
            out.stdout.trim().to_owned()
        };
        let theirs = real.json(&sandbox, &["create", "--title=theirs", "-l", "m", "--json"])["id"].clone();
        let theirs = theirs.as_str().unwrap();
        real.must(&sandbox, &["comments", "add", theirs, "said in bd", "-a", "bob"]);
        taskrun(&["beads", "sync", "--from-bd"]);
        let ours = taskrun(&["beads", "create", "ours", "--blocked-by", theirs, "-l", "one,two", "--silent"]);
        taskrun(&["beads", "comment", &ours, "--as", "ann", "said here"]);
        taskrun(&["beads", "update", theirs, "--remove-label", "m", "--notes", "seen"]);
        taskrun(&["beads", "sync", "--to-bd"]);
        let shown = real.json(&sandbox, &["show", theirs, &ours, "--json"]);
        assert_eq!((&shown[0]["notes"], &shown[0]["labels"]), (&"seen".into(), &Value::Null));
        assert_eq!(shown[1]["labels"], json!(["one", "two"]));
        assert_eq!(shown[1]["dependencies"][0]["id"], theirs);
        // Both sides go on.
        taskrun(&["beads", "comment", &ours, "--as", "ann", "said later"]);
        later();
        real.must(&sandbox, &["update", &ours, "--title", "renamed", "--remove-label", "one"]);
        real.must(&sandbox, &["comments", "add", &ours, "reply", "-a", "bob"]);
        for _ in 0..2 {
            taskrun(&["beads", "sync", "--from-bd", "--to-bd"]);
            let issue: Value = serde_json::from_str(&taskrun(&["beads", "show", &ours, "--json"])).unwrap();
            let said = |comments: &Value| -> BTreeSet<String> {
                assert_eq!(array(comments).len(), 3, "{comments}");
                array(comments).iter().map(|comment| comment["text"].as_str().unwrap().to_owned()).collect()
            };
            let wanted = BTreeSet::from(["said here", "said later", "reply"].map(str::to_owned));
            assert_eq!((&issue[0]["title"], &issue[0]["labels"]), (&"renamed".into(), &json!(["two"])));
            assert_eq!(said(&issue[0]["comments"]), wanted);
            assert_eq!(said(&real.json(&sandbox, &["comments", &ours, "--json"])), wanted);
            let text = sandbox.read(".beads/issues.jsonl");
            assert_eq!(text.lines().count(), 2);
            // Also for who runs `bd import` by hand; it fails where that changes nothing.
            real.run(&sandbox, &["import", ".beads/issues.jsonl"]);
        }
    }
}
