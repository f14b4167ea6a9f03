//! `beads stats`

use std::fmt::Write;

use anyhow::Result;
use console::style;
use serde_json::json;

use super::view;
use crate::commands::Context;
use crate::domain::beads::{Age, Spread, Stats, Throughput};
use crate::exit::Exit;
use crate::ui::fit::{cut, pad};
use crate::ui::one_line;

/// Counts the tasks.
pub fn run(context: &Context) -> Result<Exit> {
    let stats = view(context, |table| Ok(Stats::of(table)))?;
    context.ui.result(&json!({"summary": stats}), || text(&stats, context.ui.fit()))?;
    Ok(Exit::Done)
}

fn text(stats: &Stats, columns: Option<usize>) -> String {
    let mut out = String::new();
    let counts = [
        ("total", stats.total_issues),
        ("ready", stats.ready_issues),
        ("blocked", stats.blocked_issues),
        ("to close", stats.epics_eligible_for_closure),
    ];
    for (name, count) in counts.iter().filter(|(name, count)| *name != "to close" || *count > 0) {
        let what = if *name == "to close" { "  epics whose children are all closed" } else { "" };
        let _ = writeln!(out, "{name:<16}{count:>7}{what}");
    }
    let urgency = stats.by_priority.iter().map(|(priority, count)| (format!("P{priority}"), *count));
    section(&mut out, "status", stats.by_status.iter().map(|(name, count)| (name.clone(), *count)));
    section(&mut out, "type", stats.by_type.iter().map(|(name, count)| (name.clone(), *count)));
    section(&mut out, "priority", urgency);
    age(&mut out, &stats.age, columns);
    throughput(&mut out, &stats.throughput);
    out
}

fn section(out: &mut String, name: &str, counts: impl Iterator<Item = (String, usize)>) {
    let _ = writeln!(out, "\n{}", style(name).bold());
    for (name, count) in counts {
        let _ = writeln!(out, "  {}{count:>7}", pad(&one_line(&name), 14));
    }
}

fn age(out: &mut String, age: &Age, columns: Option<usize>) {
    let bucket = |from: i64, to: Option<i64>| match (from, to) {
        (_, None) => format!("{from} days and more"),
        (0, Some(_)) => "under a day".to_owned(),
        (from, Some(to)) => format!("{from} to {to} days"),
    };
    let buckets = age.buckets.iter().filter(|bucket| bucket.count > 0);
    let counts = buckets.map(|part| (bucket(part.from_days, part.to_days), part.count));
    let unknown = (age.unknown > 0).then(|| ("unknown".to_owned(), age.unknown));
    let counts: Vec<_> = counts.chain(unknown).collect();
    if !counts.is_empty() {
        let _ = writeln!(out, "\n{}", style("age of what is not closed").bold());
    }
    for (name, count) in counts {
        let _ = writeln!(out, "  {name:<14}{count:>7}", name = cut(&name, 18));
    }
    if let Some(median) = age.median_days {
        let _ = writeln!(out, "  {:<14}{median:>7} days", "median");
    }
    if let Some(oldest) = &age.oldest {
        let line = format!("{} days, {} {}", oldest.days, one_line(&oldest.id), one_line(&oldest.title));
        let line =
            columns.map_or(line.clone(), |columns| cut(&line, columns.saturating_sub(16)).into_owned());
        let _ = writeln!(out, "  {:<14}{line}", "oldest");
    }
}

fn throughput(out: &mut String, through: &Throughput) {
    let _ = writeln!(out, "\n{}", style("the last 7 and 28 days").bold());
    let rows = [
        ("closed", through.closed_7_days, through.closed_28_days),
        ("created", through.created_7_days, through.created_28_days),
    ];
    for (name, week, month) in rows {
        let _ = writeln!(out, "  {name:<14}{week:>7}{month:>7}");
    }
    let (day, week) = (through.closed_per_day, through.closed_per_week);
    let _ = writeln!(out, "  {:<14}{day:>7} a day, {week} a week", "closed");
    let spreads = [
        ("made to closed", &through.lead_time),
        ("start to closed", &through.cycle_time),
        ("made to closed, ever", &through.lead_time_ever),
    ];
    for (name, spread) in spreads {
        if let Spread { median_hours: Some(median), p90_hours: Some(most), .. } = spread {
            let _ = writeln!(out, "  {name:<21} half in {}, nine of ten in {}", span(*median), span(*most));
        }
    }
}

/// `minutes`, `3.5 hours`, `2.1 days`
fn span(hours: f64) -> String {
    match hours {
        ..0.1 => "minutes".to_owned(),
        ..48.0 => format!("{hours} hours"),
        _ => format!("{:.1} days", hours / 24.0),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::beads::{Graph, Record};

    #[test]
    fn the_numbers_as_people_read_them() {
        let lines = [
            r#"{"id":"bd-1","title":"Old one","created_at":"2026-01-01T00:00:00Z","priority":2}"#,
            r#"{"id":"bd-2","title":"x","created_at":"2026-02-01T00:00:00Z","status":"closed",
                "closed_at":"2026-02-01T03:30:00Z","issue_type":"bug"}"#,
        ];
        let records: Vec<Record> = lines.iter().map(|line| Record::parse(line).unwrap()).collect();
        let now: Timestamp = "2026-02-02T00:00:00Z".parse().unwrap();
        let stats = Stats::new(&Graph::new(&records, now), now, |_| None);
        let expected = "\
total                 2
ready                 1
blocked               0

status
  closed              1
  open                1

type
  bug                 1
  task                1

priority
  P0                  1
  P2                  1

age of what is not closed
  30 to 90 days       1
  median             32 days
  oldest        32 days, bd-1 Old one

the last 7 and 28 days
  closed              1      1
  created             1      1
  closed            0.1 a day, 0.3 a week
  made to closed        half in 3.5 hours, nine of ten in 3.5 hours
  made to closed, ever  half in 3.5 hours, nine of ten in 3.5 hours
";
        assert_eq!(text(&stats, None), expected);
        assert!(text(&stats, Some(30)).contains("  oldest        32 days, bd-1…\n"));
    }
}
