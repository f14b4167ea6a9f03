//! The board as text: four columns side by side, or one below the other where there is no room.

use std::fmt::Write;

use console::style;

use crate::domain::beads::{Board, Record};
use crate::ui::fit::{cut, pad};
use crate::ui::one_line;

/// What comes between two columns.
const GAP: &str = " │ ";
/// Fewer columns than this hold no four of ours.
const NARROW: usize = 60;
/// The narrowest column.
const LEAST: usize = 8;

/// The columns by name.
pub fn columns<'b, 't>(board: &'b Board<'t>) -> [(&'static str, &'b [&'t Record<'t>]); 4] {
    [
        ("BLOCKED", &board.blocked),
        ("READY", &board.ready),
        ("IN PROGRESS", &board.in_progress),
        ("DONE", &board.done),
    ]
}

/// The board in lines of so many columns; with `rows` no more lines than those, and what has no room
/// is counted.
pub fn render(board: &Board, budget: Option<&str>, wide: usize, rows: Option<usize>) -> String {
    let mut out = budget.map_or(String::new(), |budget| format!("{}\n\n", cut(&one_line(budget), wide)));
    let rows = rows.map(|rows| rows.saturating_sub(out.lines().count()));
    if wide < NARROW {
        stacked(&mut out, board, wide, rows);
    } else {
        abreast(&mut out, board, wide, rows);
    }
    out
}

fn abreast(out: &mut String, board: &Board, wide: usize, rows: Option<usize>) {
    let wide = (wide.saturating_sub(3 * GAP.chars().count()) / 4).max(LEAST);
    let cells = columns(board).map(|(name, records)| {
        let head = style(pad(&format!("{name} {}", records.len()), wide)).bold().to_string();
        let mut cells = vec![head, "─".repeat(wide)];
        cells.extend(fill(records, rows.map(|rows| rows.saturating_sub(2)), |record| card(record, wide)));
        cells
    });
    for row in 0..cells.iter().map(Vec::len).max().unwrap_or(0).min(rows.unwrap_or(usize::MAX)) {
        let empty = " ".repeat(wide);
        let cell = |(at, column): (usize, &Vec<String>)| match column.get(row) {
            Some(cell) if row == 0 => cell.clone(),
            Some(cell) => pad(cell, wide),
            None if at < 3 => empty.clone(),
            None => String::new(),
        };
        let line: Vec<String> = cells.iter().enumerate().map(cell).collect();
        out.push_str(line.join(GAP).trim_end());
        out.push('\n');
    }
}

/// The cards of a column, as many as there is room for, and how many more there are.
fn fill(records: &[&Record], rows: Option<usize>, card: impl Fn(&Record) -> Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // What fits with a line left over, in case it is not all.
    let mut kept = (0, 0);
    for (at, record) in records.iter().enumerate() {
        lines.extend(card(record));
        let Some(rows) = rows else { continue };
        if lines.len() > rows {
            lines.truncate(kept.0);
            lines.push(format!("+{} more", records.len() - kept.1));
            lines.truncate(rows);
            break;
        }
        if lines.len() < rows {
            kept = (lines.len(), at + 1);
        }
    }
    lines
}

fn stacked(out: &mut String, board: &Board, wide: usize, rows: Option<usize>) {
    let columns = columns(board);
    let shares = rows.map(|rows| shares(columns.map(|(_, records)| records.len()), rows.saturating_sub(4)));
    let line = |record: &Record| {
        let text = format!("{} P{} {}", one_line(&record.id), record.priority(), one_line(&record.title));
        vec![format!(" {}", cut(&text, wide.saturating_sub(1)))]
    };
    for (at, (name, records)) in columns.into_iter().enumerate() {
        let head = format!("{name} {}", records.len());
        let _ = writeln!(out, "{}", style(cut(&head, wide)).bold());
        for line in fill(records, shares.map(|shares| shares[at]), line) {
            let _ = writeln!(out, "{}", cut(&line, wide));
        }
    }
}

/// How many of `rows` each of four gets that want so many: as equal as can be, and none in vain.
fn shares(wanted: [usize; 4], rows: usize) -> [usize; 4] {
    let mut shares = [0; 4];
    let mut left = rows;
    while left > 0 && shares != wanted {
        for at in 0..4 {
            if left > 0 && shares[at] < wanted[at] {
                shares[at] += 1;
                left -= 1;
            }
        }
    }
    shares
}

/// The id, broken where it is too long (it must be there to be copied), and the title, cut.
fn card(record: &Record, wide: usize) -> Vec<String> {
    let head: Vec<char> = format!("{} P{}", one_line(&record.id), record.priority()).chars().collect();
    let mut lines: Vec<String> = head.chunks(wide).map(|part| part.iter().collect()).collect();
    lines.push(format!(" {}", cut(&one_line(&record.title), wide.saturating_sub(1))));
    lines
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::beads::Graph;
    use crate::ui::fit;

    /// A board of `count` issues in each column, drawn.
    fn drawn(count: usize, wide: usize, rows: Option<usize>) -> String {
        let columns = [r#","status":"blocked""#, "", r#","status":"in_progress""#, r#","status":"closed""#];
        let line =
            |n: usize, status: &str| format!(r#"{{"id":"bd-{n}","title":"題名の長い課題 {n}"{status}}}"#);
        let lines: Vec<String> = (0..count)
            .flat_map(|n| columns.iter().enumerate().map(move |(at, status)| line(10 * n + at, status)))
            .collect();
        let records: Vec<Record> = lines.iter().map(|line| Record::parse(line).unwrap()).collect();
        let graph = Graph::new(&records, Timestamp::UNIX_EPOCH);
        console::strip_ansi_codes(&render(&Board::new(&graph), Some("Budget: $1"), wide, rows)).into_owned()
    }

    #[test]
    fn abreast_and_cut() {
        let expected = "\
Budget: $1

BLOCKED 2     │ READY 2       │ IN PROGRESS 2 │ DONE 2
───────────── │ ───────────── │ ───────────── │ ─────────────
bd-0 P0       │ bd-1 P0       │ bd-2 P0       │ bd-3 P0
 題名の長い…  │  題名の長い…  │  題名の長い…  │  題名の長い…
+1 more       │ +1 more       │ +1 more       │ +1 more
";
        assert_eq!(drawn(2, 61, Some(7)), expected);
        assert_eq!(drawn(2, 61, Some(8)).lines().last().unwrap().matches("題").count(), 4);
    }

    #[test]
    fn stacked_where_it_is_narrow() {
        let expected = "\
Budget: $1

BLOCKED 3
 bd-0 P0 題…
+2 more
READY 3
 bd-1 P0 題…
+2 more
IN PROGRESS 3
+3 more
DONE 3
+3 more
";
        assert_eq!(drawn(3, 13, Some(12)), expected);
    }

    #[test]
    fn nothing_is_wider_or_higher_than_it_may_be() {
        for count in [0, 1, 3, 200] {
            for wide in [1, 5, 20, 59, 60, 61, 80, 200] {
                for rows in [1, 2, 3, 5, 6, 7, 10, 24, 60] {
                    let text = drawn(count, wide, Some(rows));
                    let place = format!("{count} in {wide}x{rows}\n{text}");
                    assert!(text.lines().all(|line| fit::wide(line) <= wide), "{place}");
                    assert!(rows < 6 || text.lines().count() <= rows, "{place}");
                }
            }
        }
        assert_eq!(drawn(200, 80, None).lines().count(), 404);
        assert_eq!(drawn(200, 40, None).lines().count(), 806);
    }

    #[test]
    fn rows_are_shared() {
        let table = [
            ([9, 9, 9, 9], 8, [2, 2, 2, 2]),
            ([1, 9, 0, 9], 8, [1, 4, 0, 3]),
            ([1, 1, 1, 1], 99, [1, 1, 1, 1]),
            ([5, 5, 5, 5], 0, [0, 0, 0, 0]),
        ];
        for (wanted, rows, expected) in table {
            assert_eq!(shares(wanted, rows), expected, "{wanted:?} of {rows}");
        }
    }
}
