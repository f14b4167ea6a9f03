//! `.taskrun/workflows.json`: the workflows, as in seed 003 (`{"workflows":[…]}`); further types of steps are ours.

use std::collections::HashMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::names;
use super::sheet::{Sheet, Spot, Wrong, quoted};

/// Version of `workflows.json` and `agents.json`; a file without one is of version 1.
pub const VERSION: u64 = 1;

/// All fields of a step that are ours.
const FIELDS: [&str; 10] = [
    "step_id",
    "name",
    "type",
    "agent",
    "inputArtifact",
    "outputArtifact",
    "reviewArtifact",
    "commands",
    "epic",
    "tasks",
];

/// A workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name in commands.
    pub workflow_id: String,
    /// Its name for people.
    pub name: String,
    /// In order; at least one.
    pub steps: Vec<Step>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in the workflow; letters, digits, `-`, `_`.
    pub step_id: String,
    /// Its name for people.
    pub name: String,
    /// Who does it.
    #[serde(rename = "type")]
    pub kind: StepKind,
    /// `agent` steps: which one, by its name in `agents.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The artifact it begins with.
    #[serde(default, rename = "inputArtifact", skip_serializing_if = "Option::is_none")]
    pub input_artifact: Option<String>,
    /// The artifact that must be there when it is done.
    #[serde(default, rename = "outputArtifact", skip_serializing_if = "Option::is_none")]
    pub output_artifact: Option<String>,
    /// `human-gate` steps: what is to be looked at.
    #[serde(default, rename = "reviewArtifact", skip_serializing_if = "Option::is_none")]
    pub review_artifact: Option<String>,
    /// `gate` steps: commands that must all succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// `loop` steps: the epic whose tasks are worked until none is left; an id, or empty for all ready tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epic: Option<String>,
    /// `macp` steps: tasks that are submitted and worked to their end, as `macp submit --from` reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Map<String, Value>>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// An agent.
    Agent,
    /// A person.
    HumanGate,
    /// Commands.
    Gate,
    /// The loop.
    Loop,
    /// The queue.
    Macp,
}

impl StepKind {
    /// All of them.
    const ALL: [Self; 5] = [Self::Agent, Self::HumanGate, Self::Gate, Self::Loop, Self::Macp];

    /// As the file has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::HumanGate => "human-gate",
            Self::Gate => "gate",
            Self::Loop => "loop",
            Self::Macp => "macp",
        }
    }
}

/// Checks and reads the workflows in a file.
pub fn read(mut sheet: Sheet) -> Result<Vec<Workflow>> {
    check(&sheet.top()).map_err(|wrong| sheet.fault(&wrong))?;
    sheet.take("workflows")
}

fn check(top: &Spot<'_>) -> Result<(), Wrong> {
    let workflows = top.need("workflows")?;
    let list = workflows.list()?;
    if list.is_empty() {
        return Err(workflows.wrong("is empty: there has to be a workflow"));
    }
    let mut ids = HashMap::new();
    for (index, workflow) in list.iter().enumerate() {
        let id = id(workflow, "workflow_id")?;
        if let Some(first) = ids.insert(id, index) {
            let told = format!("is {}, as `workflows[{first}].workflow_id` is", quoted(id));
            return Err(workflow.need("workflow_id")?.wrong(told));
        }
        workflow.need("name")?.text()?;
        check_steps(&workflow.need("steps")?)?;
    }
    Ok(())
}

fn check_steps(steps: &Spot<'_>) -> Result<(), Wrong> {
    let list = steps.list()?;
    if list.is_empty() {
        return Err(steps.wrong("is empty: a workflow has at least one step"));
    }
    let mut ids = HashMap::new();
    for (index, step) in list.iter().enumerate() {
        let id = id(step, "step_id")?;
        if let Some(first) = ids.insert(id, index) {
            let told = format!("is {}, as that of `steps[{first}]` is", quoted(id));
            return Err(step.need("step_id")?.wrong(told));
        }
        check_step(step)?;
    }
    Ok(())
}

/// A name that goes into those of files.
fn id<'v>(spot: &Spot<'v>, field: &str) -> Result<&'v str, Wrong> {
    let spot = spot.need(field)?;
    let id = spot.text()?;
    if names::is_word(id) {
        return Ok(id);
    }
    Err(spot.wrong(format!("is {}; up to 64 letters, digits, `-` and `_` are allowed", quoted(id))))
}

fn check_step(step: &Spot<'_>) -> Result<(), Wrong> {
    // What only looks like a field of ours would be a check, or an artifact, that is left out without a word.
    step.none_like(&FIELDS)?;
    step.need("name")?.text()?;
    let kind = kind(&step.need("type")?)?;
    step.text_at("agent")?;
    for field in ["inputArtifact", "outputArtifact", "reviewArtifact"] {
        if let Some(name) = step.text_at(field)?.filter(|name| !names::is_artifact(name)) {
            let told = format!("is {}; an artifact is one plain file name", quoted(name));
            return Err(step.need(field)?.wrong(told));
        }
    }
    step.field("commands").map(|commands| commands.texts()).transpose()?;
    step.field("epic").map(|epic| epic.any_text().map(|_| ())).transpose()?;
    if let Some(tasks) = step.field("tasks") {
        let list = tasks.list()?;
        list.iter().try_for_each(|task| task.object().map(|_| ()))?;
        if list.is_empty() {
            return Err(tasks.wrong("is empty: a step of type `macp` has tasks"));
        }
    }
    let needed = match kind {
        StepKind::Agent => "agent",
        StepKind::HumanGate => "reviewArtifact",
        StepKind::Gate => "commands",
        StepKind::Macp => "tasks",
        StepKind::Loop => return Ok(()),
    };
    match step.field(needed) {
        Some(_) => Ok(()),
        None => Err(step.lacks(needed, &format!("is missing: a step of type `{}` needs it", kind.word()))),
    }
}

fn kind(spot: &Spot<'_>) -> Result<StepKind, Wrong> {
    let word = spot.text()?;
    let known = StepKind::ALL.into_iter().find(|kind| kind.word() == word);
    known.ok_or_else(|| {
        let words = StepKind::ALL.map(StepKind::word).join(", ");
        spot.wrong(format!("is {}; a step is one of {words}", quoted(word)))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn told(file: &Value) -> Option<String> {
        let sheet = Sheet::parse(file.to_string(), Path::new("w.json"), VERSION, "").unwrap();
        let error = read(sheet).err()?.to_string();
        Some(error.strip_prefix("`w.json` line 1: ").unwrap().to_owned())
    }

    fn of(steps: &Value) -> Value {
        json!({"workflows": [{"workflow_id": "w", "name": "W", "steps": steps}]})
    }

    #[test]
    fn workflows_are_read_whole_and_what_is_not_known_is_kept() {
        let file = json!({"version": 1, "x": 1, "workflows": [{"workflow_id": "w", "name": "W", "color": "red", "steps": [
            {"step_id": "a", "name": "A", "type": "agent", "agent": "x", "workspaceMode": "codegen"},
            {"step_id": "g", "name": "G", "type": "gate", "commands": ["true"]},
            {"step_id": "l", "name": "L", "type": "loop", "epic": ""},
            {"step_id": "m", "name": "M", "type": "macp", "tasks": [{"title": "T"}]},
            {"step_id": "h", "name": "H", "type": "human-gate", "reviewArtifact": "a.md"},
        ]}]});
        let read = read(Sheet::parse(file.to_string(), Path::new("w.json"), VERSION, "").unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), file["workflows"]);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_path() {
        let step = |more: Value| {
            let mut step = json!({"step_id": "s", "name": "S", "type": "loop"});
            step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(&json!([step]))
        };
        let table = [
            (json!({}), "`workflows` is missing"),
            (json!({"workflows": {}}), "`workflows` is an object; a list is expected"),
            (json!({"workflows": []}), "`workflows` is empty: there has to be a workflow"),
            (json!({"workflows": ["w"]}), "`workflows[0]` is text; an object is expected"),
            (json!({"workflows": [{"name": "W"}]}), "`workflows[0].workflow_id` is missing"),
            (of(&json!([])), "`workflows[0].steps` is empty: a workflow has at least one step"),
            (of(&json!(null)), "`workflows[0].steps` is null; a list is expected"),
            (step(json!({"step_id": "../s"})), "`workflows[0].steps[0].step_id` is `../s`; up to 64 letters"),
            (step(json!({"name": ""})), "`workflows[0].steps[0].name` is empty"),
            (
                step(json!({"type": "llm"})),
                "`workflows[0].steps[0].type` is `llm`; a step is one of agent, human-gate",
            ),
            (step(json!({"type": 1})), "`workflows[0].steps[0].type` is a number; text is expected"),
            (
                step(json!({"type": "agent"})),
                "`workflows[0].steps[0].agent` is missing: a step of type `agent` needs it",
            ),
            (step(json!({"type": "agent", "agent": ["x"]})), "`workflows[0].steps[0].agent` is a list; text"),
            (step(json!({"type": "human-gate"})), "`workflows[0].steps[0].reviewArtifact` is missing"),
            (step(json!({"type": "gate"})), "`workflows[0].steps[0].commands` is missing"),
            (step(json!({"type": "gate", "commands": []})), "`workflows[0].steps[0].commands` is empty"),
            (
                step(json!({"type": "gate", "commands": [" "]})),
                "`workflows[0].steps[0].commands[0]` is empty",
            ),
            (
                step(json!({"type": "gate", "commands": "true"})),
                "`workflows[0].steps[0].commands` is text; a list",
            ),
            (step(json!({"type": "macp"})), "`workflows[0].steps[0].tasks` is missing"),
            (step(json!({"type": "macp", "tasks": []})), "`workflows[0].steps[0].tasks` is empty"),
            (
                step(json!({"type": "macp", "tasks": [7]})),
                "`workflows[0].steps[0].tasks[0]` is a number; an object",
            ),
            (step(json!({"epic": 7})), "`workflows[0].steps[0].epic` is a number; text"),
            (
                step(json!({"inputArtifact": "../a"})),
                "`workflows[0].steps[0].inputArtifact` is `../a`; an artifact is one plain",
            ),
            (step(json!({"outputArtifact": "a/b"})), "`workflows[0].steps[0].outputArtifact` is `a/b`"),
            (step(json!({"reviewArtifact": ".a"})), "`workflows[0].steps[0].reviewArtifact` is `.a`"),
        ];
        for (file, expected) in table {
            let told = told(&file).unwrap_or_else(|| panic!("{file} is taken"));
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn what_looks_like_a_known_field_is_refused() {
        let table = [
            (
                "outputArtefact",
                Some("`workflows[0].steps[0].outputArtefact` is unknown; did you mean `outputArtifact`?"),
            ),
            ("comands", Some("`workflows[0].steps[0].comands` is unknown; did you mean `commands`?")),
            ("workspaceMode", None),
            ("description", None),
        ];
        for (field, expected) in table {
            let file = of(&json!([{"step_id": "s", "name": "S", "type": "loop", field: "x"}]));
            assert_eq!(told(&file).as_deref(), expected, "{field}");
        }
    }

    #[test]
    fn two_alike_are_told_by_both_paths() {
        let step = |id: &str| json!({"step_id": id, "name": "S", "type": "loop"});
        let twice = of(&json!([step("a"), step("b"), step("a")]));
        assert_eq!(told(&twice).unwrap(), "`workflows[0].steps[2].step_id` is `a`, as that of `steps[0]` is");
        let one = of(&json!([step("a")]))["workflows"][0].clone();
        let twice = json!({"workflows": [one, one]});
        assert_eq!(
            told(&twice).unwrap(),
            "`workflows[1].workflow_id` is `w`, as `workflows[0].workflow_id` is"
        );
    }
}
