//! Bad workflows, agents and missions: one clear error each, and nothing changed.

use std::fs;

use serde_json::{Value, json};

use crate::mission_files::{mission, tree, workspace};
use crate::sandbox::Sandbox;

const NEW: &[&str] = &["mission", "new", "--title", "T", "--type", "fix", "--input", "x"];
const WORKFLOWS: &str = ".taskrun/workflows.json";
const AGENTS: &str = ".taskrun/agents.json";

/// What is wrong, the command that finds it, the line and the start of what is told.
type Case = (&'static str, Box<dyn Fn(&Sandbox)>, &'static [&'static str], &'static str);

fn file(path: &'static str, text: impl Into<String>) -> Box<dyn Fn(&Sandbox)> {
    let text = text.into();
    Box::new(move |sandbox| sandbox.write(path, &text))
}

/// A workflow, each of whose steps is a line from the fifth on.
fn steps(steps: &[&str]) -> Box<dyn Fn(&Sandbox)> {
    let steps = steps.join(",\n");
    file(
        WORKFLOWS,
        format!(
            "{{\"workflows\": [{{\n\"workflow_id\": \"w\",\n\"name\": \"W\",\n\"steps\": [\n{steps}\n]}}]}}"
        ),
    )
}

fn step(id: &str, more: &str) -> String {
    format!("{{\"step_id\": \"{id}\", \"name\": \"S\", {more}}}")
}

fn member(prompt: &str) -> Box<dyn Fn(&Sandbox)> {
    file(AGENTS, format!("{{\"agents\": {{\n\"x\": {{\n\"promptFile\": \"{prompt}\"}}}}}}"))
}

fn bad_workflows() -> Vec<Case> {
    let gate = step("g", "\"type\": \"gate\", \"commands\": [\"true\"]");
    vec![
        ("no JSON", file(WORKFLOWS, "{\n\"workflows\": [\n"), NEW, "line 3: EOF while parsing a list"),
        ("not UTF-8", Box::new(|sandbox| sandbox.write(WORKFLOWS, b"{\n\xff}")), NEW, "line 2 is not UTF-8"),
        (
            "wrong type",
            file(WORKFLOWS, "{\"workflows\": {}}"),
            NEW,
            "line 1: `workflows` is an object; a list is",
        ),
        (
            "newer",
            file(WORKFLOWS, "{\n\"version\": 2, \"workflows\": 1}"),
            NEW,
            "line 2: `version` is 2; this taskrun",
        ),
        (
            "one name twice",
            file(WORKFLOWS, "{\"workflows\": [],\n\"workflows\": []}"),
            NEW,
            "line 2: `workflows` is there",
        ),
        ("no steps", steps(&[]), NEW, "line 4: `workflows[0].steps` is empty"),
        (
            "two workflows alike",
            file(WORKFLOWS, {
                let one = format!("{{\"workflow_id\": \"w\", \"name\": \"W\", \"steps\": [{gate}]}}");
                format!("{{\"workflows\": [\n{one},\n{one}]}}")
            }),
            &["mission", "workflows"],
            "line 3: `workflows[1].workflow_id` is `w`, as `workflows[0].workflow_id` is",
        ),
        (
            "two steps alike",
            steps(&[&gate, &gate]),
            NEW,
            "line 6: `workflows[0].steps[1].step_id` is `g`, as that of `steps[0]`",
        ),
    ]
}

fn bad_steps() -> Vec<Case> {
    let gate = step("g", "\"type\": \"gate\", \"commands\": [\"true\"]");
    vec![
        (
            "an agent step of nobody",
            steps(&[&gate, &step("a", "\"type\": \"agent\"")]),
            NEW,
            "line 6: `workflows[0].steps[1].agent` is missing: a step of type `agent` needs it",
        ),
        (
            "a gate of nothing",
            steps(&[&step("h", "\"type\": \"human-gate\"")]),
            NEW,
            "line 5: `workflows[0].steps[0].reviewArtifact`",
        ),
        (
            "no commands",
            steps(&[&step("g", "\"type\": \"gate\"")]),
            NEW,
            "line 5: `workflows[0].steps[0].commands` is missing",
        ),
        (
            "no tasks",
            steps(&[&step("m", "\"type\": \"macp\"")]),
            NEW,
            "line 5: `workflows[0].steps[0].tasks` is missing",
        ),
        (
            "an epic of a number",
            steps(&[&step("l", "\"type\": \"loop\", \"epic\": 1")]),
            NEW,
            "line 5: `workflows[0].steps[0].epic` is a",
        ),
        (
            "an unknown type",
            steps(&[&step("x", "\"type\": \"llm\"")]),
            NEW,
            "line 5: `workflows[0].steps[0].type` is `llm`; a step",
        ),
        (
            "an artifact elsewhere",
            steps(&[&step("l", "\"type\": \"loop\", \"outputArtifact\": \"../../x\"")]),
            NEW,
            "line 5: `workflows[0].steps[0].outputArtifact` is `../../x`; an artifact is one plain file name",
        ),
        (
            "a directory",
            Box::new(|sandbox| fs::create_dir(sandbox.path(WORKFLOWS)).unwrap()),
            NEW,
            "is no regular file",
        ),
    ]
}

fn bad_agents() -> Vec<Case> {
    vec![
        (
            "wrong type",
            file(AGENTS, "{\"agents\": [\n]}"),
            NEW,
            "line 1: `agents` is a list; an object is expected",
        ),
        (
            "newer",
            file(AGENTS, "{\"version\": 7}"),
            NEW,
            "line 1: `version` is 7; this taskrun knows up to 1",
        ),
        (
            "no prompt",
            file(AGENTS, "{\"agents\": {\n\"x\": {}}}"),
            NEW,
            "line 2: `agents.x.promptFile` is missing",
        ),
        (
            "a prompt above",
            member("../p.md"),
            NEW,
            "line 3: `agents.x.promptFile` is `../p.md`; a path in the workspace",
        ),
        (
            "a prompt elsewhere",
            member("/etc/passwd"),
            NEW,
            "line 3: `agents.x.promptFile` is `/etc/passwd`; a path in the",
        ),
        (
            "a prompt behind a link",
            Box::new(|sandbox| {
                std::os::unix::fs::symlink("/etc", sandbox.path("out")).unwrap();
                member("out/passwd")(sandbox);
            }),
            NEW,
            "line 3: `agents.x.promptFile` is `out/passwd`; it leads out of the workspace",
        ),
    ]
}

fn document(fields: Value) -> Box<dyn Fn(&Sandbox)> {
    Box::new(move |sandbox| mission(sandbox, "active", "m-1", &fields))
}

fn bad_missions() -> Vec<Case> {
    const SET: &[&str] = &["mission", "artifact", "set", "m-1", "a.md", "--from", "/dev/null"];
    vec![
        (
            "wrong type",
            document(json!({"current_step": "1"})),
            SET,
            "line 1: `current_step` is text; a whole number",
        ),
        (
            "no such status",
            document(json!({"status": "done"})),
            SET,
            "line 1: `status` is `done`; one of draft, ready",
        ),
        ("newer", document(json!({"version": 2})), SET, "line 1: `version` is 2; this taskrun knows up to 1"),
        (
            "another's id",
            document(json!({"mission_id": "m-12"})),
            SET,
            "`mission_id` is `m-12`, but the folder is",
        ),
        (
            "cut off",
            Box::new(|sandbox| {
                mission(sandbox, "active", "m-1", &json!({}));
                let path = ".taskrun/missions/active/m-1--x/mission.json";
                sandbox.write(path, &sandbox.read(path)[..80]);
            }),
            SET,
            "line 1: EOF while parsing",
        ),
        (
            "a broken record",
            Box::new(|sandbox| {
                mission(sandbox, "active", "m-1", &json!({}));
                sandbox
                    .write(".taskrun/missions/active/m-1--x/runs/step-01-a.r-1.json", "{\n\"step_id\": 1}");
            }),
            &["mission", "runs", "m-1"],
            "line 2: `step_id` is a number; text is expected",
        ),
    ]
}

#[test]
fn each_bad_file_is_one_clear_error() {
    let cases = [
        (WORKFLOWS, bad_workflows()),
        (WORKFLOWS, bad_steps()),
        (AGENTS, bad_agents()),
        ("/m-1--x/", bad_missions()),
    ];
    for (path, cases) in cases {
        for (name, make, args, told) in cases {
            let sandbox = workspace();
            make(&sandbox);
            // The lock of a mission that was looked at is no change of it.
            fs::create_dir_all(sandbox.path(".taskrun/missions/.locks")).unwrap();
            fs::write(sandbox.path(".taskrun/missions/.locks/m-1"), "").unwrap();
            let before = tree(&sandbox.path(""));
            let outcome = sandbox.run(args);
            assert_eq!((outcome.code, &*outcome.stdout), (2, ""), "{name}: {outcome:?}");
            let errors: Vec<&str> =
                outcome.stderr.lines().filter(|line| line.starts_with("error:")).collect();
            assert_eq!(errors.len(), 1, "{name}: {outcome:?}");
            assert!(errors[0].contains(path) && errors[0].contains(told), "{name}: {}", errors[0]);
            assert_eq!(tree(&sandbox.path("")), before, "{name}");
            let json = sandbox.run(&[args, &["--json"]].concat()).json_error();
            assert_eq!(json["code"], "invalid", "{name}");
        }
    }
}

#[test]
fn an_agent_that_is_not_there_is_told_when_it_is_to_be_used() {
    let sandbox = workspace();
    steps(&[&step("a", "\"type\": \"agent\", \"agent\": \"research-agnet\"")])(&sandbox);
    let seen = sandbox.run(&["mission", "workflows"]);
    assert_eq!(seen.code, 0, "{seen:?}");
    let outcome = sandbox.run(NEW);
    assert_eq!(outcome.code, 2);
    let told = "error: `.taskrun/workflows.json`: workflow `w`, `steps[0].agent`: agent not found: research-agnet\n\
        hint: name it in `.taskrun/agents.json`; did you mean `research-agent`?\n";
    assert_eq!(outcome.stderr, told);
    assert!(!sandbox.path(".taskrun/missions").exists());
}
