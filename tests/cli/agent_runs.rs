//! `agent status|logs|stop`: what runs, what it printed, and how it is ended.

use std::fs;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::agent_prompt::{asking, fifo, let_go};
use crate::bench::stream::{init, print, used};
use crate::bench::{Bench, DONE, kill, living, reap, wait_for};
use crate::sandbox::Outcome;

/// An agent that prints a line, says that it is up, and waits at the gate named by its prompt.
const WAITS: &str =
    "gate=$(cat); echo one $gate; touch \"$ASIDE/up-$gate\"; read x < \"$ASIDE/$gate\"; echo two $gate";

/// A prompt that waits at a gate of its own.
fn waiting(bench: &Bench, gate: &str) -> Child {
    fifo(bench, gate);
    let child = asking(bench, &[gate, "-q"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the agent", || bench.aside(&format!("up-{gate}")).exists());
    child
}

fn status(bench: &Bench) -> Value {
    bench.sandbox.run(&["agent", "status", "--json"]).json()
}

/// The ids of all that runs.
fn running(bench: &Bench) -> Vec<String> {
    let status = status(bench);
    let agents = status["agents"].as_array().unwrap().iter();
    agents.filter(|it| it["status"] == "running").map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn status_is_true_during_after_and_of_a_recycled_pid() {
    let bench = Bench::bare(WAITS);
    assert_eq!(status(&bench), json!({"running": false, "agents": []}));
    assert_eq!(bench.sandbox.run(&["agent", "status"]).stdout, "no agent has run here\n");
    let child = waiting(&bench, "a");
    let now = status(&bench);
    let agent = &now["agents"][0];
    assert_eq!(
        (&now["running"], &agent["status"], &agent["pid"]),
        (&json!(true), &json!("running"), &json!(child.id()))
    );
    assert_eq!(
        (&agent["kind"], &agent["prompt"], &agent["agent"]),
        (&json!("prompt"), &json!("a"), &json!("fake"))
    );
    let id = agent["id"].as_str().unwrap().to_owned();
    // Another process with that pid is another process.
    let file = format!(".taskrun/runs/{id}/prompt.json");
    let record = bench.sandbox.read(&file);
    let mut changed: Value = serde_json::from_str(&record).unwrap();
    changed["holder"]["start"] = json!(1);
    bench.sandbox.write(&file, changed.to_string());
    let agent = bench.sandbox.run(&["agent", "status", &id, "--json"]).json();
    assert_eq!(
        (&agent["status"], &agent["killed"], &agent["pid"]),
        (&json!("interrupted"), &json!(true), &json!(null))
    );
    bench.sandbox.write(&file, record);
    let_go(&bench, "a");
    assert_eq!(reap(child), 0);
    let agent = bench.sandbox.run(&["agent", "status", &id, "--json"]).json();
    assert_eq!(
        (&agent["status"], &agent["exit_code"], &agent["pid"]),
        (&json!("completed"), &json!(0), &json!(null))
    );
    assert!(agent["ended_at"].is_string(), "{agent}");
    let text = bench.sandbox.run(&["agent", "status"]).stdout;
    assert!(text.starts_with(&format!("completed {id}\nagent      fake\nprompt     a\n")), "{text}");
    for unknown in ["p-0", "r-0", "../x", "p-../../x", "g-1"] {
        for verb in ["status", "logs", "stop"] {
            let out = bench.sandbox.run(&["agent", verb, unknown, "--json"]);
            assert_eq!(
                (out.code, out.json_error()["code"].as_str()),
                (1, Some("not_found")),
                "{verb} {unknown}"
            );
        }
    }
}

#[test]
fn two_prompts_go_on_at_once_and_are_stopped_by_name() {
    let bench = Bench::bare(WAITS);
    let (first, second) = (waiting(&bench, "a"), waiting(&bench, "b"));
    let ids = running(&bench);
    assert_eq!(ids.len(), 2);
    let out = bench.sandbox.run(&["agent", "stop"]);
    assert_eq!(out.code, 2);
    assert!(ids.iter().all(|id| out.stderr.contains(id)), "{out:?}");
    let pids = |bench: &Bench| {
        status(bench)["agents"].as_array().unwrap().iter().map(|it| it["pid"].clone()).collect::<Vec<_>>()
    };
    let of_first = usize::from(pids(&bench)[0] != json!(first.id()));
    let out = bench.sandbox.run(&["agent", "stop", &ids[of_first], "--json"]);
    assert_eq!((out.code, out.json()), (0, json!({"id": ids[of_first], "stopped": true})));
    assert_eq!(reap(first), 1);
    assert_eq!(running(&bench), [ids[1 - of_first].clone()]);
    let stopped = bench.sandbox.run(&["agent", "status", &ids[of_first], "--json"]).json();
    assert_eq!((&stopped["status"], &stopped["reason"]), (&json!("stopped"), &json!("stopped")));
    // The only one that is left needs no name.
    let out = bench.sandbox.run(&["agent", "stop"]);
    assert_eq!((out.code, out.stdout), (0, format!("{} has ended\n", ids[1 - of_first])));
    assert_eq!(reap(second), 1);
    assert_eq!(bench.sandbox.run(&["agent", "stop"]).stdout, "no agent runs\n");
    let again = bench.sandbox.run(&["agent", "stop", &ids[0]]);
    assert_eq!((again.code, again.stdout), (0, format!("{} had ended before\n", ids[0])));
    assert_eq!(bench.history().iter().filter(|it| it["outcome"] == "interrupted").count(), 2);
}

#[test]
fn a_loops_agent_is_stopped_too_with_all_that_it_started() {
    let marker = format!("3{:05}.81", std::process::id() % 100_000);
    let bench = Bench::bare(&format!("setsid sleep {marker} & touch \"$ASIDE/up\"; sleep {marker}"));
    bench.tasks_plain(&["bd-1"]);
    let run = bench.start(&["--no-commit"]);
    wait_for("the agent", || bench.aside("up").exists() && living(&format!("sleep {marker}")).len() >= 2);
    let id = bench.loop_status()["run"].as_str().unwrap().to_owned();
    assert_eq!(running(&bench), std::slice::from_ref(&id));
    let out = bench.sandbox.run(&["agent", "stop", &id]);
    assert_eq!((out.code, out.stdout), (0, format!("{id} has ended\n")));
    assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
    assert_eq!(reap(run), 0);
    assert_eq!(bench.status("bd-1"), "open");
    let ended = bench.sandbox.run(&["agent", "status", &id, "--json"]).json();
    assert_eq!(
        (&ended["status"], &ended["reason"], &ended["kind"]),
        (&json!("stopped"), &json!("stopped"), &json!("loop"))
    );
}

#[test]
fn logs_are_printed_as_they_are_stored() {
    let bench = Bench::bare("printf 'a\\033[1m\\nb\\377\\n\\nlast'");
    let out = bench.sandbox.run(&["agent", "logs"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, ""));
    assert_eq!(bench.sandbox.run(&["agent", "logs", "--json"]).json(), json!([]));
    assert_eq!(asking(&bench, &["x"]).output().unwrap().status.code(), Some(0));
    let logs =
        |args: &[&str]| bench.sandbox.command().args(["agent", "logs"]).args(args).output().unwrap().stdout;
    assert_eq!(logs(&[]), b"a\x1b[1m\nb\xff\n\nlast\n");
    assert_eq!(logs(&["--tail", "2"]), b"\nlast\n");
    assert_eq!(logs(&["-n", "0"]), b"");
    assert_eq!(logs(&["--follow", "--tail", "1"]), b"last\n");
    let files = bench.sandbox.run(&["agent", "logs", "--json"]).json();
    assert_eq!((&files[0]["iteration"], &files[0]["bytes"]), (&json!(1), &json!(15)));
    assert_eq!(bench.sandbox.run(&["agent", "logs", "--json", "--follow"]).code, 2);
    // A loop's run has one file for each iteration; they are read as one.
    bench.agent(&format!("echo $TASKRUN_TASK; {DONE}"));
    bench.tasks_plain(&["bd-1", "bd-2"]);
    assert_eq!(bench.run(&["--no-commit"]).code, 0);
    let tag = "<promise>COMPLETE</promise>";
    assert_eq!(String::from_utf8(logs(&[])).unwrap(), format!("bd-1\n{tag}\nbd-2\n{tag}\n"));
    assert_eq!(String::from_utf8(logs(&["--tail", "3"])).unwrap(), format!("{tag}\nbd-2\n{tag}\n"));
    // A reader who has had enough is no error.
    let mut head = bench.sandbox.command().args(["agent", "logs"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(head.stdout.take());
    assert_eq!(reap(head), 0);
}

#[test]
fn logs_are_followed_until_the_end_or_a_signal() {
    let bench = Bench::bare(WAITS);
    let asked = waiting(&bench, "a");
    let follow = |name: &str| {
        let out = fs::File::create(bench.aside(name)).unwrap();
        let mut command = bench.sandbox.command();
        command.args(["agent", "logs", "--follow", "-q"]).stdout(out).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        wait_for("what is there", || bench.lines(name) == ["one a"]);
        child
    };
    let (patient, impatient) = (follow("patient"), follow("impatient"));
    kill(impatient.id(), "INT");
    assert_eq!(reap(impatient), 130);
    // Whoever asked does not notice.
    assert_eq!(running(&bench).len(), 1);
    let_go(&bench, "a");
    assert_eq!((reap(asked), reap(patient)), (0, 0));
    assert_eq!(bench.lines("patient"), ["one a", "two a"]);
}

/// Makes a run folder look as if it was last written in long ago, and gives it another name.
fn age(bench: &Bench, id: &str, old: &str) {
    let dir = bench.sandbox.path(&format!(".taskrun/runs/{old}"));
    fs::rename(bench.sandbox.path(&format!(".taskrun/runs/{id}")), &dir).unwrap();
    let touch = format!("touch -d 2020-01-01 '{0}' '{0}'/*", dir.display());
    assert!(Command::new("sh").args(["-c", &touch]).status().unwrap().success());
}

#[test]
fn old_runs_are_pruned_and_receipts_stay() {
    let bench = Bench::new("echo ok; echo '<promise>COMPLETE</promise>'");
    bench.tasks(&["bd-1", "bd-2"]);
    let runs = || {
        let entries = fs::read_dir(bench.sandbox.path(".taskrun/runs")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let refs = || bench.git(&["for-each-ref", "--format=%(refname)", "refs/taskrun"]);
    for task in ["bd-1", "bd-2"] {
        assert_eq!(bench.run(&["--task", task]).code, 0);
    }
    assert_eq!(asking(&bench, &["x"]).output().unwrap().status.code(), Some(0));
    assert_eq!(asking(&bench, &["x"]).output().unwrap().status.code(), Some(0));
    let names = runs();
    let (prompt, run) = (names[0].clone(), bench.history()[0]["run"].as_str().unwrap().to_owned());
    let (old_prompt, old_run) = ("p-20200101T000000-aaaa", "r-20200101T000000-aaaa");
    age(&bench, &prompt, old_prompt);
    age(&bench, &run, old_run);
    bench.git(&["update-ref", &format!("refs/taskrun/{old_run}/1"), "HEAD"]);
    let (before, kept_refs) = (bench.history(), refs().lines().count());
    let prune = |args: &[&str]| bench.sandbox.run(&[&["agent", "logs", "--prune"], args].concat());
    let dry = prune(&["--dry-run", "--json"]).json();
    assert_eq!(
        (&dry["runs"], &dry["refs"], &dry["dry_run"]),
        (&json!([old_prompt, old_run]), &json!(1), &json!(true))
    );
    assert_eq!((runs().len(), refs().lines().count()), (4, kept_refs));
    let out = prune(&[]);
    assert!(
        out.stdout.starts_with(&format!("{old_prompt}\n{old_run}\nremoved 2 runs and 1 snapshot, ")),
        "{out:?}"
    );
    assert!(!out.stdout.contains(" 0 bytes"), "{out:?}");
    assert_eq!((runs().len(), refs().lines().count()), (2, kept_refs - 1));
    assert!(!refs().contains(old_run));
    assert_eq!(bench.history(), before);
    assert_eq!(prune(&[]).stdout, "removed 0 runs and 0 snapshots, 0 bytes\n");
    // The last of each kind stays, however long it is kept.
    bench.config("[logs]\nkeep = '1ms'");
    assert_eq!(prune(&["--json"]).json()["runs"], json!([]));
}

#[test]
fn what_runs_or_waits_for_its_recovery_is_not_pruned() {
    let bench = Bench::bare(WAITS);
    bench.config("[logs]\nkeep = '1ms'");
    let child = waiting(&bench, "a");
    let killed = waiting(&bench, "b");
    kill(killed.id(), "KILL");
    reap(killed);
    bench.agent("echo ok");
    let prune = || bench.sandbox.run(&["agent", "logs", "--prune", "--json"]).json()["runs"].clone();
    assert_eq!(prune(), json!([]));
    // The next prompt puts the killed one on record.
    for _ in 0..2 {
        assert_eq!(asking(&bench, &["x"]).output().unwrap().status.code(), Some(0));
    }
    assert_eq!(prune().as_array().unwrap().len(), 2);
    assert_eq!(running(&bench).len(), 1);
    let_go(&bench, "a");
    assert_eq!(reap(child), 0);
    assert_eq!(Outcome::of(&mut asking(&bench, &["x"])).code, 0);
    assert_eq!(prune().as_array().unwrap().len(), 2);
}

#[test]
fn the_days_money_is_shared_by_all_that_run() {
    let shown = print(&[init(), used("m1", 900_000, 0)]);
    let bench = Bench::bare("");
    bench.claude(&format!("gate=$(cat)\n{shown}touch \"$ASIDE/up-$gate\"; read x < \"$ASIDE/$gate\""));
    bench.config("[agent]\ndefault = 'claude'\nmodel = 'm-1'\n[budget]\nper_day_usd = 1.0\n[prices.m-1]\ninput = 1.0\noutput = 1.0");
    let first = waiting(&bench, "a");
    wait_for("its spend", || status(&bench)["agents"][0]["spend"]["usd"] == 0.9);
    // Neither has passed the limit by itself.
    fifo(&bench, "b");
    assert_eq!(asking(&bench, &["b", "-q"]).output().unwrap().status.code(), Some(3));
    assert_eq!(running(&bench).len(), 1);
    kill(first.id(), "INT");
    assert_eq!(reap(first), 130);
    // What is on record counts for the next one.
    fifo(&bench, "c");
    assert_eq!(asking(&bench, &["c", "-q"]).output().unwrap().status.code(), Some(3));
    assert!(!bench.aside("up-c").exists());
}
