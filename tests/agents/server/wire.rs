//! What the four protocols have in common, and how a turn becomes a call of the agent's own tools.

use std::path::Path;

use serde_json::{Value, json};

use super::script::{Turn, Usage};

/// An answer of the model.
pub struct Answer {
    /// Different for every answer.
    pub id: String,
    pub model: String,
    pub text: Option<String>,
    pub call: Option<Call>,
    pub usage: Usage,
}

/// A tool the model wants called.
pub struct Call {
    pub name: String,
    pub arguments: Value,
}

/// One protocol.
pub trait Wire {
    /// Names of the tools that a request offers.
    fn tools(&self, request: &Value) -> Vec<String>;
    /// The answer as server-sent events.
    fn events(&self, answer: &Answer) -> Vec<String>;
    /// How many of the events have been sent when the first piece of text is out.
    fn begun(&self) -> usize;
    /// Whether the tokens of the input have been named by then.
    fn claims_at_once(&self) -> bool {
        false
    }
    /// The answer as one document.
    fn document(&self, answer: &Answer) -> Value;
    /// The body of a refusal; `after` is the wait in seconds that its header names.
    fn refusal(&self, status: u16, words: &str, after: Option<&str>) -> Value;
}

/// The text in pieces, as a model makes it: a tag seldom comes whole.
pub fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(17).map(|piece| piece.iter().collect()).collect()
}

/// A server-sent event without a name.
pub fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

/// A server-sent event named by its own `type`.
pub fn named(value: &Value) -> String {
    format!("event: {}\n{}", value["type"].as_str().unwrap(), data(value))
}

/// The call that does what `turn` wants, by whichever of the offered `tools` can; none for words.
pub fn call(turn: &Turn, tools: &[String]) -> Result<Option<Call>, String> {
    let offered = |name: &&str| tools.iter().any(|tool| tool == name);
    let find = |names: &[&'static str]| {
        let found = names.iter().copied().find(offered);
        found.ok_or_else(|| format!("none of {names:?} is offered, only {tools:?}"))
    };
    let (name, arguments) = match turn {
        Turn::Write { path, content } => {
            let name = find(&["Write", "write", "write_file", "exec_command"])?;
            let arguments = match name {
                "write" => json!({"filePath": path, "content": content}),
                "exec_command" => json!({"cmd": patch(path, content)}),
                _ => json!({"file_path": path, "content": content}),
            };
            (name, arguments)
        }
        Turn::Run(command) => {
            let name = find(&["Bash", "bash", "run_shell_command", "exec_command"])?;
            let arguments = match name {
                "exec_command" => json!({"cmd": command}),
                _ => json!({"command": command, "description": "As the script says"}),
            };
            (name, arguments)
        }
        Turn::Say(_) | Turn::Refuse { .. } | Turn::Break(_) => return Ok(None),
    };
    Ok(Some(Call { name: name.to_owned(), arguments }))
}

/// How Codex writes a file: by a patch in its own format, which its shell tool understands.
fn patch(path: &Path, content: &str) -> String {
    let added = content.trim_end().replace('\n', "\n+");
    let file = path.display();
    format!("apply_patch <<'END'\n*** Begin Patch\n*** Add File: {file}\n+{added}\n*** End Patch\nEND")
}

/// Values of `key` in the objects of a list.
pub fn each<'a>(list: &'a Value, key: &'a str) -> impl Iterator<Item = String> + 'a {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(move |item| Some(item[key].as_str()?.to_owned()))
}
