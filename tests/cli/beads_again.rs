//! What a second import leaves alone, and tells.

use serde_json::json;

use crate::beads_exchange::{counts, import, issues, with};

#[test]
fn an_old_copy_does_not_make_an_issue_newer() {
    let copy = |day: u8, title: &str, label: &str| {
        json!({"id": "a", "title": title, "updated_at": format!("2026-01-0{day}T00:00:00Z"), "labels": [label]})
            .to_string()
    };
    let sandbox = with(&copy(2, "second", "two"));
    sandbox.write("old.jsonl", copy(1, "first", "one"));
    sandbox.write("new.jsonl", copy(3, "third", "three"));
    let out = sandbox.run(&["beads", "import", "old.jsonl"]);
    // The line names the title that stays.
    assert!(out.stdout.starts_with("updated  a  second\n"), "{out:?}");
    assert_eq!(counts(&import(&sandbox, &["new.jsonl"])), [0, 1, 0, 0]);
    let issue = &issues(&sandbox)[0];
    assert_eq!((&issue["title"], issue["labels"].as_array().unwrap().len()), (&json!("third"), 3));
    let out = sandbox.run(&["beads", "import", "old.jsonl"]);
    assert!(out.stdout.starts_with("skipped  a  third (the one here is newer)\n"), "{out:?}");
}
