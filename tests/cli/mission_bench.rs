//! Missions for tests: how they are made, taken on and looked at.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::bench::Bench;
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
pub fn tree(dir: &Path) -> BTreeSet<String> {
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
