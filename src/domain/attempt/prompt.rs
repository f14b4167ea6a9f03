//! The prompt of an attempt: a template, the facts of the task, and no promise that could be
//! taken for the agent's own.

use anyhow::Result;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use super::checklist::checklist;
use super::fence::Fence;
use crate::domain::agents::printable;
use crate::fault::Fault;

/// The template in force unless the user has one; people may start from it.
pub const TEMPLATE: &str = include_str!("prompt.md");

/// Bytes of a gate's output that are shown.
const OUTPUT: usize = 8 * 1024;

/// What a template can name. Empty text is no text.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Facts {
    /// The task to be done.
    pub task: Task,
    /// The epic it belongs to.
    pub epic: Option<Epic>,
    /// Which attempt this is, from 1.
    pub attempt: u64,
    /// How many there may be.
    pub max_attempts: u64,
    /// How the attempt before this one ended.
    pub previous: Option<Previous>,
    /// The commands that will be run after it.
    pub gates: Vec<String>,
    /// Further paragraphs (from skills, sites).
    pub extra: Vec<String>,
    /// The directory the agent works in.
    pub dir: String,
    /// What a skill says, with which the built-in template then begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide: Option<Guide>,
}

/// A skill's prompts, filled in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Guide {
    /// How to work.
    pub system: String,
    /// What is to be done.
    pub task: String,
    /// How to say that it is done.
    pub done: String,
    /// Which facts they tell already: `description`, `epic`, …
    pub tells: Vec<String>,
}

/// A task as the prompt shows it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its title; shown on one line.
    pub title: String,
    /// `type` in templates: `task`, `bug`, `feature`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// 0 is the most urgent.
    pub priority: i64,
    /// Markdown, any length.
    pub description: String,
    /// Markdown, any length.
    pub design: String,
    /// Markdown, any length; shown as a checklist.
    pub acceptance_criteria: String,
    /// Markdown, any length.
    pub notes: String,
    /// Its labels.
    pub labels: Vec<String>,
}

/// An epic as the prompt shows it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Epic {
    /// Its id.
    pub id: String,
    /// Its title; shown on one line.
    pub title: String,
    /// Markdown, any length.
    pub description: String,
}

/// How an earlier attempt ended.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Previous {
    /// In a few words: `gate failed`, `incomplete`, …
    pub outcome: String,
    /// Why.
    pub reason: String,
    /// The gate that failed.
    pub gate: Option<Gate>,
}

/// A gate that failed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Gate {
    /// As it is configured.
    pub command: String,
    /// None if it was ended by a signal or for its time.
    pub exit: Option<i32>,
    /// Its output; the end of it is shown, without colours and control characters.
    pub output: String,
    /// Set by [`compose`]: a code fence longer than any in `output`.
    pub fence: String,
}

/// A template of the user's.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// Its file, for errors.
    pub name: &'a str,
    /// Its text: Jinja, as the `minijinja` crate reads it.
    pub source: &'a str,
}

/// Renders the prompt. A mistake in the user's template is a [`Fault::Invalid`] naming file and
/// line. Whatever the facts hold, no line of the result is a promise tag and nothing more.
pub fn compose(facts: &Facts, user: Option<Template<'_>>) -> Result<String> {
    let template = user.unwrap_or(Template { name: "the built-in prompt template", source: TEMPLATE });
    render(&template, prepared(facts)).map_err(|mistake| mistake.invalid(template.name))
}

/// Whether a template can be read at all; what it names is only known once there is a task.
pub fn check(template: &Template<'_>) -> Result<()> {
    environment(template).map(|_| ()).map_err(|mistake| mistake.invalid(template.name))
}

/// A template with these `facts` in it: undefined names are mistakes, and no line of the result is a promise tag
/// and nothing more.
pub(crate) fn render(template: &Template<'_>, facts: impl Serialize) -> Result<String, Mistake> {
    let environment = environment(template)?;
    let rendered = environment
        .get_template(template.name)
        .and_then(|parsed| parsed.render(facts))
        .map_err(|error| Mistake::of(&error, template.source))?;
    Ok(defuse(&rendered))
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Its line in the template, from 1, where that is known.
    pub(crate) line: Option<usize>,
    /// What it is.
    pub(crate) said: String,
}

impl Mistake {
    pub(crate) fn of(error: &minijinja::Error, source: &str) -> Self {
        let said = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
        let at = error.range().and_then(|range| source.get(range)).map(one_line);
        let named = at.filter(|_| error.kind() == ErrorKind::UndefinedError && error.detail().is_none());
        let said = named.map_or(said.clone(), |name| format!("{said} `{name}`"));
        Self { line: error.line(), said }
    }

    /// The error for a template of the user's.
    fn invalid(&self, name: &str) -> anyhow::Error {
        let line = self.line.map(|line| format!(" line {line}")).unwrap_or_default();
        let names = "task, epic, attempt, max_attempts, previous, gates, extra, dir";
        Fault::invalid(
            format!("failed to render `{name}`{line}: {}", self.said),
            format!("a template can name: {names}; without the file the built-in one is used"),
        )
    }
}

pub(crate) fn environment<'t>(template: &Template<'t>) -> Result<Environment<'t>, Mistake> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    environment.set_debug(true);
    environment
        .add_template(template.name, template.source)
        .map_err(|error| Mistake::of(&error, template.source))?;
    Ok(environment)
}

/// The facts made safe for any template: open code blocks closed, titles on one line, the gate's
/// output cut and plain.
pub(crate) fn prepared(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    safe(&mut facts.task);
    if let Some(epic) = &mut facts.epic {
        epic.title = one_line(&epic.title);
        close(&mut epic.description);
    }
    facts.extra.iter_mut().for_each(close);
    if let Some(Guide { system, task, done, .. }) = &mut facts.guide {
        [system, task, done].into_iter().for_each(close);
    }
    facts.gates.iter_mut().for_each(|gate| *gate = one_line(gate));
    if let Some(previous) = &mut facts.previous {
        close(&mut previous.reason);
        if let Some(gate) = &mut previous.gate {
            gate.command = one_line(&gate.command);
            gate.output = excerpt(&gate.output);
            gate.fence = around(&gate.output);
        }
    }
    facts
}

/// A task made safe for any template, its criteria as a checklist.
pub(crate) fn safe(task: &mut Task) {
    let Task { title, description, design, acceptance_criteria, notes, .. } = task;
    *title = one_line(title);
    *acceptance_criteria = checklist(acceptance_criteria);
    [description, design, acceptance_criteria, notes].into_iter().for_each(close);
}

pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Closes a code block that would swallow what comes after.
fn close(text: &mut String) {
    text.truncate(text.trim_end().len());
    let mut fence = Fence::default();
    for line in text.lines() {
        fence.line(line);
    }
    if let Some(closing) = fence.closing() {
        text.push('\n');
        text.push_str(&closing);
    }
}

/// The last 8 KiB of a gate's output, from the start of a line, without colours and controls.
fn excerpt(output: &str) -> String {
    // Only so much is looked at: colours may make up most of it, but hardly more.
    let near = after(output, 8 * OUTPUT);
    let plain = printable(near);
    let text = plain.trim_end();
    let mut end = after(text, OUTPUT);
    if end.len() == text.len() && near.len() == output.len() {
        return text.to_owned();
    }
    if let Some((_, whole)) = end.split_once('\n').filter(|(_, whole)| !whole.is_empty()) {
        end = whole;
    }
    format!("[… only the end is shown …]\n{end}")
}

/// The last `limit` bytes of `text`, cut between characters.
fn after(text: &str, limit: usize) -> &str {
    let at = text.len().saturating_sub(limit);
    let at = (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[at..]
}

/// A fence that nothing in `text` closes.
pub(crate) fn around(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Where a reader may see a new line start.
const BREAKS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Puts a word before every promise tag that stands alone on its line, so that an agent which
/// repeats its prompt promises nothing. Alone means: no letter or digit beside it.
pub(crate) fn defuse(prompt: &str) -> String {
    if !prompt.contains("<promise>") {
        return prompt.to_owned();
    }
    let defused = prompt.split_inclusive(BREAKS).flat_map(|line| {
        let word = if is_bare_tag(line) { "(quoted:) " } else { "" };
        [word, line]
    });
    defused.collect()
}

fn is_bare_tag(line: &str) -> bool {
    let mut rest = line;
    let mut tags = 0;
    while let Some((before, (_, after))) =
        rest.split_once("<promise>").and_then(|(before, from)| Some((before, from.split_once("</promise>")?)))
    {
        if before.chars().any(char::is_alphanumeric) {
            return false;
        }
        rest = after;
        tags += 1;
    }
    tags > 0 && !rest.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
