//! What is committed, and that the user's own changes stay what they were.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, kill, reap, wait_for};
use crate::sandbox::Outcome;

fn one_task(script: &str) -> Bench {
    let bench = Bench::new(script);
    bench.tasks(&["bd-1"]);
    bench
}

fn closes(bench: &Bench) -> Value {
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("complete"), &json!(0)), "{last}");
    bench.history().pop().unwrap()
}

fn hook(bench: &Bench, name: &str, body: &str) {
    let path = bench.sandbox.path(&format!(".git/hooks/{name}"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\nASIDE='{}'\n{body}\n", bench.sandbox.root().display())).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

const LINES: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

#[test]
fn what_the_user_has_lying_there_stays() {
    let bench = Bench::new(&format!("echo made > made.txt; echo more >> old.txt; rm gone.txt; {DONE}"));
    for name in ["dirty.txt", "staged.txt", "old.txt", "gone.txt", "removed.txt"] {
        bench.sandbox.write(name, LINES);
    }
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("dirty.txt", "mine\n");
    bench.sandbox.write("staged.txt", "mine\n");
    bench.sandbox.write("added.txt", "mine\n");
    bench.sandbox.write("untracked.txt", "mine\n");
    bench.sandbox.write(".gitignore", "ignored\n");
    bench.sandbox.write("ignored", "mine\n");
    bench.git(&["add", "staged.txt", "added.txt"]);
    bench.git(&["rm", "-q", "removed.txt"]);
    let before = bench.git(&["status", "--porcelain"]);
    let receipt = closes(&bench);
    assert_eq!(bench.git(&["status", "--porcelain"]), before);
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "gone.txt", "made.txt", "old.txt"]);
    assert_eq!(receipt["files_changed"], 3);
    assert_eq!(receipt["not_committed"], json!([]));
    for name in ["dirty.txt", "staged.txt", "added.txt", "untracked.txt", "ignored"] {
        assert_eq!(bench.sandbox.read(name), "mine\n");
    }
}

#[test]
fn what_the_agent_has_staged_is_committed_all_the_same() {
    let bench = Bench::new(&format!(
        "git rm -q gone.txt; git mv old.txt new.txt; echo x > added; echo y > lost; git add added lost; rm lost; {DONE}"
    ));
    bench.sandbox.write("gone.txt", "x");
    bench.sandbox.write("old.txt", LINES);
    bench.tasks(&["bd-1"]);
    closes(&bench);
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "added", "gone.txt", "new.txt", "old.txt"]);
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn of_a_file_both_have_changed_only_the_agents_part_is_committed() {
    let bench = Bench::new(&format!("sed -i 's/^9$/nine/' both.txt; {DONE}"));
    bench.sandbox.write("both.txt", LINES);
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("both.txt", LINES.replace("1\n", "one\n"));
    let receipt = closes(&bench);
    assert_eq!(bench.git(&["show", "HEAD:both.txt"]), LINES.replace("9\n", "nine\n"));
    assert_eq!(bench.sandbox.read("both.txt"), LINES.replace("1\n", "one\n").replace("9\n", "nine\n"));
    assert_eq!(bench.git(&["status", "--porcelain"]), " M both.txt\n");
    assert_eq!(receipt["not_committed"], json!([]));
    assert_eq!(bench.subjects(), ["bd-1: Do bd-1", "base"]);
}

#[test]
fn a_change_that_git_could_overlook_is_the_users_all_the_same() {
    let bench = Bench::new(&format!("sed -i 's/^9$/nine/' both.txt; {DONE}"));
    let set_back = |name: &str| {
        let file = fs::File::options().write(true).open(bench.sandbox.path(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000)).unwrap();
    };
    bench.git(&["config", "core.trustctime", "false"]);
    bench.sandbox.write("both.txt", LINES);
    set_back("both.txt");
    bench.tasks(&["bd-1"]);
    // As old as before, as old as the index, and of the same size: only its content tells.
    bench.sandbox.write("both.txt", LINES.replace("1\n", "A\n"));
    set_back("both.txt");
    set_back(".git/index");
    closes(&bench);
    assert_eq!(bench.git(&["show", "HEAD:both.txt"]), LINES.replace("9\n", "nine\n"));
}

#[test]
fn where_the_parts_cannot_be_told_apart_nothing_is_committed_and_it_is_said() {
    let bench = Bench::new(&format!("sed -i 's/^one$/ONE/' both.txt; echo x >> notes; echo y > y; {DONE}"));
    bench.sandbox.write("both.txt", LINES);
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("both.txt", LINES.replace("1\n", "one\n"));
    bench.sandbox.write("notes", "mine\n");
    let receipt = closes(&bench);
    assert_eq!(receipt["not_committed"], json!(["both.txt", "notes"]));
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "y"]);
    assert_eq!(bench.git(&["status", "--porcelain"]), " M both.txt\n?? notes\n");
    assert_eq!(bench.sandbox.read("both.txt"), LINES.replace("1\n", "ONE\n"));
}

#[test]
fn what_is_staged_in_a_shared_file_stays_staged() {
    let bench = Bench::new(&format!("sed -i 's/^9$/nine/' both.txt; {DONE}"));
    bench.sandbox.write("both.txt", LINES);
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("both.txt", LINES.replace("1\n", "one\n"));
    bench.git(&["add", "both.txt"]);
    closes(&bench);
    assert_eq!(bench.git(&["show", "HEAD:both.txt"]), LINES.replace("9\n", "nine\n"));
    assert_eq!(bench.git(&["status", "--porcelain"]), "M  both.txt\n");
    assert_eq!(bench.git(&["show", ":both.txt"]), LINES.replace("1\n", "one\n").replace("9\n", "nine\n"));
}

#[test]
fn the_leftovers_of_a_failed_attempt_are_committed_with_the_next() {
    let bench = Bench::new(&format!(
        "if [ $TASKRUN_ATTEMPT = 1 ]; then echo a > first.txt; echo b > second.txt; sed -i 's/^9$/nine/' both.txt; echo no; \
         else echo c > second.txt; rm -f never; {DONE}; fi"
    ));
    bench.sandbox.write("both.txt", LINES);
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("both.txt", LINES.replace("1\n", "one\n"));
    closes(&bench);
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "both.txt", "first.txt", "second.txt"]);
    assert_eq!(bench.git(&["show", "HEAD:both.txt"]), LINES.replace("9\n", "nine\n"));
    assert_eq!(bench.git(&["status", "--porcelain"]), " M both.txt\n");
}

#[test]
fn a_hook_that_refuses_is_repaired() {
    let bench = one_task(&format!(
        "cat > \"$ASIDE/prompt.$TASKRUN_ATTEMPT\"; echo $TASKRUN_ATTEMPT > made.txt; {DONE}"
    ));
    hook(
        &bench,
        "pre-commit",
        "echo pre-commit-ran >> \"$ASIDE/hooks\"; grep -q 2 made.txt || { echo 'lint: made.txt has a 1' >&2; exit 1; }",
    );
    let last = bench.finish(&[]);
    assert_eq!((&last["reason"], &last["iterations"]), (&json!("complete"), &json!(2)), "{last}");
    assert!(bench.lines("prompt.2").join("\n").contains("lint: made.txt has a 1"));
    assert!(
        bench.issue("bd-1")["notes"]
            .as_str()
            .unwrap()
            .contains("git refused the commit: lint: made.txt has a 1")
    );
    assert_eq!(bench.subjects(), ["bd-1: Do bd-1", "base"]);
    assert_eq!(bench.git(&["show", "HEAD:made.txt"]), "2\n");
    assert_eq!(bench.lines("hooks").len(), 2);
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_git_itself_cannot_do_is_no_tasks_fault() {
    let bench = one_task(&format!("echo x > made.txt; {DONE}"));
    let lock = bench.sandbox.path(".git/refs/heads/main.lock");
    fs::write(&lock, "").unwrap();
    for _ in 0..2 {
        let out = bench.run(&["--json"]);
        assert_eq!(out.code, 2, "{out:?}");
        assert!(out.stderr.contains("git commit failed") && out.stderr.contains("main.lock"), "{out:?}");
    }
    fs::remove_file(lock).unwrap();
    assert_eq!(bench.finish(&[])["reason"], "complete");
    assert_eq!((bench.subjects().len(), bench.history().len()), (2, 1));
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_hook_that_always_refuses_leaves_the_index_as_it_was() {
    let bench = one_task(&format!("echo x > made.txt; {DONE}"));
    hook(&bench, "commit-msg", "exit 1");
    let last = bench.finish(&["--max-attempts", "2"]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("escalated"), &json!(4)));
    assert_eq!(bench.git(&["status", "--porcelain"]), " M .beads/issues.jsonl\n?? made.txt\n");
}

#[test]
fn a_commit_that_a_kill_cut_short_is_made_later_unless_a_hook_refuses() {
    for refuses in [false, true] {
        let bench = one_task(&format!("echo $TASKRUN_ATTEMPT >> made.txt; {DONE}"));
        hook(&bench, "pre-commit", "touch \"$ASIDE/up\"; sleep 300");
        let child = bench.start(&[]);
        wait_for("the hook", || bench.aside("up").exists());
        kill(child.id(), "KILL");
        assert_eq!(reap(child), 137);
        assert_eq!((bench.status("bd-1").as_str(), bench.subjects().len()), ("closed", 1));
        hook(
            &bench,
            "pre-commit",
            if refuses { "test $(wc -l < made.txt) = 2 || { echo not so >&2; exit 1; }" } else { "" },
        );
        let last = bench.finish(&[]);
        assert_eq!(
            (&last["reason"], &last["iterations"]),
            (&json!("complete"), &json!(u8::from(refuses))),
            "{last}"
        );
        assert_eq!(bench.subjects(), ["bd-1: Do bd-1", "base"]);
        let lines = if refuses { "1\n2\n" } else { "1\n" };
        assert_eq!(
            (bench.git(&["show", "HEAD:made.txt"]).as_str(), bench.git(&["status", "--porcelain"]).as_str()),
            (lines, "")
        );
        let outcomes: Vec<_> = bench.history().iter().map(|attempt| attempt["outcome"].clone()).collect();
        assert_eq!(outcomes, if refuses { vec!["reopened", "closed"] } else { vec!["closed"] });
    }
}

#[test]
fn a_hook_may_change_what_is_committed() {
    let bench = one_task(&format!("echo raw > made.txt; {DONE}"));
    hook(&bench, "pre-commit", "echo formatted > made.txt; git add made.txt");
    closes(&bench);
    assert_eq!(bench.git(&["show", "HEAD:made.txt"]), "formatted\n");
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
}

#[test]
fn the_first_commit_of_a_repository_can_be_ours() {
    let bench = Bench::bare(&format!("echo x > made.txt; echo agent >> mine.txt; {DONE}"));
    bench.sandbox.write_home(".gitconfig", "[user]\nname = T\nemail = t@example.org\n");
    bench.git(&["init", "-q", "-b", "main"]);
    bench.tasks_plain(&["bd-1"]);
    bench.sandbox.write("mine.txt", "mine\n");
    bench.git(&["add", "mine.txt"]);
    closes(&bench);
    assert_eq!(bench.subjects(), ["bd-1: Do bd-1"]);
    assert_eq!(bench.files("HEAD"), [".beads/issues.jsonl", "made.txt"]);
    let status = bench.git(&["status", "--porcelain", "--", "mine.txt"]);
    assert!(status.starts_with('A'), "{status}");
}

#[test]
fn without_git_the_loop_works_and_says_so() {
    let bench = Bench::bare(&format!("echo x > made.txt; {DONE}"));
    bench.tasks(&["bd-1"]);
    let out = bench.run(&[]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("not in a git repository: changes are not committed"), "{out:?}");
    let receipt = bench.history().pop().unwrap();
    assert_eq!((&receipt["commit"], &receipt["snapshot"]), (&Value::Null, &Value::Null));
    assert_eq!(bench.status("bd-1"), "closed");
}

#[test]
fn nothing_is_committed_when_not_wanted() {
    for committing in [false, true] {
        let bench = one_task(&format!("echo x > made.txt; {DONE}"));
        bench.config(&format!("[loop]\ncommit = {}", !committing));
        bench.commit_all();
        let last = bench.finish(&[if committing { "--commit" } else { "--no-commit" }]);
        assert_eq!(last["reason"], "complete");
        assert_eq!(bench.subjects().len(), 1 + usize::from(committing));
    }
}

#[test]
fn a_workspace_below_the_top_of_the_repository() {
    let bench = Bench::new(&format!("echo x > made.txt; echo y > ../beside.txt; {DONE}"));
    fs::create_dir_all(bench.sandbox.path("sub")).unwrap();
    for name in [".beads", ".taskrun"] {
        fs::rename(bench.sandbox.path(name), bench.sandbox.path(&format!("sub/{name}"))).unwrap();
    }
    bench.sandbox.write(
        "sub/.beads/issues.jsonl",
        "{\"id\":\"bd-1\",\"title\":\"T\",\"status\":\"open\",\"priority\":2}\n",
    );
    bench.commit_all();
    bench.sandbox.write("mine.txt", "mine");
    let out = Outcome::of(bench.looping(&["-C"]).arg("sub"));
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(bench.files("HEAD"), ["beside.txt", "sub/.beads/issues.jsonl", "sub/made.txt"]);
    assert_eq!(bench.git(&["status", "--porcelain"]), "?? mine.txt\n");
}

#[test]
fn a_git_that_knows_no_name() {
    for args in [&["--commit"][..], &["--no-commit"]] {
        let bench = Bench::new(&format!("echo x > made.txt; {DONE}"));
        bench.tasks(&["bd-1"]);
        bench.sandbox.write("mine.txt", "so that there is something to keep");
        fs::remove_file(bench.aside("home/.gitconfig")).unwrap();
        bench.git(&["config", "user.useConfigOnly", "true"]);
        let out = bench.run(args);
        assert_eq!(out.code, 0, "{args:?}: {out:?}");
        if args == ["--commit"] {
            assert_eq!(bench.git(&["log", "-1", "--format=%an <%ae>"]), "taskrun <taskrun@localhost>\n");
        }
    }
}

#[test]
fn any_name_of_a_file() {
    let bench = Bench::new(&format!(
        "echo x > 'a b'; printf x > 'new\nline'; echo x > ./-dash; echo x > \"$(printf 'no\\377utf8')\"; echo x > '*'; \
         echo x > ':(top)q'; echo x > '%41'; ln -s nowhere link; rm ' lead'; {DONE}"
    ));
    bench.sandbox.write(" lead", "x");
    bench.tasks(&["bd-1"]);
    fs::write(bench.sandbox.path("").join(OsStr::from_bytes(b"mine\xfe")), "mine").unwrap();
    let receipt = closes(&bench);
    assert_eq!(receipt["files_changed"], 9, "{receipt}");
    assert_eq!(bench.git(&["status", "--porcelain"]), "?? \"mine\\376\"\n");
    assert_eq!(bench.files("HEAD").len(), 10);
}

#[test]
fn a_merge_under_way_is_the_users_to_finish() {
    let bench = one_task(DONE);
    bench.git(&["checkout", "-q", "-b", "other"]);
    bench.git(&["commit", "-q", "--allow-empty", "-m", "other"]);
    bench.git(&["checkout", "-q", "main"]);
    bench.git(&["merge", "-q", "--no-ff", "--no-commit", "other"]);
    let out = Outcome::of(bench.looping(&[]).arg("--json"));
    assert_eq!(out.code, 2, "{out:?}");
    let error = out.json_error();
    assert!(error["message"].as_str().unwrap().starts_with("a merge is under way"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--no-commit"));
    assert_eq!(bench.status("bd-1"), "open");
    assert_eq!(bench.finish(&["--no-commit"])["reason"], "complete");
}

#[test]
fn a_snapshot_leads_back_to_where_it_began() {
    let bench = Bench::new("echo agent > dirty.txt; rm new.txt; echo x > made.txt; echo no");
    bench.sandbox.write("dirty.txt", "committed\n");
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("dirty.txt", "mine\n");
    bench.sandbox.write("new.txt", "mine too\n");
    let last = bench.finish(&["--once"]);
    let name = format!("refs/taskrun/{}/1", last["run"].as_str().unwrap());
    let receipt = bench.history().pop().unwrap();
    assert_eq!(receipt["snapshot_ref"], json!(name));
    assert_eq!(bench.git(&["rev-parse", &name]).trim(), receipt["snapshot"].as_str().unwrap());
    assert!(bench.sandbox.run(&["loop", "history"]).stdout.contains(&format!("before {name}")));
    assert_eq!(bench.sandbox.read("dirty.txt"), "agent\n");
    bench.git(&["restore", "--source", &name, "--", "."]);
    assert_eq!(
        (bench.sandbox.read("dirty.txt").as_str(), bench.sandbox.read("new.txt").as_str()),
        ("mine\n", "mine too\n")
    );
    let tree = bench.git(&["ls-tree", "-r", "--name-only", &name]);
    assert!(!tree.contains("receipts") && tree.contains("dirty.txt"), "{tree}");
}
