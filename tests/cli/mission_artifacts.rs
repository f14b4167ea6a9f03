//! What is in missions: artifacts, runs and logs, small and large.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use taskrun::system::lock::{Holder, Lock};

use crate::mission_files::{id, mission, ok, ran, tree, until, within, workspace};
use crate::sandbox::Outcome;

#[test]
fn artifacts_are_bytes() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({"color": "red"}));
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    sandbox.write("bytes", &bytes);
    assert_eq!(sandbox.run(&["mission", "artifact", "list", "m-1", "--json"]).json(), json!([]));
    ok(sandbox.run(&["mission", "artifact", "set", "m-1", "b.bin", "--from", "bytes"]));
    let mut piped = sandbox.command();
    piped.stdin(Stdio::from(fs::File::open(sandbox.path("bytes")).unwrap()));
    ok(Outcome::of(piped.args(["mission", "artifact", "set", "m-1", "a b.bin"])));
    for name in ["b.bin", "a b.bin"] {
        let got = sandbox.command().args(["mission", "artifact", "get", "m-1", name]).output().unwrap();
        assert!(got.status.success() && got.stdout == bytes, "{name}");
    }
    let document: Value = serde_json::from_str(&sandbox.read(&within("m-1", "mission.json"))).unwrap();
    assert_ne!(document["updated_at"], "2026-01-01T00:00:00Z", "it has changed");
    assert_eq!(
        (&document["color"], &document["created_at"]),
        (&json!("red"), &json!("2026-01-01T00:00:00Z"))
    );
    std::os::unix::fs::symlink("/etc/hostname", sandbox.path(&within("m-1", "artifacts/link.md"))).unwrap();
    let list = sandbox.run(&["mission", "artifact", "list", "m-1", "--json"]).json();
    let listed: Vec<_> = list.as_array().unwrap().iter().map(|one| (&one["name"], &one["bytes"])).collect();
    assert_eq!(listed, [(&json!("a b.bin"), &json!(300_000)), (&json!("b.bin"), &json!(300_000))]);
}

#[test]
fn an_artifact_that_is_none_is_refused() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({}));
    mission(&sandbox, "completed", "m-2", &json!({}));
    sandbox.write(".taskrun/missions/completed/m-2--x/artifacts/a.md", "old");
    sandbox.write(&within("m-1", "artifacts/b.bin"), "b");
    sandbox.write("bytes", "new");
    sandbox.write(".taskrun/missions/.locks/m-1", "");
    std::os::unix::fs::symlink("/etc/hostname", sandbox.path(&within("m-1", "artifacts/link.md"))).unwrap();
    let before = tree(&sandbox.path(""));
    let table: [(&[&str], i32, &str); 14] = [
        (&["set", "m-1", "b.bin"], 2, "nothing comes on standard input"),
        (&["get", "m-1", "none.md"], 1, "mission `m-1` has no artifact `none.md`"),
        (&["get", "m-9", "a.md"], 1, "unknown mission `m-9`"),
        (&["get", "m-1", "../mission.json"], 2, "`../mission.json` is no name of an artifact"),
        (&["get", "m-1", "/etc/hostname"], 2, "`/etc/hostname` is no name of an artifact"),
        (&["get", "m-1", "link.md"], 2, "link.md"),
        (&["get", "m-1", "b.bin", "--json"], 2, "never as JSON"),
        (&["set", "m-1", "../../x", "--from", "bytes"], 2, "`../../x` is no name of an artifact"),
        (&["set", "m-1", ".x", "--from", "bytes"], 2, "`.x` is no name of an artifact"),
        (&["set", "m-1", "..", "--from", "bytes"], 2, "`..` is no name of an artifact"),
        (&["set", "m-1", "link.md", "--from", "bytes"], 1, "is no regular file"),
        (&["set", "m-1", "a.md", "--from", "none"], 2, "`none` does not exist"),
        (&["set", "m-2", "a.md", "--from", "bytes"], 1, "mission `m-2` is completed"),
        (&["set", "../m-1", "a.md", "--from", "bytes"], 1, "unknown mission `../m-1`"),
    ];
    for (args, code, told) in table {
        let outcome = sandbox.run(&[&["mission", "artifact"], args].concat());
        assert_eq!((outcome.code, &*outcome.stdout), (code, ""), "{outcome:?}");
        assert!(outcome.stderr.contains(told), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().filter(|line| line.contains("error")).count(), 1);
    }
    assert_eq!(tree(&sandbox.path("")), before);
    assert_eq!(ok(sandbox.run(&["mission", "artifact", "get", "m-2", "a.md"])), "old");

    // Asked for, it may be empty.
    ok(sandbox.run(&["mission", "artifact", "set", "m-1", "empty", "--from", "-"]));
    fs::remove_file(sandbox.path(&within("m-1", "artifacts/empty"))).unwrap();
    let before = tree(&sandbox.path(""));

    // While a step runs, its process holds the mission.
    let held = Lock::try_take(&sandbox.path(".taskrun/missions/.locks/m-1")).unwrap().unwrap();
    let busy = sandbox.run(&["mission", "artifact", "set", "m-1", "a.md", "--from", "bytes"]);
    assert_eq!(busy.code, 75, "{busy:?}");
    let holder = format!("mission `m-1` is being worked on by pid {}", std::process::id());
    assert!(busy.stderr.contains(&holder), "{busy:?}");
    drop(held);
    assert_eq!(tree(&sandbox.path("")), before);
}

#[test]
fn a_hundred_megabytes_are_never_held() {
    const SIZE: u64 = 100 << 20;
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({}));
    ran(
        &sandbox,
        "m-1",
        "step-01-cleanup.r-1",
        &json!({"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:00Z"}),
    );
    sandbox.write(&within("m-1", "logs/step-01-cleanup.r-1.log"), "");
    let log = sandbox.path(&within("m-1", "logs/step-01-cleanup.r-1.log"));
    for path in [sandbox.path("large"), log] {
        let mut file = fs::File::create(path).unwrap();
        file.set_len(SIZE - 4).unwrap();
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
        file.write_all(b"end\n").unwrap();
    }
    // So much memory, its own code included, that what is copied cannot be in it.
    let limited = |args: &str| {
        let line = format!("ulimit -v 98304; exec '{}' mission {args}", env!("CARGO_BIN_EXE_taskrun"));
        let taskrun = sandbox.command();
        let mut command = Command::new("sh");
        command.args(["-c", &line]).current_dir(sandbox.path("")).env_clear();
        command.envs(taskrun.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::from(fs::File::open(sandbox.path("large")).unwrap()));
        Outcome::of(&mut command)
    };
    let counted = |args: &str| ok(limited(&format!("{args} | tail -c 4")));
    for input in ["large", "-"] {
        id(limited(&format!("new --title T --type fix --input {input}")));
    }
    for from in ["", "--from large"] {
        ok(limited(&format!("artifact set m-1 large.bin {from}")));
        assert_eq!(fs::metadata(sandbox.path(&within("m-1", "artifacts/large.bin"))).unwrap().len(), SIZE);
    }
    for args in ["artifact get m-1 large.bin", "logs m-1", "logs m-1 --follow", "logs m-1 --bytes 99000000"] {
        assert_eq!(counted(args), "end\n", "{args}");
    }
    assert_eq!(ok(limited("logs m-1 --bytes 4")), "end\n");
    for entry in fs::read_dir(sandbox.path(".taskrun/missions/active")).unwrap() {
        let input = entry.unwrap().path().join("artifacts/raw-input.md");
        assert!(
            fs::metadata(&input).is_ok_and(|meta| meta.len() == SIZE)
                || input.to_str().unwrap().contains("m-1--x")
        );
    }
}

#[test]
fn runs_are_listed_as_they_began() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({}));
    assert_eq!(sandbox.run(&["mission", "runs", "m-1", "--json"]).json(), json!([]));
    let (me, dead) = (Holder::me(), Holder { start: 1, ..Holder::me() });
    let at = |minute: u32| format!("2026-01-01T00:{minute:02}:00Z");
    ran(
        &sandbox,
        "m-1",
        "step-01-cleanup.r-2",
        &json!({"started_at": at(5), "finished_at": at(6), "exit_code": 0, "foreign": 1}),
    );
    ran(
        &sandbox,
        "m-1",
        "step-01-cleanup.r-1",
        &json!({"started_at": at(1), "finished_at": at(2), "exit_code": 3, "error": "agent exited with code 3"}),
    );
    ran(
        &sandbox,
        "m-1",
        "step-02-review-structured.r-3",
        &json!({"started_at": at(7), "finished_at": at(7), "decision": "sent_back", "note": "a\u{1b}[2Jb", "by": "T"}),
    );
    ran(&sandbox, "m-1", "step-01-cleanup.r-4", &json!({"started_at": at(8), "holder": dead}));
    ran(&sandbox, "m-1", "step-01-cleanup.r-5", &json!({"started_at": at(9), "holder": me}));
    let runs = sandbox.run(&["mission", "runs", "m-1", "--json"]).json();
    let line =
        |run: &Value| format!("{} {}", run["run_id"].as_str().unwrap(), run["state"].as_str().unwrap());
    let lines: Vec<String> = runs.as_array().unwrap().iter().map(line).collect();
    assert_eq!(lines, ["r-1 failed", "r-2 ok", "r-3 sent_back", "r-4 failed", "r-5 running"]);
    assert_eq!((&runs[1]["started_at"], &runs[1]["foreign"]), (&json!("2026-01-01T00:05:00Z"), &json!(1)));
    let text = ok(sandbox.run(&["mission", "runs", "m-1"]));
    let ends = [
        "1m00s  agent exited with code 3",
        "ok          1m00s",
        "a\u{fffd}[2Jb",
        "its process died",
        "running",
    ];
    for (line, end) in text.lines().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
}

#[test]
fn logs_are_printed_as_they_are_and_come() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({}));
    let none = sandbox.run(&["mission", "logs", "m-1"]);
    assert_eq!((none.code, &*none.stdout, &*none.stderr), (0, "", "there is no log yet\n"));
    let log = |name: &str| within("m-1", &format!("logs/{name}.log"));
    let (first, last) = ("step-01-cleanup.r-1", "step-03-research.r-2");
    ran(
        &sandbox,
        "m-1",
        first,
        &json!({"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:00:00Z"}),
    );
    ran(&sandbox, "m-1", last, &json!({"started_at": "2026-01-01T00:01:00Z", "holder": Holder::me()}));
    ran(
        &sandbox,
        "m-1",
        "step-04-review-research.r-3",
        &json!({"started_at": "2026-01-01T00:02:00Z", "finished_at": "2026-01-01T00:02:00Z", "decision": "approved"}),
    );
    sandbox.write(&log(first), "cleanup\n\u{fc}\u{fc}");
    sandbox.write(&log(last), "one\n");
    let table: [(&[&str], i32, &str); 9] = [
        (&[], 0, "one\n"),
        (&["--bytes", "2"], 0, "e\n"),
        (&["--bytes", "4000"], 0, "one\n"),
        (&["--step", "cleanup"], 0, "cleanup\n\u{fc}\u{fc}"),
        (&["--run", "r-1", "--bytes", "3"], 0, "\u{fc}"),
        (&["--run", "r-1", "--follow"], 0, "cleanup\n\u{fc}\u{fc}"),
        (&["--step", "none"], 1, ""),
        (&["--step", "cleanup", "--run", "r-2"], 1, ""),
        (&["--follow", "--json"], 2, ""),
    ];
    for (args, code, stdout) in table {
        let outcome = sandbox.run(&[&["mission", "logs", "m-1"], args].concat());
        assert_eq!((outcome.code, &*outcome.stdout), (code, stdout), "{args:?}: {outcome:?}");
    }
    let listed = sandbox.run(&["mission", "logs", "m-1", "--json"]).json();
    let listed: Vec<_> =
        listed.as_array().unwrap().iter().map(|log| (&log["run_id"], &log["bytes"])).collect();
    assert_eq!(listed, [(&json!("r-1"), &json!(12)), (&json!("r-2"), &json!(4))]);
}

#[test]
fn a_log_is_followed_until_its_step_ends_though_the_folder_moves() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({}));
    let last = "step-03-research.r-2";
    let log = |name: &str| within("m-1", &format!("logs/{name}.log"));
    ran(&sandbox, "m-1", last, &json!({"started_at": "2026-01-01T00:01:00Z", "holder": Holder::me()}));
    sandbox.write(&log(last), "one\n");
    let out = sandbox.path("followed");
    let mut follow = sandbox.command();
    follow.args(["mission", "logs", "m-1", "--follow"]).stdout(Stdio::from(fs::File::create(&out).unwrap()));
    let mut follow = follow.spawn().unwrap();
    until("the first line is there", || fs::read_to_string(&out).unwrap() == "one\n");
    let append = |path: &Path| {
        fs::OpenOptions::new().append(true).open(path).unwrap().write_all("zw\u{f6}".as_bytes())
    };
    append(&sandbox.path(&log(last))).unwrap();
    until("the second is, too", || fs::read_to_string(&out).unwrap() == "one\nzw\u{f6}");
    assert!(follow.try_wait().unwrap().is_none());
    fs::create_dir_all(sandbox.path(".taskrun/missions/completed")).unwrap();
    let moved = sandbox.path(".taskrun/missions/completed/m-1--y");
    fs::rename(sandbox.path(&within("m-1", "")), &moved).unwrap();
    append(&moved.join(format!("logs/{last}.log"))).unwrap();
    let over = json!({"step_id": "research", "run_id": "r-2", "started_at": "2026-01-01T00:01:00Z", "finished_at": "2026-01-01T00:03:00Z"});
    let record = moved.join(format!("runs/{last}.json"));
    fs::write(record.with_extension("new"), over.to_string()).unwrap();
    fs::rename(record.with_extension("new"), record).unwrap();
    assert!(follow.wait().unwrap().success());
    assert_eq!(fs::read_to_string(&out).unwrap(), "one\nzw\u{f6}zw\u{f6}");
}
