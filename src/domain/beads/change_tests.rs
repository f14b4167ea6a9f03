//! What a run does to its tasks, on a real file.

use super::*;
use crate::domain::beads::Sort;
use crate::domain::workspace::Workspace;

fn store(lines: &[&str]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::at(dir.path().to_owned());
    let store = Store::init(&workspace, None).unwrap().0;
    crate::system::store::write(store.file(), 0o644, (lines.join("\n") + "\n").as_bytes()).unwrap();
    (dir, store)
}

const EPIC: &str = r#"{"id":"e","issue_type":"epic","status":"open"}"#;
const INNER: &str = r#"{"id":"e.1","issue_type":"epic","status":"open","dependencies":[{"depends_on_id":"e","type":"parent-child"}]}"#;
const LEAF: &str = r#"{"id":"e.1.1","assignee":"ann","notes":"before","dependencies":[{"depends_on_id":"e.1","type":"parent-child"}]}"#;

#[test]
fn a_claim_is_released_with_its_reason() {
    let (_dir, store) = store(&[EPIC, INNER, LEAF]);
    let issue = store.claim_next(&Filter::default(), "run", &Grip::default()).unwrap().unwrap();
    assert_eq!((&*issue.id, &*issue.status, &*issue.assignee), ("e.1.1", "in_progress", "run"));
    assert!(issue.json.contains("\"started_at\""));
    assert!(store.claim_next(&Filter::default(), "other", &Grip::default()).unwrap().is_none());
    let refused = store.claim("e.1.1", "run", &Grip::default()).unwrap_err();
    assert!(matches!(refused.downcast_ref(), Some(Fault::Refused { .. })), "{refused}");
    let issue = store.release("e.1.1", &Back { of: "run", assignee: "ann" }, Some("gate red\n")).unwrap();
    assert_eq!((&*issue.status, &*issue.assignee, &*issue.notes), ("open", "ann", "before\n\ngate red"));
    assert_eq!(store.release("e.1.1", &Back { of: "run", assignee: "" }, None).unwrap().assignee, "");
}

fn ready(store: &Store) -> Vec<String> {
    let ids = |table: &Table| {
        let ready = table.graph().ready(&Filter::default(), Sort::Priority);
        Ok(ready.iter().map(|record| record.id.to_string()).collect())
    };
    store.view(ids).unwrap()
}

#[test]
fn the_last_child_closes_the_epics_above() {
    let (_dir, store) = store(&[EPIC, INNER, LEAF]);
    let closed = store.complete("e.1.1", "Completed").unwrap();
    let reasons: Vec<(&str, &str)> = closed.iter().map(|issue| (&*issue.id, &*issue.close_reason)).collect();
    assert_eq!(reasons, [("e.1.1", "Completed"), ("e.1", ALL_CHILDREN_CLOSED), ("e", ALL_CHILDREN_CLOSED)]);
}

#[test]
fn an_epic_with_an_open_child_stays_open() {
    let other =
        r#"{"id":"e.2","status":"blocked","dependencies":[{"depends_on_id":"e","type":"parent-child"}]}"#;
    let (_dir, store) = store(&[
        EPIC,
        INNER,
        LEAF,
        other,
        r#"{"id":"w","dependencies":[{"depends_on_id":"e.1","type":"blocks"}]}"#,
    ]);
    let closed = store.complete("e.1.1", "Completed").unwrap();
    assert_eq!(closed.iter().map(|issue| &*issue.id).collect::<Vec<_>>(), ["e.1.1", "e.1"]);
    assert_eq!(ready(&store), ["e", "w"]);
}

#[test]
fn an_escalated_task_waits_for_a_person() {
    let (_dir, store) = store(&[LEAF]);
    let issue = store.escalate("e.1.1", &Back { of: "run", assignee: "ada" }, "taskrun", "no key").unwrap();
    assert_eq!((&*issue.status, issue.labels), ("blocked", vec![NEEDS_HUMAN.to_owned()]));
    assert_eq!((&*issue.comments[0].author, &*issue.comments[0].text), ("taskrun", "no key"));
    assert!(ready(&store).is_empty());
    let issue = &store.reopen(&["e.1.1".into()]).unwrap()[0];
    assert_eq!((&*issue.status, issue.labels.len()), ("open", 0));
}

#[test]
fn an_error_leaves_the_file_as_it_was() {
    let (_dir, store) = store(&[EPIC, LEAF]);
    let before = std::fs::read(store.file()).unwrap();
    assert!(store.close(&["e".into(), "none".into()], None).is_err());
    assert!(store.comment("e", "ann", " ").is_err());
    store.update(&["e".into()], &Update { status: Some("open".into()), ..Update::default() }).unwrap();
    assert_eq!(std::fs::read(store.file()).unwrap(), before);
}
