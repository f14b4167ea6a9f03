//! `mission continue|mark-completed`: a mission from its first step to its last.

use std::fs;

use serde_json::json;

use taskrun::domain::missions::Shelf;
use taskrun::domain::missions::decide::{Decision, decide};
use taskrun::domain::workspace::Workspace;

use crate::bench::Bench;
use crate::mission_bench::{
    TREE, WRITES, agent, artifact, document, files, folder, gate, go, last, made, mission_of, runs, standard,
    stands, tree,
};

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
