//! Cases of the whole merge; each is tried from both sides.

use serde_json::{Value, json};

use super::*;

/// An issue made at `made` and last changed at `second`.
fn issue(id: &str, made: u8, second: u8, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!(
        "{{\"id\":\"{id}\",\"created_at\":\"2026-01-01T00:00:00.{made:06}Z\",\"updated_at\":\"2026-01-02T00:00:{second:02}Z\"{more}}}\n"
    )
}

/// Merges from both sides: the issues must be the same, and are returned by id.
fn both(base: &str, ours: &str, theirs: &str) -> Vec<Value> {
    let sorted = |merged: Merged| {
        assert!(!merged.conflict);
        let mut lines: Vec<Value> =
            merged.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.sort_by_key(|line| line["id"].to_string());
        lines
    };
    let merged = sorted(merge(base, ours, theirs).unwrap());
    assert_eq!(merged, sorted(merge(base, theirs, ours).unwrap()), "whichever side is ours");
    merged
}

#[test]
fn each_field_has_the_value_of_the_newest_change() {
    let status = r#""status":"closed","closed_at":"2026-01-02T00:00:05Z","close_reason":"done""#;
    let table = [
        ("", r#""title":"a""#, "", r#""title":"a""#),
        (r#""title":"o""#, r#""title":"a""#, r#""title":"o","priority":1"#, r#""title":"a","priority":1"#),
        (r#""title":"o""#, r#""title":"a""#, r#""title":"b""#, r#""title":"b""#),
        (r#""x":[1]"#, r#""x":[1,2]"#, r#""x":{"y":1}"#, r#""x":{"y":1}"#),
        (r#""notes":"n""#, r#""notes":"n""#, "", ""),
        (r#""notes":"n""#, r#""notes":"m""#, "", ""),
        (
            r#""title":"<""#,
            r#""title":"\u003c","priority":1"#,
            r#""title":"b""#,
            r#""title":"b","priority":1"#,
        ),
        (r#""status":"open""#, status, r#""status":"open","title":"b""#, &format!(r#"{status},"title":"b""#)),
        (r#""status":"open""#, status, r#""status":"in_progress""#, r#""status":"in_progress""#),
    ];
    for (base, older, newer, expected) in table {
        let versions = [issue("a", 1, 1, base), issue("a", 1, 5, older), issue("a", 1, 9, newer)];
        let mut merged = both(&versions[0], &versions[1], &versions[2]);
        let mut merged = merged.remove(0);
        merged.as_object_mut().unwrap().shift_remove("merge_times");
        let expected: Value = serde_json::from_str(&issue("a", 1, 9, expected)).unwrap();
        assert_eq!(merged, expected, "{older} {newer}");
    }
}

#[test]
fn the_newest_wins_also_at_the_next_merge() {
    let base = issue("a", 1, 1, r#""title":"o""#);
    let five = issue("a", 1, 5, r#""title":"five""#);
    let seven = issue("a", 1, 7, r#""title":"seven""#);
    let nine = issue("a", 1, 9, r#""title":"o","priority":3"#);
    let merged = |one: &str, two: &str| merge(&base, one, two).unwrap().text;
    // Joined with the newer change of another field, the title is still as old as it is.
    let first = merged(&five, &nine);
    assert!(first.contains("merge_times"), "{first}");
    let last = both(&base, &first, &seven);
    assert_eq!((&last[0]["title"], &last[0]["priority"]), (&"seven".into(), &3.into()));
    assert_eq!(last, both(&base, &merged(&seven, &nine), &five));
    // A change of the field itself makes that time void, whoever made it.
    let later = first.replace("five", "eleven").replace("00:00:09Z", "00:00:11Z");
    assert!(later.contains("eleven") && later.contains("00:00:11Z"), "{later}");
    let ten = issue("a", 1, 10, r#""title":"ten""#);
    assert_eq!(both(&base, &later, &ten)[0]["title"], "eleven");
}

#[test]
fn lines_go_and_stay_as_people_expect() {
    let (a, b) = (issue("a", 1, 1, ""), issue("b", 2, 1, ""));
    let changed = issue("b", 2, 5, r#""title":"x""#);
    let dead = issue("b", 2, 3, r#""status":"tombstone","deleted_at":"2026-01-02T00:00:03Z""#);
    let old = format!("{a}{b}");
    let ids = |lines: Vec<Value>| {
        lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!(ids(both(&old, &a, &old)), "a");
    assert_eq!(ids(both(&old, &a, &format!("{a}{changed}"))), "ab", "removed and changed stays");
    assert_eq!(ids(both("", &a, &b)), "ab");
    let both_sides = both(&old, &format!("{a}{dead}"), &format!("{a}{changed}"));
    assert_eq!((&both_sides[1]["status"], &both_sides[1]["title"]), (&"tombstone".into(), &"x".into()));
    let said = merge(&old, &format!("{a}{dead}"), &format!("{a}{changed}")).unwrap().said;
    assert!(said.len() == 1 && said[0].contains("deleted"), "{said:?}");
}

#[test]
fn the_order_of_ours_is_kept() {
    let line = |id: &str| issue(id, 1, 1, "");
    let text = |ids: &str| ids.chars().map(|id| line(&id.to_string())).collect::<String>();
    let order = |text: &str| -> String {
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        text.lines().map(id).collect()
    };
    let table = [
        ("ac", "ace", "abcd", "abcde"),
        ("cab", "cab", "cabxd", "cabxd"),
        ("ca", "caz", "cax", "cazx"),
        ("abc", "ac", "abcd", "acd"),
    ];
    for (base, ours, theirs, merged) in table {
        let out = merge(&text(base), &text(ours), &text(theirs)).unwrap();
        assert_eq!(order(&out.text), merged, "{ours} {theirs}");
    }
    let header = "{\"_schema\":\"beads-jsonl/1\"}\n";
    let memory = "{\"_type\":\"memory\",\"key\":\"k\",\"value\":\"v\"}\n";
    let out = merge("", &text("a"), &format!("{header}{memory}{}", text("b"))).unwrap();
    assert_eq!(out.text, format!("{header}{}{memory}", text("ab")));
    let gone =
        merge(&format!("{memory}{}", text("a")), &text("a"), &format!("{memory}{}", text("a"))).unwrap();
    assert_eq!(gone.text, text("a"));
    let crlf = merge("", &text("a").replace('\n', "\r\n"), &text("b")).unwrap();
    assert_eq!(crlf.text, text("ab").replace('\n', "\r\n"));
    let torn = merge("", text("b").trim_end(), &text("c")).unwrap();
    assert_eq!(torn.text, text("bc"));
    assert_eq!(merge(&text("a"), text("a").trim_end(), &text("a")).unwrap().text, text("a").trim_end());
}

fn child(id: &str, made: u8, title: &str) -> String {
    let edge = json!({"issue_id": id, "depends_on_id": "p", "type": "parent-child"});
    issue(id, made, made, &format!(r#""title":"{title}","dependencies":[{edge}]"#))
}

fn waits(id: &str, on: &str) -> String {
    issue(
        id,
        1,
        5,
        &format!(r#""dependencies":[{{"issue_id":"{id}","depends_on_id":"{on}","type":"blocks"}}]"#),
    )
}

#[test]
fn two_issues_under_one_id_both_stay() {
    let base = issue("p", 1, 1, "") + &issue("x", 1, 1, "") + &issue("y", 1, 1, "");
    let grandchild = |made| issue("p.1.1", made, made, r#""parent":"p.1""#);
    let ours = issue("p", 1, 1, "")
        + &waits("x", "p.1")
        + &issue("y", 1, 1, "")
        + &child("p.1", 2, "first")
        + &grandchild(4);
    let theirs = issue("p", 1, 1, "")
        + &waits("x", "p.1")
        + &waits("y", "p.1")
        + &child("p.1", 3, "second")
        + &grandchild(5);
    let merged = both(&base, &ours, &theirs);
    let by = |title: &str| merged.iter().find(|line| line["title"] == title).unwrap();
    let second = by("second")["id"].as_str().unwrap();
    assert_eq!(by("first")["id"], "p.1", "the earlier keeps the id");
    assert!(second.starts_with("p.") && second.len() == 8, "{second}");
    assert_eq!(by("second")["dependencies"][0]["issue_id"], second);
    let find = |id: &str| merged.iter().find(|line| line["id"] == id).unwrap();
    assert_eq!(find("y")["dependencies"][0]["depends_on_id"], second, "its own side meant it");
    let on: Vec<&Value> =
        find("x")["dependencies"].as_array().unwrap().iter().map(|edge| &edge["depends_on_id"]).collect();
    assert!(on.len() == 2 && on.contains(&&"p.1".into()) && on.contains(&&second.into()), "{on:?}");
    assert_eq!(find(&format!("{second}.1"))["parent"], second, "its children go with it");
    assert_eq!((merged.len(), &find("p.1.1")["parent"]), (7, &"p.1".into()));

    // Merged again, with the same base or after more work on the branch, nothing is doubled.
    let once = merge(&base, &ours, &theirs).unwrap().text;
    assert_eq!(both(&base, &once, &theirs), merged);
    assert_eq!(both(&base, &once, &ours), merged);
    let worked = theirs.replace("\"title\":\"second\"", "\"title\":\"third\"") + &child("p.2", 6, "more");
    let after = both(&theirs, &once, &worked);
    assert_eq!(after.len(), 8);
    assert!(after.iter().any(|line| line["title"] == "third" && line["id"] == second));

    let top = both("", &issue("bd-1", 1, 1, r#""title":"a""#), &issue("bd-1", 2, 1, r#""title":"b""#));
    assert_eq!((top.len(), top[0]["title"].as_str()), (2, Some("a")));
    let same = both("", &issue("bd-1", 1, 1, r#""title":"a""#), &issue("bd-1", 1, 2, r#""title":"b""#));
    assert_eq!(
        (same.len(), same[0]["title"].as_str()),
        (1, Some("b")),
        "picked from one branch to the other"
    );
}

#[test]
fn what_is_bonded_from_an_issue_follows_its_new_id() {
    let bond =
        |id: &str, made| issue(id, made, made, r#""bonded_from":[{"source_id":"bd-1","bond_type":"x"}]"#);
    let ours = issue("bd-1", 1, 1, r#""title":"a""#);
    let theirs = issue("bd-1", 2, 1, r#""title":"b""#) + &bond("z", 3);
    let merged = both("", &ours, &theirs);
    let by = |key: &str, value: &str| merged.iter().find(|line| line[key] == value).unwrap();
    assert_ne!(by("title", "b")["id"], "bd-1");
    assert_eq!(by("id", "z")["bonded_from"][0]["source_id"], by("title", "b")["id"]);
    let said = merge_unanchored("", &ours, &theirs).unwrap().said.concat();
    assert!(said.contains("`b` is now"), "the doctor names it too: {said}");
}

#[test]
fn the_little_things_are_kept_too() {
    let header = |more: &str| format!("{{\"_schema\":\"beads-jsonl/1\",\"by\":\"{more}\"}}\n");
    let [old, one, two] = ["a", "b", "c"].map(|by| header(by) + &issue("a", 1, 1, ""));
    for (ours, theirs) in [(&one, &two), (&two, &one)] {
        assert_eq!(merge(&old, ours, theirs).unwrap().text, two, "one header, whichever side is ours");
    }
    let base = issue("a", 1, 1, r#""labels":["x"]"#);
    let labelled =
        both(&base, &issue("a", 1, 2, r#""labels":"y""#), &issue("a", 1, 3, r#""labels":["x","z"]"#));
    assert_eq!(labelled[0]["labels"], json!(["y", "z"]));

    let plain = issue("a", 1, 2, r#""priority":1"#);
    let typed = issue("a", 1, 3, r#""dependency_count":0,"dependent_count":0,"comment_count":0"#);
    assert_eq!(both(&issue("a", 1, 1, ""), &plain, &typed)[0]["dependent_count"], 0);

    // One tool writes fractions of seconds, another rounds them.
    for (exact, whole) in [("01.25", "01"), ("01.75", "01"), ("01.75", "02")] {
        let task = |second: &str| {
            format!(
                "{{\"id\":\"n\",\"title\":\"t\",\"created_at\":\"2026-01-01T00:00:{second}Z\",\"comments\":[{{\"id\":1,\"author\":\"x\",\"text\":\"c\",\"created_at\":\"2026-01-01T00:00:{second}Z\"}}]}}\n"
            )
        };
        let merged = both("", &task(exact), &task(whole));
        assert_eq!(merged.len(), 1, "{exact} {whole}");
        assert_eq!(merged[0]["comments"].as_array().unwrap().len(), 1, "{exact} {whole}");
    }
    assert_eq!(both("", &issue("a", 1, 1, ""), &issue("a", 2, 1, "")).len(), 2, "fractions tell apart");
}

#[test]
fn counters_and_parents_follow() {
    let typed = |second, counts: [u8; 3], more: &str| {
        let [on, of, said] = counts;
        issue(
            "a",
            1,
            second,
            &format!(r#""dependency_count":{on},"dependent_count":{of},"comment_count":{said}{more}"#),
        )
    };
    let comment = |text: &str| format!(r#","comments":[{{"id":"{text}","author":"x","text":"{text}"}}]"#);
    let base = typed(1, [0, 0, 0], "") + &issue("b", 2, 1, "") + &issue("c", 3, 1, "");
    let ours = typed(2, [0, 0, 1], &comment("x")) + &waits("b", "a") + &issue("c", 3, 1, "");
    let theirs = typed(3, [0, 0, 1], &comment("y")) + &issue("b", 2, 1, "") + &waits("c", "a");
    let merged = both(&base, &ours, &theirs);
    assert_eq!((&merged[0]["comment_count"], &merged[0]["dependent_count"]), (&2.into(), &2.into()));
}

#[test]
fn what_cannot_be_read_stays_visible() {
    let (a, b) = (issue("a", 1, 1, ""), issue("b", 2, 1, ""));
    let merged = merge(&a, &format!("{a}{{\"id\":\"x\",\"ti\n"), &format!("{a}{b}")).unwrap();
    assert!(merged.conflict);
    assert_eq!(merged.text, format!("{a}{b}<<<<<<< ours\n{{\"id\":\"x\",\"ti\n=======\n>>>>>>> theirs\n"));
    let known = merge(&format!("{a}odd\n"), &format!("{a}odd\n"), &format!("{a}odd\n{b}")).unwrap();
    assert_eq!((known.conflict, known.text), (false, format!("{a}{b}odd\n")), "that is for the doctor");
    for bad in ["<<<<<<< HEAD\n", "{\"_schema\":\"beads-jsonl/2\"}\n"] {
        assert!(merge("", &a, bad).is_err() && merge("", bad, &a).is_err());
    }
    // Git may hand over a base with a conflict in it.
    assert_eq!(both(&format!("<<<<<<< x\n{a}=======\n>>>>>>> y\n"), &a, &format!("{a}{b}")).len(), 2);
}

#[test]
fn older_lines_of_an_issue_stay_and_do_not_count() {
    let (old, new) = (issue("a", 1, 1, r#""title":"old""#), issue("a", 1, 2, r#""title":"new""#));
    let newest = issue("a", 1, 3, r#""title":"newest""#);
    let base = format!("{new}{old}");
    let merged = merge(&base, &base, &format!("{newest}{old}")).unwrap().text;
    assert_eq!(merged, format!("{newest}{old}"));
    let added = merge(&new, &newest, &format!("{old}{new}")).unwrap().text;
    assert_eq!(added, format!("{old}{newest}"));
}
