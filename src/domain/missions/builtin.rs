//! What comes with the program: the standard workflow, its agents and what they are told. `mission init` writes it, and it holds
//! where a workspace has no files of its own.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::crew::{self, Crew, Member};
use super::sheet::Sheet;
use super::shelf::Shelf;
use super::workflow::{self, Workflow};
use super::{Step, StepKind};
use crate::domain::workspace::{Workspace, init};
use crate::system::store;

const WORKFLOWS: &str = include_str!("standard/workflows.json");
const AGENTS: &str = include_str!("standard/agents.json");

/// The agents' instructions, by where they lie in a workspace.
const PROMPTS: [(&str, &str); 4] = [
    (".claude/agents/cleanup.md", include_str!("standard/cleanup.md")),
    (".claude/agents/research.md", include_str!("standard/research.md")),
    (".claude/agents/planning.md", include_str!("standard/planning.md")),
    (".claude/agents/implementation.md", include_str!("standard/implementation.md")),
];

/// The workflows of a workspace that has no file of them.
pub fn workflows() -> Result<Vec<Workflow>> {
    workflow::read(sheet("workflows.json", WORKFLOWS)?)
}

/// The agents of a workspace that has no file of them.
pub fn crew(workspace: &Workspace) -> Result<Crew> {
    crew::read(sheet("agents.json", AGENTS)?, workspace.root())
}

fn sheet(name: &str, text: &str) -> Result<Sheet> {
    Sheet::parse(text.into(), Path::new(name), workflow::VERSION, "")
}

/// Makes folders, workflows, agents and prompts where they are missing; says which were made.
pub fn init(shelf: &Shelf) -> Result<Vec<PathBuf>> {
    let workspace = shelf.workspace();
    init::for_state(workspace)?;
    let mut made = Vec::new();
    for dir in [shelf.active(), shelf.completed()] {
        if !dir.is_dir() {
            store::make_dir(&dir)?;
            made.push(dir);
        }
    }
    let files = [(workspace.workflows_file(), WORKFLOWS), (workspace.agents_file(), AGENTS)];
    let prompts = PROMPTS.iter().map(|(path, text)| (workspace.root().join(path), *text));
    for (path, text) in files.into_iter().chain(prompts) {
        made.extend(make(path, text)?);
    }
    Ok(made)
}

/// Makes those prompts that the agents of `steps` need, that are missing and that come with the program.
pub fn make_prompts(workspace: &Workspace, crew: &Crew, steps: &[Step]) -> Result<Vec<PathBuf>> {
    let agents = steps.iter().filter(|step| step.kind == StepKind::Agent);
    let members = agents.filter_map(|step| crew.agents.get(step.agent.as_deref()?));
    let mut made = Vec::new();
    for member in members {
        if let Some(text) = prompt(member) {
            made.extend(make(workspace.root().join(&member.prompt_file), text)?);
        }
    }
    Ok(made)
}

/// The instructions that come with the program for this agent, if it is one of ours.
fn prompt(member: &Member) -> Option<&'static str> {
    PROMPTS.iter().find(|(path, _)| *path == member.prompt_file).map(|(_, text)| *text)
}

/// Makes a file that is missing, and the directory it lies in.
fn make(path: PathBuf, text: &str) -> Result<Option<PathBuf>> {
    if let Some(dir) = path.parent() {
        store::make_dir(dir)?;
    }
    Ok(store::create_new(&path, store::SHARED, text.as_bytes())?.then_some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Id, name, agent, input, output or review.
    const STEPS: [[&str; 5]; 8] = [
        ["cleanup", "Cleanup & Structure", "cleanup-agent", "raw-input.md", "structured-text.md"],
        ["review-structured", "Review Structured Input", "", "", "structured-text.md"],
        ["research", "Research", "research-agent", "structured-text.md", "research-output.md"],
        ["review-research", "Review Research", "", "", "research-output.md"],
        ["planning", "Planning", "planning-agent", "research-output.md", "implementation-plan.md"],
        ["review-plan", "Review Plan", "", "", "implementation-plan.md"],
        [
            "implementation",
            "Implementation",
            "implementation-agent",
            "implementation-plan.md",
            "implementation-result.json",
        ],
        ["review-implementation", "Review Implementation", "", "", "implementation-result.json"],
    ];

    #[test]
    fn the_standard_workflow_is_the_known_one() {
        let workflows = workflows().unwrap();
        assert_eq!(workflows.len(), 1);
        assert_eq!(workflows[0].workflow_id, "standard-feature");
        assert_eq!(workflows[0].name, "Standard Feature");
        assert_eq!(workflows[0].steps.len(), STEPS.len());
        for (step, [id, name, agent, input, output]) in workflows[0].steps.iter().zip(STEPS) {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            assert_eq!((&*step.step_id, &*step.name), (id, name));
            assert_eq!(text(&step.agent), agent);
            assert_eq!(text(&step.input_artifact), input);
            match step.kind {
                StepKind::Agent => assert_eq!(text(&step.output_artifact), output),
                kind => {
                    assert_eq!(kind, StepKind::HumanGate);
                    assert_eq!(text(&step.review_artifact), output);
                }
            }
        }
    }

    #[test]
    fn every_agent_has_instructions_that_name_its_artifact() {
        let crew = crew(&Workspace::at("/".into())).unwrap();
        assert_eq!(crew.agents.len(), PROMPTS.len());
        let steps = workflows().unwrap().remove(0).steps;
        for step in steps.iter().filter(|step| step.kind == StepKind::Agent) {
            let name = step.agent.as_deref().unwrap();
            let text = prompt(&crew.agents[name]).unwrap();
            let (head, body) = text.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
            let fields: Vec<_> = head.lines().map(|line| line.split_once(": ").unwrap()).collect();
            assert_eq!(fields.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["name", "description"]);
            assert_eq!(fields[0].1, name);
            assert!(!fields[1].1.contains(": "), "plain YAML");
            assert!(body.contains(&format!("`{}`", step.output_artifact.as_deref().unwrap())), "{name}");
            for heading in
                ["## What you get", "## How to work", "## What you write", "## What good looks like"]
            {
                assert!(body.contains(heading), "{name}: {heading}");
            }
        }
    }
}
