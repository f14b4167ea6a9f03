//! `mission continue|kill`: steps that come to nothing, limits, kills, two at once.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::agent_prompt::{fifo, let_go};
use crate::bench::stream::{init, print, result, says, used};
use crate::bench::{Bench, kill, living, reap, wait_for};
use crate::mission_bench::{
    WRITES, agent, crew, document, files, folder, gate, go, going, last, made, mission_of, runs, stands,
    start,
};
use crate::sandbox::Outcome;

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
