//! Missions as files: made, listed, read, written, copied; what other tools and hands do to them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use taskrun::system::lock::{Holder, Lock};

use crate::sandbox::{Outcome, Sandbox};

/// A workspace without missions.
pub fn workspace() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/.gitignore", "");
    sandbox
}

/// A mission as files, at the first step, with fields on top of that.
pub fn mission(sandbox: &Sandbox, place: &str, id: &str, fields: &Value) {
    let mut mission = json!({"mission_id": id, "title": format!("Mission {id}"), "type": "feature", "status": "ready",
        "workflow_id": "standard-feature", "current_step": 0, "errors": [],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"});
    mission.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    sandbox.write(&format!(".taskrun/missions/{place}/{id}--x/mission.json"), mission.to_string());
}

/// Where a mission of [`mission`] lies, and what is in it.
fn within(id: &str, what: &str) -> String {
    format!(".taskrun/missions/active/{id}--x/{what}")
}

fn ran(sandbox: &Sandbox, id: &str, name: &str, fields: &Value) {
    let (_, step) = name.strip_prefix("step-").unwrap().split_once('-').unwrap();
    let (step, run) = step.split_once('.').unwrap();
    let mut record = json!({"step_id": step, "run_id": run});
    record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    sandbox.write(&within(id, &format!("runs/{name}.json")), record.to_string());
}

/// Everything below a directory, with what is in it.
pub fn tree(dir: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(tree(&path));
            found.push((path, None));
        } else {
            let bytes = fs::read(&path).ok();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

/// Relative names of what is below a directory.
fn names(dir: &Path) -> Vec<String> {
    let name = |path: &Path| path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
    tree(dir).iter().map(|(path, _)| name(path)).collect()
}

fn ok(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

fn id(outcome: Outcome) -> String {
    ok(outcome).trim_end().to_owned()
}

/// Waits until something is so.
fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn init_makes_what_is_missing_and_nothing_else() {
    let sandbox = workspace();
    sandbox.write(".claude/agents/research.md", "mine");
    let made = sandbox.run(&["mission", "init", "--json"]).json();
    let wanted = [
        ".taskrun/missions/active",
        ".taskrun/missions/completed",
        ".taskrun/workflows.json",
        ".taskrun/agents.json",
        ".claude/agents/cleanup.md",
        ".claude/agents/planning.md",
        ".claude/agents/implementation.md",
    ];
    assert_eq!(made["made"], json!(wanted));
    assert_eq!(sandbox.read(".claude/agents/research.md"), "mine");
    let before = tree(&sandbox.path(""));
    let again = sandbox.run(&["mission", "init"]);
    assert_eq!((again.code, &*again.stdout), (0, "nothing was missing\n"));
    assert_eq!(tree(&sandbox.path("")), before);
    // What it wrote is what holds without it.
    let written = ok(sandbox.run(&["mission", "workflows", "--json"]));
    fs::remove_file(sandbox.path(".taskrun/workflows.json")).unwrap();
    assert_eq!(ok(sandbox.run(&["mission", "workflows", "--json"])), written);
    let agents: Value = serde_json::from_str(&sandbox.read(".taskrun/agents.json")).unwrap();
    for (name, member) in agents["agents"].as_object().unwrap() {
        let file = member["promptFile"].as_str().unwrap();
        assert_eq!(file, format!(".claude/agents/{}.md", name.strip_suffix("-agent").unwrap()));
        assert!(sandbox.path(file).is_file());
    }
}

#[test]
fn a_new_mission_is_a_whole_folder() {
    let sandbox = workspace();
    sandbox.write("wish.md", "from a file\r\n\u{1f680}");
    let mut stdin = sandbox.command();
    stdin.stdin(Stdio::from(fs::File::open(sandbox.path("wish.md")).unwrap()));
    let long = "long ".repeat(2000);
    let cases: [(&str, &str, &str, &[u8]); 5] = [
        ("Add dark mode", "feature", "a text", b"a text"),
        ("Wish", "fix", "wish.md", "from a file\r\n\u{1f680}".as_bytes()),
        ("Wish", "bugfix", "-", "from a file\r\n\u{1f680}".as_bytes()),
        ("- \u{65e5}\u{672c} ../a/b", "fix", "--title is text, too", b"--title is text, too"),
        ("long", "fix", &long, long.as_bytes()),
    ];
    for (title, kind, input, expected) in cases {
        let args = ["mission", "new", "--title", title, "--type", kind, "--input", input, "--json"];
        let outcome = match input {
            "-" => Outcome::of(stdin.args(args)),
            _ => sandbox.run(&args),
        };
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let document = outcome.json();
        let id = document["mission_id"].as_str().unwrap();
        let folder = fs::read_dir(sandbox.path(".taskrun/missions/active")).unwrap();
        let folder = folder.map(|entry| entry.unwrap().path());
        let folder =
            folder.into_iter().find(|path| path.to_str().unwrap().contains(&format!("/{id}--"))).unwrap();
        assert_eq!(names(&folder), ["artifacts", "artifacts/raw-input.md", "logs", "mission.json", "runs"]);
        assert_eq!(fs::read(folder.join("artifacts/raw-input.md")).unwrap(), expected);
        let file: Value = serde_json::from_slice(&fs::read(folder.join("mission.json")).unwrap()).unwrap();
        assert_eq!(file, document);
        let wanted = json!({"version": 1, "mission_id": id, "title": title, "type": kind, "current_step": 0,
            "workflow_id": "standard-feature", "status": "ready", "created_at": document["created_at"],
            "updated_at": document["created_at"], "errors": []});
        assert_eq!(document, wanted);
    }
    // What its agents are told is there without `mission init`, too.
    assert!(sandbox.path(".claude/agents/planning.md").is_file());
    assert!(!sandbox.path(".taskrun/workflows.json").exists());
    assert_eq!(fs::read_dir(sandbox.path(".taskrun/missions/.making")).unwrap().count(), 0);
}

#[test]
fn what_makes_no_mission_leaves_nothing() {
    let sandbox = workspace();
    sandbox.write("empty.md", " \n");
    let new = ["mission", "new"];
    let table: [(&[&str], i32, &str); 10] = [
        (&["--title", " ", "--type", "fix", "--input", "x"], 2, "the title is empty"),
        (&["--title", "a\nb", "--type", "fix", "--input", "x"], 2, "the title is more than one line"),
        (&["--title", "T", "--type", "fix", "--input", " "], 2, "the input is empty"),
        (&["--title", "T", "--type", "fix", "--input", "empty.md"], 2, "the input is empty"),
        (&["--title", "T", "--type", "fix", "--input", "-"], 2, "the input is empty"),
        (&["--title", "T", "--type", "fix", "--input", "."], 2, "`.` is a directory"),
        (&["--title", "T", "--type", "fix"], 2, "--input"),
        (&["--title", "T", "--input", "x"], 2, "--type"),
        (&["--title", "T", "--type", "chore", "--input", "x"], 2, "`chore`"),
        (&["--title", "T", "--type", "fix", "--input", "x", "--workflow", "w"], 1, "unknown workflow `w`"),
    ];
    let before = tree(&sandbox.path(""));
    for (args, code, told) in table {
        let outcome = sandbox.run(&[&new, args].concat());
        assert_eq!((outcome.code, &*outcome.stdout), (code, ""), "{outcome:?}");
        assert!(outcome.stderr.contains(told), "{outcome:?}");
        assert_eq!(tree(&sandbox.path("")), before, "{args:?}");
    }
}

/// A `mission new` that waits for the rest of its input, with its folder half made.
fn half_made(sandbox: &Sandbox, title: &str) -> Child {
    let args = ["mission", "new", "--title", title, "--type", "fix", "--input", "-"];
    let mut child = sandbox
        .command()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(&vec![b'x'; 200_000]).unwrap();
    let making = sandbox.path(".taskrun/missions/.making");
    until("it is begun", || names_or_none(&making).iter().any(|name| name.ends_with(title)));
    child
}

fn names_or_none(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned()).collect()
}

#[test]
fn a_half_made_folder_is_no_mission_and_goes() {
    let sandbox = workspace();
    let mut killed = half_made(&sandbox, "killed");
    let mut slow = half_made(&sandbox, "slow");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(sandbox.run(&["mission", "list", "--all", "--json"]).json(), json!([]));
    id(sandbox.run(&["mission", "new", "--title", "other", "--type", "fix", "--input", "x"]));
    let making = names_or_none(&sandbox.path(".taskrun/missions/.making"));
    assert!(making.len() == 1 && making[0].ends_with("--slow"), "only what lives stays: {making:?}");
    drop(slow.stdin.take());
    let made = slow.wait_with_output().unwrap();
    assert!(made.status.success());
    let made = String::from_utf8(made.stdout).unwrap();
    let bytes = ok(sandbox.run(&["mission", "artifact", "get", made.trim(), "raw-input.md"]));
    assert_eq!(bytes.len(), 200_000);
    assert_eq!(sandbox.run(&["mission", "list", "--json"]).json().as_array().unwrap().len(), 2);
}

#[test]
fn a_list_tells_how_far_each_is() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({"current_step": 8, "status": "ready"}));
    mission(
        &sandbox,
        "active",
        "m-12",
        &json!({"current_step": 1, "status": "waiting_human", "foreign": [1]}),
    );
    for (id, holder) in [("m-3", Some(Holder::me())), ("m-4", None)] {
        mission(&sandbox, "active", id, &json!({"current_step": 2, "status": "running_code_agent"}));
        let holder = holder.unwrap_or(Holder { start: 1, ..Holder::me() });
        ran(
            &sandbox,
            id,
            "step-03-research.r-1",
            &json!({"started_at": "2026-01-01T00:00:00Z", "holder": holder}),
        );
    }
    mission(&sandbox, "active", "m-5", &json!({"workflow_id": "gone", "title": "a\u{1b}[31mb\nc"}));
    mission(&sandbox, "completed", "m-0", &json!({"current_step": 8, "status": "completed"}));
    sandbox.write(".taskrun/missions/active/notes.txt", "not a mission");
    sandbox.write(".taskrun/missions/active/.hidden/mission.json", "{}");
    let listed = |all: bool| {
        let args: &[&str] = if all { &["--all"] } else { &[] };
        let outcome = sandbox.run(&[&["mission", "list", "--json"], args].concat());
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""));
        let line = |one: &Value| {
            let text = |field: &str| one[field].as_str().unwrap().to_owned();
            [text("mission_id"), text("status"), text("current_step_name"), text("folder")].join(" ")
        };
        outcome.json().as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    let active = [
        "m-1 ready Unknown active",
        "m-12 waiting_human Review Structured Input active",
        "m-3 running_code_agent Research active",
        "m-4 failed Research active",
        "m-5 ready Unknown active",
    ];
    assert_eq!(listed(false), active);
    assert_eq!(listed(true), [&["m-0 completed Unknown completed"], &active[..]].concat());
    let one = sandbox.run(&["mission", "list", "--json"]).json()[0].clone();
    let wanted = json!({"mission_id": "m-1", "title": "Mission m-1", "type": "feature", "status": "ready",
        "current_step_name": "Unknown", "updated_at": "2026-01-01T00:00:00Z", "workflow_id": "standard-feature",
        "folder": "active"});
    assert_eq!(one, wanted);
    // Between the record of a run and that of its mission, whoever works holds the lock.
    sandbox.write(".taskrun/missions/.locks/m-4", "");
    let held = Lock::try_take(&sandbox.path(".taskrun/missions/.locks/m-4")).unwrap();
    assert_eq!(listed(false)[3], "m-4 running_code_agent Research active");
    drop(held);
    assert_eq!(listed(false), active);
    let text = ok(sandbox.run(&["mission", "list"]));
    assert_eq!(text.lines().count(), 5);
    assert!(text.ends_with("Unknown                  a\u{fffd}[31mb c\n"), "{text}");
}

#[test]
fn a_broken_mission_is_a_warning_in_the_list() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({}));
    mission(&sandbox, "active", "m-2", &json!({"current_step": "two"}));
    mission(&sandbox, "active", "m-3", &json!({"mission_id": "m-33"}));
    mission(&sandbox, "active", "m-4", &json!({}));
    mission(&sandbox, "completed", "m-4", &json!({}));
    fs::create_dir_all(sandbox.path(&within("m-5", ""))).unwrap();
    let outcome = sandbox.run(&["mission", "list", "--all", "--json"]);
    assert_eq!(outcome.code, 0);
    let listed = outcome.json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["mission_id"], "m-1");
    let warnings: Vec<&str> = outcome.stderr.lines().collect();
    let told = [
        "warning: `.taskrun/missions/active/m-2--x/mission.json` line 1: `current_step` is text",
        "warning: `.taskrun/missions/active/m-3--x/mission.json`: `mission_id` is `m-33`, but the folder is named for `m-3`",
        "warning: two folders are mission `m-4`: `.taskrun/missions/active/m-4--x` and `.taskrun/missions/completed/m-4--x`",
        "warning: `.taskrun/missions/active/m-5--x/mission.json` is missing",
    ];
    assert_eq!(warnings.len(), told.len(), "{warnings:#?}");
    for (warning, told) in warnings.iter().zip(told) {
        assert!(warning.starts_with(told), "{warning}");
    }
    // Alone, each is an error.
    let twins = sandbox.run(&["mission", "runs", "m-4"]);
    assert_eq!(twins.code, 2);
    assert!(
        twins
            .stderr
            .starts_with("error: two folders are mission `m-4`: `.taskrun/missions/active/m-4--x` and ")
    );
}

#[test]
fn artifacts_are_bytes() {
    let sandbox = workspace();
    mission(&sandbox, "active", "m-1", &json!({"color": "red"}));
    mission(&sandbox, "completed", "m-2", &json!({}));
    sandbox.write(".taskrun/missions/completed/m-2--x/artifacts/a.md", "old");
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

    let before = tree(&sandbox.path(""));
    let table: [(&[&str], i32, &str); 13] = [
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

    // It goes on until the step ends, though the folder moves meanwhile.
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

#[test]
fn folders_can_be_copied_renamed_and_are_told_by_their_whole_id() {
    let (here, there) = (workspace(), workspace());
    let id = id(here.run(&["mission", "new", "--title", "Travels", "--type", "fix", "--input", "x"]));
    let folder = here.path(&format!(".taskrun/missions/active/{id}--travels"));
    fs::create_dir_all(there.path(".taskrun/missions/active")).unwrap();
    let to = there.path(&format!(".taskrun/missions/active/{id}--r\u{e9}nam\u{e9}e par moi--d"));
    assert!(Command::new("cp").arg("-a").args([&folder, &to]).status().unwrap().success());
    let listed = there.run(&["mission", "list", "--json"]).json();
    assert_eq!(listed[0], here.run(&["mission", "list", "--json"]).json()[0]);
    assert_eq!(ok(there.run(&["mission", "artifact", "get", &id, "raw-input.md"])), "x");
    there.write("new", "there only");
    ok(there.run(&["mission", "artifact", "set", &id, "raw-input.md", "--from", "new"]));
    assert_eq!(ok(here.run(&["mission", "artifact", "get", &id, "raw-input.md"])), "x");
    // Without any slug.
    fs::rename(&to, to.with_file_name(&id)).unwrap();
    assert_eq!(ok(there.run(&["mission", "artifact", "get", &id, "raw-input.md"])), "there only");

    for (id, text) in [("m-12", "twelve"), ("m-1", "one")] {
        mission(&here, "active", id, &json!({}));
        here.write(&within(id, "artifacts/a.md"), text);
    }
    assert_eq!(ok(here.run(&["mission", "artifact", "get", "m-1", "a.md"])), "one");
    fs::remove_dir_all(here.path(&within("m-1", ""))).unwrap();
    assert_eq!(here.run(&["mission", "artifact", "get", "m-1", "a.md"]).code, 1, "m-12 is another one");
}
