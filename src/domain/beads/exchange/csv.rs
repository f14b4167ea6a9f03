//! A table of issues (RFC 4180) that no spreadsheet takes for formulas.

use anyhow::Result;

use super::super::graph::Graph;
use super::super::line::Line;
use super::super::record::Record;
use super::super::table::Table;

/// The first row.
const HEADER: [&str; 18] = [
    "id",
    "title",
    "status",
    "priority",
    "type",
    "assignee",
    "labels",
    "parent",
    "depends_on",
    "created_at",
    "updated_at",
    "closed_at",
    "close_reason",
    "external_ref",
    "estimated_minutes",
    "description",
    "acceptance_criteria",
    "notes",
];

/// One row for each issue.
pub fn table(table: &Table, graph: &Graph, records: &[&Record]) -> Result<String> {
    let mut out = HEADER.join(",") + "\r\n";
    for record in records {
        let issue = table.issue(&record.id)?;
        let line = Line::new(&issue.json);
        let waits: Vec<&str> =
            record.edges().iter().filter(|edge| edge.blocks()).map(|edge| &*edge.target).collect();
        let parent = graph.parent(&record.id).map(|parent| parent.id.to_string()).unwrap_or_default();
        let reference = line.get_text("external_ref").unwrap_or_default();
        let cells = [
            &issue.id,
            &issue.title,
            &issue.status,
            &issue.priority.to_string(),
            &issue.kind,
            &issue.assignee,
            &issue.labels.join(";"),
            &parent,
            &waits.join(" "),
            &issue.created_at,
            &issue.updated_at,
            &issue.closed_at,
            &issue.close_reason,
            &reference,
            &line.get("estimated_minutes").unwrap_or_default().to_owned(),
            &issue.description,
            &issue.acceptance_criteria,
            &issue.notes,
        ];
        out += &cells.map(|cell| quoted(cell)).join(",");
        out += "\r\n";
    }
    Ok(out)
}

/// A cell. What a spreadsheet would run as a formula gets a `'` before it.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let cell = format!("{guard}{cell}").replace('\0', "");
    if cell.contains(['"', ',', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_guarded() {
        let table = [
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("say \"x\"\n", "\"say \"\"x\"\"\n\""),
            ("=1+1", "'=1+1"),
            ("-x, y", "\"'-x, y\""),
            ("@a", "'@a"),
            ("", ""),
        ];
        for (cell, expected) in table {
            assert_eq!(quoted(cell), expected);
        }
    }
}
