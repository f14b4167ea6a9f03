//! Stores that other tools wrote, and files that are broken: what is ready, what is kept, what is said.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bench::{Bench, DONE};
use crate::sandbox::{Outcome, Sandbox, stores};

const FILE: &str = ".beads/issues.jsonl";

fn with(bytes: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(FILE, bytes);
    sandbox
}

#[test]
fn ready_is_what_bd_says_on_every_fixture() {
    for fixture in stores() {
        let bytes = fs::read(fixture.join("issues.jsonl")).unwrap();
        let expected: Value =
            serde_json::from_slice(&fs::read(fixture.join("expected.json")).unwrap()).unwrap();
        let sandbox = with(&bytes);
        let out = sandbox.run(&["beads", "ready", "--json"]);
        if expected["basis"] == "refuse" {
            assert_eq!(out.code, 2, "{fixture:?}");
            assert!(!out.json_error()["hint"].as_str().unwrap().is_empty());
        } else {
            let ready = out.json();
            let mut ids: Vec<&str> =
                ready.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap()).collect();
            ids.sort_unstable();
            let mut wanted: Vec<&str> =
                expected["ready"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            wanted.sort_unstable();
            assert_eq!(ids, wanted, "{fixture:?}");
            assert!(
                ready
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|issue| issue["priority"].is_i64() && issue["status"] == "open")
            );
        }
        assert_eq!(fs::read(sandbox.path(FILE)).unwrap(), bytes, "reading changes nothing: {fixture:?}");
    }
}

#[test]
fn an_edit_changes_one_line_of_every_fixture() {
    for fixture in stores() {
        let before = fs::read_to_string(fixture.join("issues.jsonl")).unwrap();
        let sandbox = with(&before);
        let Ok(ready) = serde_json::from_str::<Value>(&sandbox.run(&["beads", "list", "--json"]).stdout)
        else {
            continue;
        };
        let Some(id) = ready[0]["id"].as_str() else { continue };
        assert_eq!(sandbox.run(&["beads", "update", id, "--notes", "touched <here>"]).code, 0, "{fixture:?}");
        let after = sandbox.read(FILE);
        let (old, new): (Vec<&str>, Vec<&str>) =
            (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
        assert_eq!(old.len(), new.len(), "{fixture:?}");
        let changed: Vec<usize> = (0..old.len()).filter(|&at| old[at] != new[at]).collect();
        assert_eq!(changed.len(), 1, "{fixture:?}");
        let (old, new): (Value, Value) =
            (serde_json::from_str(old[changed[0]]).unwrap(), serde_json::from_str(new[changed[0]]).unwrap());
        for (key, value) in old.as_object().unwrap() {
            assert!(
                ["notes", "updated_at"].contains(&key.as_str()) || &new[key] == value,
                "{fixture:?} {key}"
            );
        }
        assert_eq!(new["notes"], "touched <here>");
    }
}

#[test]
fn broken_files_are_named_and_left_alone() {
    let cases: [(&[u8], &str); 7] = [
        (b"{\"id\":\"a\"}\n{\"id\":\"b\",\"title\":\"half", "line 2 is cut off"),
        (b"{\"id\":\"a\"}\n<<<<<<< ours\n", "line 2 is a merge conflict marker"),
        (b"{\"id\":\"a\"}\n\n{\"id\":\"\xff\xfe\"}\n", "line 3 is not UTF-8"),
        (b"\xef\xbb\xbf{\"id\":\"a\"}\n", "byte order mark"),
        (b"{\"_schema\":\"beads-jsonl/2\"}\n{\"id\":\"a\"}\n", "`beads-jsonl/2` is not known"),
        (b"{\"id\":\"a\" \"title\":1}\n", "line 1 is not a JSON object"),
        (b"{\"id\":\"a\",\"priority\":\"high\"}\n", "line 1 is not a JSON object"),
    ];
    for (bytes, says) in cases {
        let sandbox = with(bytes);
        for args in [
            &["beads", "ready"][..],
            &["board"],
            &["beads", "create", "x"],
            &["beads", "claim"],
            &["beads", "init"],
        ] {
            let out = sandbox.run(&[args, &["--json"]].concat());
            assert_eq!(out.code, 2, "{args:?} {out:?}");
            let error = out.json_error();
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(says) && message.contains("issues.jsonl"), "{args:?} {message}");
            let hint = error["hint"].as_str().unwrap();
            let way = if says.contains("not known") { "newer taskrun" } else { "beads doctor --fix" };
            assert!(hint.contains(way), "{args:?} {hint}");
        }
        assert_eq!(fs::read(sandbox.path(FILE)).unwrap(), bytes);
    }
}

#[test]
fn duplicates_are_read_with_one_notice() {
    let sandbox = with(
        "{\"id\":\"a\",\"title\":\"new\",\"updated_at\":\"2026-02-01T00:00:00Z\"}\n\
         {\"id\":\"a\",\"title\":\"old\",\"updated_at\":\"2026-01-01T00:00:00Z\"}\n",
    );
    let out = sandbox.run(&["beads", "list"]);
    assert!(out.code == 0 && out.stdout.contains("new") && !out.stdout.contains("old"), "{out:?}");
    assert_eq!(out.stderr.matches("more than one line").count(), 1, "{out:?}");
}

#[test]
fn a_database_of_bd_is_told_apart() {
    let sandbox = with("{\"id\":\"a\"}\n");
    sandbox.write(".beads/metadata.json", "{\"backend\":\"dolt\"}");
    let out = sandbox.run(&["beads", "ready"]);
    assert!(out.code == 0 && out.stderr.is_empty(), "{out:?}");
    let out = sandbox.run(&["beads", "claim"]);
    assert!(out.code == 0 && out.stderr.contains("bd import"), "{out:?}");
    fs::remove_file(sandbox.path(FILE)).unwrap();
    let out = sandbox.run(&["beads", "ready"]);
    assert!(out.code == 2 && out.stderr.contains("bd export"), "{out:?}");
}

#[test]
fn a_redirect_is_followed_once() {
    let sandbox = Sandbox::new();
    sandbox.write(".beads/redirect", "elsewhere/.beads\n");
    sandbox.write("elsewhere/.beads/issues.jsonl", "{\"id\":\"there\"}\n");
    assert_eq!(sandbox.run(&["beads", "claim"]).code, 0);
    assert!(sandbox.read("elsewhere/.beads/issues.jsonl").contains("in_progress"));
    assert!(!sandbox.path(FILE).exists());
}

#[test]
fn children_are_numbered_past_what_was_deleted() {
    let sandbox = with(
        "{\"id\":\"a-1\"}\n{\"id\":\"a-1.2\",\"status\":\"tombstone\"}\n\
         {\"id\":\"a-2\",\"dependencies\":[{\"issue_id\":\"a-2\",\"depends_on_id\":\"a-1.4\",\"type\":\"related\"}]}\n",
    );
    let out = sandbox.run(&["beads", "create", "x", "--epic", "a-1", "--silent"]);
    assert_eq!(out.stdout, "a-1.5\n");
    let listed = sandbox.run(&["beads", "list", "--all"]).stdout;
    assert!(!listed.contains("a-1.2"), "{listed}");
}

/// A write that fails half-way must leave the file as it was and no half-written one that stays.
#[test]
fn a_full_disk_loses_nothing() {
    let line = format!("{{\"id\":\"bd-a\",\"title\":\"{}\"}}\n", "t".repeat(100_000));
    let sandbox = with(&line);
    let mut shell = Command::new("sh");
    shell.current_dir(sandbox.path("")).env("HOME", sandbox.root().join("home"));
    let out = Outcome::of(shell.args([
        "-c",
        "ulimit -f 8; exec \"$0\" beads update bd-a -p 1 --json",
        env!("CARGO_BIN_EXE_taskrun"),
    ]));
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.json_error()["message"].as_str().unwrap().contains("failed to write"), "{out:?}");
    assert_eq!(sandbox.read(FILE), line);
    assert_eq!(sandbox.run(&["beads", "update", "bd-a", "-p", "1"]).code, 0);
    let left: Vec<_> =
        fs::read_dir(sandbox.path(".beads")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["issues.jsonl"]);
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write(".beads", "a file where the directory belongs");
    sandbox.write(".taskrun/config.toml", "");
    for args in [&["beads", "init"][..], &["beads", "create", "x"]] {
        let out = sandbox.run(args);
        assert!(out.code == 2 && out.stderr.contains(".beads"), "{args:?} {out:?}");
    }
    assert_eq!(sandbox.read(".beads"), "a file where the directory belongs");

    let sandbox = with("{\"id\":\"a\"}\n");
    let dir = sandbox.path(".beads");
    fs::set_permissions(&dir, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    let bound = fs::write(dir.join("probe"), "").is_err();
    let out = sandbox.run(&["beads", "claim"]);
    fs::set_permissions(&dir, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    if bound {
        assert!(out.code == 2 && out.stderr.contains("failed to write"), "{out:?}");
        assert_eq!(sandbox.read(FILE), "{\"id\":\"a\"}\n");
    } else {
        eprintln!("skipped: a read-only directory does not bind this user (root)");
    }
}

/// Every command that reads or writes tasks is refused with these words in the hint, and writes nothing.
fn refused(bench: &Bench, says: &str, hint: &str) {
    for args in [
        &["beads", "list"][..],
        &["beads", "ready"],
        &["board"],
        &["beads", "init"],
        &["workspace", "init"],
        &["beads", "create", "new"],
        &["beads", "claim"],
        &["beads", "sync"],
        &["beads", "doctor", "--fix"],
    ] {
        let out = bench.sandbox.run(&[args, &["--json"]].concat());
        assert_eq!((out.code, out.stdout.as_str()), (2, ""), "{args:?} {out:?}");
        let error = out.json_error();
        let [message, way] = ["message", "hint"].map(|key| error[key].as_str().unwrap());
        assert!(message.contains(says) && way.contains(hint), "{args:?} {error}");
    }
}

#[test]
fn tasks_that_git_has_are_not_taken_for_never_made() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    bench.commit_all();
    let head = bench.git(&["rev-parse", "HEAD"]);
    let text = bench.sandbox.read(FILE);
    fs::remove_file(bench.sandbox.path(FILE)).unwrap();
    refused(&bench, "is missing, but git has", "`git checkout -- .beads/issues.jsonl`");
    assert!(!bench.sandbox.path(FILE).exists());
    fs::remove_dir_all(bench.sandbox.path(".beads")).unwrap();
    refused(&bench, "is missing, but git has", "`git checkout -- .beads/issues.jsonl`");
    bench.git(&["rm", "-q", "--cached", FILE]);
    refused(&bench, "is missing, but git has", "`git checkout HEAD -- .beads/issues.jsonl`");
    bench.git(&["checkout", "HEAD", "--", FILE]);

    // Nor where a sparse checkout leaves them out, with and without a `.taskrun` that makes it a workspace.
    bench.git(&["sparse-checkout", "set", "--no-cone", "/.taskrun/"]);
    refused(&bench, "is missing, but git has", "`git sparse-checkout add .beads`");
    bench.git(&["sparse-checkout", "set", "--no-cone", "/other/"]);
    let _ = fs::remove_dir_all(bench.sandbox.path(".taskrun"));
    refused(&bench, "is missing, but git has", "`git sparse-checkout add .beads`");
    assert!(!bench.sandbox.path(".beads").exists() && !bench.sandbox.path(".taskrun").exists());
    bench.git(&["sparse-checkout", "add", ".beads"]);
    assert_eq!(bench.sandbox.read(FILE), text);
    assert_eq!(bench.sandbox.run(&["beads", "list"]).code, 0);
    assert_eq!(bench.git(&["rev-parse", "HEAD"]), head);

    // What is gone from git, too, can be made again.
    bench.git(&["rm", "-q", FILE]);
    bench.git(&["commit", "-q", "--no-verify", "-m", "no tasks"]);
    assert_eq!(bench.sandbox.run(&["beads", "init"]).code, 0);
    assert_eq!(bench.sandbox.run(&["beads", "create", "new"]).code, 0);
}

#[test]
fn what_is_no_file_is_neither_read_nor_replaced() {
    let bench = Bench::new(DONE);
    let file = bench.sandbox.path(FILE);
    let _ = fs::remove_file(&file);
    let made = Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(made.success());
    refused(&bench, "is not a regular file", "out of the way");
    fs::remove_file(&file).unwrap();
    let target = bench.aside("gone.jsonl");
    std::os::unix::fs::symlink(&target, &file).unwrap();
    refused(&bench, target.to_str().unwrap(), "bring back what it names");
    assert!(file.is_symlink() && !target.exists());
    fs::write(&target, "{\"id\":\"bd-1\"}\n").unwrap();
    assert_eq!(bench.sandbox.run(&["beads", "claim", "bd-1"]).code, 0);
    assert!(file.is_symlink() && fs::read_to_string(&target).unwrap().contains("in_progress"));
}
