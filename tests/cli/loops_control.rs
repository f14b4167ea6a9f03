//! A run seen and steered from another process, and what is shown of it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, kill, reap, types, wait_for};
use crate::sandbox::Outcome;

/// An agent that says that it is up and then waits for a file named like its task.
fn held() -> Bench {
    let bench = Bench::new(&format!(
        "touch \"$ASIDE/up.$TASKRUN_TASK\"; while ! [ -e \"$ASIDE/go.$TASKRUN_TASK\" ]; do sleep 0.01; done; {DONE}"
    ));
    bench.tasks(&["bd-1", "bd-2", "bd-3"]);
    bench
}

fn up(bench: &Bench, task: &str) {
    wait_for(task, || bench.aside(&format!("up.{task}")).exists());
}

fn go(bench: &Bench, task: &str) {
    fs::write(bench.aside(&format!("go.{task}")), "").unwrap();
}

fn say(bench: &Bench, verb: &[&str]) -> Value {
    let out = bench.sandbox.run(&[&["loop"], verb, &["--json"]].concat());
    assert_eq!(out.code, 0, "{out:?}");
    out.json()
}

fn state(bench: &Bench) -> String {
    bench.loop_status()["status"].as_str().unwrap().to_owned()
}

#[test]
fn pause_waits_and_resume_goes_on_with_the_same_counters() {
    let bench = held();
    assert_eq!(state(&bench), "idle");
    let child = bench.start(&["--max-iterations", "2"]);
    up(&bench, "bd-1");
    let status = bench.loop_status();
    assert_eq!(
        (&status["status"], &status["pid"], &status["iteration"]),
        (&json!("running"), &json!(child.id()), &json!(1))
    );
    assert_eq!(
        (&status["task"], &status["max_iterations"]),
        (&json!({"id": "bd-1", "title": "Do bd-1"}), &json!(2))
    );
    for key in ["run", "agent", "spend", "completed", "failed", "reason", "started_at", "last_activity"] {
        assert!(status.as_object().unwrap().contains_key(key), "{key}");
    }
    assert_eq!(say(&bench, &["pause"])["asked"], true);
    go(&bench, "bd-1");
    wait_for("the pause", || state(&bench) == "paused");
    let status = bench.loop_status();
    assert_eq!((&status["completed"], &status["task"]), (&json!(["bd-1"]), &Value::Null));
    assert!(!bench.aside("up.bd-2").exists());
    say(&bench, &["resume"]);
    up(&bench, "bd-2");
    assert_eq!(state(&bench), "running");
    go(&bench, "bd-2");
    assert_eq!(reap(child), 3);
    let events = bench.told();
    let kinds = types(&events);
    let at = |kind: &str| kinds.iter().position(|has| *has == kind).unwrap();
    assert!(at("task.closed") < at("run.paused") && at("run.paused") < at("run.resumed"));
    assert_eq!(
        (&events.last().unwrap()["reason"], &events.last().unwrap()["iterations"]),
        (&json!("iterations"), &json!(2))
    );
    let status = bench.loop_status();
    assert_eq!(
        (&status["status"], &status["reason"], &status["pid"]),
        (&json!("idle"), &json!("iterations"), &Value::Null)
    );
}

#[test]
fn stop_lets_the_iteration_finish() {
    let bench = held();
    let child = bench.start(&[]);
    up(&bench, "bd-1");
    assert_eq!(say(&bench, &["stop"])["asked"], true);
    assert_eq!(state(&bench), "stopping");
    say(&bench, &["pause"]);
    assert_eq!(state(&bench), "stopping", "a pause does not take it back");
    go(&bench, "bd-1");
    assert_eq!(reap(child), 0);
    let last = bench.told().pop().unwrap();
    assert_eq!(
        (&last["reason"], &last["completed"], &last["left"]),
        (&json!("stopped"), &json!(["bd-1"]), &json!(2))
    );
    go(&bench, "bd-2");
    go(&bench, "bd-3");
    assert_eq!(bench.finish(&[])["reason"], "complete", "the next run is not stopped by it");
}

#[test]
fn stop_now_ends_the_agent_and_waits_for_it() {
    for paused in [false, true] {
        let bench = held();
        let child = bench.start(&[]);
        up(&bench, "bd-1");
        if paused {
            say(&bench, &["pause"]);
            go(&bench, "bd-1");
            wait_for("the pause", || state(&bench) == "paused");
        }
        assert_eq!(say(&bench, &["stop", "--now"])["asked"], true);
        assert_eq!(state(&bench), "idle", "it has waited");
        assert_eq!(reap(child), 0);
        let last = bench.told().pop().unwrap();
        assert_eq!((&last["reason"], &last["exit_code"]), (&json!("stopped"), &json!(0)));
        assert_eq!(bench.status(if paused { "bd-2" } else { "bd-1" }), "open");
        assert!(!bench.sandbox.path(".taskrun/control.json").exists());
    }
}

#[test]
fn with_no_run_there_is_nothing_to_steer() {
    let bench = held();
    for verb in [&["pause"][..], &["resume"], &["stop"], &["stop", "--now"]] {
        assert_eq!(say(&bench, verb), json!({"run": null, "asked": false}));
    }
    assert_eq!(bench.sandbox.run(&["loop", "stop"]).stdout, "no run is under way\n");
    assert_eq!(say(&bench, &["history"]), json!([]));
    assert_eq!(say(&bench, &["logs"]), json!([]));
    assert!(!bench.sandbox.path(".taskrun/control.json").exists());
}

#[test]
fn a_paused_run_can_be_interrupted_and_a_killed_one_is_not_running() {
    for (signal, code) in [("INT", 130), ("KILL", 137)] {
        let bench = held();
        let child = bench.start(&[]);
        up(&bench, "bd-1");
        say(&bench, &["pause"]);
        go(&bench, "bd-1");
        wait_for("the pause", || state(&bench) == "paused");
        kill(child.id(), signal);
        assert_eq!(reap(child), code);
        let status = bench.loop_status();
        assert_eq!((&status["status"], &status["reason"]), (&json!("idle"), &json!("interrupted")));
        go(&bench, "bd-2");
        go(&bench, "bd-3");
        assert_eq!(bench.finish(&[])["reason"], "complete", "an old pause holds nobody up");
    }
}

#[test]
fn logs_show_what_agents_printed() {
    let bench = Bench::new(&format!("echo \"for $TASKRUN_TASK\"; {DONE}"));
    bench.tasks(&["bd-1", "bd-2"]);
    let first = bench.finish(&["--once"])["run"].as_str().unwrap().to_owned();
    assert_eq!(bench.finish(&[])["reason"], "complete");
    let tag = "<promise>COMPLETE</promise>\n";
    assert_eq!(bench.sandbox.run(&["loop", "logs"]).stdout, format!("for bd-2\n{tag}"));
    assert_eq!(bench.sandbox.run(&["loop", "logs", &first, "-i", "1"]).stdout, format!("for bd-1\n{tag}"));
    let listed = say(&bench, &["logs", &first]);
    assert_eq!((&listed[0]["iteration"], &listed[0]["bytes"]), (&json!(1), &json!(9 + tag.len())));
    assert_eq!(bench.sandbox.run(&["loop", "logs", "r-none"]).code, 1);
    assert_eq!(bench.sandbox.run(&["loop", "logs", "../.."]).code, 1);
    let of = |args: &[&str]| say(&bench, &[&["history"], args].concat()).as_array().unwrap().len();
    assert_eq!((of(&[]), of(&["--task", "bd-1"]), of(&["--run", &first]), of(&["-n", "1"])), (2, 1, 1, 1));
}

/// A number for all that lies in the project and in `.git`.
fn hash(dir: &Path, into: &mut DefaultHasher) {
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        path.hash(into);
        if path.is_dir() {
            hash(&path, into);
        } else {
            fs::read(&path).unwrap().hash(into);
        }
    }
}

#[test]
fn a_look_ahead_changes_nothing() {
    let bench = Bench::new("touch \"$ASIDE/ran\"");
    bench.task("bd-1", &json!({"description": "Say hello.", "acceptance_criteria": "It says hello."}));
    bench.config("[gates]\n'*' = ['make check']\n[budget]\niterations = 7");
    bench.commit_all();
    bench.sandbox.write("mine.txt", "dirty");
    let tree = || {
        let mut hasher = DefaultHasher::new();
        hash(&bench.sandbox.root(), &mut hasher);
        hasher.finish()
    };
    let before = tree();
    let seen = Outcome::of(bench.looping(&["--dry-run", "--json"]).env("GIT_OPTIONAL_LOCKS", "0")).json();
    assert_eq!(
        (&seen["task"]["id"], &seen["gates"], &seen["max_iterations"]),
        (&json!("bd-1"), &json!(["make check"]), &json!(7))
    );
    assert_eq!(
        (&seen["agent"], &seen["argv"], &seen["commit"]),
        (&json!("fake"), &json!([bench.aside("agent")]), &json!(true))
    );
    let text = bench.run(&["--dry-run", "--budget-usd", "1", "--allow-unknown-cost"]).stdout;
    assert!(text.contains("task      bd-1 Do bd-1") && text.contains("at most   $1.00"), "{text}");
    let printed = bench.run(&["--print-prompt"]).stdout;
    assert_eq!(bench.sandbox.run(&["loop", "prompt", "bd-1"]).stdout, printed);
    for words in [
        "Build this: Do bd-1",
        "Say hello.",
        "It says hello.",
        "- `make check`",
        "output <promise>COMPLETE</promise>",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert_eq!(bench.sandbox.run(&["loop", "prompt", "bd-9"]).code, 1);
    for args in
        [&["gates", "list"][..], &["board"], &["loop", "status"], &["loop", "history"], &["budget", "show"]]
    {
        assert_eq!(bench.sandbox.run(args).code, 0, "{args:?}");
    }
    assert_eq!(tree(), before);
    assert!(!bench.aside("ran").exists());
}

#[test]
fn gates_can_be_run_by_hand() {
    let bench = Bench::bare("");
    bench.config("[gates]\n'*' = ['echo one', 'echo \"two words\" >&2; exit 3']");
    let list = bench.sandbox.run(&["gates", "list", "--json"]).json();
    assert_eq!(list[0], json!({"command": "echo one"}));
    let out = bench.sandbox.run(&["gates", "run", "--json", "--gate", "true"]);
    assert_eq!(out.code, 1, "{out:?}");
    let results = out.json();
    let seen: Vec<_> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|gate| (gate["passed"].clone(), gate["exit_code"].clone()))
        .collect();
    assert_eq!(seen, [(json!(true), json!(0)), (json!(false), json!(3)), (json!(true), json!(0))]);
    assert_eq!(fs::read_to_string(results[1]["output"].as_str().unwrap()).unwrap(), "two words\n");
    bench.config("");
    assert_eq!(bench.sandbox.run(&["gates", "run"]).code, 0);
    assert_eq!(bench.sandbox.run(&["loop", "logs"]).code, 0, "gates by hand are no run");
}
