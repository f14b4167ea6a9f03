//! What the queue itself has to know of a task, read from its JSON text in one pass. Everything [`Task`](super::task::Task)
//! reads is checked here too, so that a bad task is found before anything runs.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::state::{Left, Row};
use super::task::{Dispatch, Gate, PRIORITY, Status};

/// A task as its text has it.
#[derive(Debug, Deserialize)]
pub struct Sketch<'t> {
    id: String,
    #[serde(rename = "title")]
    _title: Text,
    #[serde(deserialize_with = "word")]
    status: Status,
    #[serde(default, rename = "description")]
    _description: Option<Text>,
    #[serde(default, rename = "type")]
    _kind: Option<Text>,
    #[serde(default)]
    dispatch: Option<Dispatch>,
    #[serde(default)]
    runtime: Option<String>,
    #[serde(default, rename = "worktree")]
    _worktree: Option<Text>,
    #[serde(default, rename = "branch")]
    _branch: Option<Text>,
    #[serde(default, rename = "brief_path")]
    _brief_path: Option<Text>,
    #[serde(default)]
    result_path: Option<Text>,
    #[serde(default, rename = "issue")]
    _issue: Option<Text>,
    #[serde(default, rename = "pr")]
    _pr: Option<Text>,
    #[serde(default)]
    depends_on: Vec<String>,
    #[serde(default)]
    max_attempts: Option<u64>,
    #[serde(default)]
    attempts: Option<u64>,
    #[serde(default, rename = "timeout_seconds")]
    _timeout_seconds: Option<u64>,
    #[serde(default, rename = "command")]
    _command: Option<Text>,
    #[serde(default, rename = "argv")]
    _argv: Option<Vec<Text>>,
    #[serde(default, rename = "quality_gates")]
    _quality_gates: Vec<Gate>,
    #[serde(default)]
    priority: Option<u64>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    org: Option<String>,
    #[serde(default, rename = "launcher")]
    _launcher: Option<Text>,
    #[serde(default, rename = "env")]
    _env: std::collections::BTreeMap<String, String>,
    #[serde(default, rename = "cwd")]
    _cwd: Option<Text>,
    #[serde(default, rename = "mcp_config")]
    _mcp_config: Option<Text>,
    #[serde(default, rename = "cache")]
    _cache: bool,
    #[serde(default, rename = "on_complete")]
    _on_complete: Option<Vec<Text>>,
    #[serde(default, rename = "result_schema")]
    _result_schema: Option<Text>,
    #[serde(default)]
    created_at: Option<Timestamp>,
    #[serde(default)]
    cancelled: bool,
    #[serde(default, borrow)]
    metadata: Option<&'t RawValue>,
}

/// A status by one of the six words of MACP's schema.
fn word<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
    struct Word;
    impl serde::de::Visitor<'_> for Word {
        type Value = Status;
        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("a status")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Status, E> {
            let known = Status::ALL.into_iter().filter(|status| *status != Status::Cancelled);
            match text {
                "cancelled" => Err(E::custom(
                    "`cancelled` is no status of MACP; write `failed`, and `\"cancelled\": true` beside it",
                )),
                text => known.clone().find(|status| status.on_disk() == text).ok_or_else(|| {
                    let words: Vec<String> = known.map(|status| format!("`{}`", status.on_disk())).collect();
                    E::custom(format!(
                        "unknown variant `{text}`, expected one of {} (cancelled is `failed` with `\"cancelled\": true` beside it)",
                        words.join(", ")
                    ))
                }),
            }
        }
    }
    deserializer.deserialize_str(Word)
}

/// A string that is only checked to be one.
#[derive(Debug)]
struct Text;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl serde::de::Visitor<'_> for Any {
            type Value = Text;
            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a string")
            }
            fn visit_str<E>(self, _: &str) -> Result<Text, E> {
                Ok(Text)
            }
        }
        deserializer.deserialize_str(Any)
    }
}

/// Whom a task is meant for and whether it is to be worked, as its metadata says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meant {
    #[serde(alias = "agentHint", alias = "agent", alias = "hint")]
    agent_hint: Option<serde_json::Value>,
    blocked: Option<serde_json::Value>,
}

/// How far a task was when its text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noted {
    /// Its status.
    pub status: Option<Status>,
    /// Its attempts, where it says so.
    pub attempts: Option<u32>,
}

impl<'t> Sketch<'t> {
    /// Reads the text of one task.
    pub fn read(text: &'t [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(text)
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether its result goes somewhere else than usual.
    pub fn has_result_path(&self) -> bool {
        self.result_path.is_some()
    }

    /// How far it was.
    pub fn noted(&self) -> Noted {
        let status =
            if self.cancelled && self.status == Status::Failed { Status::Cancelled } else { self.status };
        let attempts = self.attempts.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        Noted { status: Some(status), attempts }
    }

    /// Workers that are named in it, of whom it is no other's.
    pub fn meant_for(&self) -> Vec<String> {
        let meant = self.metadata.and_then(|text| serde_json::from_str::<Meant>(text.get()).ok());
        let hint = meant.and_then(|meant| meant.agent_hint).and_then(|hint| hint.as_str().map(str::to_owned));
        hint.into_iter().chain(self.runtime.clone()).collect()
    }

    /// Whether it is not to be worked until somebody says so.
    fn is_blocked(&self) -> bool {
        let text = self.metadata.filter(|text| text.get().contains("\"blocked\""));
        let meant = text.and_then(|text| serde_json::from_str::<Meant>(text.get()).ok());
        meant.and_then(|meant| meant.blocked).is_some_and(|blocked| blocked == true)
    }

    /// As a row of the queue.
    pub fn row(self) -> Row {
        let noted = self.noted();
        let blocked = self.is_blocked();
        Row {
            id: self.id,
            status: noted.status.unwrap_or(Status::Pending),
            attempts: self.attempts.unwrap_or(0),
            forgiven: 0,
            max_attempts: self.max_attempts,
            priority: self.priority.unwrap_or(PRIORITY),
            key: self.key,
            org: self.org,
            depends_on: self.depends_on,
            macp: self.dispatch.is_some(),
            created_at: self.created_at,
            not_before: None,
            hold: None,
            blocked,
            started_at: None,
            cancel_requested: false,
            left: Left::default(),
        }
    }
}

/// The id in a text that is no good task, to name it by.
pub fn name(text: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Id {
        id: String,
        #[serde(flatten)]
        _rest: serde_json::Map<String, serde_json::Value>,
    }
    serde_json::from_slice::<Id>(text).ok().map(|found| found.id)
}
