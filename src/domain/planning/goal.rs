//! What is to be planned: a text, or a file that holds it.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::domain::beads::exchange::digest;
use crate::domain::beads::is_blank;
use crate::fault::Fault;
use crate::system::{redact, store};

/// Longest goal that is handed to an agent (bytes).
const LONGEST: usize = 256 << 10;
/// Longest goal that is kept as it is (characters); of a longer one the start.
const KEPT: usize = 2000;

/// A goal, and where it comes from.
#[derive(Debug, Clone)]
pub struct Goal {
    /// All that is to be reached.
    pub text: String,
    /// The file it was read from.
    pub file: Option<String>,
}

/// Whether this is surely meant to be a file: an agent must not be paid for a slip of the fingers.
fn is_name(given: &str) -> bool {
    let extension = Path::new(given).extension().and_then(|extension| extension.to_str());
    !given.contains(char::is_whitespace)
        && matches!(extension, Some("md" | "markdown" | "txt" | "rst" | "org"))
}

impl Goal {
    /// The goal that `given` means: the contents of a file where there is one of that name, else the words
    /// themselves.
    pub fn find(given: &str) -> Result<Self> {
        let path = Path::new(given);
        let goal = if is_name(given) && !path.exists() {
            let hint = "name a file that is there, or say in words what is to be reached";
            return Err(Fault::usage(format!("`{given}` does not exist"), hint));
        } else if path.is_file() {
            Self { text: store::read_text(path)?.unwrap_or_default(), file: Some(given.to_owned()) }
        } else {
            Self { text: given.to_owned(), file: None }
        };
        goal.check()
    }

    /// The goal as it came from standard input.
    pub fn of(text: String) -> Result<Self> {
        Self { text, file: None }.check()
    }

    fn check(self) -> Result<Self> {
        if is_blank(&self.text) {
            return Err(Fault::usage(
                "the goal is empty",
                "say what is to be reached, or name a file that does",
            ));
        }
        if self.text.len() > LONGEST {
            let message = format!("the goal is {} bytes long; at most {LONGEST} are taken", self.text.len());
            return Err(Fault::usage(message, "shorten it, or plan its parts one by one"));
        }
        Ok(self)
    }

    /// What to call it.
    pub fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| "a text".to_owned(), |file| format!("`{file}`"))
    }

    /// Where the plan comes from, to be kept: the file's name, or the text itself without secrets.
    pub fn origin(&self) -> Value {
        let digest = format!("fnv1a64:{}", digest(&self.text));
        if let Some(file) = &self.file {
            return json!({"file": file, "digest": digest});
        }
        let text: String = redact::ours().text(self.text.trim()).chars().take(KEPT).collect();
        json!({"text": text, "digest": digest})
    }
}
