//! What is said where `bd` would refuse, or drop what we write.

use std::process::Command;

use crate::beads_real::{bench, binaries, create, taskrun};
use crate::sandbox::Sandbox;

fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["beads", "init", "--prefix", "tr"]).code, 0);
    sandbox
}

fn made(sandbox: &Sandbox, args: &[&str]) -> String {
    let out = sandbox.run(&[&["beads", "create", "--silent"], args].concat());
    assert_eq!(out.code, 0, "{out:?}");
    out.stdout.trim().to_owned()
}

#[test]
fn closing_what_waits_is_done_and_said() {
    let sandbox = store();
    let first = made(&sandbox, &["first"]);
    let second = made(&sandbox, &["second", "--blocked-by", &first]);
    let epic = made(&sandbox, &["epic", "-t", "epic"]);
    let child = made(&sandbox, &["child", "--parent", &epic]);
    let out = sandbox.run(&["beads", "close", &second]);
    assert_eq!(out.code, 0);
    assert!(out.stderr.contains(&format!("`{second}` is closed, though it waits for `{first}`")), "{out:?}");
    let out = sandbox.run(&["beads", "close", &epic]);
    assert!(out.stderr.contains(&format!("it is an epic with open tasks: `{child}`")), "{out:?}");
    // Nothing is said of what is closed with it.
    assert_eq!(sandbox.run(&["beads", "reopen", &second, &epic]).code, 0);
    let out = sandbox.run(&["beads", "close", &second, &first, &epic, &child]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
}

#[test]
fn a_waits_for_has_its_gate() {
    let sandbox = store();
    let (one, two) = (made(&sandbox, &["one"]), made(&sandbox, &["two"]));
    assert_eq!(sandbox.run(&["beads", "dep", "add", &one, &two, "-t", "waits-for"]).code, 0);
    let text = sandbox.read(".beads/issues.jsonl");
    assert!(text.contains(r#""metadata":"{\"gate\":\"all-children\"}""#), "{text}");
}

#[test]
fn two_issues_have_one_dependency() {
    let sandbox = store();
    let epic = made(&sandbox, &["epic", "-t", "epic"]);
    let refused = |deps: &str| {
        let out = sandbox.run(&["beads", "create", "x", "--parent", &epic, "--deps", deps, "--json"]);
        assert_eq!(out.code, 1, "{out:?}");
        out.json_error()["message"].as_str().unwrap().to_owned()
    };
    assert!(refused(&format!("related:{epic}")).contains("two issues have one dependency"));
    assert!(refused(&epic).contains("neither could ever start"));
}

#[test]
fn a_classic_database_beside_the_file_bears_on_types() {
    let sandbox = store();
    made(&sandbox, &["fine without one", "-t", "story"]);
    let sandbox = store();
    sandbox.write(".beads/beads.db", "");
    let before = sandbox.read(".beads/issues.jsonl");
    let out = sandbox.run(&["beads", "create", "x", "-t", "story", "--json"]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(
        out.json_error()["hint"].as_str().unwrap().contains("bd config set types.custom story"),
        "{out:?}"
    );
    assert_eq!(sandbox.read(".beads/issues.jsonl"), before);
    sandbox.write(".beads/config.yaml", "types.custom: story\n");
    made(&sandbox, &["x", "-t", "story"]);
}

#[test]
fn a_status_in_use_can_be_given_but_no_death() {
    let sandbox = store();
    let id = made(&sandbox, &["one"]);
    let text = sandbox.read(".beads/issues.jsonl");
    let line =
        |id: &str, status: &str| format!("{{\"id\":\"tr-{id}\",\"title\":\"x\",\"status\":\"{status}\"}}\n");
    sandbox.write(".beads/issues.jsonl", text + &line("a1", "in_review") + &line("a2", "tombstone"));
    assert_eq!(sandbox.run(&["beads", "update", &id, "--status", "in_review"]).code, 0);
    assert_eq!(sandbox.run(&["beads", "update", &id, "--status", "tombstone"]).code, 2);
}

#[test]
fn what_git_ignores_is_said_to_be_ignored() {
    let sandbox = store();
    let out = Command::new("git").args(["init", "-q"]).current_dir(sandbox.path("")).output().unwrap();
    assert!(out.status.success());
    sandbox.write(".gitignore", ".beads/\n");
    let out = sandbox.run(&["beads", "sync"]);
    assert!(out.code == 0 && out.stderr.contains("git ignores"), "{out:?}");
    let empty = Sandbox::new();
    let out = empty.command().args(["beads", "list"]).env("BEADS_DIR", "/no/such/place").output().unwrap();
    let words = String::from_utf8_lossy(&out.stderr);
    assert!(words.contains("`BEADS_DIR`") && words.contains("/no/such/place"), "{words}");
}

/// `bd` closes one after the other.
#[test]
fn several_are_closed_by_bd_or_none() {
    for real in binaries() {
        let bench = bench(&real, "");
        let first = create(&real, &bench, &["First"]);
        let second = create(&real, &bench, &["Second", "--blocked-by", &first]);
        let other = create(&real, &bench, &["Other"]);
        let out = taskrun(&real, &bench.sandbox, &["beads", "close", &other, &second]);
        assert!(out.code == 1 && out.stderr.contains(&format!("waits for `{first}`")), "{out:?}");
        let shown = real.json(&bench.sandbox, &["show", &other, "--json"]);
        assert_eq!(shown[0]["status"], "open");
        let out = taskrun(&real, &bench.sandbox, &["beads", "close", &first, &second]);
        assert_eq!(out.code, 0, "{out:?}");
    }
}
