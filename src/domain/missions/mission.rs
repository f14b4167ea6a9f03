//! `mission.json`: what a mission is and how far it is. Field names as in seed 003, so that other tools can read it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sheet::{Spot, Wrong, quoted};

/// Version of the file.
pub const VERSION: u64 = 1;

/// A mission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mission {
    /// Version of the file; one without is of version 1.
    #[serde(default = "version")]
    pub version: u64,
    /// `m-<milliseconds>-<random>`
    pub mission_id: String,
    /// One line.
    pub title: String,
    /// What sort of work it is.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Whose steps it goes through.
    pub workflow_id: String,
    /// Index of the step it is at; as many as there are steps when it is over.
    pub current_step: usize,
    /// How far it is. What was running when its process died still says so here: ask [`super::Folder`] for what is true.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// Everything that went wrong, oldest first.
    #[serde(default)]
    pub errors: Vec<String>,
    /// The last of them that still matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Fields of others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

fn version() -> u64 {
    VERSION
}

/// What sort of work a mission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something new.
    Feature,
    /// A small mend.
    Fix,
    /// The mend of a bug.
    Bugfix,
}

/// How far a mission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet to be worked. Never written by us; `continue` takes it as `ready`.
    Draft,
    /// The step can be run.
    Ready,
    /// A person has to look at an artifact.
    WaitingHuman,
    /// The step runs: an agent, commands, a loop or a queue.
    RunningCodeAgent,
    /// Never written by us (the original ran some steps in its own server); read as [`Status::RunningCodeAgent`].
    RunningRootLlm,
    /// The step failed; it can be run again.
    Failed,
    /// All steps are done.
    Completed,
}

impl Status {
    /// As the file has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Ready => "ready",
            Self::WaitingHuman => "waiting_human",
            Self::RunningCodeAgent => "running_code_agent",
            Self::RunningRootLlm => "running_root_llm",
            Self::Failed => "failed",
            Self::Completed => "completed",
        }
    }

    /// Whether a step is being run, if its process lives.
    pub fn runs(self) -> bool {
        matches!(self, Self::RunningCodeAgent | Self::RunningRootLlm)
    }
}

impl Kind {
    /// All of them, as the file has them.
    pub const WORDS: [&str; 3] = ["feature", "fix", "bugfix"];

    /// By its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Feature, Self::Fix, Self::Bugfix].into_iter().find(|kind| kind.word() == word)
    }

    /// As the file has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Fix => "fix",
            Self::Bugfix => "bugfix",
        }
    }
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Draft,
        Self::Ready,
        Self::WaitingHuman,
        Self::RunningCodeAgent,
        Self::RunningRootLlm,
        Self::Failed,
        Self::Completed,
    ];
}

/// What is wrong with a `mission.json` that could not be read.
pub(super) fn check(top: &Spot<'_>) -> Result<(), Wrong> {
    for field in ["mission_id", "workflow_id"] {
        top.need(field)?.text()?;
    }
    top.need("title")?.any_text()?;
    word(top, "type", &Kind::WORDS)?;
    word(top, "status", &Status::ALL.map(Status::word))?;
    top.need("current_step")?.number()?;
    for field in ["created_at", "updated_at"] {
        time(&top.need(field)?)?;
    }
    if let Some(errors) = top.field("errors") {
        errors.list()?.iter().try_for_each(|error| error.any_text().map(|_| ()))?;
    }
    top.field("last_error").map(|error| error.any_text_or_null()).transpose()?;
    Ok(())
}

fn word(top: &Spot<'_>, field: &str, words: &[&str]) -> Result<(), Wrong> {
    let spot = top.need(field)?;
    let word = spot.text()?;
    if words.contains(&word) {
        return Ok(());
    }
    Err(spot.wrong(format!("is {}; one of {} is expected", quoted(word), words.join(", "))))
}

/// A moment, as all documents of missions have them.
pub(super) fn time(spot: &Spot<'_>) -> Result<(), Wrong> {
    let text = spot.text()?;
    let told = || spot.wrong(format!("is {}; a time like 2026-01-31T12:00:00Z is expected", quoted(text)));
    text.parse::<Timestamp>().map(|_| ()).map_err(|_| told())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::domain::missions::sheet::Sheet;

    #[test]
    fn what_is_wrong_is_told_by_its_path_and_only_then() {
        let good = json!({"mission_id": "m-1", "title": "T", "type": "fix", "workflow_id": "w", "current_step": 0,
            "status": "ready", "created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00Z",
            "errors": ["x"], "last_error": "x", "color": "red"});
        let told = |file: &Value| {
            let sheet = Sheet::parse(file.to_string(), Path::new("m.json"), VERSION, "").unwrap();
            check(&sheet.top()).err().map(|wrong| sheet.fault(&wrong).to_string())
        };
        assert_eq!(told(&good), None);
        let read: Mission = serde_json::from_value(good.clone()).unwrap();
        assert_eq!((read.version, read.more["color"].as_str()), (1, Some("red")));
        let table = [
            ("mission_id", json!(1), "is a number; text is expected"),
            ("mission_id", json!(null), "is null; text is expected"),
            ("title", json!([]), "is a list; text is expected"),
            ("type", json!("chore"), "is `chore`; one of feature, fix, bugfix is expected"),
            ("status", json!("Ready"), "is `Ready`; one of draft, ready, waiting_human, running_code_agent"),
            ("current_step", json!(-1), "is a number; a whole number from 0 on is expected"),
            ("current_step", json!("0"), "is text; a whole number from 0 on is expected"),
            ("updated_at", json!("today"), "is `today`; a time like"),
            ("errors", json!("x"), "is text; a list is expected"),
            ("last_error", json!(7), "is a number; text is expected"),
        ];
        for (field, value, expected) in table {
            let mut file = good.clone();
            file[field] = value;
            let told = told(&file).unwrap_or_else(|| panic!("{file} is taken"));
            assert!(told.starts_with(&format!("`m.json` line 1: `{field}` {expected}")), "{told}");
            assert!(serde_json::from_value::<Mission>(file).is_err(), "{field}");
        }
        for field in ["mission_id", "title", "type", "workflow_id", "current_step", "status", "created_at"] {
            let mut file = good.clone();
            file.as_object_mut().unwrap().remove(field);
            assert_eq!(told(&file).unwrap(), format!("`m.json` line 1: `{field}` is missing"));
        }
    }
}
