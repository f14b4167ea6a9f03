//! Issues one to a line, for people: columns aligned, titles cut where there is a width to fit.

use std::borrow::Cow;
use std::fmt::Write;

use console::style;

use crate::domain::beads::{Graph, Record, State};
use crate::ui::fit::{cut, pad, wide};
use crate::ui::one_line;

/// The narrowest column for titles; others are left out before it gets smaller.
const LEAST: usize = 16;
/// Levels of a tree that are drawn at most; what lies deeper says how deep.
const LEVELS: usize = 24;
/// A level more is drawn for so many columns of a terminal.
const PER_LEVEL: usize = 8;

/// What a line of [`tree`] says of what its issue waits for: so many ids.
const NAMED: usize = 2;

/// `id  P1  task  open  Title` for each.
pub fn flat<'t>(records: impl IntoIterator<Item = &'t Record<'t>>, columns: Option<usize>) -> String {
    let rows =
        records.into_iter().map(|record| Row { guide: String::new(), state: None, record, after: None });
    table(&rows.collect::<Vec<_>>(), columns)
}

/// The same with each below what it belongs to, a mark for where it stands, and what it waits for.
pub fn tree(records: &[(usize, &Record)], graph: &Graph, columns: Option<usize>) -> String {
    let depths: Vec<usize> = records.iter().map(|(depth, _)| *depth).collect();
    let rows = guides(&depths, columns).into_iter().zip(records).map(|(guide, (_, record))| Row {
        guide,
        state: Some(State::of(graph, record)),
        record,
        after: waits(graph, record),
    });
    table(&rows.collect::<Vec<_>>(), columns)
}

struct Row<'r, 't> {
    guide: String,
    state: Option<State>,
    record: &'r Record<'t>,
    after: Option<String>,
}

impl Row<'_, '_> {
    /// Columns of the guide, the mark and the id.
    fn lead(&self) -> usize {
        wide(&self.guide) + if self.state.is_some() { 2 } else { 0 } + wide(&one_line(&self.record.id))
    }
}

/// `← bd-x, bd-y, +3`
fn waits(graph: &Graph, record: &Record) -> Option<String> {
    let blockers = graph.blockers(&record.id);
    let named = blockers.iter().take(NAMED).map(|by| one_line(by.id)).collect::<Vec<_>>().join(", ");
    let more = match blockers.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", +{more}"),
    };
    (!blockers.is_empty()).then(|| format!("← {named}{more}"))
}

fn table(rows: &[Row], columns: Option<usize>) -> String {
    let widest = |cell: &dyn Fn(&Row) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let leads = widest(&|row| row.lead());
    let urgency = widest(&|row| wide(&urgency(row.record)));
    let mut kinds = widest(&|row| wide(&one_line(row.record.kind())));
    let mut states = widest(&|row| wide(&one_line(row.record.status())));
    let room = |kinds: usize, states: usize| {
        let gap = |column: usize| if column == 0 { 0 } else { column + 2 };
        columns.map(|columns| columns.saturating_sub(leads + 2 + urgency + 2 + gap(kinds) + gap(states)))
    };
    if room(kinds, states).is_some_and(|room| room < LEAST) {
        kinds = 0;
    }
    if room(kinds, states).is_some_and(|room| room < LEAST) {
        states = 0;
    }
    let room = room(kinds, states);
    let mut out = String::new();
    for row in rows {
        let state = row.state.map_or(String::new(), |state| format!("{} ", glyph(state)));
        let fill = " ".repeat(leads - row.lead());
        let id = one_line(&row.record.id);
        let _ = write!(out, "{}{state}{id}{fill}  ", faint(&row.guide));
        let _ = write!(out, "{}", colored_urgency(row.record, urgency));
        if kinds > 0 {
            let _ = write!(out, "  {}", pad(&one_line(row.record.kind()), kinds));
        }
        if states > 0 {
            let _ = write!(out, "  {}", colored_status(row.record.status(), states));
        }
        out.push_str("  ");
        ending(&mut out, &one_line(&row.record.title), row.after.as_deref(), room);
        out.push('\n');
    }
    out
}

/// The title, and what comes after it where there is room for both.
pub fn ending(out: &mut String, title: &str, after: Option<&str>, room: Option<usize>) {
    let least = |after: &str| LEAST + 2 + wide(after);
    let after = after.filter(|after| room.is_none_or(|room| room >= least(after)));
    marked(out, title, after, room);
}

/// The same, where what comes after the title matters more than the title.
pub fn marked(out: &mut String, title: &str, after: Option<&str>, room: Option<usize>) {
    let taken = after.map_or(0, |after| wide(after) + 2);
    let title = match room.map(|room| room.saturating_sub(taken)) {
        Some(room) if taken > 0 && room < LEAST / 2 => Cow::Borrowed(""),
        Some(room) => cut(title, room.max(LEAST / 2)),
        None => Cow::Borrowed(title),
    };
    out.push_str(&title);
    if let Some(after) = after {
        let _ = write!(out, "{}{}", if title.is_empty() { "" } else { "  " }, style(after).dim());
    }
}

/// The guide of a row, if it has one.
pub fn faint(guide: &str) -> String {
    if guide.is_empty() { String::new() } else { style(guide).dim().to_string() }
}

/// One sign for where an issue stands.
pub fn glyph(state: State) -> String {
    let style = match state {
        State::Ready => style("○"),
        State::InProgress => style("◐").yellow(),
        State::Blocked => style("●").red(),
        State::Aside => style("◌").dim(),
        State::Done => style("✓").green().dim(),
    };
    style.to_string()
}

fn urgency(record: &Record) -> String {
    format!("P{}", record.priority())
}

fn colored_urgency(record: &Record, columns: usize) -> String {
    let text = pad(&urgency(record), columns);
    match record.priority() {
        ..=0 if record.status() != "closed" => style(text).red().to_string(),
        1 if record.status() != "closed" => style(text).yellow().to_string(),
        _ => text,
    }
}

fn colored_status(status: &str, columns: usize) -> String {
    let text = pad(&one_line(status), columns);
    match status {
        "in_progress" | "hooked" => style(text).yellow().to_string(),
        "blocked" => style(text).red().to_string(),
        "closed" | "deferred" | "pinned" => style(text).dim().to_string(),
        _ => text,
    }
}

/// What stands before each row of a tree, whose rows are so deep, to show what it belongs to.
pub fn guides(depths: &[usize], columns: Option<usize>) -> Vec<String> {
    let levels = columns.map_or(LEVELS, |columns| (columns / PER_LEVEL).clamp(2, LEVELS));
    // From the last row up: whether another row of this depth follows below the same parent.
    let mut follows: Vec<bool> = Vec::new();
    let mut guides = vec![String::new(); depths.len()];
    for (guide, &depth) in guides.iter_mut().zip(depths).rev() {
        follows.truncate(depth + 1);
        follows.resize(depth + 1, false);
        let own = if follows[depth] { "├── " } else { "└── " };
        follows[depth] = true;
        if depth == 0 {
            continue;
        }
        if depth > levels {
            *guide = format!("⋯{depth} {own}");
            continue;
        }
        for more in &follows[1..depth] {
            guide.push_str(if *more { "│   " } else { "    " });
        }
        guide.push_str(own);
    }
    guides
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn records(lines: &[&'static str]) -> Vec<Record<'static>> {
        lines.iter().map(|line| Record::parse(line).unwrap()).collect()
    }

    #[test]
    fn rows_fit_the_width() {
        let records = records(&[
            r#"{"id":"bd-1","title":"A title of some length, to be cut","status":"open","priority":1}"#,
            r#"{"id":"bd-22","title":"日本語の題名はとても長いです","status":"in_progress","issue_type":"bug"}"#,
            r#"{"id":"bd-3","title":"tab\there \u001b[31m","status":"closed","priority":2}"#,
        ]);
        let whole = "bd-1   P1  task  open         A title of some length, to be cut\n\
                     bd-22  P0  bug   in_progress  日本語の題名はとても長いです\n\
                     bd-3   P2  task  closed       tab here \u{fffd}[31m\n";
        assert_eq!(flat(&records, None), whole);
        assert_eq!(flat(&records, Some(200)), whole);
        let fitted = "bd-1   P1  task  open         A title of some len…\n\
                      bd-22  P0  bug   in_progress  日本語の題名はとて…\n\
                      bd-3   P2  task  closed       tab here \u{fffd}[31m\n";
        assert_eq!(flat(&records, Some(50)), fitted);
        let without_type = "bd-1   P1  open         A title of some…\n";
        assert!(flat(&records, Some(41)).starts_with(without_type), "{}", flat(&records, Some(41)));
        for columns in 21..120 {
            for line in flat(&records, Some(columns)).lines() {
                assert!(wide(line) <= columns, "{columns}: {line}");
            }
        }
        let narrow = flat(&records, Some(1));
        assert!(narrow.starts_with("bd-1   P1  A title…\n"), "ids are never cut: {narrow}");
    }

    #[test]
    fn trees_have_guides_marks_and_reasons() {
        let records = records(&[
            r#"{"id":"e","title":"Epic"}"#,
            r#"{"id":"e.1","title":"One","status":"closed"}"#,
            r#"{"id":"e.2","title":"Two"}"#,
            r#"{"id":"e.2.1","title":"Two one","dependencies":[{"depends_on_id":"e.2","type":"blocks"},
                {"depends_on_id":"f","type":"blocks"},{"depends_on_id":"e","type":"blocks"}]}"#,
            r#"{"id":"f","title":"Other","status":"in_progress"}"#,
        ]);
        let graph = Graph::new(&records, Timestamp::UNIX_EPOCH);
        let rows: Vec<(usize, &Record)> = [0, 1, 1, 2, 0].into_iter().zip(&records).collect();
        let drawn = "○ e              P0  task  open         Epic\n\
                     ├── ✓ e.1        P0  task  closed       One\n\
                     └── ○ e.2        P0  task  open         Two\n\
                     \x20   └── ● e.2.1  P0  task  open         Two one  ← e.2, f, +1\n\
                     ◐ f              P0  task  in_progress  Other\n";
        assert_eq!(tree(&rows, &graph, None), drawn);
        assert!(!tree(&rows, &graph, Some(60)).contains('←'));
    }

    #[test]
    fn marks_stay_where_titles_have_no_room() {
        let table = [
            (None, "A long title", "A long title  (see above)", "A long title  (see above)"),
            (Some(40), "A long title", "A long title  (see above)", "A long title  (see above)"),
            (Some(22), "A long title", "A long title", "A long t…  (see above)"),
            (Some(12), "A long title", "A long title", "(see above)"),
            (Some(40), "", "(see above)", "(see above)"),
        ];
        for (room, title, ended, mark) in table {
            let (mut out, mut kept) = (String::new(), String::new());
            ending(&mut out, title, Some("(see above)"), room);
            marked(&mut kept, title, Some("(see above)"), room);
            assert_eq!((out.as_str(), kept.as_str()), (ended, mark), "{room:?} {title}");
        }
    }

    #[test]
    fn guides_lead_from_each_row_to_its_parent() {
        let table: [(&[usize], &[&str]); 4] = [
            (&[0, 0], &["", ""]),
            (&[0, 1, 1], &["", "├── ", "└── "]),
            (&[0, 1, 2, 1, 0, 1], &["", "├── ", "│   └── ", "└── ", "", "└── "]),
            (&[0, 1, 2, 3, 2], &["", "└── ", "    ├── ", "    │   └── ", "    └── "]),
        ];
        for (depths, expected) in table {
            assert_eq!(guides(depths, None), expected, "{depths:?}");
        }
        let deep: Vec<usize> = (0..100_000).collect();
        let guides = guides(&deep, None);
        assert_eq!((guides[24].chars().count(), guides[25].as_str()), (96, "⋯25 └── "));
        assert!(guides.iter().map(String::len).sum::<usize>() < 3_000_000);
        assert_eq!(super::guides(&deep[..10], Some(40))[5..7], ["                └── ", "⋯6 └── "]);
    }
}
