//! Which claims stand, which are over, and what a kill between two writes leaves.

use super::*;
use crate::domain::beads::{Back, Filter, Store};
use crate::domain::workspace::Workspace;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A hold of `who` on `a`, made at `updated`.
fn hold(who: &str, updated: &str) -> Hold {
    Hold {
        task: "a".into(),
        who: who.into(),
        since: at(updated),
        host: Host::here(),
        grip: Grip::default(),
        assignee: String::new(),
        updated: at(updated),
    }
}

fn issue(status: &str, assignee: &str, updated: &str) -> String {
    format!(
        "{{\"id\":\"a\",\"status\":\"{status}\",\"assignee\":\"{assignee}\",\"updated_at\":\"{updated}\"}}\n"
    )
}

#[test]
fn a_hold_stands_while_the_issue_bears_it_out() {
    let (early, then, later) =
        ("2026-01-01T00:00:01.5Z", "2026-01-01T00:00:01.75Z", "2026-01-01T00:00:02.25Z");
    let table = [
        ("just claimed", issue("in_progress", "ann", then), true),
        ("worked on since", issue("in_progress", "ann", later), true),
        ("in a tool's whole seconds", issue("in_progress", "ann", "2026-01-01T00:00:01Z"), true),
        ("the claim was never written", issue("in_progress", "ann", early), false),
        ("somebody else has it", issue("in_progress", "bob", later), false),
        ("opened again", issue("open", "ann", later), false),
        ("closed", issue("closed", "ann", later), false),
        ("gone", "{\"id\":\"b\"}\n".to_owned(), false),
    ];
    for (name, text, expected) in table {
        let issues = Table::parse(&text, "f").unwrap();
        assert_eq!(hold("ann", then).stands(issues.get("a")), expected, "{name}");
    }
}

#[test]
fn the_latest_of_two_holds_counts_once_it_is_written() {
    let (first, second) = ("2026-01-01T00:00:01Z", "2026-01-01T00:00:02.5Z");
    let holds = Holds { path: PathBuf::new(), file: Ok(vec![hold("ann", first), hold("ann", second)]) };
    for (updated, expected) in [(first, first), (second, second)] {
        let text = issue("in_progress", "ann", updated);
        let table = Table::parse(&text, "f").unwrap();
        let standing: Vec<Timestamp> = holds.all(&table).iter().map(|hold| hold.updated).collect();
        assert_eq!(standing, [at(expected)]);
    }
}

#[test]
fn only_what_is_surely_gone_is_over() {
    let here = Host { name: "h".into(), machine: "m".into(), pids: "p".into() };
    let there = Host { name: "other".into(), ..here.clone() };
    let container = Host { pids: "q".into(), ..here.clone() };
    let me = Holder::me();
    let (dead, before) =
        (Holder { start: me.start + 1, ..me.clone() }, Holder { boot: "another".into(), ..me.clone() });
    let (past, now, next) =
        (at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z"), at("2026-01-01T02:00:00Z"));
    let table = [
        ("nothing to end it", &here, None, None, None),
        ("alive", &here, Some(&me), None, None),
        ("dead", &here, Some(&dead), None, Some(Over::Process)),
        ("before the machine was started", &here, Some(&before), None, Some(Over::Process)),
        (
            "of a container, before the machine was started",
            &container,
            Some(&before),
            None,
            Some(Over::Process),
        ),
        ("of another container", &container, Some(&dead), None, None),
        ("of another machine", &there, Some(&dead), None, None),
        ("of another machine, which has another boot", &there, Some(&before), None, None),
        ("leased", &there, None, Some(next), None),
        ("leased too long ago", &there, None, Some(past), Some(Over::Lease)),
        ("leased, and dead before that", &here, Some(&dead), Some(next), Some(Over::Process)),
    ];
    for (name, host, holder, until, expected) in table {
        let grip = Grip { holder: holder.cloned(), until, ..Grip::default() };
        let hold = Hold { host: host.clone(), grip, ..hold("ann", "2026-01-01T00:00:00Z") };
        assert_eq!(hold.over(&here, now), expected, "{name}");
    }
}

#[test]
fn a_dead_run_holds_on_while_its_agents_are_being_ended() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agents.lock");
    let dead = Holder { start: 1, ..Holder::me() };
    let grip = Grip { holder: Some(dead), lock: Some(path.clone()), ..Grip::default() };
    let hold = Hold { grip, ..hold("ann", "2026-01-01T00:00:00Z") };
    let over = || hold.over(&Host::here(), clock::now());
    assert_eq!(over(), Some(Over::Process));
    let lock = Lock::try_take(&path).unwrap();
    assert_eq!(over(), None);
    drop(lock);
    assert_eq!(over(), Some(Over::Process));
}

/// A store with one issue that a dead process has claimed.
fn dead_claim() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::init(&Workspace::at(dir.path().to_owned()), None).unwrap().0;
    store::write(store.file(), 0o644, issue("open", "bob", "2026-01-01T00:00:00Z").as_bytes()).unwrap();
    let grip = Grip { holder: Some(Holder { start: 1, ..Holder::me() }), ..Grip::default() };
    store.claim("a", "ann", &grip).unwrap();
    (dir, store)
}

fn on_disk(store: &Store) -> String {
    store::read_text(store.file()).unwrap().unwrap()
}

fn noted(store: &Store) -> usize {
    Holds::read(store.dir()).list().len()
}

#[test]
fn what_a_dead_process_held_is_seen_open_and_opened_by_the_next_change() {
    let (_dir, store) = dead_claim();
    let before = on_disk(&store);
    let seen = store.outlook(|table| table.issue("a")).unwrap();
    assert_eq!((&*seen.status, &*seen.assignee), ("open", "bob"));
    assert_eq!(store.issue("a").unwrap().status, "in_progress");
    assert_eq!(store.take_notices().len(), 1);
    assert_eq!(on_disk(&store), before, "a look writes nothing");
    let claimed = store.claim_next(&Filter::default(), "eve", &Grip::default()).unwrap().unwrap();
    assert_eq!((&*claimed.assignee, noted(&store)), ("eve", 1));
    assert!(
        claimed.notes.contains("held by `ann` since") && claimed.notes.contains("is gone"),
        "{}",
        claimed.notes
    );
    assert!(store.take_notices()[0].contains("so it is open again"));
    let refused = store.claim("a", "bob", &Grip::default()).unwrap_err().to_string();
    assert!(refused.contains("held by `eve` since 20"), "{refused}");
    let back = |of| Back { of, assignee: "" };
    store.release("a", &back("ann"), None).unwrap();
    assert_eq!(store.issue("a").unwrap().assignee, "eve", "who lost it cannot give it back");
    store.release("a", &back("eve"), None).unwrap();
    assert_eq!((&*store.issue("a").unwrap().status, noted(&store)), ("open", 0));
}

#[test]
fn a_kill_between_the_writes_harms_no_claim() {
    let (_dir, store) = dead_claim();
    let (issues, file) = (on_disk(&store), store.dir().join(FILE));
    let held = store::read_text(&file).unwrap().unwrap();
    let grip = Grip { holder: Some(Holder::me()), ..Grip::default() };
    store.claim("a", "ann", &grip).unwrap();
    let (after, live) = (on_disk(&store), store::read_text(&file).unwrap().unwrap());
    let put = |issues: &str, holds: &[&str]| {
        let list = |text: &&str| serde_json::from_str::<Document>(text).unwrap().holds;
        let all = Document { version: VERSION, holds: holds.iter().flat_map(list).collect() };
        store::write(store.file(), 0o644, issues.as_bytes()).unwrap();
        store::write_json(&file, &all).unwrap();
    };
    // The new claim was noted, its issue was not written: the dead one still has it.
    put(&issues, &[&held, &live]);
    assert_eq!(store.outlook(|table| table.issue("a")).unwrap().status, "open");
    // Its issue was written, the dead claim was not forgotten: it lives, though the name is the same.
    put(&after, &[&held, &live]);
    store.release_dead().unwrap();
    assert_eq!((on_disk(&store), noted(&store)), (after, 1));
    // A first claim was noted only: nobody has it, and another who takes the name keeps it.
    put(&issue("open", "", "2026-01-01T00:00:00Z"), &[&held]);
    store.comment("a", "bob", "hello").unwrap();
    assert_eq!((&*store.issue("a").unwrap().status, noted(&store)), ("open", 0));
}

#[test]
fn claims_that_cannot_be_read_are_left_alone() {
    for text in ["{\"version\": 99}\n", "{\"version\": 1, \"ho"] {
        let (_dir, store) = dead_claim();
        let file = store.dir().join(FILE);
        store::write(&file, 0o644, text.as_bytes()).unwrap();
        assert_eq!(store.issue("a").unwrap().status, "in_progress");
        store.comment("a", "bob", "hello").unwrap();
        store.reopen(&["a".to_owned()]).unwrap();
        let refused = store.claim("a", "bob", &Grip::default()).unwrap_err();
        assert!(matches!(refused.downcast_ref(), Some(Fault::Invalid { .. })), "{refused}");
        assert_eq!(
            (&*store.issue("a").unwrap().status, store::read_text(&file).unwrap().unwrap()),
            ("open", text.into())
        );
    }
}

#[test]
fn what_an_earlier_version_noted_is_taken_over() {
    let (dir, store) = dead_claim();
    store::remove(&store.dir().join(FILE)).unwrap();
    store::make_dir(&dir.path().join(".taskrun")).unwrap();
    let me = Holder::me();
    let note = |start: u64| {
        format!(
            "{{\"version\":1,\"claims\":[{{\"task\":\"a\",\"run\":\"r-1\",\"holder\":{{\"pid\":{},\"start\":{start},\
             \"boot\":\"{}\"}},\"since\":\"2026-01-01T00:00:00Z\",\"assignee\":\"bob\",\"phase\":\"working\"}}]}}",
            me.pid, me.boot
        )
    };
    let claimed = issue("in_progress", "taskrun@r-1", "2026-01-01T00:00:00.5Z");
    for (start, status) in [(me.start, "in_progress"), (1, "open")] {
        store::write(store.file(), 0o644, claimed.as_bytes()).unwrap();
        store::write(&dir.path().join(".taskrun/claims.json"), 0o644, note(start).as_bytes()).unwrap();
        assert_eq!(store.outlook(|table| table.issue("a")).unwrap().status, status);
    }
}
