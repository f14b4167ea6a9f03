//! `beads show`

use std::collections::HashSet;
use std::fmt::Write;

use anyhow::Result;
use console::style;
use jiff::Timestamp;

use super::rows::{ending, glyph};
use super::{ask, open, print};
use crate::commands::Context;
use crate::domain::beads::{Dependents, Graph, Hold, Issue, Question, Record, State};
use crate::exit::Exit;
use crate::system::clock::ago;
use crate::ui::fit::{prose, wide, wrap};
use crate::ui::{many_lines, one_line};

/// Columns of the names that facts have.
const NAMES: usize = 12;

/// Shows whole tasks.
pub fn run(ids: &[String], context: &Context) -> Result<Exit> {
    let (json, columns) = (context.ui.json(), context.ui.fit());
    let mut holds = open(context)?.1.holds()?;
    // What is over is told, and the issue shown as open.
    holds.retain(|hold| !hold.is_over());
    let holds = &holds;
    let shown = ask(Question::Show(ids), context, |table| {
        let ids = table.resolve_all(ids)?;
        if json {
            let issue = |id: &String| Ok((table.issue(id)?, String::new()));
            return ids.iter().map(issue).collect::<Result<Vec<_>>>();
        }
        let graph = table.graph();
        let page =
            Page { graph: &graph, dependents: &Dependents::new(&graph), holds, now: table.now(), columns };
        let issue = |id: &String| {
            let issue = table.issue(id)?;
            let text = page.describe(&issue);
            Ok((issue, text))
        };
        ids.iter().map(issue).collect()
    })?;
    let (issues, texts): (Vec<Issue>, Vec<String>) = shown.into_iter().unzip();
    if json {
        print(&issues, context, |_| String::new())?;
    } else {
        context.ui.text(&texts.join("\n"));
    }
    Ok(Exit::Done)
}

/// What a description of an issue is made with.
struct Page<'p, 't> {
    graph: &'p Graph<'t>,
    dependents: &'p Dependents<'t>,
    holds: &'p [Hold],
    now: Timestamp,
    columns: Option<usize>,
}

impl Page<'_, '_> {
    fn describe(&self, issue: &Issue) -> String {
        let mut out = String::new();
        self.head(&mut out, issue);
        self.facts(&mut out, issue);
        self.kin(&mut out, issue);
        let texts = [
            ("Description", &issue.description),
            ("Design", &issue.design),
            ("Acceptance criteria", &issue.acceptance_criteria),
            ("Notes", &issue.notes),
        ];
        for (name, text) in texts.iter().filter(|(_, text)| !text.is_empty()) {
            let _ = writeln!(out, "\n{}\n{}", style(name).bold(), self.text(text));
        }
        for comment in &issue.comments {
            let (author, at) = (one_line(&comment.author), self.time(&comment.created_at));
            let _ = writeln!(out, "\n{}, {at}:\n{}", style(author).bold(), self.text(&comment.text));
        }
        out
    }

    fn head(&self, out: &mut String, issue: &Issue) {
        let (id, title) = (one_line(&issue.id), one_line(&issue.title));
        let lines = match self.columns {
            Some(columns) => wrap(&title, columns.saturating_sub(wide(&id) + 2).max(12), "", ""),
            None => vec![title],
        };
        for (at, line) in lines.into_iter().enumerate() {
            let lead = if at == 0 { format!("{id}  ") } else { " ".repeat(wide(&id) + 2) };
            let _ = writeln!(out, "{lead}{}", style(line).bold());
        }
        let ready = if self.graph.is_ready(&issue.id) { " (ready)" } else { "" };
        let _ = writeln!(
            out,
            "P{}  {}  {}{ready}",
            issue.priority,
            one_line(&issue.kind),
            one_line(&issue.status)
        );
    }

    fn facts(&self, out: &mut String, issue: &Issue) {
        let by = |at: &str, who: &str| one_line(&format!("{} {who}", self.time(at)));
        let held = self.holds.iter().find(|hold| hold.task == issue.id);
        let held = held.map(|hold| format!("{} {}", hold.who, hold.describe()));
        let facts = [
            ("assignee", one_line(&issue.assignee)),
            ("held by", one_line(&held.unwrap_or_default())),
            ("labels", one_line(&issue.labels.join(", "))),
            ("created", by(&issue.created_at, &issue.created_by)),
            ("started", self.time(&issue.started_at)),
            ("updated", self.time(&issue.updated_at)),
            ("not before", self.time(&issue.defer_until)),
            ("closed", by(&issue.closed_at, &issue.close_reason)),
        ];
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            let lead = format!("{name:<NAMES$}");
            let lines = match self.columns {
                Some(columns) => wrap(value, columns, &lead, &" ".repeat(NAMES)),
                None => vec![lead + value],
            };
            let _ = writeln!(out, "{}", lines.join("\n"));
        }
    }

    /// What it belongs to, what belongs to it, and what waits for what.
    fn kin(&self, out: &mut String, issue: &Issue) {
        let parent = self.graph.parent(&issue.id);
        let parent_id = parent.map_or("", |parent| &*parent.id);
        if let Some(parent) = parent {
            self.group(out, "parent", [(&*parent.id, "")]);
        }
        let children = self.graph.children(&issue.id);
        let done = children.iter().filter(|child| child.status() == "closed").count();
        if !children.is_empty() {
            let name = format!("children ({done} of {} closed)", children.len());
            self.group(out, &name, children.iter().map(|child| (&*child.id, "")));
        }
        let blockers = self.graph.blockers(&issue.id);
        self.group(out, "waits for", blockers.iter().map(|by| (by.id, by.kind)));
        // What was not said yet: settled, merely related, or not in this store.
        let others = issue.dependencies.iter().map(|dependency| (&*dependency.target, &*dependency.kind));
        let told: HashSet<&str> = blockers.iter().map(|by| by.id).collect();
        let others =
            others.filter(|(id, kind)| !told.contains(id) && (*kind != "parent-child" || *id != parent_id));
        self.group(out, "depends on", others);
        let after = self.dependents.of(&issue.id).iter().copied();
        let child = |(id, kind): &(&str, &str)| {
            *kind == "parent-child" && self.graph.parent(id).is_some_and(|parent| *parent.id == *issue.id)
        };
        self.group(out, "needed by", after.filter(|edge| !child(edge)));
    }

    /// A name with issues below it, each with where it stands and its title.
    fn group<'i>(&self, out: &mut String, name: &str, of: impl IntoIterator<Item = (&'i str, &'i str)>) {
        let mut of = of.into_iter().peekable();
        if of.peek().is_some() {
            let _ = writeln!(out, "{name}");
        }
        for (id, kind) in of {
            let note = (!matches!(kind, "" | "blocks")).then(|| format!("({})", one_line(kind)));
            self.relative(out, id, self.graph.get(id), note);
        }
    }

    fn relative(&self, out: &mut String, id: &str, record: Option<&Record>, note: Option<String>) {
        let id = one_line(id);
        let room = self.columns.map(|columns| columns.saturating_sub(wide(&id) + 6));
        if let Some(record) = record {
            let _ = write!(out, "  {} {id}  ", glyph(State::of(self.graph, record)));
            ending(out, &one_line(&record.title), note.as_deref(), room);
        } else {
            let line = format!("  ? {id}  {}", note.unwrap_or_default());
            out.push_str(line.trim_end());
        }
        out.push('\n');
    }

    fn text(&self, text: &str) -> String {
        let text = many_lines(text);
        self.columns.map_or_else(|| text.clone(), |columns| prose(&text, columns))
    }

    /// A time as written, and how long ago that is.
    fn time(&self, written: &str) -> String {
        match written.parse::<Timestamp>() {
            Ok(at) => format!("{} ({})", one_line(written), ago(self.now, at)),
            Err(_) => one_line(written),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPIC: &str = r#"{"id":"bd-e","title":"An epic with a long title","issue_type":"epic","priority":1,
        "created_at":"2026-01-01T00:00:00Z","created_by":"ann","labels":["x","y"],
        "description":"- one two three four five six seven\n\n```\nlong code is not wrapped at all, never\n```",
        "dependencies":[{"depends_on_id":"bd-o","type":"blocks"},{"depends_on_id":"gone","type":"related"}],
        "comments":[{"author":"bob","text":"hello","created_at":"2026-01-02T23:00:00Z"}]}"#;
    const OTHERS: [&str; 4] = [
        r#"{"id":"bd-e.1","title":"Child","status":"closed"}"#,
        r#"{"id":"bd-e.2","title":"Second child"}"#,
        r#"{"id":"bd-o","title":"Other","status":"in_progress"}"#,
        r#"{"id":"bd-w","title":"Waits","dependencies":[{"depends_on_id":"bd-e","type":"blocks"},
            {"depends_on_id":"bd-e","type":"related"}]}"#,
    ];

    fn shown(columns: Option<usize>) -> String {
        let records: Vec<Record> =
            [EPIC].iter().chain(&OTHERS).map(|line| Record::parse(line).unwrap()).collect();
        let now: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
        let graph = Graph::new(&records, now);
        let page = Page { graph: &graph, dependents: &Dependents::new(&graph), holds: &[], now, columns };
        page.describe(&Issue::parse(EPIC).unwrap())
    }

    #[test]
    fn an_issue_is_shown_with_all_around_it() {
        let expected = "\
bd-e  An epic with a long title
P1  epic  open
labels      x, y
created     2026-01-01T00:00:00Z (2 days ago) ann
children (1 of 2 closed)
  ✓ bd-e.1  Child
  ○ bd-e.2  Second child
waits for
  ◐ bd-o  Other
depends on
  ? gone  (related)
needed by
  ● bd-w  Waits
  ● bd-w  Waits  (related)

Description
- one two three four five six seven

```
long code is not wrapped at all, never
```

bob, 2026-01-02T23:00:00Z (1 hour ago):
hello
";
        assert_eq!(shown(None), expected);
        let narrow = shown(Some(24));
        for line in ["      long title", "- one two three four\n  five six seven\n", "never\n```"] {
            assert!(narrow.contains(line), "{narrow}");
        }
        assert!(narrow.contains("created     2026-01-01T00:00:00Z\n            (2 days ago)\n"), "{narrow}");
    }
}
