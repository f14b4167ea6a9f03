//! Wordings as providers and agents print them, and the moments they name.

use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;

use super::*;

/// A Saturday.
const NOW: &str = "2026-11-21T12:00:00Z";

fn at(text: &str, now: &str, hours: i8) -> Option<String> {
    let local = TimeZone::fixed(Offset::constant(hours));
    until_in(text, now.parse().unwrap(), Some(&local)).map(|at| at.to_string())
}

#[test]
fn wordings_name_a_moment() {
    let table = [
        // Durations.
        ("try again in 2 hours 5 minutes", "2026-11-21T14:05:00Z"),
        (
            "Rate limit reached for gpt-5 in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, Requested 5000. Please try again in 20s. Visit https://x",
            "2026-11-21T12:00:20Z",
        ),
        ("Please try again in 1.5s.", "2026-11-21T12:00:01.5Z"),
        ("Please try again in 6m0s.", "2026-11-21T12:06:00Z"),
        ("Please try again in 500ms", "2026-11-21T12:00:00.5Z"),
        ("Your quota will reset after 5h2m1s", "2026-11-21T17:02:01Z"),
        (
            "You have exhausted your capacity on this model. Your quota will reset after 2h.",
            "2026-11-21T14:00:00Z",
        ),
        ("Try again in 3 days 2 hours 1 minute.", "2026-11-24T14:01:00Z"),
        ("try again in 1 day, 2 hours and 3 seconds", "2026-11-22T14:00:03Z"),
        ("Model x is at capacity. Try again in less than a minute.", "2026-11-21T12:01:00Z"),
        (
            r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay": "34s"}"#,
            "2026-11-21T12:00:34Z",
        ),
        (r#"{\"retryDelay\":\"34.5s\"}"#, "2026-11-21T12:00:34.5Z"),
        ("Please retry in 12.25s.", "2026-11-21T12:00:12.25Z"),
        ("retry-after: 3600", "2026-11-21T13:00:00Z"),
        ("Retry-After-Ms: 1500", "2026-11-21T12:00:01.5Z"),
        (r#"{"retry_after": 2.5}"#, "2026-11-21T12:00:02.5Z"),
        ("retry after 30 seconds", "2026-11-21T12:00:30Z"),
        (r#""resets_in_seconds":3600"#, "2026-11-21T13:00:00Z"),
        ("resets in 4h 12m", "2026-11-21T16:12:00Z"),
        ("Please wait for 90 seconds", "2026-11-21T12:01:30Z"),
        // Moments.
        ("Claude AI usage limit reached|1795280000", "2026-11-21T16:53:20Z"),
        (r#"{"type":"usage_limit_reached","resets_at":1795280000}"#, "2026-11-21T16:53:20Z"),
        ("resets at 1795280000123", "2026-11-21T16:53:20.123Z"),
        ("try again at 2026-11-24T15:53:00Z.", "2026-11-24T15:53:00Z"),
        ("try again after 2026-11-24T15:53:00+01:00", "2026-11-24T14:53:00Z"),
        // Times of day, with a zone and in one's own (an hour before UTC).
        ("You've hit your 5-hour limit · resets 3:53pm (UTC)", "2026-11-21T15:53:00Z"),
        ("resets 3am (UTC)", "2026-11-22T03:00:00Z"),
        ("resets at 12am (UTC)", "2026-11-22T00:00:00Z"),
        ("resets 12 PM UTC", "2026-11-21T12:00:00Z"),
        ("resets at midnight UTC", "2026-11-22T00:00:00Z"),
        ("or try again at 3:53 PM.", "2026-11-21T14:53:00Z"),
        ("Try again at 15:53", "2026-11-21T14:53:00Z"),
        ("Try again at 9:00 AM. Visit https://x", "2026-11-22T08:00:00Z"),
        ("limit reached, resets 3pm if nothing else", "2026-11-21T14:00:00Z"),
        ("or try again at Nov 24th, 2026 3:53 PM.", "2026-11-24T14:53:00Z"),
        ("Your weekly limit resets Nov 24 at 3pm (UTC)", "2026-11-24T15:00:00Z"),
        ("resets Nov 24, 7am (UTC)", "2026-11-24T07:00:00Z"),
        ("resets on December 1st at 10:30 a.m. UTC", "2026-12-01T10:30:00Z"),
        ("resets Monday at 3pm (UTC)", "2026-11-23T15:00:00Z"),
        ("resets Sat 3pm (UTC)", "2026-11-21T15:00:00Z"),
        ("resets Sat 11am (UTC)", "2026-11-28T11:00:00Z"),
        ("resets Tue, Nov 24, 3pm (UTC)", "2026-11-24T15:00:00Z"),
        ("resets at 2026-11-24 15:53 UTC", "2026-11-24T15:53:00Z"),
        // The first that tells something.
        ("Please try again later. Your limit resets in 5m", "2026-11-21T12:05:00Z"),
    ];
    for (text, expected) in table {
        assert_eq!(at(text, NOW, 1).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_sure_is_not_guessed() {
    let table = [
        "",
        "Try again later.",
        "usage limit",
        "in 5 minutes",
        "Please try again in a moment",
        "try again in 20",
        "try again in 5 fortnights",
        "resets 3",
        "resets 25:00",
        "resets 13pm",
        "resets 3:53pm (Nowhere/Atall)",
        "resets 3pm CST",
        "resets at 3pm Pacific time",
        "resets at 3:00 +02:00",
        "resets 3pm (",
        "resets Nov 31 at 3pm",
        "resets at 1595280000",
        "resets at 2795280000",
        "resets at 17952",
        "try again at 2026-11-20T15:53:00Z",
        "try again at Nov 20th, 2026 3:53 PM.",
        "try again at Jan 5th, 2028 3:53 PM.",
        "resets Nov 20 at 3pm (UTC)",
        "try again in 9000 hours",
        "try again in 99999999999999999999999999999999999999 hours",
        "Reset your password at https://x/12:30pm",
    ];
    for text in table {
        let unsure = at(text, NOW, 0);
        assert_eq!(unsure, None, "{text}");
        assert_eq!(until_in(text, NOW.parse().unwrap(), None), None, "{text}");
    }
    // Without a zone of one's own only what brings its zone is known.
    assert_eq!(until_in("resets 3pm", NOW.parse().unwrap(), None), None);
    assert!(until_in("resets 3pm (UTC)", NOW.parse().unwrap(), None).is_some());
}

#[test]
fn a_minute_lasts_to_its_end_and_a_year_turns() {
    let table = [
        ("resets 3:53pm (UTC)", "2026-11-21T15:53:20Z", Some("2026-11-21T15:54:00Z")),
        ("resets 3:53pm (UTC)", "2026-11-21T15:54:00Z", Some("2026-11-22T15:53:00Z")),
        ("try again at Nov 21st, 2026 3:53 PM.", "2026-11-21T15:53:59Z", Some("2026-11-21T15:54:00Z")),
        ("try again at Nov 21st, 2026 3:53 PM.", "2026-11-21T15:54:00Z", None),
        ("resets Jan 2 at 3pm (UTC)", "2026-12-30T12:00:00Z", Some("2027-01-02T15:00:00Z")),
        ("resets in 0s", NOW, Some(NOW)),
    ];
    for (text, now, expected) in table {
        assert_eq!(at(text, now, 0).as_deref(), expected, "{text} at {now}");
    }
}

#[test]
fn places_are_known_where_the_system_knows_them() {
    let told = at("resets Nov 24, 7am (Europe/Berlin)", NOW, 0);
    let known = TimeZone::get("Europe/Berlin").is_ok();
    assert_eq!(told.as_deref(), known.then_some("2026-11-24T06:00:00Z"));
}

proptest! {
    #[test]
    fn any_text_is_survived_and_never_in_the_past(
        anchor in prop::sample::select(vec!["try again at ", "resets ", "retryDelay", "limit reached|"]),
        text in "[0-9a-zA-Z:., ()+/ü-]{0,30}",
    ) {
        let now: Timestamp = NOW.parse().unwrap();
        let found = until_in(&format!("{anchor}{text}"), now, Some(&TimeZone::UTC));
        prop_assert!(found.is_none_or(|at| at >= now && at.duration_since(now) <= FURTHEST));
    }
}
