//! What every agent is put through.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{kill, living, reap, wait_for};
use crate::server::Cut;
use crate::server::script::{FOR_EVER, PROMPT, Step, Usage, cut, refuse, run, say, write};
use crate::trial::{DONE, Seen, Trial};

/// The answers of a model that does a task: a file, a look at it, and the tag.
fn work(trial: &Trial, task: &str) -> Vec<Step> {
    let path = trial.file(task);
    let look = format!("cat '{}'", path.display());
    let done = format!("The file is there.\n\n{DONE}");
    let written = if trial.row.writes_cache { 777 } else { 0 };
    let used =
        |n: u64| Usage { input: 1001 * n, cached: 20_003 * n, written, output: 307 * n, reasoning: 41 };
    vec![
        write(path, format!("made for {task}\n")).aloud("I will make the file.").using(used(1)),
        run(look).using(used(2)),
        say(done).using(used(3)),
    ]
}

/// Asserts that a task is open and that no attempt on it counts.
fn untouched(trial: &Trial, task: &str, outcome: &str) {
    assert_eq!(trial.bench.status(task), "open");
    let history = trial.bench.history();
    let outcomes: Vec<&Value> = history.iter().map(|receipt| &receipt["outcome"]).collect();
    assert_eq!(outcomes, [outcome], "{trial:?}");
    assert_eq!(history[0]["task"], task);
}

/// Asserts that a run closed both tasks, and that all is in order.
fn all_done(trial: &Trial, seen: &Seen) {
    seen.is(0, "complete", trial);
    assert_eq!(seen.last()["completed"], json!(["bd-1", "bd-2"]));
    assert_eq!(trial.bench.subjects(), ["bd-2: Do bd-2", "bd-1: Do bd-1", "base"]);
    assert_eq!(trial.bench.files("HEAD"), [".beads/issues.jsonl", "bd-2.txt"]);
    assert_eq!(trial.bench.git(&["status", "--porcelain"]), "");
    trial.nothing_left();
}

pub fn works_two_tasks_and_is_accounted_for_to_the_cent(trial: &Trial) {
    for task in ["bd-1", "bd-2"] {
        trial.server.script(task, work(trial, task));
    }
    let seen = trial.run(&[]);
    all_done(trial, &seen);
    let gates = seen.events.iter().filter(|event| event["type"] == "gate.finished");
    assert_eq!(gates.map(|gate| &gate["passed"]).collect::<Vec<_>>(), [true, true]);
    for task in ["bd-1", "bd-2"] {
        let served = trial.server.served(task);
        assert_eq!(served.iter().map(|served| served.status).collect::<Vec<_>>(), [200; 3]);
        let asked = served.iter().all(|served| trial.row.model.ends_with(&served.model));
        assert!(asked, "another model than `{}`: {served:?}", trial.row.model);
        trial.accounted_for(task);
    }
    let (spend, expected) = (&seen.last()["spend"], trial.true_cost("bd-1") + trial.true_cost("bd-2"));
    assert!((spend["usd"].as_f64().unwrap() - expected).abs() < 1e-9, "{spend} {expected}");
    let source = if trial.row.priced_by_us { "estimated" } else { "reported" };
    assert_eq!((&spend["known"], &spend["source"]), (&json!(true), &json!(source)));
}

pub fn waits_for_a_rate_limit_without_counting_an_attempt(trial: &Trial) {
    let limited = refuse(429, "This request would exceed your rate limit of 9 requests an hour.");
    trial.server.script("bd-1", vec![limited.header("retry-after", "3600").times(FOR_EVER)]);
    // Codex and OpenCode sit the wait out, whatever it is; only their silence ends them, which is that of
    // the start where nothing was heard before.
    trial.config("start_timeout = '20s'\nidle_timeout = '20s'");
    let start = Instant::now();
    let seen = trial.run(&[]);
    seen.is(75, "rate_limited", trial);
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
    untouched(trial, "bd-1", "agent_failed");
    assert_eq!(trial.server.served("bd-2").len(), 0);
    trial.nothing_left();
    // The next run finds everything as it was.
    for task in ["bd-1", "bd-2"] {
        trial.server.script(task, work(trial, task));
    }
    all_done(trial, &trial.run(&[]));
    let history = trial.bench.history();
    assert_eq!((&history[1]["task"], &history[1]["attempt"]), (&json!("bd-1"), &json!(1)));
}

pub fn ends_the_run_when_its_key_is_refused(trial: &Trial) {
    let words = "No account has the key you have sent";
    let refused = refuse(401, words).header("x-should-retry", "false").times(FOR_EVER);
    trial.server.script("bd-1", vec![refused]);
    let start = Instant::now();
    let seen = trial.run(&[]);
    seen.is(1, "failed", trial);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let message = seen.last()["message"].as_str().unwrap_or_default();
    assert!(message.contains(words), "{trial:?}{seen:?}");
    untouched(trial, "bd-1", "agent_failed");
    assert_eq!(trial.server.served("bd-2").len(), 0);
    trial.nothing_left();
}

pub fn gives_up_on_a_broken_provider(trial: &Trial) {
    trial.config("timeout = '100s'\nstart_timeout = '25s'\nretries = 1\nretry_delay = '1s'");
    trial.hurry();
    trial.server.script("bd-1", vec![refuse(500, "Internal trouble").times(FOR_EVER)]);
    let start = Instant::now();
    let seen = trial.run(&[]);
    seen.is(75, "rate_limited", trial);
    assert!(start.elapsed() < Duration::from_secs(90), "{:?}", start.elapsed());
    assert_eq!(trial.bench.status("bd-1"), "open");
    assert!(trial.bench.history().iter().all(|receipt| receipt["outcome"] == "agent_failed"), "{trial:?}");
    assert_eq!(trial.server.served("bd-2").len(), 0);
    trial.nothing_left();
}

fn goes_on_after(trial: &Trial, how: Cut) {
    let mut steps = work(trial, "bd-1");
    steps.insert(1, cut(how));
    trial.server.script("bd-1", steps);
    trial.config("retry_delay = '1s'");
    let seen = trial.run(&["--task", "bd-1"]);
    seen.is(0, "complete", trial);
    assert_eq!(trial.bench.status("bd-1"), "closed");
    trial.accounted_for("bd-1");
    trial.nothing_left();
}

pub fn goes_on_after_a_reset_connection(trial: &Trial) {
    goes_on_after(trial, Cut::Reset);
}

pub fn goes_on_after_a_closed_connection(trial: &Trial) {
    goes_on_after(trial, Cut::Closed);
}

/// Asserts that a model that says this is not done, though the gate is content.
fn is_not_done(trial: &Trial, task: &str, mut steps: Vec<Step>) {
    steps.insert(0, write(trial.file(task), "half\n"));
    trial.server.script(task, steps);
    let seen = trial.run(&["--once", "--task", task]);
    seen.is(1, "iterations", trial);
    assert_eq!(trial.bench.status(task), "open");
    let history = trial.bench.history();
    assert_eq!(history.last().unwrap()["outcome"], "reopened", "{trial:?}");
    trial.accounted_for(task);
    trial.nothing_left();
}

pub fn is_not_done_without_the_marker(trial: &Trial) {
    is_not_done(trial, "bd-1", vec![say("All is done, I think.")]);
}

pub fn is_not_done_by_a_quoted_marker(trial: &Trial) {
    trial.bench.tasks(&["bd-3"]);
    is_not_done(trial, "bd-1", vec![say(format!("You have told me:\n\n{PROMPT}"))]);
    let print = format!("printf '%s\\n' '{DONE}'");
    is_not_done(trial, "bd-2", vec![run(print), say("I have looked at it.")]);
    let early = run("true").aloud(format!("Soon I say\n\n{DONE}"));
    is_not_done(trial, "bd-3", vec![early, say("There is more to do.")]);
}

pub fn leaves_nothing_behind_when_it_is_ended_in_a_tool(trial: &Trial) {
    // A number of seconds that no other process on this machine sleeps.
    let sleep = format!("sleep 300.{}", std::process::id());
    let script = trial.bench.script("slow", &format!("{sleep} &\n{sleep}"));
    let mut steps = work(trial, "bd-1");
    steps[1] = run(script.display().to_string()).using(steps[1].usage);
    trial.server.script("bd-1", steps);
    let child = trial.start(&[]);
    wait_for("the tool", || living(&sleep).len() == 2);
    kill(child.id(), "TERM");
    let seen = trial.ended(reap(child));
    seen.is(143, "interrupted", trial);
    assert_eq!(living(&sleep), [0u32; 0]);
    trial.nothing_left();
    untouched(trial, "bd-1", "interrupted");
    if trial.row.tells_all_when_killed {
        trial.accounted_for("bd-1");
        return;
    }
    let (shown, finished) = (trial.shown("bd-1").0, trial.server.served("bd-1")[0].claimed);
    assert!((shown - trial.row.cost(finished)).abs() < 1e-9, "{shown}: {trial:?}");
}

pub fn does_a_step_of_a_mission(trial: &Trial) {
    let sandbox = &trial.bench.sandbox;
    assert_eq!(sandbox.run(&["mission", "init"]).code, 0);
    // The model knows by these words what it is about.
    sandbox.write(".claude/agents/cleanup.md", "---\nname: cleanup-agent\n---\nThis is task `mission`.\n");
    if trial.row.name == "claude" {
        let member = json!({"promptFile": ".claude/agents/cleanup.md", "permissions": "workspace"});
        let agents = json!({"agents": {"cleanup-agent": member, "research-agent": {"promptFile": "r.md"},
            "planning-agent": {"promptFile": "p.md"}, "implementation-agent": {"promptFile": "i.md"}}});
        sandbox.write(".taskrun/agents.json", agents.to_string());
    }
    let new = ["mission", "new", "--title", "It", "--type", "fix", "--input", "What I want", "--json"];
    let id = sandbox.run(&new).json()["mission_id"].as_str().unwrap().to_owned();
    let dir = sandbox.path(&format!(".taskrun/missions/active/{id}--it"));
    let output = dir.join("artifacts/structured-text.md");
    let used = Usage { input: 1001, cached: 20_003, written: 0, output: 307, reasoning: 41 };
    let steps =
        vec![write(output.clone(), "made\n").aloud("I write it.").using(used), say("Done.").using(used)];
    trial.server.script("mission", steps);
    let (out, events) = trial.other(&["mission", "continue", &id]);
    let last = events.last().unwrap_or_else(|| panic!("{out:?}"));
    assert_eq!((&last["reason"], &last["status"]), (&json!("done"), &json!("waiting_human")), "{out:?}");
    assert_eq!(std::fs::read_to_string(output).unwrap(), "made\n");
    let expected = trial.true_cost("mission");
    let spent = &trial.bench.history()[0];
    assert_eq!(spent["task"], id.as_str());
    assert!((spent["spend"]["usd"].as_f64().unwrap() - expected).abs() < 1e-9, "{spent} {expected}");
    let log = std::fs::read_dir(dir.join("logs")).unwrap().next().unwrap().unwrap().path();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("I write it.") && log.contains("Done."), "{log}");
    trial.nothing_left();
}
