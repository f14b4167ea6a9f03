//! What a second import leaves alone, and tells.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::beads_exchange::{FILE, counts, import, issues, titled, with};
use crate::sandbox::Sandbox;

fn ok(sandbox: &Sandbox, args: &[&str]) {
    let out = sandbox.run(&[&["beads"], args].concat());
    assert_eq!(out.code, 0, "{args:?} {out:?}");
}

fn id(sandbox: &Sandbox, title: &str) -> String {
    titled(sandbox, title)["id"].as_str().unwrap().to_owned()
}

/// Imports what is piped in.
fn piped(sandbox: &Sandbox, text: &str) -> Value {
    let mut command = sandbox.command();
    command.args(["beads", "import", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

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

#[test]
fn lists_of_the_same_name_are_different_lists() {
    let sandbox = with("");
    let outside = sandbox.root();
    for (dir, tick) in [("x", ' '), ("y", 'x')] {
        fs::create_dir(outside.join(dir)).unwrap();
        fs::write(outside.join(dir).join("TODO.md"), format!("# Plan\n- [{tick}] Write docs\n")).unwrap();
        let path = outside.join(dir).join("TODO.md");
        assert_eq!(counts(&import(&sandbox, &[path.to_str().unwrap()])), [2, 0, 0, 0], "{dir}");
        assert_eq!(counts(&import(&sandbox, &[path.to_str().unwrap()])), [0, 0, 2, 0], "{dir}");
        let stories =
            json!({"userStories": [{"id": "US-001", "title": format!("In {dir}"), "passes": tick == 'x'}]});
        sandbox.write(&format!("{dir}/prd.json"), stories.to_string());
        assert_eq!(counts(&import(&sandbox, &[&format!("{dir}/prd.json")])), [2, 0, 0, 0], "{dir}");
        assert_eq!(counts(&import(&sandbox, &[&format!("{dir}/prd.json")])), [0, 0, 2, 0], "{dir}");
    }
    let done = issues(&sandbox).iter().filter(|issue| issue["status"] == "closed").count();
    assert_eq!((issues(&sandbox).len(), done), (8, 4));
    // What is piped in is known again as a whole, whatever its ticks say.
    let sandbox = with("");
    assert_eq!(counts(&piped(&sandbox, "# Plan\n- [ ] Write docs\n- [ ] Ship\n")), [3, 0, 0, 0]);
    assert_eq!(counts(&piped(&sandbox, "# Plan\n- [x] Write docs\n- [ ] Test\n")), [3, 0, 0, 0]);
    assert_eq!(titled(&sandbox, "Ship")["status"], "open");
    assert_eq!(counts(&piped(&sandbox, "# Plan\n- [ ] Write docs\n- [x] Ship\n")), [0, 1, 2, 0]);
    assert_eq!(issues(&sandbox)[1]["status"], "open");
    assert_eq!(titled(&sandbox, "Ship")["status"], "closed");
    let story = |title: &str| json!({"userStories": [{"id": "US-001", "title": title}]}).to_string();
    assert_eq!(counts(&piped(&sandbox, &story("One"))), [2, 0, 0, 0]);
    assert_eq!(counts(&piped(&sandbox, &story("Two"))), [2, 0, 0, 0]);
    assert_eq!(counts(&piped(&sandbox, &story("One"))), [0, 0, 2, 0]);
}

#[test]
fn a_bare_list_of_stories_is_one() {
    let sandbox = with("");
    let list = json!([{"id": "US-001", "title": "One", "acceptanceCriteria": ["works"], "passes": true},
        {"id": "US-002", "title": "Two", "acceptanceCriteria": [], "passes": false}]);
    sandbox.write("stories.json", list.to_string());
    let done = import(&sandbox, &["stories.json"]);
    assert_eq!((counts(&done), &done["format"]), ([3, 0, 0, 0], &json!("prd")));
    let one = titled(&sandbox, "One");
    assert_eq!((&one["status"], &one["acceptance_criteria"]), (&json!("closed"), &json!("- works")));
    assert_eq!(counts(&import(&sandbox, &["stories.json", "--format", "prd"])), [0, 0, 3, 0]);
}

#[test]
fn no_epic_is_closed_over_open_tasks() {
    let sandbox = with("");
    let write = |passes: bool| {
        let story = |number: u8| json!({"id": format!("US-{number}"), "title": format!("Story {number}"), "passes": passes});
        let document = json!({"project": "App", "userStories": [story(1), story(2)]});
        sandbox.write("prd.json", document.to_string());
    };
    write(false);
    import(&sandbox, &["prd.json"]);
    let epic = id(&sandbox, "App");
    ok(&sandbox, &["create", "Added here", "--parent", &epic]);
    write(true);
    let out = sandbox.run(&["beads", "import", "prd.json"]);
    assert!(out.stderr.contains(&format!("`{epic}` is not closed")), "{out:?}");
    let statuses = ["App", "Story 1", "Story 2"].map(|title| titled(&sandbox, title)["status"].clone());
    assert_eq!(statuses, ["open", "closed", "closed"]);
    // A story that was opened again here counts as well, and the next import tries again.
    ok(&sandbox, &["reopen", &id(&sandbox, "Story 1")]);
    ok(&sandbox, &["close", &id(&sandbox, "Added here")]);
    assert_eq!(counts(&import(&sandbox, &["prd.json"])), [0, 0, 3, 0]);
    assert_eq!(titled(&sandbox, "App")["status"], "open");
    ok(&sandbox, &["close", &id(&sandbox, "Story 1")]);
    assert_eq!(counts(&import(&sandbox, &["prd.json"])), [0, 1, 2, 0]);
    assert_eq!(titled(&sandbox, "App")["status"], "closed");
    // Nor is one made so.
    sandbox.write("todo.md", "- [x] Top\n  - [ ] Part\n");
    import(&sandbox, &["todo.md"]);
    assert_eq!(titled(&sandbox, "Top")["status"], "open");
}

#[test]
fn what_was_changed_here_and_there_stays_as_it_is_here() {
    let sandbox = with("");
    let write = |title: &str, notes: &str| {
        let story = json!({"id": "US-1", "title": title, "notes": notes, "priority": 1});
        sandbox.write("prd.json", json!({"project": "App", "userStories": [story]}).to_string());
    };
    write("Story", "n");
    import(&sandbox, &["prd.json"]);
    let story = id(&sandbox, "Story");
    ok(&sandbox, &["update", &story, "--title", "Mine"]);
    write("Theirs", "n");
    let out = sandbox.run(&["beads", "import", "prd.json", "--dry-run"]);
    let says = format!("skipped  {story}  Mine (changed here and there, what is here stays: `title`)\n");
    assert!(out.stdout.starts_with(&says), "{out:?}");
    let done = import(&sandbox, &["prd.json"]);
    assert_eq!((counts(&done), &done["kept"]), ([0, 0, 1, 1], &json!([{"id": story, "field": "title"}])));
    assert_eq!(titled(&sandbox, "Mine")["id"], story.as_str());
    // It is told once; what else changes there still comes over.
    assert_eq!(counts(&import(&sandbox, &["prd.json"])), [0, 0, 2, 0]);
    write("Theirs again", "more");
    let done = import(&sandbox, &["prd.json"]);
    assert_eq!((counts(&done), done["kept"].as_array().unwrap().len()), ([0, 1, 1, 0], 1));
    assert_eq!(titled(&sandbox, "Mine")["notes"], "more");
}

#[test]
fn a_comment_with_new_words_is_the_same_comment() {
    let sandbox = with("");
    let write = |words: [&str; 2]| {
        let said = |at: usize| {
            json!({"id": format!("IC_{at}"), "url": format!("https://github.com/o/r/issues/1#c{at}"), "author": {"login": "bob"},
                "body": words[at], "createdAt": format!("2026-01-0{}T00:00:00Z", at + 1)})
        };
        // As `jq -c '.[]'` prints them: one issue a line.
        let issue = json!({"number": 1, "title": "T", "state": "OPEN", "url": "https://github.com/o/r/issues/1", "comments": [said(0), said(1)]});
        sandbox.write("gh.json", format!("{issue}\n{}\n", json!({"number": 2, "title": "U"})));
    };
    let said = || {
        let comments = titled(&sandbox, "T")["comments"].as_array().unwrap().clone();
        comments.iter().map(|said| said["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    write(["one", "two"]);
    assert_eq!(counts(&import(&sandbox, &["gh.json"])), [2, 0, 0, 0]);
    assert_eq!(counts(&import(&sandbox, &["gh.json"])), [0, 0, 2, 0]);
    write(["one, edited", "two"]);
    assert_eq!(counts(&import(&sandbox, &["gh.json"])), [0, 1, 1, 0]);
    assert_eq!(said(), ["one, edited", "two"]);
    // What was changed here stays.
    sandbox.write(FILE, sandbox.read(FILE).replace("\"two\"", "\"mine\""));
    write(["one, edited", "two, edited"]);
    let done = import(&sandbox, &["gh.json"]);
    assert_eq!(
        (said(), &done["kept"][0]["field"]),
        (vec!["one, edited".into(), "mine".into()], &json!("comments"))
    );
    assert_eq!(counts(&import(&sandbox, &["gh.json"])), [0, 0, 2, 0]);
}

#[test]
fn what_markdown_cannot_hold_is_told() {
    let text = r#"{"id":"m-1","title":"T","status":"open","priority":2,"issue_type":"task","labels":["two words"],"notes":"n","description":"```\nopen"}"#;
    let sandbox = with(&format!("{text}\n"));
    let out = sandbox.run(&["beads", "export", "out.md", "--format", "md"]);
    assert!(out.code == 0 && out.stderr.contains("does not hold all of 1 of these tasks (notes)"), "{out:?}");
    assert_eq!(sandbox.read("out.md"), "- [ ] T #\"two words\" <!-- m-1 -->\n  \\```\n  open\n");
    assert_eq!(counts(&import(&sandbox, &["out.md"])), [0, 0, 1, 0]);
    assert_eq!(sandbox.read(FILE), format!("{text}\n"));
    // Without their ids they are new, and as whole as the file is.
    sandbox.write("new.md", "- [ ] \n- [ ] U #\"two words\"\n  Acceptance criteria:\n  - [ ] works\n");
    let out = sandbox.run(&["beads", "import", "new.md"]);
    assert!(out.stderr.contains("line 1: the item has no title; it is left out"), "{out:?}");
    let made = titled(&sandbox, "U");
    assert_eq!((&made["labels"], &made["acceptance_criteria"]), (&json!(["two words"]), &json!("- works")));
}
