//! `mission continue` killed in each step of an agent and taken on again; two missions at once, killed at any time.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::bench::{Bench, kill, living, reap, wait_for};
use crate::mission_bench::{
    TREE, WRITES, agent, artifact, document, files, folder, gate, go, going, last, made, mission_of, runs,
    standard, stands,
};

/// An agent that works for ever the first time that it does a step, and well the second time.
fn stubborn(marker: &str) -> String {
    format!(
        "if [ ! -e \"$ASIDE/up-$TASKRUN_STEP\" ]; then
           echo half > \"$TASKRUN_OUTPUT\"; echo begun; setsid sleep {marker} & touch \"$ASIDE/up-$TASKRUN_STEP\"; sleep {marker}
         fi
         {WRITES}"
    )
}

fn started(bench: &Bench, id: &str) -> Child {
    going(bench, id, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn killed_in_each_agent_step_and_continued() {
    let marker = format!("3{:05}.84", std::process::id() % 100_000);
    let (bench, id) = standard(&stubborn(&marker));
    for (at, step) in ["cleanup", "research", "planning", "implementation"].into_iter().enumerate() {
        let child = started(&bench, &id);
        let sleeping = || living(&format!("sleep {marker}"));
        wait_for("the agent", || bench.aside(&format!("up-{step}")).exists() && sleeping().len() >= 2);
        let before = runs(&bench, &id).pop().unwrap();
        kill(child.id(), "KILL");
        assert_eq!(reap(child), 137);
        wait_for("the end of all it had started", || sleeping().is_empty());
        // What the file says is no truth any more, and every command knows.
        assert_eq!(document(&bench, &id)["status"], "running_code_agent");
        let listed = bench.sandbox.run(&["mission", "list", "--json"]).json();
        assert_eq!(listed[0]["status"], "failed", "{listed}");
        let end = last(&bench, &id, &[]);
        assert_eq!(end["reason"], "done", "{end}");
        let all = runs(&bench, &id);
        let [.., dead, done] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((&dead["run_id"], &dead["started_at"]), (&before["run_id"], &before["started_at"]));
        assert!(
            dead["error"].as_str().unwrap().starts_with("killed: ") && dead["finished_at"].is_string(),
            "{dead}"
        );
        assert_ne!(dead["run_id"], done["run_id"]);
        let mission = document(&bench, &id);
        assert_eq!(
            (mission["errors"].as_array().unwrap().len(), &mission["last_error"]),
            (at + 1, &json!(null))
        );
        assert_eq!(go(&bench, &id, &[]).code, 0, "the gate");
    }
    let dir = folder(&bench, &id);
    assert!(dir.parent().unwrap().ends_with("completed"));
    for path in TREE.iter().filter(|path| path.starts_with("artifacts/")) {
        assert!(dir.join(path).is_file(), "{path}");
    }
    assert!(!artifact(&bench, &id, "implementation-result.json").contains("half"));
    let outcomes: Vec<_> =
        bench.history().iter().map(|it| it["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!(outcomes.iter().filter(|word| *word == "killed").count(), 4, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|word| *word == "answered").count(), 4, "{outcomes:?}");
}

#[test]
fn killed_at_any_time_a_mission_still_comes_to_its_end() {
    let rounds = if std::env::var_os("TASKRUN_STORM").is_some() { 60 } else { 2 };
    let bench = Bench::bare(&format!("{WRITES}; sleep 0.02"));
    let steps = json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md"),
        {"step_id": "checks", "name": "Checks", "type": "gate", "commands": ["true", "test -s it.md"]},
        agent("two", "a.md", "b.md")]);
    mission_of(&bench, &steps);
    let mut seed = 7u64;
    for round in 0..rounds {
        let ids = [made(&bench, "First"), made(&bench, "Second")];
        let mut errors = [0; 2];
        // Each time a little later, so that a slow machine comes to the end, too.
        for patience in 1.. {
            let active: Vec<usize> = (0..2)
                .filter(|at| stands(&bench, &ids[*at]).0 != "completed" || !is_moved(&bench, &ids[*at]))
                .collect();
            if active.is_empty() {
                break;
            }
            let children: Vec<Child> = active.iter().map(|at| started(&bench, &ids[*at])).collect();
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_micros((seed >> 33) % (40_000 * patience)));
            for child in children {
                if round % 2 == 0 {
                    kill(child.id(), "KILL");
                }
                reap(child);
            }
            for at in 0..2 {
                let mission = document(&bench, &ids[at]);
                let now = mission["errors"].as_array().unwrap().len();
                assert!(now >= errors[at], "errors are never lost");
                errors[at] = now;
                for run in runs(&bench, &ids[at]) {
                    assert!(run["started_at"].is_string() && run["run_id"].is_string(), "{run}");
                }
            }
        }
        for id in &ids {
            assert!(artifact(&bench, id, "b.md").starts_with("# by two\n# by one\n"), "{id}");
            let all = runs(&bench, id);
            assert!(all.iter().all(|run| run["finished_at"].is_string()), "every run has its end: {all:#?}");
            let dir = folder(&bench, id);
            let left = [files(&dir), files(&dir.join("runs"))].concat();
            let half = left.iter().find(|path| path.extension().is_some_and(|end| end == "tmp"));
            assert_eq!(half, None, "nothing half written stays");
        }
    }
}

fn is_moved(bench: &Bench, id: &str) -> bool {
    folder(bench, id).parent().unwrap().ends_with("completed")
}
