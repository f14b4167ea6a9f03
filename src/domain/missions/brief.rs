//! What the agent of a step is told: its own instructions, then where the mission is and what has to be written.

use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::artifact::Artifact;
use super::mission::Mission;
use super::said::{Said, Words};
use super::workflow::Step;
use crate::domain::attempt::prompt::{around, defuse, one_line};
use crate::system::document::shown;
use crate::system::front_matter;
use crate::system::store;

/// An artifact longer than this (bytes) is named, and not shown.
const SHOWN: u64 = 64 << 10;
/// So many other artifacts are named.
const NAMED: usize = 50;

/// All there is to tell.
#[derive(Debug)]
pub struct Brief<'a> {
    /// What the agent is, from its prompt file.
    pub instructions: &'a str,
    /// The mission.
    pub mission: &'a Mission,
    /// How many steps it has.
    pub steps: usize,
    /// The step.
    pub step: &'a Step,
    /// What it begins with.
    pub input: Option<Input>,
    /// What it has to write, and whether that is there from an earlier run.
    pub output: Option<(PathBuf, bool)>,
    /// What people said.
    pub words: Words,
    /// Where artifacts lie.
    pub artifacts: PathBuf,
    /// The others.
    pub others: Vec<Artifact>,
}

/// What a step begins with.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// How long it is (bytes).
    pub size: u64,
    /// Its text, where that is text and short enough.
    pub text: Option<String>,
}

impl Input {
    /// The file at `path`.
    pub fn read(path: PathBuf) -> Result<Self> {
        let failed = || format!("failed to read `{}`", shown(&path));
        let file = store::open_plain(&path).with_context(failed)?;
        let size = file.metadata().with_context(failed)?.len();
        let mut bytes = Vec::new();
        if size <= SHOWN {
            file.take(SHOWN + 1).read_to_end(&mut bytes).with_context(failed)?;
        }
        // It may have grown meanwhile.
        let whole = size <= SHOWN && bytes.len() as u64 <= SHOWN;
        let text = String::from_utf8(bytes).ok().filter(|_| whole);
        Ok(Self { path, size, text })
    }
}

/// Composes the prompt. Whatever artifacts and notes hold, no line of it is a promise and nothing more.
pub fn compose(brief: &Brief<'_>) -> String {
    let mut out = brief.instructions.trim().to_owned();
    if !out.is_empty() {
        out.push_str("\n\n---\n\n");
    }
    let Mission { title, kind, mission_id, current_step, .. } = brief.mission;
    let kind = kind.word();
    let (number, step) = (current_step + 1, brief.step);
    let _ = writeln!(out, "# Mission: {}\n", one_line(title));
    let _ = writeln!(
        out,
        "This is step {number} of {} of the mission `{mission_id}` (type {kind}): {} (`{}`).",
        brief.steps,
        one_line(&step.name),
        one_line(&step.step_id)
    );
    out.push_str("You work alone: nobody answers questions. Do this step and nothing else; other steps have their own turn.\n");
    if let Some(input) = &brief.input {
        show(&mut out, input);
    }
    if let Some((path, there)) = &brief.output {
        write_there(&mut out, path, *there);
    }
    sent_back(&mut out, brief);
    answers(&mut out, &brief.words);
    notes(&mut out, &brief.words.notes);
    others(&mut out, &brief.artifacts, &brief.others);
    out.push_str(
        "\n## How to end\n\nWhen the step is done, say in a few words what you did. If you need a person (a decision, access, a \
         missing secret), output <promise>BLOCKED: why</promise> alone on the last line of your final message instead, with the \
         reason in place of \"why\".\n",
    );
    defuse(&out)
}

fn show(out: &mut String, input: &Input) {
    let name = one_line(&input.path.file_name().unwrap_or_default().to_string_lossy());
    let path = input.path.display();
    let _ = writeln!(out, "\n## Input: `{name}`\n\nIt is the file `{path}`.");
    match &input.text {
        Some(text) => {
            let (fence, end) = (around(text), if text.ends_with('\n') { "" } else { "\n" });
            let _ = writeln!(out, "\n{fence}\n{text}{end}{fence}");
        }
        None => {
            let _ = writeln!(
                out,
                "It has {} bytes and is not shown here: read what you need of it there.",
                input.size
            );
        }
    }
}

fn write_there(out: &mut String, path: &Path, there: bool) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let _ = writeln!(
        out,
        "\n## Output: `{}`\n\nWrite what this step comes to into the file `{}`. The file is required: without it the step has \
         failed, whatever your final message says.",
        one_line(&name),
        path.display()
    );
    if there {
        out.push_str("One of an earlier run is there; write it anew.\n");
    }
}

fn sent_back(out: &mut String, brief: &Brief<'_>) {
    let Some(said) = &brief.words.sent_back else { return };
    let _ = writeln!(
        out,
        "\n## It was sent back\n\n{} has looked at your earlier output at `{}`, and sent it back with this note:\n\n{}",
        one_line(&said.by),
        one_line(&said.step),
        quoted(&said.note)
    );
    if let Some((path, true)) = &brief.output {
        let _ = writeln!(out, "\nThat output is still at `{}`: read it, and do it better.", path.display());
    }
}

fn answers(out: &mut String, words: &Words) {
    if words.answers.is_empty() {
        return;
    }
    out.push_str("\n## What people say to this step\n");
    if let Some(asked) = &words.asked {
        let _ = writeln!(out, "\nIts last run ended with:\n\n{}", quoted(asked));
    }
    for said in &words.answers {
        let _ = writeln!(out, "\n{}:\n\n{}", one_line(&said.by), quoted(&said.note));
    }
}

fn notes(out: &mut String, notes: &[Said]) {
    if notes.is_empty() {
        return;
    }
    out.push_str("\n## What people said at earlier steps\n");
    for said in notes {
        let (step, by) = (one_line(&said.step), one_line(&said.by));
        let _ = writeln!(out, "\n{by} at `{step}`:\n\n{}", quoted(&said.note));
    }
}

fn others(out: &mut String, dir: &Path, others: &[Artifact]) {
    if others.is_empty() {
        return;
    }
    out.push_str("\n## Other artifacts of the mission\n\n");
    for other in others.iter().take(NAMED) {
        let path = dir.join(&other.name).display().to_string();
        let _ = writeln!(out, "- `{}` ({} bytes)", one_line(&path), other.bytes);
    }
    if let Some(more) = others.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "- and {more} more beside them");
    }
}

fn quoted(text: &str) -> String {
    text.trim().lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

/// What follows the YAML front matter of a prompt file (as agents of `.claude/agents` have it).
pub fn without_front_matter(text: &str) -> &str {
    front_matter::split(text).map_or(text.strip_prefix('\u{feff}').unwrap_or(text), |(_, body)| body)
}

#[cfg(test)]
#[path = "brief_tests.rs"]
mod tests;
