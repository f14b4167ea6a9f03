//! `mission continue|kill|mark-completed`: a mission from its first step to its last.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use taskrun::domain::missions::Shelf;
use taskrun::domain::missions::decide::{Decision, decide};
use taskrun::domain::workspace::Workspace;

use crate::agent_prompt::{fifo, let_go};
use crate::bench::stream::{init, print, result, says, used};
use crate::bench::{Bench, kill, living, reap, wait_for};
use crate::sandbox::Outcome;

/// An agent that keeps its prompt, says a word and writes what it has to, from what it was given.
pub const WRITES: &str = "cat > \"$ASIDE/prompt-$TASKRUN_STEP\"; echo \"working on $TASKRUN_STEP\"
{ echo \"# by $TASKRUN_STEP\"; cat \"$TASKRUN_INPUT\"; } > \"$TASKRUN_OUTPUT\"";

/// A mission of the workflow `steps`, each agent step done by the agent `fake`.
pub fn mission_of(bench: &Bench, steps: &Value) -> String {
    let workflows = json!({"workflows": [{"workflow_id": "w", "name": "W", "steps": steps}]});
    bench.sandbox.write(".taskrun/workflows.json", workflows.to_string());
    if !bench.sandbox.path(".taskrun/agents.json").exists() {
        crew(bench, &json!({}));
    }
    made(bench, "A thing")
}

/// The agent `it`, with more fields.
pub fn crew(bench: &Bench, more: &Value) {
    let mut it = json!({"promptFile": "it.md"});
    it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.sandbox.write(".taskrun/agents.json", json!({"agents": {"it": it}}).to_string());
    bench.sandbox.write("it.md", "---\nname: it\n---\nYou are it.\n");
}

/// Makes a mission.
pub fn made(bench: &Bench, title: &str) -> String {
    let args = [
        "mission",
        "new",
        "--title",
        title,
        "--type",
        "feature",
        "--input",
        "# What I want\n\nAll.",
        "--json",
    ];
    let out = bench.sandbox.run(&args);
    assert_eq!(out.code, 0, "{out:?}");
    out.json()["mission_id"].as_str().unwrap().to_owned()
}

/// An agent's step, from one artifact to another.
pub fn agent(id: &str, input: &str, output: &str) -> Value {
    json!({"step_id": id, "name": format!("The {id}"), "type": "agent", "agent": "it", "inputArtifact": input,
        "outputArtifact": output})
}

/// A gate for a person.
pub fn gate(id: &str, artifact: &str) -> Value {
    json!({"step_id": id, "name": format!("The {id}"), "type": "human-gate", "reviewArtifact": artifact})
}

/// `mission continue`, to be started.
pub fn going(bench: &Bench, id: &str, args: &[&str]) -> Command {
    let mut command = bench.sandbox.command();
    command.args(["mission", "continue", id]).args(args).env("CLAUDE_CLI_PATH", bench.aside("claude"));
    command
}

/// `mission continue` to its end.
pub fn go(bench: &Bench, id: &str, args: &[&str]) -> Outcome {
    Outcome::of(&mut going(bench, id, args))
}

/// The last line of `mission continue --json`.
pub fn last(bench: &Bench, id: &str, args: &[&str]) -> Value {
    let out = go(bench, id, &[args, &["--json"]].concat());
    let last: Value =
        serde_json::from_str(out.stdout.lines().last().unwrap_or_else(|| panic!("{out:?}"))).unwrap();
    assert_eq!(
        (&last["type"], &last["exit_code"]),
        (&json!("mission.finished"), &json!(out.code)),
        "{out:?}"
    );
    last
}

/// Starts `mission continue` for others to meet.
pub fn start(bench: &Bench, id: &str) -> Child {
    going(bench, id, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Where a mission lies.
pub fn folder(bench: &Bench, id: &str) -> PathBuf {
    for place in ["active", "completed"] {
        let entries = fs::read_dir(bench.sandbox.path(&format!(".taskrun/missions/{place}")));
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().to_str().unwrap().starts_with(&format!("{id}--")) {
                return entry.path();
            }
        }
    }
    panic!("no mission {id}");
}

/// A mission's document as it stands.
pub fn document(bench: &Bench, id: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder(bench, id).join("mission.json")).unwrap()).unwrap()
}

/// Status and step.
pub fn stands(bench: &Bench, id: &str) -> (String, u64) {
    let mission = document(bench, id);
    (mission["status"].as_str().unwrap().to_owned(), mission["current_step"].as_u64().unwrap())
}

/// The records of runs, by when they began.
pub fn runs(bench: &Bench, id: &str) -> Vec<Value> {
    // What a killed writer has half written is no record.
    let record = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("step-");
    let mut runs: Vec<Value> = files(&folder(bench, id).join("runs"))
        .iter()
        .filter(record)
        .map(|path| serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
        .collect();
    runs.sort_by_key(|run| run["started_at"].as_str().unwrap().to_owned());
    runs
}

pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// All there is below a mission's folder, run ids left out.
fn tree(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files(dir) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(tree(&path).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            let parts: Vec<&str> = name.split('.').filter(|part| !part.starts_with("r-")).collect();
            found.insert(parts.join("."));
        }
    }
    found
}

pub fn artifact(bench: &Bench, id: &str, name: &str) -> String {
    fs::read_to_string(folder(bench, id).join("artifacts").join(name)).unwrap()
}

/// A workspace with the standard workflow, whose agents are `fake`.
pub fn standard(script: &str) -> (Bench, String) {
    let bench = Bench::bare(script);
    assert_eq!(bench.sandbox.run(&["mission", "init"]).code, 0);
    let id = made(&bench, "Add dark mode");
    (bench, id)
}

/// All that a mission of the standard workflow has in the end.
pub const TREE: [&str; 18] = [
    "artifacts/implementation-plan.md",
    "artifacts/implementation-result.json",
    "artifacts/raw-input.md",
    "artifacts/research-output.md",
    "artifacts/structured-text.md",
    "logs/step-01-cleanup.log",
    "logs/step-03-research.log",
    "logs/step-05-planning.log",
    "logs/step-07-implementation.log",
    "mission.json",
    "runs/step-01-cleanup.json",
    "runs/step-02-review-structured.json",
    "runs/step-03-research.json",
    "runs/step-04-review-research.json",
    "runs/step-05-planning.json",
    "runs/step-06-review-plan.json",
    "runs/step-07-implementation.json",
    "runs/step-08-review-implementation.json",
];

#[test]
fn the_eight_steps_from_end_to_end() {
    let (bench, id) = standard(WRITES);
    let ids = ["cleanup", "review-structured", "research", "review-research", "planning", "review-plan"];
    for (step, name) in ids.into_iter().chain(["implementation", "review-implementation"]).enumerate() {
        let expected = if step % 2 == 0 { "ready" } else { "waiting_human" };
        assert_eq!(stands(&bench, &id), (expected.into(), step as u64), "before {name}");
        let end = last(&bench, &id, &[]);
        assert_eq!(end["reason"], if step == 7 { "completed" } else { "done" }, "{end}");
        assert_eq!((&end["completed"], &end["error"]), (&json!(step == 7), &json!(null)), "{end}");
    }
    let dir = folder(&bench, &id);
    assert_eq!(dir, bench.sandbox.path(&format!(".taskrun/missions/completed/{id}--add-dark-mode")));
    assert_eq!(stands(&bench, &id), ("completed".into(), 8));
    assert_eq!(tree(&dir), TREE.map(str::to_owned).into());
    assert_eq!(
        artifact(&bench, &id, "implementation-result.json"),
        "# by implementation\n# by planning\n# by research\n# by cleanup\n# What I want\n\nAll."
    );
    let runs = runs(&bench, &id);
    for (at, run) in runs.iter().enumerate() {
        assert!(run["run_id"].as_str().unwrap().starts_with("r-") && run["finished_at"].is_string(), "{run}");
        assert!(run["started_at"].as_str() <= run["finished_at"].as_str(), "{run}");
        if at % 2 == 0 {
            assert_eq!((&run["exit_code"], &run["error"]), (&json!(0), &json!(null)), "{run}");
            assert!(run["run"].as_str().unwrap().starts_with("p-") && run["spend"].is_object(), "{run}");
        } else {
            assert_eq!(run["decision"], "approved", "{run}");
            assert!(run["by"].is_string(), "{run}");
        }
    }
    let log = files(&dir.join("logs")).remove(0);
    assert_eq!(fs::read_to_string(log).unwrap(), "working on cleanup\n[taskrun: the step is done]\n");
    // Each was an attempt on one piece of work.
    let receipts = bench.history();
    assert_eq!(receipts.len(), 4);
    assert!(
        receipts.iter().all(|it| it["task"] == id.as_str() && it["outcome"] == "answered"),
        "{receipts:?}"
    );
    assert!(bench.sandbox.run(&["budget", "show", "--by", "task"]).stdout.contains(&id));
    // What the agents were told: their own words, the input, where to write.
    let told = fs::read_to_string(bench.aside("prompt-research")).unwrap();
    let output = bench
        .sandbox
        .path(&format!(".taskrun/missions/active/{id}--add-dark-mode/artifacts/research-output.md"));
    for part in [
        "# by cleanup",
        "Add dark mode",
        "type feature",
        "step 3 of 8",
        output.to_str().unwrap(),
        "raw-input.md",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("---\nname:") && !told.contains("description: "), "{told}");
    // And nothing of it changes any more.
    for verb in [&["continue"][..], &["kill"], &["mark-completed"]] {
        let out = bench.sandbox.run(&["mission", verb[0], &id]);
        assert_eq!(out.code, 1, "{out:?}");
    }
    assert_eq!(tree(&dir), TREE.map(str::to_owned).into());
}

#[test]
fn what_comes_next_decides_what_a_mission_says_of_itself() {
    let bench = Bench::bare(WRITES);
    let raw = "raw-input.md";
    let steps = json!([
        agent("one", raw, "a.md"),
        agent("two", "a.md", "b.md"),
        gate("look", "b.md"),
        gate("again", "b.md"),
        agent("three", "b.md", "c.md")
    ]);
    let id = mission_of(&bench, &steps);
    let expected = [("ready", 1), ("waiting_human", 2), ("waiting_human", 3), ("ready", 4)];
    for (status, step) in expected {
        assert_eq!(go(&bench, &id, &[]).code, 0);
        assert_eq!(stands(&bench, &id), (status.into(), step));
    }
    // The last step is an agent's.
    let out = go(&bench, &id, &[]);
    assert_eq!((out.code, stands(&bench, &id)), (0, ("completed".into(), 5)));
    assert!(out.stdout.starts_with("working on three\n") && out.stdout.contains("is completed"), "{out:?}");
    assert!(folder(&bench, &id).parent().unwrap().ends_with("completed"));
    // Up to a gate, which is not passed; from the last gate to the end.
    let id = made(&bench, "Another");
    let end = last(&bench, &id, &["--until-gate"]);
    assert_eq!(
        (&end["reason"], &end["exit_code"], &end["step"]),
        (&json!("gate"), &json!(4), &json!("look"))
    );
    assert_eq!(end["runs"].as_array().unwrap().len(), 2);
    assert_eq!(last(&bench, &id, &["--until-gate"])["exit_code"], 4);
    assert_eq!((go(&bench, &id, &[]).code, go(&bench, &id, &["--note", "Mind the gap"]).code), (0, 0));
    let end = last(&bench, &id, &["--until-gate"]);
    assert_eq!((&end["reason"], &end["exit_code"]), (&json!("completed"), &json!(0)), "{end}");
    assert!(fs::read_to_string(bench.aside("prompt-three")).unwrap().contains("> Mind the gap"));
    assert_eq!(go(&bench, "m-0-none", &[]).code, 1);
}

#[test]
fn a_step_that_comes_to_nothing_can_be_run_again() {
    let bench = Bench::bare(WRITES);
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]));
    let table = [
        ("echo bad >&2; exit 3", 1, "Agent exited with code 3", Some(3)),
        ("kill -9 $$", 1, "Agent was ended by signal 9", None),
        ("echo nothing to do", 1, "did not write it: the artifact `a.md` is required", Some(0)),
        (": > \"$TASKRUN_OUTPUT\"; echo ok", 1, "left it empty", Some(0)),
        ("ln -sf raw-input.md \"$TASKRUN_OUTPUT\"; echo ok", 1, "made a link of it", Some(0)),
        (
            "rm -f \"$TASKRUN_OUTPUT\"; echo '<promise>BLOCKED: which colour?</promise>'",
            4,
            "which colour?",
            Some(0),
        ),
        ("echo x > \"$TASKRUN_OUTPUT\"; echo '<promise>FAILED: too hard</promise>'", 1, "too hard", Some(0)),
    ];
    for (at, (script, code, why, exit)) in table.into_iter().enumerate() {
        bench.agent(script);
        let end = last(&bench, &id, &[]);
        assert_eq!(end["exit_code"], code, "{script}: {end}");
        let error = end["error"].as_str().unwrap().to_owned();
        assert!(error.contains(why), "{script}: {error}");
        let mission = document(&bench, &id);
        assert_eq!((&mission["status"], &mission["current_step"]), (&json!("failed"), &json!(0)));
        assert_eq!((&mission["last_error"], &mission["errors"][at]), (&json!(error), &json!(error)));
        let run = runs(&bench, &id).pop().unwrap();
        assert_eq!((&run["exit_code"], &run["error"]), (&json!(exit), &json!(error)), "{script}");
    }
    // What is there from before is not what this run has written.
    bench.agent("echo done");
    assert!(last(&bench, &id, &[])["error"].as_str().unwrap().contains("left it as it was"));
    // An agent that says nothing has done its step all the same.
    bench.agent("cat >/dev/null; cp \"$TASKRUN_INPUT\" \"$TASKRUN_OUTPUT\"");
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let mission = document(&bench, &id);
    assert_eq!((&mission["status"], &mission["last_error"]), (&json!("waiting_human"), &json!(null)));
    assert_eq!(mission["errors"].as_array().unwrap().len(), 8);
    let ids: BTreeSet<String> = runs(&bench, &id).iter().map(|run| run["run_id"].to_string()).collect();
    assert_eq!(ids.len(), 9);
    assert_eq!(bench.history().iter().map(|it| it["attempt"].as_u64().unwrap()).max(), Some(9));
}

#[test]
fn what_cannot_be_run_leaves_all_as_it_was() {
    let bench = Bench::bare(WRITES);
    let raw = "raw-input.md";
    let id = mission_of(&bench, &json!([agent("one", raw, "a.md"), agent("two", "missing.md", "b.md")]));
    let refused = |code: i32, part: &str| {
        let before = fs::read_to_string(folder(&bench, &id).join("mission.json")).unwrap();
        let count = runs(&bench, &id).len();
        let out = go(&bench, &id, &["--json"]);
        assert_eq!(out.code, code, "{out:?}");
        let message = out.json_error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(part), "{message}");
        assert_eq!(before, fs::read_to_string(folder(&bench, &id).join("mission.json")).unwrap());
        assert_eq!(count, runs(&bench, &id).len());
    };
    crew(&bench, &json!({"agent": "nobody"}));
    refused(2, "unknown agent `nobody`");
    crew(&bench, &json!({"launcher": "none"}));
    refused(2, "there is no launcher `none`");
    crew(&bench, &json!({}));
    fs::remove_file(bench.sandbox.path("it.md")).unwrap();
    refused(2, "it.md");
    bench.sandbox.write(".taskrun/agents.json", "{\"agents\":{\"other\":{\"promptFile\":\"it.md\"}}}");
    refused(2, "agent not found: it");
    crew(&bench, &json!({}));
    assert_eq!(go(&bench, &id, &[]).code, 0);
    refused(1, "begins with the artifact `missing.md`, which is missing");
    bench.config("[budget]\nper_day_usd = 1.0\n");
    fs::write(folder(&bench, &id).join("artifacts/missing.md"), "x").unwrap();
    refused(2, "does not report what it costs");
}

#[test]
fn commands_of_members_are_agents_too() {
    let bench = Bench::bare("exit 9");
    let own = bench.script("own", "cat \"$1\" > \"$ASIDE/told\"; cp \"$TASKRUN_INPUT\" \"$TASKRUN_OUTPUT\"; echo $2 $TASKRUN_TASK $TASKRUN_MISSION");
    crew(&bench, &json!({"command": [own, "{prompt_file}", "{model}"], "prompt": "file", "model": "big"}));
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]));
    let out = go(&bench, &id, &[]);
    assert_eq!((out.code, out.stdout.lines().next()), (0, Some(&*format!("big {id} {id}"))), "{out:?}");
    assert!(
        fs::read_to_string(bench.aside("told"))
            .unwrap()
            .starts_with("You are it.\n\n---\n\n# Mission: A thing\n")
    );
    assert_eq!((&bench.history()[0]["agent"], &bench.history()[0]["model"]), (&json!("it"), &json!("big")));
}

#[test]
fn what_is_sent_back_is_told_until_it_is_done() {
    let bench = Bench::bare(WRITES);
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]));
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let shelf = Shelf::of(&Workspace::at(bench.sandbox.path("")));
    let sent = |note: &str| decide(&shelf, &id, Decision::SentBack(note.into()), "Ada");
    assert!(sent("  ").unwrap_err().to_string().contains("nothing is said"));
    let mission = sent("Too short.\nSay why.").unwrap();
    assert_eq!((mission.current_step, mission.status.word()), (0, "ready"));
    assert!(sent("again").unwrap_err().to_string().contains("is at no gate"));
    let told = || fs::read_to_string(bench.aside("prompt-one")).unwrap();
    bench.agent(&format!("{WRITES}; exit 1"));
    assert_eq!(go(&bench, &id, &[]).code, 1);
    assert!(
        told().contains("Ada has looked at your earlier output at `look`") && told().contains("> Say why.")
    );
    assert!(told().contains("That output is still at"), "{}", told());
    bench.agent(WRITES);
    assert_eq!(go(&bench, &id, &[]).code, 0);
    assert!(told().contains("> Too short.\n> Say why."), "{}", told());
    // The history of it is in the records.
    let decided = &runs(&bench, &id)[1];
    assert_eq!(
        (&decided["decision"], &decided["by"], &decided["sent_to"]),
        (&json!("sent_back"), &json!("Ada"), &json!("one"))
    );
    let mission = decide(&shelf, &id, Decision::Edited, "Ada").unwrap();
    assert_eq!(mission.status.word(), "completed");
    assert!(folder(&bench, &id).parent().unwrap().ends_with("completed"));
}

/// A workspace whose agents are Claude, played by a script.
fn priced(settings: &str, script: &str) -> (Bench, String) {
    let bench = Bench::bare("exit 9");
    bench.config(&format!("[agent]\ndefault = 'claude'\n{settings}"));
    bench.claude(script);
    let id = mission_of(
        &bench,
        &json!([agent("one", "raw-input.md", "a.md"), agent("two", "a.md", "b.md"), gate("look", "b.md")]),
    );
    (bench, id)
}

#[test]
fn money_is_counted_and_limits_hold() {
    let session = print(&[init(), says("Done."), result("Done.", 0.4)]);
    let works = format!("cat >/dev/null; echo x >> \"$TASKRUN_OUTPUT\"\n{session}");
    // Two steps of one command share its limit; a third is not begun.
    let (bench, id) = priced("[budget]\nusd = 0.7\n", &works);
    let end = last(&bench, &id, &["--until-gate"]);
    assert_eq!((&end["reason"], &end["exit_code"]), (&json!("budget_usd"), &json!(3)), "{end}");
    assert_eq!((end["spend"]["usd"].as_f64(), stands(&bench, &id)), (Some(0.4), ("failed".into(), 1)));
    assert_eq!(last(&bench, &id, &["--until-gate"])["exit_code"], 4);
    // What one piece of work may cost counts all that was spent on it.
    let (bench, id) = priced("[budget]\nper_task_usd = 0.5\n", &works);
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let end = last(&bench, &id, &[]);
    assert!(
        end["exit_code"] == 3 && end["error"].as_str().unwrap().contains("`per_task_usd` is used up"),
        "{end}"
    );
    // A step is ended as soon as it shows that it passes its limit.
    let greedy = format!("cat >/dev/null; {}\nsleep 60", print(&[init(), used("m", 3_000_000, 900_000)]));
    let (bench, id) = priced("[budget]\ntokens = 1000\n", &greedy);
    let end = last(&bench, &id, &[]);
    assert_eq!((&end["reason"], &end["exit_code"]), (&json!("budget_tokens"), &json!(3)), "{end}");
    assert!(document(&bench, &id)["last_error"].as_str().unwrap().contains("`budget_tokens`"));
    // The provider makes it wait.
    let refused = r#"cat >/dev/null; echo '{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"rate limit, resets in 5 hours"}'; exit 1"#;
    let (bench, id) = priced("", refused);
    let end = last(&bench, &id, &[]);
    assert_eq!((&end["reason"], &end["exit_code"]), (&json!("rate_limited"), &json!(75)), "{end}");
    assert!(end["error"].as_str().unwrap().starts_with("Agent exited with code 1"), "{end}");
}

/// An agent that says that it is up, and waits at a pipe named by its mission.
const WAITS: &str =
    "cat > /dev/null; echo up; touch \"$ASIDE/up-$TASKRUN_MISSION\"; read x < \"$ASIDE/$TASKRUN_MISSION\"
cp \"$TASKRUN_INPUT\" \"$TASKRUN_OUTPUT\"";

/// Starts a mission's step and waits until its agent is up.
fn waiting(bench: &Bench, id: &str) -> Child {
    fifo(bench, id);
    let child = start(bench, id);
    wait_for("the agent", || bench.aside(&format!("up-{id}")).exists());
    child
}

#[test]
fn two_missions_go_on_at_once_and_one_mission_only_once() {
    let bench = Bench::bare(WAITS);
    let steps = json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]);
    let (first, second) = (mission_of(&bench, &steps), made(&bench, "Another"));
    let (one, two) = (waiting(&bench, &first), waiting(&bench, &second));
    assert_eq!(
        (stands(&bench, &first).0, stands(&bench, &second).0),
        ("running_code_agent".into(), "running_code_agent".into())
    );
    let status = bench.sandbox.run(&["agent", "status", "--json"]).json();
    let agents = status["agents"].as_array().unwrap();
    assert_eq!(
        agents.iter().filter(|it| it["kind"] == "mission" && it["status"] == "running").count(),
        2,
        "{status}"
    );
    assert!(agents.iter().any(|it| it["task"]["id"] == first.as_str()), "{status}");
    // Its log grows while it runs.
    let log = files(&folder(&bench, &first).join("logs")).remove(0);
    wait_for("the log", || fs::read_to_string(&log).unwrap() == "up\n");
    for verb in ["continue", "mark-completed"] {
        let out = bench.sandbox.run(&["mission", verb, &first, "--json"]);
        let error = out.json_error();
        assert_eq!((out.code, error["code"].as_str()), (75, Some("busy")), "{verb}");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("runs the step `one`") && message.contains(&format!("pid {}", one.id())),
            "{message}"
        );
    }
    let_go(&bench, &second);
    assert_eq!((reap(two), stands(&bench, &second)), (0, ("waiting_human".into(), 1)));
    assert_eq!(stands(&bench, &first).0, "running_code_agent");
    let_go(&bench, &first);
    assert_eq!((reap(one), stands(&bench, &first)), (0, ("waiting_human".into(), 1)));
}

#[test]
fn a_step_is_ended_from_elsewhere_with_all_it_started() {
    let marker = format!("3{:05}.82", std::process::id() % 100_000);
    let bench =
        Bench::bare(&format!("cat >/dev/null; setsid sleep {marker} & touch \"$ASIDE/up\"; sleep {marker}"));
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]));
    let nothing = bench.sandbox.run(&["mission", "kill", &id]);
    assert!(nothing.code == 1 && nothing.stderr.contains("nothing of mission"), "{nothing:?}");
    let child = start(&bench, &id);
    let sleeping = || living(&format!("sleep {marker}"));
    wait_for("the agent", || bench.aside("up").exists() && sleeping().len() >= 2);
    let out = bench.sandbox.run(&["mission", "kill", &id, "--json"]);
    assert_eq!((out.code, out.json()["step"].as_str()), (0, Some("one")), "{out:?}");
    assert_eq!(sleeping(), [0u32; 0]);
    assert_eq!(reap(child), 143);
    let run = runs(&bench, &id).pop().unwrap();
    assert!(run["finished_at"].is_string() && run["signal"].is_number(), "{run}");
    assert_eq!(run["error"], "interrupted by signal 15", "{run}");
    assert_eq!(stands(&bench, &id), ("failed".into(), 0));
    assert_eq!(bench.sandbox.run(&["mission", "kill", &id]).code, 1);
    // `agent stop` ends it, too.
    fs::remove_file(bench.aside("up")).unwrap();
    let child = start(&bench, &id);
    wait_for("the agent", || bench.aside("up").exists());
    assert_eq!(bench.sandbox.run(&["agent", "stop"]).code, 0);
    assert_eq!((reap(child), sleeping()), (1, vec![]));
    assert_eq!(document(&bench, &id)["last_error"], "the agent was stopped");
    // So does Ctrl-C.
    fs::remove_file(bench.aside("up")).unwrap();
    let child = start(&bench, &id);
    wait_for("the agent", || bench.aside("up").exists());
    kill(child.id(), "INT");
    assert_eq!((reap(child), sleeping()), (130, vec![]));
    assert_eq!(document(&bench, &id)["last_error"], "interrupted by signal 2");
    bench.agent(WRITES);
    assert_eq!(go(&bench, &id, &[]).code, 0);
    assert_eq!(document(&bench, &id)["errors"].as_array().unwrap().len(), 3);
}

#[test]
fn a_mission_is_declared_completed_from_any_state() {
    let bench = Bench::bare("exit 1");
    let steps = json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]);
    let ready = mission_of(&bench, &steps);
    let failed = made(&bench, "Failed");
    assert_eq!(go(&bench, &failed, &[]).code, 1);
    for id in [&ready, &failed] {
        let out = bench.sandbox.run(&["mission", "mark-completed", id, "--json"]);
        assert_eq!((out.code, out.json()["status"].as_str()), (0, Some("completed")), "{out:?}");
        assert!(folder(&bench, id).parent().unwrap().ends_with("completed"));
        assert!(document(&bench, id)["marked_completed_by"].is_string());
        let again = bench.sandbox.run(&["mission", "mark-completed", id]);
        assert!(again.code == 1 && again.stderr.contains("is completed"), "{again:?}");
    }
    assert_eq!(document(&bench, &failed)["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn a_mock_starts_nobody_and_says_so() {
    let (bench, id) = standard("touch \"$ASIDE/started\"");
    let end = last(&bench, &id, &["--mock-agent"]);
    assert_eq!((&end["mock"], &end["exit_code"]), (&json!(true), &json!(0)), "{end}");
    let expected =
        "MOCK of the step `cleanup`: no agent was started, this is its input.\n\n# What I want\n\nAll.";
    assert_eq!(artifact(&bench, &id, "structured-text.md"), expected);
    assert_eq!(runs(&bench, &id)[0]["mock"], true);
    assert!(!bench.aside("started").exists() && bench.history().is_empty());
    assert!(go(&bench, &id, &[]).code == 0 && go(&bench, &id, &["--mock-agent"]).stdout.contains("(mock"));
}

#[test]
fn a_large_artifact_is_named_and_never_held() {
    let bench = Bench::bare("cat > \"$ASIDE/prompt\"; head -c 10 \"$TASKRUN_INPUT\" > \"$TASKRUN_OUTPUT\"");
    let id = mission_of(
        &bench,
        &json!([agent("one", "raw-input.md", "a.md"), agent("two", "raw-input.md", "b.md")]),
    );
    let raw = folder(&bench, &id).join("artifacts/raw-input.md");
    fs::File::create(&raw).unwrap().set_len(100 << 20).unwrap();
    let mut limited = Command::new("sh");
    // Less address space than the artifact would take is no place to hold it.
    limited.args([
        "-c",
        "ulimit -d 65536; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_taskrun"),
        "mission",
        "continue",
        &id,
    ]);
    let like = going(&bench, &id, &[]);
    limited.current_dir(bench.sandbox.path("")).env_clear();
    for (name, value) in like.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    let out = Outcome::of(limited.stdin(Stdio::null()));
    assert_eq!(out.code, 0, "{out:?}");
    let told = fs::read_to_string(bench.aside("prompt")).unwrap();
    assert!(told.contains("104857600 bytes") && told.len() < 5000, "{}", told.len());
    let out = Outcome::of(limited.arg("--mock-agent"));
    assert_eq!(
        (out.code, fs::metadata(folder(&bench, &id).join("artifacts/b.md")).unwrap().len() > 100 << 20),
        (0, true),
        "{out:?}"
    );
}
