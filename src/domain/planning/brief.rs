//! What an agent that plans is told.

use std::fmt::Write;

use super::answer::MOST;
use crate::domain::attempt::prompt::{around, one_line};

/// Most of a bad answer that is shown again (bytes).
const SHOWN: usize = 16 << 10;

/// What is there already.
#[derive(Debug, Default)]
pub struct There {
    /// The epic that the tasks are to go below.
    pub epic: Option<Above>,
    /// Titles of its tasks.
    pub taken: Vec<String>,
}

/// An epic that is there.
#[derive(Debug)]
pub struct Above {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
}

/// The prompt.
pub fn brief(goal: &str, there: &There) -> String {
    let mut out = format!("Plan: {}\n\n", head(goal));
    out.push_str(
        "Break the goal below into an epic with tasks for coding agents. Look at the project in the current directory \
         first, as far as that helps; change nothing in it.\n\n\
         Each task must be small enough for one session, say what is to be done and why, and carry acceptance criteria \
         that can be checked. A task depends on another one only where it cannot start before that is done. \
         The more urgent, the smaller the priority.\n\n\
         Your final message must hold exactly one JSON object and nothing else, of this form:\n\n",
    );
    let epic = if there.epic.is_some() {
        ""
    } else {
        "  \"epic\": {\"title\": \"…\", \"description\": \"…\", \"acceptance\": [\"…\"]},\n"
    };
    let _ = write!(
        out,
        "{{\n{epic}  \"tasks\": [\n    {{\"key\": \"short-word\", \"title\": \"…\", \"type\": \"task | bug | feature | chore\", \
         \"description\": \"…\", \"acceptance\": [\"…\"], \"priority\": 0 to 4, \"depends_on\": [\"key of another task\"], \
         \"labels\": []}}\n  ]\n}}\n\n\
         At most {MOST} tasks; keys and titles are unique, titles are short; `acceptance` is never empty; no other keys; no \
         task may wait for itself, neither directly nor around a corner.\n"
    );
    if let Some(epic) = &there.epic {
        let _ = write!(out, "\nThe tasks go below the epic `{}`: {}\n", epic.id, one_line(&epic.title));
        quote(&mut out, &epic.description);
        if !there.taken.is_empty() {
            out.push_str("\nIt has these tasks already, which must not be planned again:\n");
            for title in there.taken.iter().take(MOST) {
                let _ = writeln!(out, "- {}", one_line(title));
            }
        }
    }
    out.push_str("\nThe goal:\n");
    quote(&mut out, goal);
    out
}

/// The prompt once more, with what was wrong with the answer to it.
pub fn again(brief: &str, answer: &str, wrong: &[String]) -> String {
    let mut out = brief.to_owned();
    out.push_str("\nYou have answered this before, and the answer cannot be used:\n");
    for why in wrong {
        let _ = writeln!(out, "- {}", one_line(why));
    }
    let end = (0..=SHOWN.min(answer.len())).rev().find(|at| answer.is_char_boundary(*at)).unwrap_or(0);
    out.push_str("\nThe answer was:\n");
    quote(&mut out, &answer[..end]);
    out.push_str("\nGive the whole plan again, as it must be.\n");
    out
}

/// A text in a code block that nothing in it closes.
fn quote(out: &mut String, text: &str) {
    if !text.trim().is_empty() {
        let fence = around(text);
        let _ = write!(out, "\n{fence}\n{}\n{fence}\n", text.trim_end());
    }
}

fn head(goal: &str) -> String {
    let line = goal.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    one_line(line).chars().take(70).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goal_cannot_break_out_of_its_block() {
        let out = brief("# Ship\n```\nx\n```", &There::default());
        assert!(
            out.starts_with("Plan: # Ship\n") && out.ends_with("\n````\n# Ship\n```\nx\n```\n````\n"),
            "{out}"
        );
        assert!(out.contains("\"epic\": {"));
        let above = Above { id: "bd-1".into(), title: "E\nx".into(), description: String::new() };
        let out = brief("Go", &There { epic: Some(above), taken: vec!["Old".into()] });
        assert!(
            !out.contains("\"epic\": {")
                && out.contains("below the epic `bd-1`: E x\n")
                && out.contains("- Old\n")
        );
        let out = again("B", "ä".repeat(SHOWN).as_str(), &["bad".into()]);
        assert!(
            out.starts_with("B\nYou have answered") && out.contains("- bad\n") && out.len() < SHOWN + 400
        );
    }
}
