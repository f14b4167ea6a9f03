//! A mission on its way through a workflow, written by hand: what people look at.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

pub const ID: &str = "m-1763740000000-k3x9q2w1a";
/// What the agent wrote for the gate.
pub const WRITTEN: &str = "# Login page\n\nPeople sign in with their mail address.\n\n- a form\n- a link for lost passwords\n";

pub struct Scene {
    pub sandbox: Sandbox,
}

impl Scene {
    /// At the gate `review-structured`, the second of four steps, which an agent's run stands before.
    pub fn new() -> Self {
        let scene = Self { sandbox: Sandbox::new() };
        scene.sandbox.write(".taskrun/.gitignore", "/*\n");
        let agent = |id: &str, name: &str, input: &str, output: &str| {
            json!({"step_id": id, "name": name, "type": "agent", "agent": format!("{id}-agent"),
                "inputArtifact": input, "outputArtifact": output})
        };
        let gate = |id: &str, name: &str, artifact: &str| {
            json!({"step_id": id, "name": name, "type": "human-gate", "reviewArtifact": artifact})
        };
        let workflows = json!({"workflows": [{"workflow_id": "short", "name": "Short", "steps": [
            agent("cleanup", "Cleanup & Structure", "raw-input.md", "structured-text.md"),
            gate("review-structured", "Review Structured Input", "structured-text.md"),
            agent("research", "Research", "structured-text.md", "research-output.md"),
            gate("review-research", "Review Research", "research-output.md"),
        ]}]});
        scene.sandbox.write(".taskrun/workflows.json", workflows.to_string());
        let member = |id: &str| json!({"promptFile": format!(".taskrun/agents/{id}.md")});
        let crew = json!({"agents": {"cleanup-agent": member("cleanup"), "research-agent": member("research")}});
        scene.sandbox.write(".taskrun/agents.json", crew.to_string());
        for id in ["cleanup", "research"] {
            scene.sandbox.write(&format!(".taskrun/agents/{id}.md"), "Do it.\n");
        }
        scene.artifact("raw-input.md", "login page, mail address, lost passwords");
        scene.artifact("structured-text.md", WRITTEN);
        scene.run_of(1, "cleanup", "r-1763740000000-aaaa", &json!({"exit_code": 0, "finished_at": ago(200)}));
        scene.mission(&json!({}));
        scene
    }

    fn at(name: &str) -> String {
        format!(".taskrun/missions/active/{ID}--login-page/{name}")
    }

    /// A path in the mission's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(&Self::at(name))
    }

    pub fn read(&self, name: &str) -> String {
        self.sandbox.read(&Self::at(name))
    }

    pub fn artifact(&self, name: &str, text: impl AsRef<[u8]>) {
        self.sandbox.write(&Self::at(&format!("artifacts/{name}")), text);
    }

    /// `mission.json`, with these fields instead.
    pub fn mission(&self, fields: &Value) {
        let mut mission = json!({"version": 1, "mission_id": ID, "title": "Login page", "type": "feature",
            "workflow_id": "short", "current_step": 1, "status": "waiting_human", "created_at": ago(3 * 3600 + 600),
            "updated_at": ago(200), "errors": []});
        mission.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.sandbox.write(&Self::at("mission.json"), mission.to_string());
    }

    /// A run of the step of this number, begun some four minutes ago.
    pub fn run_of(&self, number: usize, step: &str, id: &str, fields: &Value) {
        let mut run = json!({"step_id": step, "run_id": id, "started_at": ago(265)});
        run.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.sandbox.write(&Self::at(&format!("runs/step-{number:02}-{step}.{id}.json")), run.to_string());
    }

    /// The mission as it is on the disk.
    pub fn saved(&self) -> Value {
        serde_json::from_str(&self.read("mission.json")).unwrap()
    }

    /// The decisions at gates, in order.
    pub fn decisions(&self) -> Vec<Value> {
        let shown = self.sandbox.run(&["mission", "show", ID, "--json"]).json();
        let runs = shown["runs"].as_array().unwrap().iter();
        runs.filter(|run| !run["decision"].is_null()).cloned().collect()
    }

    /// An editor that does this to the file `$1`, for `EDITOR`.
    pub fn editor(&self, body: &str) -> PathBuf {
        let path = self.sandbox.root().join("an editor");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// `mission review` with this editor.
    pub fn review(&self, editor: &str, args: &[&str]) -> crate::sandbox::Outcome {
        let mut command = self.sandbox.command();
        command.args(["mission", "review", ID]).args(args).env("EDITOR", editor).env("BEADS_ACTOR", "Ada");
        crate::sandbox::Outcome::of(&mut command)
    }
}

/// So many seconds before now.
pub fn ago(seconds: u64) -> String {
    let then = Timestamp::now() - Duration::from_secs(seconds);
    then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
