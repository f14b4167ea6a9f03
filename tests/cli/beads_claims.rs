//! Claims end with their claimants.

use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use crate::beads_worktrees::worktree;
use crate::bench::{Bench, DONE, kill, reap, wait_for};
use crate::sandbox::Outcome;

/// Where what is held is noted.
const HELD: &str = ".beads/taskrun.db.claims.lock";

fn sleeper() -> Child {
    Command::new("sleep").arg("300").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn ready(bench: &Bench) -> Vec<String> {
    let out = bench.sandbox.run(&["beads", "ready", "--json"]).json();
    out.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap().to_owned()).collect()
}

/// What a dead process held is open, whichever way it is looked at.
fn one_answer(bench: &Bench) {
    let of = |args: &[&str]| bench.sandbox.run(&[args, &["--json"]].concat());
    for args in [
        &["beads", "list"][..],
        &["beads", "list", "--status", "open"],
        &["beads", "show", "bd-1"],
        &["beads", "dep", "tree", "bd-1"],
    ] {
        let out = of(args);
        assert_eq!(out.json()[0]["status"], "open", "{args:?} {out:?}");
        assert_eq!(out.stderr.matches("that process is gone").count(), 1, "{args:?} {out:?}");
    }
    assert_eq!(of(&["beads", "list", "--status", "in_progress"]).json(), json!([]));
    assert!(of(&["beads", "show", "bd-1"]).json()[0]["notes"].as_str().unwrap().contains("held by `ann`"));
    let board = of(&["board"]).json();
    assert_eq!((&board["ready"][0]["id"], &board["in_progress"]), (&json!("bd-1"), &json!([])));
    let stats = of(&["beads", "stats"]).json();
    assert_eq!(
        (&stats["summary"]["open_issues"], &stats["summary"]["in_progress_issues"]),
        (&json!(1), &json!(0))
    );
    for args in [&["beads", "show", "bd-1"][..], &["loop", "status"]] {
        let text = bench.sandbox.run(args).stdout;
        assert!(!text.contains("held by  ") && !text.contains("held     "), "{args:?} {text}");
    }
}

#[test]
fn a_claim_lasts_as_long_as_the_process_it_names() {
    let bench = Bench::new(DONE);
    bench.task("bd-1", &json!({"assignee": "bob"}));
    let child = sleeper();
    let pid = child.id().to_string();
    let claim = |who: &str| bench.sandbox.run(&["beads", "claim", "bd-1", "--as", who, "--while", &pid]);
    assert_eq!(claim("ann").code, 0);
    let refused = claim("eve");
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(
        refused.stderr.contains("held by `ann` since 20") && refused.stderr.contains(&pid),
        "{refused:?}"
    );
    assert!(bench.sandbox.run(&["beads", "show", "bd-1"]).stdout.contains("held by     ann since 20"));
    let held = &bench.loop_status()["held"][0];
    assert_eq!(
        (&held["task"], &held["who"], &held["pid"]),
        (&json!("bd-1"), &json!("ann"), &json!(child.id()))
    );
    assert!(ready(&bench).is_empty());

    kill(child.id(), "KILL");
    reap(child);
    let before = bench.sandbox.read(".beads/issues.jsonl");
    let seen = bench.sandbox.run(&["beads", "ready", "--json"]);
    assert_eq!((&seen.json()[0]["status"], &seen.json()[0]["assignee"]), (&json!("open"), &json!("bob")));
    assert!(seen.stderr.contains("that process is gone"), "{seen:?}");
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), before, "a look writes nothing");
    assert_eq!(bench.loop_status()["held"][0]["over"], true);
    one_answer(&bench);
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl"), before, "nor does any other");
    let exported = bench.sandbox.run(&["beads", "export"]);
    assert_eq!((exported.stdout, exported.stderr.as_str()), (before, ""));
    let refused = claim("eve");
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "the process is gone: {refused:?}");
    let out = bench.sandbox.run(&["beads", "claim", "--as", "eve", "--json"]);
    assert_eq!(out.json()["assignee"], "eve");
    assert!(out.json()["notes"].as_str().unwrap().contains("held by `ann`"), "{out:?}");
    assert!(bench.sandbox.path(HELD).exists());
    assert_eq!(bench.sandbox.run(&["beads", "close", "bd-1"]).code, 0);
    assert!(!bench.sandbox.path(HELD).exists());
}

#[test]
fn a_lease_passes_and_what_was_taken_back_by_hand_stays() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1", "bd-2"]);
    let child = sleeper();
    let pid = child.id().to_string();
    for (id, end) in [("bd-1", ["--while", &pid]), ("bd-2", ["--lease", "1ms"])] {
        assert_eq!(bench.sandbox.run(&["beads", "claim", id, "--as", "ann", end[0], end[1]]).code, 0);
    }
    // Somebody has done it meanwhile, in a way of their own.
    let text = bench.sandbox.read(".beads/issues.jsonl");
    let (first, rest) = text.split_once('\n').unwrap();
    let closed = first.replace("in_progress", "closed");
    assert_ne!(closed, first);
    bench.sandbox.write(".beads/issues.jsonl", format!("{closed}\n{rest}"));
    kill(child.id(), "KILL");
    reap(child);
    wait_for("the lease to pass", || ready(&bench) == ["bd-2"]);
    assert_eq!(bench.sandbox.run(&["beads", "comment", "bd-2", "hello"]).code, 0);
    assert_eq!(bench.status("bd-2"), "open");
    assert!(bench.issue("bd-2")["notes"].as_str().unwrap().contains("that time has passed"));
    assert_eq!(bench.sandbox.read(".beads/issues.jsonl").split_once('\n').unwrap().0, closed);
    assert!(!bench.sandbox.path(HELD).exists());
}

#[test]
fn another_worktree_notices_a_dead_run_and_the_dead_runs_own_next_one_leaves_the_new_claim() {
    let bench = Bench::new("touch \"$ASIDE/up\"; sleep 300");
    bench.tasks(&["bd-1"]);
    bench.sandbox.write("note", "");
    bench.commit_all();
    let dir = worktree(&bench, "w");
    let child = bench.start_in(&dir, &[]);
    wait_for("the agent", || bench.aside("up").exists());
    let held = bench.loop_status()["held"][0].clone();
    assert_eq!((&held["task"], &held["pid"]), (&json!("bd-1"), &json!(child.id())));
    assert!(ready(&bench).is_empty());
    kill(child.id(), "KILL");
    reap(child);
    wait_for("the end of its agent", || ready(&bench) == ["bd-1"]);
    let child = sleeper();
    let pid = child.id().to_string();
    let out = bench.sandbox.run(&["beads", "claim", "--as", "ann", "--while", &pid]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("held by a run that was killed"), "{out:?}");
    // The next run in the worktree has nothing to do, and takes nothing away.
    bench.agent(DONE);
    let out = Outcome::of(bench.looping(&["--json"]).current_dir(&dir));
    let last: Value = serde_json::from_str(out.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((out.code, &last["reason"]), (0, &json!("nothing_ready")), "{out:?}");
    assert_eq!(bench.issue("bd-1")["assignee"], "ann");
    let history = Outcome::of(bench.sandbox.command().args(["loop", "history", "--json"]).current_dir(&dir));
    assert_eq!(history.json()[0]["outcome"], "killed");
    kill(child.id(), "KILL");
    reap(child);
    let out = Outcome::of(bench.looping(&["--json"]).current_dir(&dir));
    assert_eq!((out.code, bench.status("bd-1").as_str()), (0, "closed"), "{out:?}");
}

#[test]
fn a_hold_of_another_machine_is_never_taken_as_dead() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    let child = sleeper();
    let pid = child.id().to_string();
    assert_eq!(bench.sandbox.run(&["beads", "claim", "bd-1", "--while", &pid]).code, 0);
    kill(child.id(), "KILL");
    reap(child);
    let mut held: Value = serde_json::from_str(&bench.sandbox.read(HELD)).unwrap();
    assert_eq!(held["version"], 1);
    held["holds"][0]["host"]["name"] = "elsewhere".into();
    bench.sandbox.write(HELD, held.to_string());
    assert!(ready(&bench).is_empty());
    assert_eq!(bench.run(&[]).code, 0);
    assert_eq!(bench.status("bd-1"), "in_progress");
    assert_eq!(bench.sandbox.run(&["beads", "reopen", "bd-1"]).code, 0);
    assert_eq!((ready(&bench).len(), bench.sandbox.path(HELD).exists()), (1, false));
}

#[test]
fn runs_in_several_worktrees_share_the_work() {
    let bench = Bench::new(&format!("echo $TASKRUN_TASK >> \"$ASIDE/order\"; touch $TASKRUN_TASK; {DONE}"));
    let ids: Vec<String> = (1..=9).map(|at| format!("bd-{at}")).collect();
    bench.tasks(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let dirs: Vec<_> = ["a", "b", "c"].iter().map(|name| worktree(&bench, name)).collect();
    let run = &|dir| Outcome::of(bench.looping(&["-q"]).current_dir(dir));
    let outs: Vec<Outcome> = thread::scope(|scope| {
        let runs: Vec<_> = dirs.iter().map(|dir| scope.spawn(move || run(dir))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert!(outs.iter().all(|out| out.code == 0), "{outs:?}");
    let mut order = bench.lines("order");
    order.sort_unstable();
    assert_eq!(order, ids, "each was worked once");
    assert!(ids.iter().all(|id| bench.status(id) == "closed"));
    let commits = |branch: &str| bench.git(&["rev-list", "--count", &format!("main..{branch}")]);
    let made: usize = ["a", "b", "c"].iter().map(|name| commits(name).trim().parse::<usize>().unwrap()).sum();
    assert_eq!((made, bench.sandbox.path(HELD).exists()), (9, false));
}
