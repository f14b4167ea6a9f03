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
pub fn within(id: &str, what: &str) -> String {
    format!(".taskrun/missions/active/{id}--x/{what}")
}

pub fn ran(sandbox: &Sandbox, id: &str, name: &str, fields: &Value) {
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

pub fn ok(outcome: Outcome) -> String {
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

pub fn id(outcome: Outcome) -> String {
    ok(outcome).trim_end().to_owned()
}

/// Waits until something is so.
pub fn until(what: &str, is: impl Fn() -> bool) {
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
