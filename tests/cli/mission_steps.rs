//! Steps of missions that no single agent does: commands, the loop, the queue; and agents handed to a launcher.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, living, reap, wait_for};
use crate::mission_bench::{
    WRITES, agent, artifact, crew, document, folder, gate, go, last, made, mission_of, runs, stands, start,
};

fn commands(id: &str, commands: &[&str]) -> Value {
    json!({"step_id": id, "name": "Checks", "type": "gate", "commands": commands, "inputArtifact": "raw-input.md"})
}

/// The log of the run that was last.
fn log(bench: &Bench, id: &str) -> String {
    let run = runs(bench, id).pop().unwrap()["run_id"].as_str().unwrap().to_owned();
    let dir = folder(bench, id).join("logs");
    let mut names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    fs::read_to_string(names.find(|path| path.to_str().unwrap().contains(&run)).unwrap()).unwrap()
}

#[test]
fn commands_run_in_the_workspace_and_the_first_red_one_ends_the_step() {
    let bench = Bench::bare("exit 9");
    let steps = json!([
        commands("checks", &["pwd", "test -f ready && echo $TASKRUN_MISSION", "touch after"]),
        gate("look", "raw-input.md")
    ]);
    let id = mission_of(&bench, &steps);
    let end = last(&bench, &id, &[]);
    assert_eq!(end["exit_code"], 1, "{end}");
    let error = "gate `test -f ready && echo $TASKRUN_MISSION` failed with exit code 1";
    assert_eq!(
        (&document(&bench, &id)["last_error"], stands(&bench, &id)),
        (&json!(error), ("failed".into(), 0))
    );
    assert_eq!(runs(&bench, &id)[0]["exit_code"], 1);
    assert!(!bench.sandbox.path("after").exists());
    assert!(
        log(&bench, &id)
            .starts_with(&format!("$ pwd\n{}\n[gate] passed: pwd\n$ test", bench.sandbox.path("").display()))
    );
    bench.sandbox.write("ready", "");
    assert_eq!(go(&bench, &id, &[]).code, 0);
    assert!(log(&bench, &id).contains(&format!("\n{id}\n")) && bench.sandbox.path("after").exists());
    assert_eq!(stands(&bench, &id), ("waiting_human".into(), 1));
    assert!(bench.history().is_empty(), "commands are no attempts");
}

#[test]
fn commands_are_ended_with_the_step() {
    let marker = format!("3{:05}.83", std::process::id() % 100_000);
    let bench = Bench::bare("exit 9");
    let script = format!("setsid sleep {marker} & touch up; sleep {marker}");
    let id = mission_of(&bench, &json!([commands("checks", &[&script])]));
    let sleeping =
        || living(&format!("sleep {marker}")).into_iter().filter(|pid| comm(*pid) == "sleep").count();
    for signal in ["", "KILL"] {
        let child = start(&bench, &id);
        wait_for("the command", || bench.sandbox.path("up").exists() && sleeping() == 2);
        if signal.is_empty() {
            let out = bench.sandbox.run(&["mission", "kill", &id]);
            assert_eq!((out.code, sleeping(), reap(child)), (0, 0, 143), "{out:?}");
        } else {
            crate::bench::kill(child.id(), signal);
            reap(child);
            wait_for("the end of all", || sleeping() == 0);
        }
        assert_eq!(bench.sandbox.run(&["mission", "list", "--json"]).json()[0]["status"], "failed");
        fs::remove_file(bench.sandbox.path("up")).unwrap();
    }
    let steps = json!([commands("checks", &["true"])]);
    let workflows = json!({"workflows": [{"workflow_id": "w", "name": "W", "steps": steps}]});
    bench.sandbox.write(".taskrun/workflows.json", workflows.to_string());
    assert_eq!(go(&bench, &id, &[]).code, 0);
    let errors = document(&bench, &id)["errors"].clone();
    assert!(errors[1].as_str().unwrap().starts_with("killed: "), "{errors}");
    assert_eq!(errors.as_array().unwrap().len(), 2, "{errors}");
}

fn comm(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}

#[test]
fn an_epic_is_drained_by_the_loop() {
    let bench = Bench::bare(&format!("cat >/dev/null; test -f fail && exit 1; {DONE}"));
    bench.task("bd-1", &json!({"issue_type": "epic"}));
    for id in ["bd-1.1", "bd-1.2"] {
        let parent = json!([{"issue_id": id, "depends_on_id": "bd-1", "type": "parent-child"}]);
        bench.task(id, &json!({"dependencies": parent}));
    }
    let looped = |epic: &str| json!([{"step_id": "build", "name": "Build", "type": "loop", "epic": epic}, gate("look", "raw-input.md")]);
    let id = mission_of(&bench, &looped("bd-9"));
    assert_eq!((go(&bench, &id, &[]).code, stands(&bench, &id)), (1, ("ready".into(), 0)), "an unknown epic");
    assert!(runs(&bench, &id).is_empty());
    mission_of(&bench, &looped("bd-1"));
    // Somebody else's run: try again later, and nothing has happened.
    let lock = fs::File::create(bench.sandbox.path(".taskrun/run.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!((go(&bench, &id, &[]).code, stands(&bench, &id)), (75, ("ready".into(), 0)));
    drop(lock);
    bench.sandbox.write("fail", "");
    let end = last(&bench, &id, &["--budget-usd", "5", "--allow-unknown-cost"]);
    assert!(
        end["exit_code"] != 0 && end["error"].as_str().unwrap().starts_with("the loop ended with `"),
        "{end}"
    );
    assert_eq!(stands(&bench, &id), ("failed".into(), 0));
    fs::remove_file(bench.sandbox.path("fail")).unwrap();
    for id in ["bd-1.1", "bd-1.2"] {
        bench.sandbox.run(&["beads", "update", id, "--status", "open", "--remove-label", "needs-human"]);
    }
    let end = last(&bench, &id, &[]);
    assert_eq!((&end["reason"], stands(&bench, &id)), (&json!("done"), ("waiting_human".into(), 1)), "{end}");
    assert_eq!((bench.status("bd-1.1"), bench.status("bd-1")), ("closed".into(), "closed".into()));
    let run = runs(&bench, &id).pop().unwrap();
    assert!(run["run"].as_str().unwrap().starts_with("r-") && run["exit_code"] == 0, "{run}");
    assert!(log(&bench, &id).contains("[task bd-1.1] closed"), "{}", log(&bench, &id));
}

#[test]
fn tasks_of_the_queue_are_submitted_once_and_worked_until_all_are_over() {
    let bench = Bench::bare("exit 9");
    let task = |id: &str, command: &str, on: &[&str]| json!({"id": id, "title": id, "dispatch": "exec", "command": command, "depends_on": on, "max_attempts": 1});
    let tasks = json!([
        task("b", "test -f ready && echo b >> done", &["a"]),
        task("a", "echo a >> done", &[]),
        task("c", "echo c >> done", &["b"])
    ]);
    let steps = json!([{"step_id": "work", "name": "Work", "type": "macp", "tasks": tasks}, gate("look", "raw-input.md")]);
    let id = mission_of(&bench, &steps);
    let other = bench.sandbox.run(&["macp", "submit", "--title", "other", "--command", "echo other >> done"]);
    assert_eq!(other.code, 0, "{other:?}");
    let end = last(&bench, &id, &[]);
    assert_eq!(end["exit_code"], 1, "{end}");
    let error = end["error"].as_str().unwrap();
    assert!(error.contains(&format!("`{id}-work-b`")), "{error}");
    assert_eq!((bench.sandbox.read("done"), stands(&bench, &id)), ("a\n".into(), ("failed".into(), 0)));
    bench.sandbox.write("ready", "");
    let out = go(&bench, &id, &[]);
    assert_eq!((out.code, stands(&bench, &id)), (0, ("waiting_human".into(), 1)), "{out:?}");
    assert_eq!(
        bench.sandbox.read("done"),
        "a\nb\nc\n",
        "what was completed is not run again, nor what is not the step's"
    );
    let all = bench.sandbox.run(&["macp", "status", "--json"]).json();
    assert_eq!((&all["total"], &all["counts"]["pending"]), (&json!(4), &json!(1)), "{all}");
    assert!(log(&bench, &id).contains("work-b"), "{}", log(&bench, &id));
    // Two missions have tasks of their own; nobody is mocked here.
    let second = made(&bench, "Second");
    assert_eq!(go(&bench, &second, &["--mock-agent"]).code, 2);
    assert_eq!(go(&bench, &second, &["--until-gate"]).code, 4);
    assert_eq!(bench.sandbox.read("done"), "a\nb\nc\na\nb\nc\n");
}

#[test]
fn agents_are_handed_to_their_launcher() {
    let bench = Bench::bare(WRITES);
    let engine = bench.script(
        "docker",
        r#"echo "$@" | head -n 1 >> "$ASIDE/argv"
while [ "$1" != image:1 ]; do shift; done; shift; exec "$@""#,
    );
    bench.config(&format!(
        "[launchers.box]\ncommand = ['{}', 'run', '--rm', '--name={{name}}', '--label=task={{task}}', '--volume={{dir}}:{{dir}}', '--workdir={{dir}}', '--env={{env}}', 'image:1']",
        engine.display()
    ));
    crew(&bench, &json!({"launcher": "box"}));
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), agent("two", "a.md", "b.md")]));
    let end = last(&bench, &id, &["--until-gate"]);
    assert_eq!(end["reason"], "completed", "{end}");
    let argv = bench.lines("argv");
    assert_eq!(argv.len(), 2, "{argv:?}");
    for part in
        [&*format!("--label=task={id}"), "--env=TASKRUN_OUTPUT", "--env=TASKRUN_MISSION", "--workdir="]
    {
        assert!(argv[0].contains(part), "{part}: {argv:?}");
    }
}

#[test]
fn an_agent_in_a_box_writes_its_artifact_and_nothing_beside_the_workspace() {
    let boxed = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"];
    if !Command::new("bwrap").args(boxed).status().is_ok_and(|status| status.success()) {
        return;
    }
    let bench =
        Bench::bare(&format!("{WRITES}\necho no > \"$ASIDE/outside\" || echo kept out; ps -e | wc -l"));
    // It cannot write beside the workspace; so its prompt is kept in it.
    bench.agent("cat > told; { cat \"$TASKRUN_INPUT\"; echo boxed; } > \"$TASKRUN_OUTPUT\"; echo no > \"$ASIDE/outside\" || echo kept out");
    bench.config(
        "[launchers.box]\ncommand = ['bwrap', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--bind', '{dir}', '{dir}', '--chdir', '{dir}', '--unshare-pid', '--die-with-parent', '--']",
    );
    crew(&bench, &json!({"launcher": "box"}));
    let id = mission_of(&bench, &json!([agent("one", "raw-input.md", "a.md"), gate("look", "a.md")]));
    let out = go(&bench, &id, &[]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stdout.contains("kept out") && !bench.aside("outside").exists(), "{out:?}");
    assert!(artifact(&bench, &id, "a.md").ends_with("boxed\n"));
}
