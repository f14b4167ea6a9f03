//! The same answers as `bd`: who waits for whom, how far epics are, what is refused, and every byte that stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, stores};

const FILE: &str = ".beads/issues.jsonl";

/// Every fixture: its directory and what is expected of it.
fn fixtures() -> Vec<(PathBuf, Value)> {
    let expected = |path: PathBuf| {
        let text = fs::read_to_string(path.join("expected.json")).unwrap();
        (path, serde_json::from_str(&text).unwrap())
    };
    stores().into_iter().map(expected).collect()
}

fn with(bytes: impl AsRef<[u8]>) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(FILE, bytes);
    sandbox
}

fn of(fixture: &Path) -> Sandbox {
    with(fs::read(fixture.join("issues.jsonl")).unwrap())
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn ids(value: &Value) -> Vec<String> {
    array(value).iter().map(|issue| issue["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_waits_for_whom_and_how_far_epics_are() {
    for (fixture, expected) in fixtures().into_iter().filter(|(_, expected)| expected["basis"] != "refuse") {
        let sandbox = of(&fixture);
        let board = sandbox.run(&["board", "--json"]).json();
        let mut blocked: BTreeMap<String, Value> = BTreeMap::new();
        for issue in ["blocked", "ready", "in_progress"].iter().flat_map(|column| array(&board[*column])) {
            let mut by: Vec<&str> =
                array(&issue["blocked_by"]).iter().map(|id| id.as_str().unwrap()).collect();
            by.sort_unstable();
            if !by.is_empty() {
                blocked.insert(issue["id"].as_str().unwrap().to_owned(), json!(by));
            }
        }
        assert_eq!(json!(blocked), expected["blocked"], "{fixture:?}");
        let listed = sandbox.run(&["beads", "list", "--tree", "--all", "--json"]).json();
        let closed =
            |id: &Value| array(&listed).iter().any(|issue| issue["id"] == *id && issue["status"] == "closed");
        let mut epics: BTreeMap<String, Value> = BTreeMap::new();
        for epic in
            array(&listed).iter().filter(|issue| issue["issue_type"] == "epic" && issue["status"] != "closed")
        {
            let children = array(&epic["children"]);
            let done = children.iter().filter(|id| closed(id)).count();
            if !children.is_empty() {
                epics.insert(epic["id"].as_str().unwrap().to_owned(), json!([done, children.len()]));
            }
        }
        assert_eq!(json!(epics), expected["epics"], "{fixture:?}");
        let eligible = epics.values().filter(|progress| progress[0] == progress[1]).count();
        let stats = sandbox.run(&["beads", "stats", "--json"]).json();
        assert_eq!(stats["summary"]["epics_eligible_for_closure"], eligible, "{fixture:?}");
        assert_eq!(stats["summary"]["ready_issues"], array(&expected["ready"]).len(), "{fixture:?}");
    }
}

#[test]
fn what_is_refused_is_refused_by_every_command_and_left_alone() {
    for (fixture, _) in fixtures().into_iter().filter(|(_, expected)| expected["basis"] == "refuse") {
        let sandbox = of(&fixture);
        for args in [
            &["beads", "init"][..],
            &["beads", "create", "x"],
            &["beads", "ready"],
            &["beads", "list", "--all"],
            &["beads", "show", "bd-a1"],
            &["beads", "update", "bd-a1", "-p", "1"],
            &["beads", "claim"],
            &["beads", "claim", "bd-a1"],
            &["beads", "close", "bd-a1"],
            &["beads", "reopen", "bd-a1"],
            &["beads", "dep", "add", "bd-a1", "bd-a2"],
            &["beads", "dep", "remove", "bd-a1", "bd-a2"],
            &["beads", "dep", "tree", "bd-a1"],
            &["beads", "dep", "cycles"],
            &["beads", "comment", "bd-a1", "x"],
            &["beads", "stats"],
            &["board"],
            &["loop", "run", "--agent", "shell"],
        ] {
            let out = sandbox.run(&[args, &["--json"]].concat());
            assert_eq!(out.code, 2, "{fixture:?} {args:?} {out:?}");
            assert!(
                out.json_error()["message"].as_str().unwrap().contains("issues.jsonl"),
                "{args:?} {out:?}"
            );
        }
        assert_eq!(fs::read(sandbox.path(FILE)).unwrap(), fs::read(fixture.join("issues.jsonl")).unwrap());
    }
}

/// Each issue in turn: edited and put back by hand, the file is what it was, byte for byte.
#[test]
fn every_byte_but_those_edited_stays() {
    for (fixture, _) in fixtures().into_iter().filter(|(_, expected)| expected["basis"] != "refuse") {
        let before = fs::read_to_string(fixture.join("issues.jsonl")).unwrap();
        let sandbox = with(&before);
        let listed = ids(&sandbox.run(&["beads", "list", "--all", "--json"]).json());
        // The ends and the middle of a long one.
        let some: Vec<&String> = listed.iter().step_by((listed.len() / 4).max(1)).collect();
        for id in some {
            sandbox.write(FILE, &before);
            let out = sandbox.run(&["beads", "update", id, "--assignee", "no-one-before <&>"]);
            assert_eq!(out.code, 0, "{fixture:?} {id} {out:?}");
            let after = sandbox.read(FILE);
            let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
            let (old, new) = (lines(&before), lines(&after));
            let changed: Vec<usize> = (0..old.len()).filter(|&at| old[at] != new[at]).collect();
            assert_eq!((old.len(), changed.len()), (new.len(), 1), "{fixture:?} {id}");
            let (old, new) = (&old[changed[0]], &new[changed[0]]);
            let end = |line: &str| line[line.trim_end().len()..].to_owned();
            assert_eq!(end(old), end(new));
            // Member by member, in order and as written.
            let members = |line: &str| -> Vec<(String, String)> {
                let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
                let raw: BTreeMap<String, Box<serde_json::value::RawValue>> =
                    serde_json::from_str(line).unwrap();
                let member = |key: &String| (key.clone(), raw[key].get().to_owned());
                let keep = |key: &&String| !["assignee", "updated_at"].contains(&key.as_str());
                object.keys().filter(keep).map(member).collect()
            };
            assert_eq!(members(old), members(new), "{fixture:?} {id}");
        }
    }
}

/// What the fixtures have no store for.
#[test]
fn deferred_pinned_deleted_external_and_circular_ones() {
    let edge = |target: &str, kind: &str| json!([{"issue_id": "x", "depends_on_id": target, "type": kind}]);
    let store = [
        json!({"id": "a-parent", "issue_type": "epic", "defer_until": "2999-01-01T00:00:00Z"}),
        json!({"id": "a-child", "dependencies": edge("a-parent", "parent-child")}),
        json!({"id": "a-grandchild", "dependencies": edge("a-child", "parent-child")}),
        json!({"id": "a-past", "defer_until": "2001-01-01T00:00:00+14:00"}),
        json!({"id": "a-later", "status": "deferred"}),
        json!({"id": "a-pinned", "status": "pinned"}),
        json!({"id": "a-held", "pinned": true}),
        json!({"id": "a-on-pinned", "dependencies": edge("a-pinned", "blocks")}),
        json!({"id": "a-on-held", "dependencies": edge("a-held", "blocks")}),
        json!({"id": "a-gone", "status": "tombstone"}),
        json!({"id": "a-on-gone", "dependencies": edge("a-gone", "blocks")}),
        json!({"id": "a-on-nothing", "dependencies": edge("a-nowhere", "blocks")}),
        json!({"id": "a-external", "dependencies": edge("external:other:thing", "blocks")}),
        json!({"id": "a-round", "dependencies": edge("a-trip", "blocks")}),
        json!({"id": "a-trip", "dependencies": edge("a-round", "conditional-blocks")}),
        json!({"id": "a-self", "dependencies": edge("a-self", "blocks")}),
        json!({"id": "a-odd", "dependencies": edge("a-round", "some-new-kind")}),
        json!({"id": "a-hooked", "status": "hooked"}),
        json!({"id": "a-wisp", "ephemeral": true}),
    ];
    let sandbox = with(store.map(|issue| issue.to_string()).join("\n"));
    sandbox.write(".beads/config.yaml", "external_projects:\n  other: ../no/such/project\n");
    let mut ready = ids(&sandbox.run(&["beads", "ready", "--json"]).json());
    ready.sort_unstable();
    let expected =
        ["a-external", "a-grandchild", "a-odd", "a-on-gone", "a-on-nothing", "a-on-pinned", "a-past"];
    assert_eq!(ready, expected);
    let cycles = sandbox.run(&["beads", "dep", "cycles", "--json"]);
    assert_eq!((cycles.code, cycles.json()), (1, json!([["a-round", "a-trip"], ["a-self"]])));
    let shown = sandbox.run(&["beads", "show", "a-gone"]);
    assert!(shown.code == 1 && shown.stderr.contains("no issue `a-gone`"), "{shown:?}");
    let all = ids(&sandbox.run(&["beads", "list", "--all", "--json"]).json());
    assert!(all.len() == 18 && !all.contains(&"a-gone".to_owned()), "{all:?}");
}

#[test]
fn statuses_and_types_of_a_projects_own_are_honoured() {
    let store = "{\"id\":\"a-1\",\"title\":\"one\",\"status\":\"archived\"}\n\
                 {\"id\":\"a-2\",\"title\":\"two\",\"dependencies\":[{\"depends_on_id\":\"a-1\",\"type\":\"blocks\"}]}\n\
                 {\"id\":\"a-3\",\"title\":\"three\"}\n";
    for config in [
        "status.custom: \"in_review:wip,archived:done,iced:frozen,queued:active\"\ntypes.custom: \"ritual\"\n",
        "status:\n  custom: [in_review:wip, archived:done, iced:frozen, queued:active]\ntypes:\n  custom:\n    - ritual\n",
    ] {
        let sandbox = with(store);
        let done = |args: &[&str]| {
            let out = sandbox.run(&[&["beads"], args].concat());
            assert_eq!(out.code, 0, "{args:?} {out:?}");
            out.stdout
        };
        assert_eq!(done(&["list"]).lines().count(), 3);
        sandbox.write(".beads/config.yaml", config);
        assert_eq!(done(&["list"]).lines().count(), 2, "what is done is not listed");
        // As with `bd`, only what is closed lets go of what waits for it.
        assert_eq!(ids(&sandbox.run(&["beads", "ready", "--json"]).json()), ["a-3"]);
        let out = sandbox.run(&["beads", "update", "a-3", "--status", "nonsense", "--json"]);
        assert!(out.code == 2 && out.json_error()["hint"].as_str().unwrap().contains("in_review"), "{out:?}");
        done(&["update", "a-3", "--status", "in_review"]);
        assert_eq!(ids(&sandbox.run(&["beads", "ready", "--json"]).json()), [""; 0]);
        let board = sandbox.run(&["board", "--json"]).json();
        assert_eq!(
            (ids(&board["in_progress"]), ids(&board["done"])),
            (vec!["a-3".into()], vec!["a-1".into()])
        );
        assert_eq!(done(&["list", "--status", "archived"]).lines().count(), 1);
        done(&["update", "a-3", "--status", "iced"]);
        assert_eq!(ids(&sandbox.run(&["beads", "list", "--json"]).json()), ["a-2"]);
        done(&["create", "four", "-t", "ritual"]);
        let out = sandbox.run(&["beads", "create", "five", "-t", "rite", "--json"]);
        assert!(out.code == 2 && out.json_error()["hint"].as_str().unwrap().contains("ritual"), "{out:?}");
        done(&["list", "-t", "ritual"]);
        assert!(!sandbox.read(FILE).lines().next().unwrap().contains("closed_at"));
    }
}
