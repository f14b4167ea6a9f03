//! Tables of cases for the numbers of a store.

use super::*;

/// Issues given as `fields` of JSON objects, and when some were started; counted at noon of 2026-02-01.
fn stats(issues: &[&str], started: &[(&str, &str)]) -> Stats {
    let lines: Vec<String> =
        issues.iter().enumerate().map(|(n, fields)| format!(r#"{{"id":"i{n}",{fields}}}"#)).collect();
    let records: Vec<Record> = lines.iter().map(|line| Record::parse(line).unwrap()).collect();
    let now: Timestamp = "2026-02-01T12:00:00Z".parse().unwrap();
    let when = |id: &str| started.iter().find(|(known, _)| *known == id).map(|(_, at)| at.parse().unwrap());
    Stats::new(&Graph::new(&records, now), now, when)
}

#[test]
fn counts() {
    let stats = stats(
        &[
            r#""status":"open","priority":1,"issue_type":"epic""#,
            r#""status":"closed","dependencies":[{"depends_on_id":"i0","type":"parent-child"}]"#,
            r#""status":"open","dependencies":[{"depends_on_id":"i0","type":"blocks"}]"#,
            r#""status":"in_progress","issue_type":"bug""#,
            r#""status":"deferred""#,
            r#""status":"blocked""#,
            r#""status":"odd""#,
            r#""status":"tombstone""#,
        ],
        &[],
    );
    let counts = [
        (stats.total_issues, 7),
        (stats.open_issues, 2),
        (stats.in_progress_issues, 1),
        (stats.closed_issues, 1),
        (stats.blocked_issues, 2),
        (stats.deferred_issues, 1),
        (stats.ready_issues, 1),
        (stats.epics_eligible_for_closure, 1),
        (stats.by_status["odd"], 1),
        (stats.by_type["bug"], 1),
        (stats.by_type["task"], 5),
        (stats.by_priority[&0], 6),
        (stats.by_priority[&1], 1),
        (stats.age.unknown, 6),
    ];
    for (at, (count, expected)) in counts.into_iter().enumerate() {
        assert_eq!(count, expected, "number {at}");
    }
    assert_eq!(stats.by_status.values().sum::<usize>(), stats.total_issues);
}

/// When issues were made; how many are in each bucket, days of the median and of the oldest.
type Ages<'a> = (&'a [&'a str], [usize; 5], Option<f64>, Option<f64>);

#[test]
fn ages() {
    let at = |text: &str| format!(r#""created_at":"{text}""#);
    let table: [Ages; 6] = [
        (&[], [0; 5], None, None),
        (&["2026-02-01T11:00:00Z"], [1, 0, 0, 0, 0], Some(0.0), Some(0.0)),
        (&["2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z"], [1, 1, 0, 0, 0], Some(1.0), Some(1.0)),
        (
            &["2026-01-25T12:00:00Z", "2026-01-02T12:00:00Z", "2025-01-01T00:00:00Z"],
            [0, 0, 1, 1, 1],
            Some(30.0),
            Some(396.5),
        ),
        (&["2026-02-02T12:00:00Z"], [1, 0, 0, 0, 0], Some(0.0), Some(0.0)),
        (&["2026-02-01T14:00:00+02:00", "once"], [1, 0, 0, 0, 0], Some(0.0), Some(0.0)),
    ];
    for (created, buckets, median, oldest) in table {
        let issues: Vec<String> = created.iter().map(|text| at(text)).collect();
        let age = stats(&issues.iter().map(String::as_str).collect::<Vec<_>>(), &[]).age;
        assert_eq!(age.buckets.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), buckets, "{created:?}");
        assert_eq!(age.median_days, median, "{created:?}");
        assert_eq!(age.oldest.map(|oldest| oldest.days), oldest, "{created:?}");
    }
    let closed = stats(&[r#""status":"closed","created_at":"2026-01-01T00:00:00Z""#], &[]).age;
    assert_eq!((closed.oldest, closed.unknown), (None, 0));
    let ends: Vec<_> = closed.buckets.iter().map(|bucket| (bucket.from_days, bucket.to_days)).collect();
    assert_eq!(ends, [(0, Some(1)), (1, Some(7)), (7, Some(30)), (30, Some(90)), (90, None)]);
}

#[test]
fn throughput() {
    let closed = |created: &str, closed: &str| {
        format!(r#""status":"closed","created_at":"{created}","closed_at":"{closed}""#)
    };
    let issues = [
        closed("2026-02-01T00:00:00Z", "2026-02-01T06:00:00Z"),
        closed("2026-01-30T00:00:00Z", "2026-01-31T00:00:00Z"),
        closed("2026-01-01T00:00:00Z", "2026-01-11T00:00:00Z"),
        // 28 days ago to the second: no longer lately.
        closed("2026-01-04T06:00:00Z", "2026-01-04T12:00:00Z"),
        // Closed before it was made; closed in the future; closed nobody knows when; open after all.
        closed("2026-01-31T00:00:00Z", "2026-01-20T00:00:00Z"),
        closed("2025-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        closed("2025-01-01T00:00:00Z", ""),
        r#""status":"open","created_at":"2026-01-28T00:00:00Z","closed_at":"2026-01-31T00:00:00Z""#.into(),
    ];
    let issues: Vec<&str> = issues.iter().map(String::as_str).collect();
    let started =
        [("i0", "2026-02-01T05:00:00Z"), ("i2", "2026-01-10T00:00:00Z"), ("i4", "2026-01-30T00:00:00Z")];
    let spread = |count, median, p90| Spread { count, median_hours: Some(median), p90_hours: Some(p90) };
    let expected = Throughput {
        closed_7_days: 2,
        closed_28_days: 4,
        closed_per_day: 0.3,
        closed_per_week: 1.0,
        created_7_days: 4,
        created_28_days: 4,
        lead_time: spread(3, 24.0, 240.0),
        cycle_time: spread(2, 1.0, 24.0),
        lead_time_ever: spread(5, 24.0, 10176.0),
    };
    assert_eq!(stats(&issues, &started).throughput, expected);
    assert_eq!(stats(&[], &[]).throughput, Throughput::default());
}

#[test]
fn shares() {
    let spans = |count: i64| (1..=count).map(SignedDuration::from_secs).collect::<Vec<_>>();
    let table = [
        (0, 50, None),
        (1, 50, Some(1)),
        (2, 50, Some(1)),
        (3, 50, Some(2)),
        (10, 90, Some(9)),
        (11, 90, Some(10)),
    ];
    for (count, percent, expected) in table {
        assert_eq!(
            part(&spans(count), percent).map(|span| span.as_secs()),
            expected,
            "{percent}% of {count}"
        );
    }
}
