//! `.taskrun/agents.json`: which agents work for missions (`{"agents":{NAME:{"promptFile":…}}}`), as in seed 003; further fields are
//! ours.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sheet::{Sheet, Spot, Wrong, quoted};
use crate::domain::macp::within::{Out, Within};
use crate::fault::Fault;
use crate::system::config::{Permissions, nearest};

/// All fields of a member; the last two are for one with a `command`, as `[agents.NAME]` has them.
const FIELDS: [&str; 8] =
    ["promptFile", "agent", "model", "permissions", "launcher", "command", "prompt", "output"];

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Crew {
    /// By name.
    pub agents: BTreeMap<String, Member>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Its instructions: a file in the workspace. YAML front matter (as agents of `.claude/agents` have it) is left out.
    #[serde(rename = "promptFile")]
    pub prompt_file: String,
    /// The agent CLI, by a name that `taskrun agent list` knows; the configured default if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Model instead of the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Rights instead of the configured ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Permissions>,
    /// What it is handed to (`[launchers.NAME]`: docker, podman, bwrap), for isolation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launcher: Option<String>,
    /// A command instead of an agent CLI, as `[agents.NAME] command` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// How a `command` takes its prompt, and what it prints: `prompt` and `output`.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Crew {
    /// The agent of that name. Errors ([`Fault::Invalid`]): there is none.
    pub fn get(&self, name: &str) -> Result<&Member> {
        self.agents.get(name).ok_or_else(|| Fault::invalid(absent(name), self.way_out(name)))
    }

    /// What to do where an agent is not there.
    pub(super) fn way_out(&self, name: &str) -> String {
        let near = nearest(name, self.agents.keys().map(String::as_str));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("name it in `.taskrun/agents.json`{near}")
    }
}

/// What is said where an agent is not there.
pub(super) fn absent(name: &str) -> String {
    let quoted = quoted(name);
    format!("agent not found: {}", quoted.trim_matches('`'))
}

/// Checks and reads the agents in a file of the workspace at `root`.
pub fn read(mut sheet: Sheet, root: &Path) -> Result<Crew> {
    check(&sheet.top(), root).map_err(|wrong| sheet.fault(&wrong))?;
    let agents = sheet.take("agents")?;
    Ok(Crew { agents, more: Map::new() })
}

fn check(top: &Spot<'_>, root: &Path) -> Result<(), Wrong> {
    let agents = top.need("agents")?;
    let mut within = Within::new(root);
    for (name, member) in agents.entries()? {
        if name.trim().is_empty() {
            return Err(member.wrong("has an empty name"));
        }
        // One that is misspelt may be the one that was to keep the agent in.
        member.only(&FIELDS)?;
        let prompt = member.need("promptFile")?;
        within.relative(prompt.text()?).map_err(|out| {
            let path = quoted(prompt.text().unwrap_or_default());
            prompt.wrong(format!("is {path}; {}", outside(out)))
        })?;
        for field in ["agent", "model", "launcher"] {
            member.text_at(field)?;
        }
        if let Some(field) = member.field("permissions") {
            let word = field.text()?;
            if !["read-only", "workspace", "full"].contains(&word) {
                let told = format!("is {}; read-only, workspace or full is expected", quoted(word));
                return Err(field.wrong(told));
            }
        }
        member.field("command").map(|command| command.texts()).transpose()?;
        if let (Some(_), Some(agent)) = (member.field("command"), member.field("agent")) {
            return Err(agent.wrong("is there beside `command`: one of them says what is started"));
        }
    }
    Ok(())
}

/// Why a prompt's path is not taken.
fn outside(out: Out) -> String {
    match out {
        Out::Outside => "it leads out of the workspace".into(),
        out => format!("a path in the workspace is expected, and it {}", out.words()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_told_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", dir.path().join("out")).unwrap();
        let read = |file: &Value| {
            read(Sheet::parse(file.to_string(), Path::new("a.json"), 1, "").unwrap(), dir.path())
        };
        let member = |more: Value| {
            let mut member = json!({"promptFile": "p.md"});
            member.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"agents": {"x": member}})
        };
        let table = [
            (json!({}), "`agents` is missing"),
            (json!({"agents": []}), "`agents` is a list; an object is expected"),
            (json!({"agents": {"x": "p.md"}}), "`agents.x` is text; an object is expected"),
            (json!({"agents": {"": {}}}), "`agents[\"\"]` has an empty name"),
            (json!({"agents": {"a b": {}}}), "`agents[\"a b\"].promptFile` is missing"),
            (member(json!({"promptFile": 1})), "`agents.x.promptFile` is a number; text"),
            (
                member(json!({"promptFile": "../p.md"})),
                "`agents.x.promptFile` is `../p.md`; a path in the workspace is expected, and it goes up by `..`",
            ),
            (
                member(json!({"promptFile": "/etc/passwd"})),
                "`agents.x.promptFile` is `/etc/passwd`; a path in the workspace is expected, and it is absolute",
            ),
            (
                member(json!({"promptFile": "out/passwd"})),
                "`agents.x.promptFile` is `out/passwd`; it leads out of the workspace",
            ),
            (member(json!({"permissions": "all"})), "`agents.x.permissions` is `all`; read-only"),
            (member(json!({"command": []})), "`agents.x.command` is empty"),
            (member(json!({"command": "claude"})), "`agents.x.command` is text; a list"),
            (member(json!({"launcher": 1})), "`agents.x.launcher` is a number; text"),
            (member(json!({"model": {}})), "`agents.x.model` is an object; text"),
            (member(json!({"lancher": "box"})), "`agents.x.lancher` is unknown; did you mean `launcher`?"),
            (
                member(json!({"permisions": "read-only"})),
                "`agents.x.permisions` is unknown; did you mean `permissions`?",
            ),
            (member(json!({"comand": ["a"]})), "`agents.x.comand` is unknown; did you mean `command`?"),
            (member(json!({"zzz": 1})), "`agents.x.zzz` is unknown; an agent has promptFile, agent, model"),
            (
                member(json!({"agent": "claude", "command": ["a"]})),
                "`agents.x.agent` is there beside `command`",
            ),
        ];
        for (file, expected) in table {
            let told = read(&file).unwrap_err().to_string();
            assert!(told.strip_prefix("`a.json` line 1: ").unwrap().starts_with(expected), "{told}");
        }
        let crew =
            read(&member(json!({"permissions": "full", "command": ["a", "b"], "prompt": "file"}))).unwrap();
        assert_eq!(crew.get("x").unwrap().more["prompt"], "file");
        let error = crew.get("y").unwrap_err();
        assert_eq!(error.to_string(), "agent not found: y");
    }
}
