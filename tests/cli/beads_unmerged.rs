//! Merges that the driver did not make: what git leaves behind, and how the doctor finishes it.

use std::fs;

use serde_json::Value;

use crate::beads_merge::{FILE, fork, git, git_in, repository};
use crate::sandbox::{Outcome, Sandbox};

fn merge(sandbox: &Sandbox, from: &str) -> Outcome {
    git_in(sandbox, &sandbox.path(""), &["merge", "--no-edit", from])
}

fn tasks(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.run(&["beads", "list", "--json"]).json().as_array().unwrap().clone()
}

/// What was moved aside.
fn aside(sandbox: &Sandbox) -> String {
    let files = fs::read_dir(sandbox.path(".beads")).unwrap().map(|file| file.unwrap().path());
    let rejected = files.filter(|path| path.to_string_lossy().contains("rejected-"));
    rejected.map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// One task; a branch that titles it and a later one that labels it; the second is checked out.
fn titled_and_labelled(sandbox: &Sandbox) {
    sandbox.write(".gitattributes", "");
    sandbox.write(FILE, "");
    let id = sandbox.run(&["beads", "create", "old", "--silent"]).stdout;
    git(sandbox, &["add", "-A"]);
    git(sandbox, &["commit", "-qm", "base"]);
    for (branch, change) in [("one", ["--title", "new"]), ("two", ["--add-label", "late"])] {
        git(sandbox, &["checkout", "-q", "-b", branch, "main"]);
        assert_eq!(sandbox.run(&["beads", "update", id.trim(), change[0], change[1]]).code, 0);
        git(sandbox, &["commit", "-qam", branch]);
    }
}

#[test]
fn a_merge_without_the_driver_is_finished_by_the_doctor() {
    let sandbox = repository();
    sandbox.write(".gitattributes", "");
    sandbox.write(FILE, "");
    fork(&sandbox);
    let out = git_in(&sandbox, &sandbox.path(""), &["merge", "--no-edit", "one"]);
    assert_eq!(out.code, 1, "{out:?}");
    assert_eq!(sandbox.run(&["beads", "list"]).code, 2);
    let before = sandbox.read(FILE);
    let out = sandbox.run(&["beads", "doctor"]);
    assert!(out.code == 1 && out.stdout.starts_with("problem  merge-conflict"), "{out:?}");
    assert_eq!(sandbox.read(FILE), before, "looking writes nothing");
    let out = sandbox.run(&["beads", "doctor", "--fix"]);
    assert_eq!(out.code, 0, "{out:?}");
    let list = sandbox.run(&["beads", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 3, "both children stay");
    assert_eq!(list[0]["comments"].as_array().unwrap().len(), 2);
    assert_eq!(sandbox.run(&["beads", "doctor"]).code, 0, "a second look finds nothing");
}

#[test]
fn what_git_holds_of_a_merge_tells_who_changed_what() {
    let sandbox = repository();
    titled_and_labelled(&sandbox);
    assert_eq!(merge(&sandbox, "one").code, 1);
    assert!(!sandbox.read(FILE).contains("|||||||"), "the markers do not tell the base");
    let out = sandbox.run(&["beads", "doctor", "--fix"]);
    assert!(out.code == 0 && out.stdout.contains("git add"), "{out:?}");
    let task = &tasks(&sandbox)[0];
    assert_eq!((&task["title"], &task["labels"]), (&"new".into(), &serde_json::json!(["late"])));
    assert_eq!(aside(&sandbox), "", "nothing was overruled");
    let (out, text) = (sandbox.run(&["beads", "doctor"]), sandbox.read(FILE));
    assert!(out.code == 0 && out.stdout.contains("info  unmerged"), "{out:?}");
    sandbox.run(&["beads", "doctor", "--fix"]);
    assert_eq!(sandbox.read(FILE), text);
    git(&sandbox, &["add", FILE]);
    git(&sandbox, &["commit", "-qm", "merged"]);
    assert!(sandbox.run(&["beads", "doctor"]).stdout.lines().all(|line| !line.contains("unmerged")));
}

#[test]
fn markers_that_were_committed_lose_nothing() {
    let sandbox = repository();
    titled_and_labelled(&sandbox);
    assert_eq!(merge(&sandbox, "one").code, 1);
    git(&sandbox, &["commit", "-qam", "oops"]);
    let out = sandbox.run(&["beads", "doctor", "--fix", "--json"]);
    assert_eq!(out.json()["findings"][0]["fixed"], true, "{out:?}");
    let task = &tasks(&sandbox)[0];
    assert_eq!((&task["title"], &task["labels"]), (&"old".into(), &serde_json::json!(["late"])));
    let kept = aside(&sandbox);
    assert!(kept.lines().count() == 1 && kept.contains("\"new\""), "the older value is kept aside: {kept}");
}

#[test]
fn a_driver_that_cannot_start_loses_nothing() {
    for (command, has_markers) in [("gone-program %A %O %B", false), ("", true)] {
        let sandbox = repository();
        assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
        fork(&sandbox);
        let installed = git(&sandbox, &["config", "merge.beads.driver"]);
        let program = format!("'{}'", env!("CARGO_BIN_EXE_taskrun"));
        assert!(installed.contains(&program), "{installed}");
        let broken = installed.trim().replace(&program, "'/gone/taskrun'");
        let command = if command.is_empty() { &broken } else { command };
        git(&sandbox, &["config", "merge.beads.driver", command]);
        assert_eq!(merge(&sandbox, "one").code, 1);
        assert_eq!(sandbox.read(FILE).contains("<<<<<<< ours"), has_markers, "{}", sandbox.read(FILE));
        let out = sandbox.run(&["beads", "doctor"]);
        let code = if has_markers { "problem  merge-conflict" } else { "problem  unmerged" };
        assert!(out.code == 1 && out.stdout.contains(code), "{out:?}");
        git(&sandbox, &["config", "merge.beads.driver", installed.trim()]);
        let out = sandbox.run(&["beads", "doctor", "--fix"]);
        assert_eq!(out.code, 0, "{out:?}");
        let text = sandbox.read(FILE);
        assert_eq!(tasks(&sandbox).len(), 3, "both children stay");
        // It is what the driver would have made of it.
        git(&sandbox, &["merge", "--abort"]);
        assert_eq!(merge(&sandbox, "one").code, 0);
        assert_eq!(sandbox.read(FILE), text);
    }
}

#[test]
fn a_real_conflict_stays_the_drivers_own() {
    let sandbox = repository();
    assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
    fork(&sandbox);
    sandbox.write(FILE, sandbox.read(FILE) + "{\"id\":\"torn\n");
    git(&sandbox, &["commit", "-qam", "torn"]);
    assert_eq!(merge(&sandbox, "one").code, 1);
    let text = sandbox.read(FILE);
    assert!(text.ends_with("<<<<<<< ours\n{\"id\":\"torn\n=======\n>>>>>>> theirs\n"), "{text}");
    assert_eq!(sandbox.run(&["beads", "doctor", "--fix"]).code, 0);
    assert_eq!((tasks(&sandbox).len(), aside(&sandbox).trim()), (3, "{\"id\":\"torn"));
}

#[test]
fn a_directory_may_be_called_anything() {
    let sandbox = repository();
    for dir in ["-dash", "it's 50% $HOME"] {
        fs::create_dir(sandbox.path(dir)).unwrap();
        let run = |args: &[&str]| {
            let out = Outcome::of(sandbox.command().current_dir(sandbox.path(dir)).args(args));
            assert_eq!(out.code, 0, "{out:?}");
            out.stdout
        };
        run(&["beads", "init"]);
        git(&sandbox, &["add", "-A"]);
        git(&sandbox, &["commit", "-qm", "base"]);
        let start = git(&sandbox, &["rev-parse", "HEAD"]);
        git(&sandbox, &["checkout", "-q", "-B", "other"]);
        run(&["beads", "create", "theirs"]);
        git(&sandbox, &["commit", "-qam", "theirs"]);
        git(&sandbox, &["checkout", "-q", "-B", "ours", start.trim()]);
        run(&["beads", "create", "ours"]);
        git(&sandbox, &["commit", "-qam", "ours"]);
        let out = merge(&sandbox, "other");
        assert_eq!(out.code, 0, "{out:?}");
        assert_eq!(run(&["beads", "list"]).lines().count(), 2, "{dir}");
    }
}
