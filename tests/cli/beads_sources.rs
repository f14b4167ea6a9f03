//! What `beads import` makes of user stories, checklists and GitHub's issues, and of the same ones again.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::beads_exchange::{FILE, counts, import, issues, titled, with};
use crate::sandbox::Outcome;

fn prd(stories: &Value) -> String {
    json!({"project": "My App", "branchName": "ralph/x", "description": "What for", "userStories": stories})
        .to_string()
}

/// Twelve stories, the last in the file first in order and done.
fn stories() -> Vec<Value> {
    let story = |number: u64| {
        json!({"id": format!("US-{number:03}"), "title": format!("Story {number}"), "priority": 13 - number,
            "acceptanceCriteria": ["one", "two\nlines"], "passes": number == 12, "notes": "n", "size": number})
    };
    (1..=12).map(story).collect()
}

#[test]
fn user_stories_become_tasks_in_their_order() {
    let sandbox = with("");
    sandbox.write("prd.json", prd(&json!(stories())));
    let rehearsed = import(&sandbox, &["prd.json", "--dry-run"]);
    assert_eq!((counts(&rehearsed), &rehearsed["created"][1]), ([13, 0, 0, 0], &json!("prd:ralph-x#US-001")));
    assert_eq!(sandbox.read(FILE), "");
    assert_eq!(counts(&import(&sandbox, &["prd.json"])), [13, 0, 0, 0]);
    let epic = titled(&sandbox, "My App");
    assert_eq!(
        (&epic["issue_type"], &epic["description"]),
        (&json!("epic"), &json!("What for\n\nBranch: `ralph/x`"))
    );
    let ready = sandbox.run(&["beads", "ready", "--epic", epic["id"].as_str().unwrap(), "--json"]).json();
    let titles: Vec<&str> =
        ready.as_array().unwrap().iter().map(|issue| issue["title"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=11).rev().map(|number| format!("Story {number}")).collect();
    assert_eq!(titles, expected);
    let first = titled(&sandbox, "Story 11");
    assert_eq!(
        (&first["acceptance_criteria"], &first["notes"]),
        (&json!("- one\n- two\n  lines"), &json!("n"))
    );
    assert_eq!(
        (&first["metadata"]["prd"]["size"], &first["external_ref"]),
        (&json!(11), &json!("prd:ralph-x#US-011"))
    );
    let done = titled(&sandbox, "Story 12");
    assert_eq!((&done["status"], done["closed_at"].is_string()), (&json!("closed"), true));
}

/// What is done here meanwhile stays, what changes there comes over, nothing is doubled.
#[test]
fn stories_that_are_imported_again_stay_the_same_ones() {
    let (sandbox, mut stories) = (with(""), stories());
    sandbox.write("prd.json", prd(&json!(stories)));
    import(&sandbox, &["prd.json"]);
    let id = |title: &str| titled(&sandbox, title)["id"].as_str().unwrap().to_owned();
    for args in [&["close", &id("Story 1")][..], &["update", &id("Story 2"), "--title", "Mine"]] {
        assert_eq!(sandbox.run(&[&["beads"], args].concat()).code, 0);
    }
    let before = sandbox.read(FILE);
    assert_eq!(counts(&import(&sandbox, &["prd.json"])), [0, 0, 13, 0]);
    assert_eq!(sandbox.read(FILE), before);
    stories[2]["passes"] = json!(true);
    stories[3]["dependsOn"] = json!(["US-005"]);
    stories[11]["passes"] = json!(false);
    stories.push(json!({"id": "US-100", "title": "One more", "priority": 13, "passes": false}));
    sandbox.write("prd.json", prd(&json!(stories)));
    let done = import(&sandbox, &["prd.json"]);
    assert_eq!(done["created"].as_array().unwrap().len(), 1, "{done}");
    let statuses = ["Story 1", "Story 3", "Story 12"].map(|title| titled(&sandbox, title)["status"].clone());
    assert_eq!(statuses, ["closed", "closed", "open"]);
    assert_eq!(titled(&sandbox, "Mine")["external_ref"], "prd:ralph-x#US-002");
    let waits = titled(&sandbox, "Story 4")["dependencies"].clone();
    assert_eq!(waits[1]["depends_on_id"], titled(&sandbox, "Story 5")["id"]);
    stories[3].as_object_mut().unwrap().remove("dependsOn");
    sandbox.write("prd.json", prd(&json!(stories)));
    import(&sandbox, &["prd.json"]);
    assert_eq!(titled(&sandbox, "Story 4")["dependencies"].as_array().unwrap().len(), 1);
    // What was deleted here does not come back.
    let mark = |line: &str| line.replace("\"open\"", "\"tombstone\"");
    let delete = |line: &str| if line.contains("\"One more\"") { mark(line) } else { line.into() } + "\n";
    let gone: Vec<String> = sandbox.read(FILE).lines().map(delete).collect();
    sandbox.write(FILE, gone.concat());
    let done = import(&sandbox, &["prd.json"]);
    assert_eq!(
        (counts(&done), &done["skipped"][0]["reason"]),
        ([0, 0, 13, 1], &json!("it was deleted here"))
    );
}

#[test]
fn priorities_of_stories_keep_their_order() {
    let table: [(&[i64], &[i64]); 5] = [
        (&[0, 4, 2], &[0, 4, 2]),
        (&[1, 2, 3], &[1, 2, 3]),
        (&[10, 30, 20], &[1, 3, 2]),
        (&[1, 2, 3, 4, 5], &[0, 1, 2, 3, 4]),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], &[0, 0, 1, 1, 2, 2, 3, 3, 4, 4]),
    ];
    for (given, expected) in table {
        let stories: Vec<Value> = given
            .iter()
            .enumerate()
            .map(|(at, priority)| json!({"id": format!("{at}"), "title": format!("t{at}"), "priority": priority}))
            .collect();
        let sandbox = with("");
        sandbox.write("prd.json", prd(&json!(stories)));
        import(&sandbox, &["prd.json"]);
        let got: Vec<i64> =
            issues(&sandbox)[1..].iter().map(|issue| issue["priority"].as_i64().unwrap()).collect();
        assert_eq!(got, expected);
    }
}

#[test]
fn a_checklist_becomes_a_tree_and_is_not_doubled() {
    let sandbox = with("");
    let list = "# Release\n\n- [x] Plan (P0)\n- [ ] Build (P1) #core\n  How to.\n  - [ ] Docs\n    - [ ] Deep\n      - [ ] Deeper\n- [ ] Ship (depends on: Build, Plan)\n";
    sandbox.write("docs/todo.md", list);
    assert_eq!(counts(&import(&sandbox, &["docs/todo.md"])), [7, 0, 0, 0]);
    let id = |title: &str| titled(&sandbox, title)["id"].as_str().unwrap().to_owned();
    let top = id("Release");
    assert_eq!(
        [id("Plan"), id("Build"), id("Docs")],
        [format!("{top}.1"), format!("{top}.2"), format!("{top}.2.1")]
    );
    // Deeper ids are lost by some versions of bd.
    assert!(id("Deep") == format!("{top}.2.1.1") && !id("Deeper").contains('.'));
    assert_eq!(titled(&sandbox, "Deeper")["dependencies"][0]["depends_on_id"], id("Deep").as_str());
    let shown = sandbox.run(&["beads", "list", "--tree", "--all", "--json"]).json();
    let order: Vec<&Value> = shown.as_array().unwrap().iter().map(|issue| &issue["title"]).collect();
    assert_eq!(order, ["Release", "Plan", "Build", "Docs", "Deep", "Deeper", "Ship"]);
    let ready = sandbox.run(&["beads", "ready"]).stdout;
    assert!(!ready.contains("Ship") && ready.contains("Deeper"), "{ready}");
    let before = sandbox.read(FILE);
    // The same file from another directory is the same file.
    let mut command = sandbox.command();
    let out =
        Outcome::of(command.current_dir(sandbox.path("docs")).args(["beads", "import", "todo.md", "--json"]));
    assert_eq!((counts(&out.json()), sandbox.read(FILE)), ([0, 0, 7, 0], before));
    sandbox.write("docs/todo.md", list.replace("- [ ] D", "- [x] D") + "- [ ] More\n");
    let done = import(&sandbox, &["docs/todo.md"]);
    assert_eq!((counts(&done), &done["created"][0]), ([1, 3, 4, 0], &json!(format!("{top}.4"))));
    assert_eq!(titled(&sandbox, "Docs")["status"], "closed");
    // What is renamed is another one; the old one is told.
    sandbox.write("docs/todo.md", list.replace("Ship", "Deliver"));
    let out = sandbox.run(&["beads", "import", "docs/todo.md", "--dry-run"]);
    assert!(
        out.stderr.contains(&format!("no longer in the file, or renamed there: `{}`, `{top}.4`", id("Ship"))),
        "{out:?}"
    );
    // Standard input, below an epic that is there.
    let mut child = sandbox
        .command()
        .args(["beads", "import", "-", "--epic", &top, "--format", "md"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"* [ ] From stdin\r\n").unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success() && titled(&sandbox, "From stdin")["id"] == format!("{top}.5"), "{out:?}");
}

#[test]
fn issues_of_github_are_taken_over_and_followed() {
    let issue = |number: u64, state: &str, title: &str| {
        json!({"number": number, "title": title, "body": "Steps\n- [ ] one", "state": state, "labels": [{"name": "bug"}, {"name": "P1"}],
            "assignees": [{"login": "ann"}], "url": format!("https://github.com/o/r/issues/{number}"),
            "createdAt": "2026-01-02T00:00:00Z", "updatedAt": "2026-01-03T00:00:00Z",
            "closedAt": if state == "CLOSED" { json!("2026-01-03T00:00:00Z") } else { json!(null) },
            "comments": [{"author": {"login": "bob"}, "body": "me too", "createdAt": "2026-01-02T10:00:00Z"}],
            "milestone": null, "author": {"login": "cy"}})
    };
    let sandbox = with("{\"id\":\"p-1\",\"title\":\"x\",\"comments\":[{\"id\":41}]}\n");
    sandbox.write("gh.json", json!([issue(2, "OPEN", "Two"), issue(1, "CLOSED", "One")]).to_string());
    assert_eq!(counts(&import(&sandbox, &["gh.json"])), [2, 0, 0, 0]);
    let (two, one) = (titled(&sandbox, "Two"), titled(&sandbox, "One"));
    assert_eq!(
        (&two["issue_type"], &two["priority"], &two["assignee"]),
        (&json!("bug"), &json!(1), &json!("ann"))
    );
    assert_eq!(
        (&two["created_at"], &two["created_by"], &two["external_ref"]),
        (&json!("2026-01-02T00:00:00Z"), &json!("cy"), &json!("gh-2"))
    );
    assert_eq!((&two["comments"][0]["id"], &one["comments"][0]["id"]), (&json!(42), &json!(43)));
    assert_eq!((&one["status"], &one["closed_at"]), (&json!("closed"), &json!("2026-01-03T00:00:00Z")));
    assert!(two["id"].as_str().unwrap().starts_with("p-") && two["description"] == "Steps\n- [ ] one");
    assert_eq!(counts(&import(&sandbox, &["gh.json"])), [0, 0, 2, 0]);
    let mut now = issue(2, "CLOSED", "Two, renamed");
    now["labels"] = json!([{"name": "bug"}, {"name": "P0"}]);
    now["comments"]
        .as_array_mut()
        .unwrap()
        .push(json!({"author": {"login": "d"}, "body": "fixed", "createdAt": "2026-02-01T00:00:00Z"}));
    sandbox.write("one.json", now.to_string());
    assert_eq!(counts(&import(&sandbox, &["one.json"])), [0, 1, 0, 0]);
    let two = titled(&sandbox, "Two, renamed");
    assert_eq!(
        (&two["status"], &two["priority"], &two["labels"]),
        (&json!("closed"), &json!(0), &json!(["bug", "P0"]))
    );
    assert_eq!(two["comments"].as_array().unwrap().len(), 2);
    // The same number of another repository is another issue.
    let mut other = issue(2, "OPEN", "Elsewhere");
    other["url"] = json!("https://github.com/o/other/issues/2");
    sandbox.write("other.json", json!([other]).to_string());
    assert_eq!(counts(&import(&sandbox, &["other.json"])), [1, 0, 0, 0]);
    assert_eq!(counts(&import(&sandbox, &["other.json"])), [0, 0, 1, 0]);
    assert_eq!(titled(&sandbox, "Elsewhere")["external_ref"], "https://github.com/o/other/issues/2");
}
