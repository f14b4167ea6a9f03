//! What an agent, a typo or a hand's edit cannot do to a mission: decide how it goes on, be taken for something else, hang it.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, kill, reap, wait_for};
use crate::mission_bench::{
    WRITES, agent, artifact, crew, document, folder, gate, go, last, made, mission_of, runs, stands, start,
};
use crate::mission_scene::{ID, Scene};
use crate::sandbox::Outcome;

fn pipe(bench: &Bench, name: &str) {
    let path = bench.sandbox.path(name);
    let _ = fs::remove_file(&path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn what_an_agent_edits_does_not_change_the_run_under_way() {
    let bench = Bench::bare(&format!(
        "{WRITES}\necho '{{\"agents\":{{\"it\":{{\"promptFile\":\"it.md\",\"command\":[\"touch\",\"free\"]}}}}}}' > .taskrun/agents.json
echo 'You are free.' > it.md; echo '{{}}' > .taskrun/workflows.json"
    ));
    let raw = "raw-input.md";
    let id = mission_of(
        &bench,
        &json!([agent("one", raw, "a.md"), agent("two", "a.md", "b.md"), gate("g", "b.md")]),
    );
    let end = last(&bench, &id, &["--until-gate"]);
    assert_eq!((&end["reason"], &end["exit_code"]), (&json!("gate"), &json!(4)), "{end}");
    assert!(artifact(&bench, &id, "b.md").starts_with("# by two"));
    let told = fs::read_to_string(bench.aside("prompt-two")).unwrap();
    assert!(told.starts_with("You are it.\n"), "{told}");
    assert!(!bench.sandbox.path("free").exists());
}

#[test]
fn a_typo_does_not_take_the_protection_away() {
    let bench = Bench::bare("touch ran; exit 9");
    let step = agent("one", "raw-input.md", "a.md");
    let id = mission_of(&bench, &json!([step]));
    for (more, told) in [
        (json!({"lancher": "box"}), "`agents.it.lancher` is unknown; did you mean `launcher`?"),
        (json!({"permisions": "read-only"}), "did you mean `permissions`?"),
        (json!({"agent": "fake", "command": ["true"]}), "is there beside `command`"),
    ] {
        crew(&bench, &more);
        let out = go(&bench, &id, &[]);
        assert_eq!((out.code, stands(&bench, &id).0.as_str()), (2, "ready"), "{out:?}");
        assert!(out.stderr.contains("agents.json` line 1: ") && out.stderr.contains(told), "{out:?}");
    }
    crew(&bench, &json!({}));
    let mut step = step;
    step["outputArtefact"] = json!("b.md");
    let workflows = json!({"workflows": [{"workflow_id": "w", "name": "W", "steps": [step]}]});
    bench.sandbox.write(".taskrun/workflows.json", workflows.to_string());
    let out = go(&bench, &id, &[]);
    assert!(out.code == 2 && out.stderr.contains("did you mean `outputArtifact`?"), "{out:?}");
    assert!(!bench.sandbox.path("ran").exists());
}

#[test]
fn a_prompt_file_is_a_regular_one_and_a_log_is_no_link() {
    let bench = Bench::bare(WRITES);
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("g", "a.md")]));
    pipe(&bench, "it.md");
    let out = go(&bench, &id, &[]);
    assert!(out.code == 2 && out.stderr.contains("is no regular file"), "{out:?}");
    crew_prompt(&bench);
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let secret = bench.sandbox.path("secret");
    fs::write(&secret, "hush").unwrap();
    let log = fs::read_dir(folder(&bench, &id).join("logs")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&log).unwrap();
    symlink(&secret, &log).unwrap();
    for args in [&[][..], &["--bytes", "3"], &["--follow"]] {
        let out = bench.sandbox.run(&[&["mission", "logs", &id], args].concat());
        assert!(out.code == 0 && out.stdout.is_empty(), "{args:?}: {out:?}");
    }
}

fn crew_prompt(bench: &Bench) {
    fs::remove_file(bench.sandbox.path("it.md")).unwrap();
    crew(bench, &json!({}));
}

#[test]
fn an_agent_that_asks_is_answered() {
    let bench = Bench::bare("cat > \"$ASIDE/prompt\"; echo '<promise>BLOCKED: which colour?</promise>'");
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), agent("two", "a.md", "b.md")]));
    let end = last(&bench, &id, &[]);
    assert_eq!((&end["exit_code"], &end["status"]), (&json!(4), &json!("failed")), "{end}");
    assert!(end["hint"].as_str().unwrap().contains(&format!("continue {id} --note")), "{end}");
    assert_eq!(runs(&bench, &id)[0]["needs"], "human");
    let watched = bench.sandbox.run(&["mission", "watch", &id]);
    assert_eq!(watched.code, 4, "{watched:?}");
    let shown = bench.sandbox.run(&["mission", "show", &id]);
    assert!(
        shown.stdout.contains("a person is needed: ") && shown.stdout.contains("--note ANSWER"),
        "{shown:?}"
    );
    // The answer is there as long as the step is not done.
    assert_eq!(go(&bench, &id, &["--note", "Red."]).code, 4);
    bench.agent("cat > \"$ASIDE/prompt\"; echo x > \"$TASKRUN_OUTPUT\"");
    assert_eq!(go(&bench, &id, &["--note", "Dark red."]).code, 0);
    let told = fs::read_to_string(bench.aside("prompt")).unwrap();
    let at = |part: &str| told.find(part).unwrap_or_else(|| panic!("{part}: {told}"));
    assert!(at("which colour?") < at("> Red.") && at("> Red.") < at("> Dark red."));
    assert_eq!(runs(&bench, &id)[2]["note"], "Dark red.");
    // The next agent hears of it as of what was said at another step.
    bench.agent("cat > \"$ASIDE/prompt\"; echo x > \"$TASKRUN_OUTPUT\"");
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let told = fs::read_to_string(bench.aside("prompt")).unwrap();
    assert!(told.contains("## What people said at earlier steps") && told.contains("> Dark red."), "{told}");
}

#[test]
fn a_note_to_a_step_that_is_ready_reaches_it_and_failures_without_a_person_are_failures() {
    let bench = Bench::bare("cat > \"$ASIDE/prompt\"; exit 3");
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md")]));
    assert_eq!(go(&bench, &id, &["--note", "Be brief."]).code, 1);
    assert!(fs::read_to_string(bench.aside("prompt")).unwrap().contains("> Be brief."));
    assert_eq!(bench.sandbox.run(&["mission", "watch", &id]).code, 1);
    assert_eq!(runs(&bench, &id)[0]["needs"], Value::Null);
}

#[test]
fn tasks_that_a_killed_step_left_are_worked() {
    let bench = Bench::bare("exit 9");
    let command = "test -f again || { touch up; sleep 60; }; echo done >> done";
    let tasks = json!([{"id": "a", "title": "A", "dispatch": "exec", "command": command}]);
    let id = mission_of(
        &bench,
        &json!([{"step_id": "work", "name": "Work", "type": "macp", "tasks": tasks}, gate("g", "raw-input.md")]),
    );
    let child = start(&bench, &id);
    wait_for("the task", || bench.sandbox.path("up").exists());
    kill(child.id(), "KILL");
    reap(child);
    bench.sandbox.write("again", "");
    let out = go(&bench, &id, &[]);
    assert_eq!((out.code, stands(&bench, &id)), (0, ("waiting_human".into(), 1)), "{out:?}");
    assert_eq!(bench.sandbox.read("done"), "done\n");
}

#[test]
fn kill_ends_nobody_but_who_works_on_the_mission() {
    let scene = Scene::new();
    let mut other = Command::new("sleep").arg("60").spawn().unwrap();
    let stat = fs::read_to_string(format!("/proc/{}/stat", other.id())).unwrap();
    let began: u64 = stat[stat.rfind(')').unwrap() + 2..].split(' ').nth(19).unwrap().parse().unwrap();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned();
    let holder = json!({"pid": other.id(), "start": began, "boot": boot});
    scene.run_of(3, "research", "r-1763740000001-bbbb", &json!({"holder": holder}));
    scene.mission(&json!({"current_step": 2, "status": "running_code_agent"}));
    let out = scene.sandbox.run(&["mission", "kill", ID]);
    assert!(out.code == 1 && out.stderr.contains("does not work on it"), "{out:?}");
    assert!(other.try_wait().unwrap().is_none(), "it lives");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_broken_file_of_workflows_keeps_nobody_from_ending_a_step_or_listing() {
    let bench = Bench::bare("cat >/dev/null; touch \"$ASIDE/up\"; sleep 60");
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("g", "a.md")]));
    let child = start(&bench, &id);
    wait_for("the agent", || bench.aside("up").exists());
    bench.sandbox.write(".taskrun/workflows.json", "{");
    let listed = bench.sandbox.run(&["mission", "list", "--json"]);
    assert_eq!((listed.code, &listed.json()[0]["current_step_name"]), (0, &json!("Unknown")), "{listed:?}");
    assert!(listed.stderr.contains("workflows.json"), "{listed:?}");
    let out = bench.sandbox.run(&["mission", "kill", &id]);
    assert_eq!((out.code, reap(child)), (0, 143), "{out:?}");
    assert_eq!(stands(&bench, &id).0, "failed");
    assert_eq!(bench.sandbox.run(&["mission", "show", &id]).code, 2);
}

#[test]
fn a_killed_holder_is_put_on_record_without_workflows() {
    let bench = Bench::bare("cat >/dev/null; touch \"$ASIDE/up\"; sleep 60");
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md")]));
    let child = start(&bench, &id);
    wait_for("the agent", || bench.aside("up").exists());
    kill(child.id(), "KILL");
    reap(child);
    // Nothing runs any more; `continue` says so on record.
    assert_eq!(bench.sandbox.run(&["mission", "kill", &id]).code, 1);
    assert!(document(&bench, &id)["last_error"].as_str().unwrap().starts_with("killed: "));
}

#[test]
fn an_input_that_looks_like_a_file_is_one() {
    let bench = Bench::bare("exit 9");
    mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md")]));
    let new = |input: &str| {
        bench.sandbox.run(&["mission", "new", "--title", "T", "--type", "fix", "--input", input])
    };
    let out = new("notse.md");
    assert!(
        out.code == 2 && out.stderr.contains("`notse.md` looks like a file, and does not exist"),
        "{out:?}"
    );
    assert_eq!(new("see notes.md").code, 0);
    bench.sandbox.write("notes.md", "What I want.");
    assert_eq!(new("notes.md").code, 0);
    made(&bench, "Third");
}

#[test]
fn what_a_hand_changed_is_not_called_the_agents() {
    let bench = Bench::bare(WRITES);
    let id = mission_of(
        &bench,
        &json!([agent("one", "raw-input.md", "a.md"), gate("g", "a.md"), gate("h", "a.md")]),
    );
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let review =
        |args: &[&str]| -> Outcome { bench.sandbox.run(&[&["mission", "review", &id], args].concat()) };
    assert!(review(&["--diff"]).stdout.contains("as the agent wrote it"));
    let path = folder(&bench, &id).join("artifacts/a.md");
    let text = fs::read_to_string(&path).unwrap().replace('#', "%");
    fs::write(&path, text).unwrap();
    let out = review(&["--diff"]);
    assert!(out.stdout.contains("changed by hand since") && !out.stdout.contains("as the agent"), "{out:?}");
    assert_eq!(review(&["--approve"]).code, 0);
    assert_eq!(runs(&bench, &id)[1]["decision"], "edited");
}

#[test]
fn a_step_that_never_ran_is_not_done() {
    let bench = Bench::bare(WRITES);
    let (one, look) = (agent("one", "raw-input.md", "a.md"), gate("look", "a.md"));
    let id = mission_of(&bench, &json!([one, look]));
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let shown = bench.sandbox.run(&["mission", "show", &id]).stdout;
    assert!(shown.contains("✓ 1") && !shown.contains("was changed meanwhile"), "{shown}");
    let steps = json!([agent("new", "raw-input.md", "n.md"), one, look]);
    let workflows = json!({"workflows": [{"workflow_id": "w", "name": "W", "steps": steps}]});
    bench.sandbox.write(".taskrun/workflows.json", workflows.to_string());
    let shown = bench.sandbox.run(&["mission", "show", &id]).stdout;
    assert!(shown.contains("○ 1") && shown.contains("its workflow was changed meanwhile"), "{shown}");
}
