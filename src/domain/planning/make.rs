//! Makes what was planned: the epic and its tasks in one write, with a note of where they come from.

use anyhow::Result;
use serde_json::{Value, json};

use super::answer::{Plan, Task};
use super::ask::Asked;
use crate::domain::attempt::budget::Spend;
use crate::domain::beads::batch::{self, Draft};
use crate::domain::beads::exchange::plans;
use crate::domain::beads::{Issue, New, Remark, Store, remark};
use crate::system::clock;

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The epic.
    pub epic: Issue,
    /// Its new tasks, in the order of the plan.
    pub tasks: Vec<Issue>,
}

/// Makes the epic, unless there is one, and the tasks: all or nothing.
pub fn create(store: &Store, plan: &Plan, asked: &Asked, who: &str) -> Result<Made> {
    let fallback = store.configured_prefix()?;
    let origin = origin(plan, asked, who);
    let said = Remark {
        author: who.to_owned(),
        text: note(plan, asked),
        created_at: clock::now().to_string(),
        ..Remark::default()
    };
    store.change(|table| {
        let epic = asked.epic.as_deref().map(|epic| table.resolve(epic)).transpose()?;
        let offset = usize::from(epic.is_none());
        let mut drafts = Vec::with_capacity(plan.tasks.len() + offset);
        if epic.is_none() {
            drafts.push(Draft {
                new: New {
                    title: plan.epic.title.clone(),
                    kind: "epic".into(),
                    priority: plan.tasks.iter().map(|task| task.priority).min().unwrap_or(2),
                    description: plan.epic.description.clone(),
                    acceptance: list(&plan.epic.acceptance),
                    author: who.to_owned(),
                    ..New::default()
                },
                metadata: plans(None, &origin).unwrap_or_default(),
                comments: vec![said.clone()],
                ..Draft::default()
            });
        }
        for task in &plan.tasks {
            drafts.push(draft(task, plan, epic.as_deref(), who));
        }
        let ids = batch::create(table, &drafts, fallback.as_deref())?;
        if let Some(epic) = &epic {
            table.edit(epic, |line| {
                if let Some(metadata) = plans(line.get("metadata"), &origin) {
                    line.set("metadata", &metadata);
                }
            })?;
            remark(table, epic, &said)?;
        }
        let tasks = ids[offset..].iter().map(|id| table.issue(id)).collect::<Result<_>>()?;
        Ok(Made { epic: table.issue(epic.as_ref().unwrap_or(&ids[0]))?, tasks })
    })
}

fn draft(task: &Task, plan: &Plan, epic: Option<&str>, who: &str) -> Draft {
    let offset = usize::from(epic.is_none());
    let place = |key: &String| plan.tasks.iter().position(|task| task.key == *key);
    Draft {
        new: New {
            title: task.title.clone(),
            kind: task.kind.clone(),
            priority: task.priority,
            description: task.description.clone(),
            acceptance: list(&task.acceptance),
            parent: epic.map(str::to_owned),
            labels: task.labels.clone(),
            author: who.to_owned(),
            ..New::default()
        },
        parent: epic.is_none().then_some(0),
        waits_for: task.depends_on.iter().filter_map(place).map(|at| at + offset).collect(),
        ..Draft::default()
    }
}

fn list(criteria: &[String]) -> String {
    let items = criteria.iter().map(|text| format!("- {}", text.replace('\n', "\n  ")));
    items.collect::<Vec<_>>().join("\n")
}

/// Who planned, from what, and what it cost, for programs.
fn origin(plan: &Plan, asked: &Asked, who: &str) -> Value {
    json!({
        "at": clock::now().to_string(),
        "by": who,
        "agent": asked.agent,
        "model": asked.model,
        "from": asked.goal.origin(),
        "tasks": plan.tasks.len(),
        "spend": asked.spend,
        "runs": asked.runs,
    })
}

/// The same for people.
fn note(plan: &Plan, asked: &Asked) -> String {
    let model = asked.model.as_ref().map(|model| format!(" ({model})")).unwrap_or_default();
    let tasks = plan.tasks.len();
    format!(
        "Planned with {}{model} from {}: {tasks} task{}, cost {} (run {}).",
        asked.agent,
        asked.goal.name(),
        if tasks == 1 { "" } else { "s" },
        cost(&asked.spend),
        asked.runs.join(", ")
    )
}

fn cost(spend: &Spend) -> String {
    match (spend.known, spend.usd > 0.0) {
        (true, _) => format!("{:.4} USD", spend.usd.abs()),
        (false, true) => format!("{:.4} USD and an unknown amount", spend.usd),
        (false, false) => "unknown".to_owned(),
    }
}
