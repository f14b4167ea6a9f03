//! What an agent is told about its task, and how the last attempt on it went.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::domain::attempt::prompt::{self, Facts, Template};
use crate::domain::attempt::receipt::{Outcome, Receipt};
use crate::domain::beads::Issue;
use crate::domain::loops::ledger::Past;
use crate::domain::skills::guide::Guide;

/// Bytes of a gate's output that are read back for the next prompt.
const OUTPUT: u64 = 64 << 10;

/// What whoever works is told about who judges.
const JUDGED: &str = "Another agent, which sees the task and your changes but nothing that you say, judges in the end whether \
                      each acceptance criterion is met (without criteria: whether the description is).";

/// What a prompt says beside the task and its past.
#[derive(Debug)]
pub(super) struct Brief<'a> {
    pub(super) epic: Option<(String, String, String)>,
    pub(super) gates: &'a [String],
    /// Further paragraphs.
    pub(super) extra: Vec<String>,
    /// Whether another agent judges the work.
    pub(super) judged: bool,
    pub(super) max_attempts: u64,
    pub(super) dir: &'a Path,
    /// The skill that the run goes by.
    pub(super) guide: Option<&'a Guide>,
    /// The user's own template, for tasks that no skill is for.
    pub(super) template: Option<&'a (String, String)>,
}

impl Brief<'_> {
    /// The prompt for an issue.
    pub(super) fn prompt(self, issue: &Issue, past: &Past) -> Result<String> {
        let (guide, template) = (self.guide.filter(|guide| guide.is_for(issue)), self.template);
        let mut facts = self.facts(issue, past);
        let Some(guide) = guide else {
            return prompt::compose(&facts, template.map(|(name, source)| Template { name, source }));
        };
        facts.guide = Some(guide.told(&facts, issue)?);
        prompt::compose(&facts, None)
    }

    fn facts(self, issue: &Issue, past: &Past) -> Facts {
        Facts {
            task: described(issue),
            epic: self.epic.map(|(id, title, description)| prompt::Epic { id, title, description }),
            attempt: past.attempts + 1,
            max_attempts: self.max_attempts,
            previous: past.last.as_ref().filter(|last| last.outcome != Outcome::Closed).map(previous),
            gates: self.gates.to_vec(),
            extra: self.extra.into_iter().chain(self.judged.then(|| JUDGED.to_owned())).collect(),
            dir: self.dir.display().to_string(),
            guide: None,
        }
    }
}

/// An issue, as prompts tell it.
pub(super) fn described(issue: &Issue) -> prompt::Task {
    prompt::Task {
        id: issue.id.clone(),
        title: issue.title.clone(),
        kind: issue.kind.clone(),
        priority: issue.priority,
        description: issue.description.clone(),
        design: issue.design.clone(),
        acceptance_criteria: issue.acceptance_criteria.clone(),
        notes: issue.notes.clone(),
        labels: issue.labels.clone(),
    }
}

fn previous(receipt: &Receipt) -> prompt::Previous {
    let red = receipt.gates.iter().find(|gate| !gate.passed);
    prompt::Previous {
        outcome: receipt.outcome.word().into(),
        reason: receipt.reason.clone(),
        gate: red.map(|gate| prompt::Gate {
            command: gate.command.clone(),
            exit: gate.exit_code,
            output: tail(&gate.output),
            fence: String::new(),
        }),
    }
}

fn tail(path: &Path) -> String {
    use std::os::unix::fs::FileExt;
    let read = || -> std::io::Result<Vec<u8>> {
        let file = fs::File::open(path)?;
        let size = file.metadata()?.len();
        let from = size.saturating_sub(OUTPUT);
        let mut bytes = vec![0; usize::try_from(size - from).unwrap_or(0)];
        file.read_exact_at(&mut bytes, from)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}
