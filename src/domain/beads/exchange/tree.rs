//! A checklist in Markdown of issues, each below its parent, that can be imported again.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;

use super::super::graph::Graph;
use super::super::issue::Issue;
use super::super::record::Record;
use super::super::select::nested;
use super::super::table::Table;
use super::item;
use super::markdown::is_marked;
use super::outline::DEEPEST;
use crate::domain::attempt::fence::{Fence, Line};

/// Writes the issues, each below its parent where that is among them.
pub fn markdown(table: &Table, graph: &Graph, records: &[&Record]) -> Result<String> {
    let mut out = String::new();
    for (depth, record) in nested(records, graph) {
        // Deeper would not be read again; whose it is is known by its id.
        let depth = depth.min(DEEPEST - 1);
        let waits = record.edges().iter().filter(|edge| edge.blocks());
        // What is not there cannot be waited for when this is read.
        let waits = waits.filter(|edge| graph.get(&edge.target).is_some());
        let waits: Vec<&str> = waits.map(|edge| &*edge.target).collect();
        write(&mut out, depth, &table.issue(&record.id)?, &waits);
    }
    Ok(out)
}

fn write(out: &mut String, depth: usize, issue: &Issue, waits: &[&str]) {
    let indent = "  ".repeat(depth);
    let tick = if issue.is_closed() { 'x' } else { ' ' };
    let line = words(issue, waits, false);
    // What its words could be taken for is only escaped where it would be.
    let same = |line: &str| {
        let read = item::read(line);
        let meant = crate::domain::attempt::prompt::one_line(&issue.title);
        read.title == meant && read.perhaps.is_none() && read.priority.unwrap_or(2) == issue.priority
    };
    let line = if same(&line) { line } else { words(issue, waits, true) };
    let _ = writeln!(out, "{indent}- [{tick}] {line}");
    let criteria = super::body(&issue.acceptance_criteria);
    below(out, &indent, &super::body(&issue.description));
    if !criteria.is_empty() {
        let gap = if issue.description.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{indent}  **Acceptance criteria**");
        below(out, &indent, &criteria);
    }
}

/// A text below an item.
fn below(out: &mut String, indent: &str, below: &str) {
    let lines: Vec<&str> = below.lines().collect();
    let mut fence = Fence::default();
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_start();
        let kind = fence.line(bare);
        let mut ahead = fence;
        let mut closes = || lines[at + 1..].iter().any(|line| ahead.line(line.trim_start()) == Line::Closes);
        // An open block would swallow what comes after.
        let open = matches!(kind, Line::Opens(_)) && !closes();
        if open {
            fence = Fence::default();
        }
        // A line of text that could be taken for more is so marked that it is read as text again.
        let marked = kind == Line::Outside && (bare.starts_with('\\') || is_marked(bare));
        let escape = if open || marked { "\\" } else { "" };
        let lead = &line[..line.len() - bare.len()];
        let _ = writeln!(out, "{}", format!("{indent}  {lead}{escape}{bare}").trim_end());
    }
}

/// The words of an item after its box.
fn words(issue: &Issue, waits: &[&str], escape: bool) -> String {
    let title = crate::domain::attempt::prompt::one_line(&issue.title);
    let mut line = if escape { item::escaped(&title) } else { title };
    for label in &issue.labels {
        if item::is_word(label) {
            let _ = write!(line, " #{label}");
        } else if item::is_quotable(label) {
            let _ = write!(line, " #\"{label}\"");
        }
    }
    if item::is_word(&issue.assignee) {
        let _ = write!(line, " @{}", issue.assignee);
    }
    let mut facts = Vec::new();
    if issue.priority != 2 && (0..=4).contains(&issue.priority) {
        facts.push(format!("P{}", issue.priority));
    }
    if !waits.is_empty() {
        facts.push(format!("depends on: {}", waits.join(", ")));
    }
    if !facts.is_empty() {
        let _ = write!(line, " ({})", facts.join(", "));
    }
    let kind = if issue.kind == "task" || !item::is_word(&issue.kind) {
        String::new()
    } else {
        format!(" {}", issue.kind)
    };
    let _ = write!(line, " <!-- {}{kind} -->", issue.id);
    line
}

/// What the list cannot hold of these issues, if anything.
pub fn left_out(table: &Table, records: &[&Record]) -> Result<Option<String>> {
    let (mut what, mut count) = (BTreeSet::new(), 0);
    for record in records {
        let issue = table.issue(&record.id)?;
        let labels = issue.labels.iter().all(|label| item::is_word(label) || item::is_quotable(label));
        let lost = [
            ("notes", !issue.notes.is_empty()),
            ("design", !issue.design.is_empty()),
            ("comments", !issue.comments.is_empty()),
            ("some labels", !labels),
        ];
        let lost: Vec<&str> = lost.iter().filter(|(_, lost)| *lost).map(|(name, _)| *name).collect();
        count += usize::from(!lost.is_empty());
        what.extend(lost);
    }
    let what = what.into_iter().collect::<Vec<_>>().join(", ");
    Ok((count > 0).then(|| {
        format!("Markdown does not hold all of {count} of these tasks ({what}); `--format jsonl` does")
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::apply::{Target, apply};
    use super::super::import::Action;
    use super::super::markdown::{self, Checklist};
    use super::*;
    use crate::domain::beads::quote;

    /// What importing the export of `text` does to it.
    fn again(text: &str) -> (String, Vec<Action>, bool) {
        let mut table = Table::parse(text, "f").unwrap();
        let graph = table.graph();
        let out = markdown(&table, &graph, &graph.records().collect::<Vec<_>>()).unwrap();
        drop(graph);
        let file = Checklist { text: &out, name: "f.md", key: "f.md" };
        let exact = |id: &str| table.get(id).is_some();
        let any = |id: &str| table.resolve(id).ok();
        let sheet = markdown::read(file, markdown::Known { exact: &exact, any: &any })
            .unwrap_or_else(|error| panic!("{error}: {out}"));
        let target = Target { parent: None, author: "me", dry_run: false, prefix: None };
        let steps = apply(&mut table, sheet, &target).unwrap().0;
        (out, steps.iter().map(|step| step.action).collect(), table.is_changed())
    }

    #[test]
    fn a_tree_is_written_and_read_back() {
        let text = concat!(
            r#"{"id":"bd-1","title":"Ship","issue_type":"epic","priority":1,"labels":["core","two words"]}"#, "\n",
            r#"{"id":"bd-1.1","title":"Build","description":"How:\n- [ ] not an item","status":"closed","assignee":"ann"}"#, "\n",
            r#"{"id":"bd-1.2","title":"Test (P1) #x","acceptance_criteria":"green","priority":2,"issue_type":"bug",
               "dependencies":[{"depends_on_id":"bd-1.1","type":"blocks"},{"depends_on_id":"bd-1","type":"parent-child"}]}"#,
        )
        .replace(",\n               ", ",");
        let (out, steps, changed) = again(&text);
        assert_eq!(
            out,
            "- [ ] Ship #core #\"two words\" (P1) <!-- bd-1 epic -->\n  - [x] Build @ann (P0) <!-- bd-1.1 -->\n    How:\n    \\- [ ] not an item\n  \
             - [ ] Test \\(P1\\) \\#x (depends on: bd-1.1) <!-- bd-1.2 bug -->\n    **Acceptance criteria**\n    green\n"
        );
        assert!(!changed && steps == [Action::Unchanged; 3], "{steps:?}");
    }

    #[test]
    fn what_is_nested_deep_is_read_again() {
        let line = |at: usize| {
            format!(
                "{{\"id\":\"d-{at}\",\"title\":\"t\",\"priority\":2,\"dependencies\":[{{\"depends_on_id\":\"d-{}\",\"type\":\"parent-child\"}}]}}\n",
                at + 1
            )
        };
        let text: String = (0..50).map(line).collect();
        let (_, steps, changed) = again(&text);
        assert!(!changed && steps == [Action::Unchanged; 50], "{steps:?}");
    }

    proptest! {
        #[test]
        fn any_text_reads_back(
            title in "[a-zA-Z0-9 ()#@.,\\\\*\\[\\]<>!-]{1,30}",
            words in prop::collection::vec(prop::sample::select(vec![
                "- [ ] x", "# h", "```", "~~~sh", "\\", " ", "\t", "a", "Depends on: bd-2", "**Acceptance criteria**", "\n", "\n\n", "- b",
                "  ", "<!-- bd-9 -->", "1. [x] y", ">", "\u{b}", "depends on bd-2",
                "**Depends on:** bd-3", "- requires: bd-3", "### Acceptance criteria", "Acceptance criteria: x", "=====", "----", "T",
            ]), 0..14),
            priority in 0..5,
        ) {
            prop_assume!(!title.trim().is_empty());
            let words = words.concat();
            let text = format!(
                "{{\"id\":\"bd-2\",\"title\":{},\"description\":{},\"priority\":{priority}}}\n{{\"id\":\"bd-3\",\"title\":\"last\",\"priority\":2}}",
                quote(&title), quote(&words)
            );
            let (out, steps, changed) = again(&text);
            prop_assert!(!changed && steps == [Action::Unchanged; 2], "{steps:?}\n{out}");
        }
    }
}
