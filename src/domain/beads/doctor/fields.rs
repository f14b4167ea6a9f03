//! Fields of one issue that contradict each other: `bd` refuses the whole file for them.

use std::borrow::Cow;

use super::Finding;
use super::rows::Rows;
use crate::domain::beads::line::{Line, quote};
use crate::domain::beads::record::Record;
use crate::system::clock;

/// Sets times right that do not fit the status, and names what only a person can set right.
pub fn correct(rows: &mut Rows) {
    let mut findings = Vec::new();
    let mut edits = Vec::new();
    for (at, record) in rows.records() {
        let line = rows.rows[at].line;
        let mut found = |code, message: String| {
            findings.push(
                Finding::new(code, format!("`{}` {message}", &*record.id)).at([line]).about(&[&record.id]),
            );
        };
        if record.title.trim().is_empty() && !record.is_tombstone() {
            found("no-title", "has no title".into());
        }
        if !(0..=4).contains(&record.priority()) {
            found("bad-priority", format!("has priority {}, which is none of 0 to 4", record.priority()));
        }
        for (code, message, fix, change) in contradictions(&rows.rows[at].text, &record) {
            let finding = Finding::new(code, format!("`{}` {message}", &*record.id));
            findings.push(finding.at([line]).about(&[&record.id]).mended(fix));
            edits.push((at, change));
        }
    }
    rows.findings.append(&mut findings);
    for (at, (key, value)) in edits {
        let mut line = Line::new(&rows.rows[at].text);
        match value {
            Some(value) => line.set_text(key, &value),
            None => line.remove(key),
        }
        rows.rows[at].text = Cow::Owned(line.text().to_owned());
    }
}

type Contradiction = (&'static str, &'static str, &'static str, (&'static str, Option<String>));

fn contradictions(text: &str, record: &Record) -> Vec<Contradiction> {
    let line = Line::new(text);
    let has = |key: &str| !matches!(line.get(key), None | Some("null" | "\"\""));
    let mut found = Vec::new();
    // When it last changed is the best that is known.
    let when = || {
        let times = [&record.updated_at, &record.created_at].into_iter().map(|time| time.to_string());
        Some(times.into_iter().find(|time| !time.is_empty()).unwrap_or_else(|| clock::now().to_string()))
    };
    let (closed, dead) = (record.status() == "closed", record.is_tombstone());
    if closed && !has("closed_at") {
        let fix = "sets it to its last change";
        found.push(("closed-without-time", "is closed and has no `closed_at`", fix, ("closed_at", when())));
    }
    if !closed && !dead && has("closed_at") {
        let fix = "removes it";
        found.push(("open-with-closed-at", "is not closed and has a `closed_at`", fix, ("closed_at", None)));
    }
    if dead && !has("deleted_at") {
        let fix = "sets it to its last change";
        found.push((
            "deleted-without-time",
            "is deleted and has no `deleted_at`",
            fix,
            ("deleted_at", when()),
        ));
    }
    if !dead && has("deleted_at") {
        let fix = "removes it";
        found.push((
            "alive-with-deleted-at",
            "is not deleted and has a `deleted_at`",
            fix,
            ("deleted_at", None),
        ));
    }
    found
}

/// The dependency `item` with another kind.
pub fn with_kind(item: &str, kind: &str) -> String {
    let mut line = Line::new(item);
    line.set("type", &quote(kind));
    line.text().to_owned()
}
