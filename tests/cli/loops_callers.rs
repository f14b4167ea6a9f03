//! The loop as its callers start it, and on files that are not as they should be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, reap, wait_for};
use crate::sandbox::Outcome;

const TASKRUN: &str = env!("CARGO_BIN_EXE_taskrun");

fn one_task(script: &str) -> Bench {
    let bench = Bench::new(script);
    bench.tasks(&["bd-1"]);
    bench
}

fn shell(bench: &Bench, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(bench.sandbox.path("")).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", bench.aside("home"));
    command
}

#[test]
fn a_makefile_that_runs_two_things_at_once() {
    let bench = one_task(&format!("make inner; {DONE}"));
    bench.sandbox.write(
        "Makefile",
        format!(
            "all: loop other\nloop:\n\t{TASKRUN} loop run\nother:\n\ttouch other\ninner:\n\ttouch inner\n"
        ),
    );
    bench.commit_all();
    let out = Outcome::of(&mut shell(&bench, "make -j2"));
    assert_eq!(out.code, 0, "{out:?}");
    assert!(bench.sandbox.path("inner").exists() && bench.sandbox.path("other").exists());
    assert!(bench.files("HEAD").contains(&"inner".to_owned()));
    assert_eq!(bench.status("bd-1"), "closed");
}

#[test]
fn cron_with_next_to_no_environment() {
    let bench = one_task(&format!("test -z \"$TERM\" && {DONE}"));
    let mut command = Command::new(TASKRUN);
    command.args(["loop", "run", "-C"]).arg(bench.sandbox.path("")).current_dir("/").env_clear();
    command.env("HOME", bench.aside("home")).env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    let out = Outcome::of(&mut command);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(!out.stdout.contains('\x1b') && !out.stderr.contains('\x1b'));
    assert_eq!(bench.subjects()[0], "bd-1: Do bd-1");
}

#[test]
fn a_post_commit_hook_that_guards_itself() {
    let bench = one_task(&format!("git rev-parse --git-dir > \"$ASIDE/dir\"; echo x > made.txt; {DONE}"));
    let hook = bench.sandbox.path(".git/hooks/post-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let aside = bench.sandbox.root();
    let guard = "[ -n \"$TASKRUN_RUN\" ] && exit 0";
    // As git runs hooks for `commit -a` and `--only`: with an index of its own.
    let text = format!(
        "#!/bin/sh\necho \"run $TASKRUN_RUN\" >> '{0}/hooks'\n{guard}\nexport GIT_DIR=\"$PWD/.git\" GIT_INDEX_FILE=\"$PWD/.git/other-index\"\n{TASKRUN} loop run > '{0}/hook.out' 2>&1\n",
        aside.display()
    );
    fs::write(&hook, text).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    bench.sandbox.write("users.txt", "x");
    bench.git(&["add", "users.txt"]);
    bench.git(&["commit", "-q", "-m", "mine"]);
    assert_eq!(bench.subjects(), ["bd-1: Do bd-1", "mine", "base"], "{:?}", bench.lines("hook.out"));
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "made.txt"]);
    assert_eq!(bench.lines("dir"), [".git"], "the agent does not see the hook's variables");
    let hooks = bench.lines("hooks");
    assert_eq!((hooks.len(), hooks[0].as_str()), (2, "run "), "{hooks:?}");
    assert!(hooks[1].starts_with("run r-"), "our own commits carry the mark");
    assert!(!bench.sandbox.path(".git/other-index").exists());
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_reader_that_has_had_enough_stops_nothing() {
    for json in ["", "--json"] {
        let bench = Bench::new(&format!("echo x > $TASKRUN_TASK; {DONE}"));
        bench.tasks(&["bd-1", "bd-2", "bd-3"]);
        let line = format!("{{ {TASKRUN} loop run {json}; echo $? > ../code; }} | head -n 1 > /dev/null");
        let out = Outcome::of(&mut shell(&bench, &line));
        assert_eq!((out.code, bench.lines("code")), (0, vec!["0".to_owned()]), "{out:?}");
        assert_eq!(bench.subjects().len(), 4);
        let line = format!("{TASKRUN} loop run {json} >&- 2>&-");
        assert_eq!(Outcome::of(&mut shell(&bench, &line)).code, 0);
    }
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let bench = one_task(&format!("touch \"$ASIDE/ran\"; {DONE}"));
    let out = bench.run(&["--confirm", "--json"]);
    assert_eq!(out.code, 2);
    assert!(out.json_error()["hint"].as_str().unwrap().contains("--confirm"));
    assert!(!bench.aside("ran").exists());
}

/// Refused with exit 2, one line, the file named; the task and the file stay as they were.
fn refused(bench: &Bench, file: &str, text: &str, says: &str) {
    bench.sandbox.write(file, text);
    let issues = bench.sandbox.read(".beads/issues.jsonl");
    let out = Outcome::of(bench.looping(&[]).arg("--json"));
    assert_eq!(out.code, 2, "{file}: {out:?}");
    let error = out.json_error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(file) && message.contains(says), "{file}: {message}");
    assert_eq!(bench.sandbox.read(file), text, "{file}");
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), issues);
}

#[test]
fn files_of_a_newer_version_are_left_alone() {
    for (file, text) in [
        (".taskrun/loop.json", "{\"version\": 99, \"new\": true}\n"),
        (".taskrun/claims.json", "{\"version\": 99}\n"),
        (".taskrun/receipts.ndjson", "{\"v\": 99}\n"),
    ] {
        refused(&one_task(DONE), file, text, "99");
    }
    refused(&one_task(DONE), ".taskrun/claims.json", "{\"version\": 1, \"claims\": [{}]}", "missing field");
    refused(&one_task(DONE), ".taskrun/loop.json", "{\"version\": 1", "line 1");
    refused(&one_task(DONE), ".taskrun/receipts.ndjson", "not a receipt\n", "line 1");
    refused(&one_task(DONE), ".taskrun/config.toml", "[agent]\ndefualt = 'x'\n", "defualt");
    let bench = one_task(DONE);
    bench.sandbox.write(".taskrun/prompt.md", "{{ task.titel }}");
    let out = bench.run(&[]);
    assert_eq!((out.code, bench.status("bd-1").as_str()), (2, "open"), "{out:?}");
    assert!(out.stderr.contains("prompt.md` line 1"), "{out:?}");
}

#[test]
fn a_torn_last_receipt_is_passed_over_for_good() {
    let bench = one_task("echo no");
    assert_eq!(bench.run(&["--once"]).code, 1);
    let whole = bench.sandbox.read(".taskrun/receipts.ndjson");
    bench.sandbox.write(".taskrun/receipts.ndjson", format!("{whole}{}", &whole[..whole.len() / 2]));
    assert_eq!(bench.history().len(), 1);
    assert_eq!(bench.run(&["--once"]).code, 1);
    assert_eq!(bench.history().len(), 2, "what was appended after it counts");
    assert_eq!(bench.run(&["--once"]).code, 4);
    assert_eq!(bench.history()[2]["attempt"], 3);
}

#[test]
fn a_request_that_cannot_be_read_loses_no_task() {
    let bench = one_task("touch \"$ASIDE/up\"; while ! [ -e \"$ASIDE/go\" ]; do sleep 0.01; done");
    bench.sandbox.write(".taskrun/control.json", "{");
    let child = bench.start(&[]);
    wait_for("the agent", || bench.aside("up").exists());
    bench.sandbox.write(".taskrun/control.json", "{");
    fs::write(bench.aside("go"), "").unwrap();
    assert_eq!(reap(child), 2);
    let error = bench.lines("err").pop().unwrap();
    assert!(error.contains("control.json") && error.starts_with("{\"error\""), "{error}");
    assert_eq!(bench.status("bd-1"), "open");
    assert_eq!(bench.loop_status()["status"], "idle");
    assert_eq!(bench.run(&["--once"]).code, 1, "the next run is free of it");
}

#[test]
fn a_state_directory_that_is_none() {
    let bench = one_task(DONE);
    fs::remove_dir_all(bench.sandbox.path(".taskrun")).unwrap();
    fs::write(bench.sandbox.path(".taskrun"), "a file").unwrap();
    bench.sandbox.write_home(
        ".config/taskrun/config.toml",
        format!(
            "[agent]\ndefault = 'fake'\n[agents.fake]\ncommand = ['{}']\n",
            bench.aside("agent").display()
        ),
    );
    let out = bench.run(&["--json"]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.json_error()["message"].as_str().unwrap().contains(".taskrun"));
    assert_eq!((bench.status("bd-1").as_str(), bench.sandbox.read(".taskrun").as_str()), ("open", "a file"));
}

#[test]
fn a_full_disk_loses_no_task() {
    let bench = Bench::new(&format!("echo x > $TASKRUN_TASK; {DONE}"));
    let long = "x".repeat(3000);
    for at in 1..=3 {
        bench.task(&format!("bd-{at}"), &json!({"description": long}));
    }
    bench.commit_all();
    // Blocks of 512 or of 1024 bytes, as the shell has it: too few for the store either way.
    for blocks in [1, 4, 8] {
        let out =
            Outcome::of(&mut shell(&bench, &format!("ulimit -f {blocks}; exec {TASKRUN} loop run --json")));
        assert_eq!(out.code, 2, "{blocks}: {out:?}");
        let line: Value = serde_json::from_str(out.stderr.lines().last().unwrap()).unwrap();
        assert!(line["error"]["message"].as_str().unwrap().contains("failed to"), "{line}");
        let listed = bench.sandbox.run(&["beads", "list", "--json"]).json();
        assert_eq!(listed.as_array().unwrap().len(), 3);
    }
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], &last["iterations"]), (&json!("complete"), &json!(3)), "{last}");
    assert_eq!(bench.subjects().len(), 4);
}

#[test]
fn a_store_that_the_agent_broke_is_named_and_nothing_is_lost() {
    let bench =
        one_task("cp .beads/issues.jsonl \"$ASIDE/kept\"; echo '<<<<<<< ours' >> .beads/issues.jsonl");
    let out = bench.run(&["--json"]);
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.stderr.contains("issues.jsonl"), "{out:?}");
    fs::copy(bench.aside("kept"), bench.sandbox.path(".beads/issues.jsonl")).unwrap();
    bench.agent(DONE);
    assert_eq!(bench.finish(&[])["completed"], json!(["bd-1"]));
}

#[test]
fn a_lock_of_another_git_is_waited_for_and_named() {
    let bench = one_task(&format!("echo x > made.txt; {DONE}"));
    let lock = bench.sandbox.path(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let out = bench.run(&["--json"]);
    assert_eq!(out.code, 75, "{out:?}");
    assert!(out.stderr.contains("index.lock") && out.stderr.contains("remove the file"), "{out:?}");
    assert_eq!(bench.subjects(), ["base"]);
    let child = bench.start(&[]);
    fs::remove_file(lock).unwrap();
    assert_eq!(reap(child), 0);
    assert_eq!(bench.subjects(), ["bd-1: Do bd-1", "base"]);
    assert_eq!(bench.history().len(), 1);
}
