//! `beads` and `board`: every verb, its output and its exit code.

use std::process::Command;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

pub const FILE: &str = ".beads/issues.jsonl";

pub fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    done(&sandbox, &["beads", "init"]);
    sandbox
}

/// Runs a command that must succeed and returns its stdout without the last newline.
pub fn done(sandbox: &Sandbox, args: &[&str]) -> String {
    let out = sandbox.run(args);
    assert_eq!(out.code, 0, "{args:?}: {out:?}");
    out.stdout.trim_end().to_owned()
}

fn create(sandbox: &Sandbox, args: &[&str]) -> String {
    done(sandbox, &[&["beads", "create", "--silent"], args].concat())
}

pub fn json(sandbox: &Sandbox, args: &[&str]) -> Value {
    let out = sandbox.run(&[args, &["--json"]].concat());
    assert_eq!(out.code, 0, "{args:?}: {out:?}");
    out.json()
}

pub fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap()).collect()
}

fn ready(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let list = json(sandbox, &[&["beads", "ready"], args].concat());
    ids(&list).into_iter().map(str::to_owned).collect()
}

pub fn refused(sandbox: &Sandbox, args: &[&str], code: i32, says: &str) {
    let before = sandbox.read(FILE);
    let out = sandbox.run(args);
    assert_eq!((out.code, out.stdout.as_str()), (code, ""), "{args:?}: {out:?}");
    assert!(out.stderr.contains(says), "{args:?}: {says} in {}", out.stderr);
    assert_eq!(sandbox.read(FILE), before, "{args:?}");
}

#[test]
fn init_is_idempotent_and_keeps_the_prefix() {
    let sandbox = Sandbox::new();
    let first = json(&sandbox, &["beads", "init", "--prefix", "my-app"]);
    assert_eq!((&first["created"], &first["prefix"]), (&json!(true), &json!("my-app")));
    let id = create(&sandbox, &["one"]);
    assert!(id.starts_with("my-app-") && id.len() == "my-app-".len() + 3, "{id}");
    let before = sandbox.read(FILE);
    let second = json(&sandbox, &["beads", "init"]);
    assert_eq!((&second["created"], &second["prefix"]), (&json!(false), &json!("my-app")));
    assert_eq!(sandbox.read(FILE), before);
    assert!(sandbox.path(".beads/.gitignore").is_file());
    refused(&sandbox, &["beads", "init", "--prefix", "a b"], 2, "cannot be a prefix");
    let elsewhere = Sandbox::new();
    assert_eq!(elsewhere.run(&["beads", "ready"]).code, 2);
    elsewhere.write(".taskrun/config.toml", "");
    let out = elsewhere.run(&["beads", "ready", "--json"]);
    assert_eq!(out.code, 2);
    assert!(out.json_error()["hint"].as_str().unwrap().contains("taskrun beads init"));
}

#[test]
fn an_empty_queue_is_an_empty_array() {
    let sandbox = store();
    for args in [
        &["beads", "ready", "--json"][..],
        &["beads", "list", "--json"],
        &["beads", "dep", "cycles", "--json"],
    ] {
        assert_eq!(done(&sandbox, args), "[]");
    }
    let out = sandbox.run(&["beads", "ready"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, ""));
    let claim = sandbox.run(&["beads", "claim"]);
    assert_eq!((claim.code, claim.stdout.as_str()), (1, ""));
}

#[test]
fn create_stores_what_was_said() {
    let sandbox = store();
    let epic = create(&sandbox, &["Epic", "-t", "epic", "-p", "1"]);
    let first = create(&sandbox, &["first", "--epic", &epic]);
    sandbox.write("body.md", "from a file\n");
    let args = [
        "beads",
        "create",
        "second <b> & c",
        "--type",
        "bug",
        "-p",
        "P0",
        "--parent",
        &epic,
        "--blocked-by",
        &first,
        "--body-file",
        "body.md",
        "--acceptance",
        "it works",
        "--design",
        "so",
        "-l",
        "x",
        "-l",
        "y",
        "-a",
        "ann",
        "--estimate",
        "30",
    ];
    let issue = json(&sandbox, &args);
    assert_eq!(
        (first.as_str(), issue["id"].as_str().unwrap()),
        (&*format!("{epic}.1"), &*format!("{epic}.2"))
    );
    let expected = json!({
        "title": "second <b> & c", "issue_type": "bug", "priority": 0, "status": "open", "description": "from a file\n",
        "acceptance_criteria": "it works", "design": "so", "labels": ["x", "y"], "assignee": "ann",
        "estimated_minutes": 30,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&issue[key], value, "{key}");
    }
    let kinds: Vec<&str> =
        issue["dependencies"].as_array().unwrap().iter().map(|dep| dep["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["parent-child", "blocks"]);
    assert!(sandbox.read(FILE).contains(r#""title":"second \u003cb\u003e \u0026 c""#));
    assert_eq!(create(&sandbox, &["grandchild", "--epic", &first]), format!("{epic}.1.1"));
    for kind in ["task", "feature", "chore", "story"] {
        let id = create(&sandbox, &[kind, "-t", kind]);
        assert_eq!(json(&sandbox, &["beads", "show", &id])[0]["issue_type"], kind);
    }
    let both = sandbox.run(&["beads", "create", "loud"]);
    assert!(both.stderr.contains("loud") && both.stdout.lines().count() == 1, "{both:?}");
}

#[test]
fn create_refuses_what_cannot_be() {
    let sandbox = store();
    let epic = create(&sandbox, &["Epic", "-t", "epic"]);
    let long = "x".repeat(501);
    let cases: [(&[&str], i32, &str); 9] = [
        (&["x", "-t", "saga"], 2, "task, bug, feature"),
        (&["x", "-p", "5"], 2, "0 (the most urgent) to 4"),
        (&["x", "--epic", "bd-none"], 1, "bd-none"),
        (&["x", "--blocked-by", "bd-none"], 1, "bd-none"),
        (&["x", "--epic", &epic, "--blocked-by", &epic], 1, "neither could ever start"),
        (&["x", "--deps", &format!("saga:{epic}")], 2, "type of dependency"),
        (&[" "], 2, "empty"),
        (&[&long], 2, "501 bytes"),
        (&["x", "--body-file", "none.md"], 2, "none.md"),
    ];
    for (args, code, says) in cases {
        refused(&sandbox, &[&["beads", "create"], args].concat(), code, says);
    }
}

#[test]
fn a_five_megabyte_title_is_refused_and_read() {
    let sandbox = store();
    let title = "t".repeat(5 << 20);
    sandbox.write(FILE, format!("{{\"id\":\"bd-big\",\"title\":\"{title}\"}}\n"));
    assert_eq!(ready(&sandbox, &[]), ["bd-big"]);
    done(&sandbox, &["beads", "update", "bd-big", "--priority", "1"]);
    assert_eq!(json(&sandbox, &["beads", "show", "bd-big"])[0]["title"].as_str().unwrap().len(), 5 << 20);
}

#[test]
fn ready_by_priority_then_age_and_filters() {
    let sandbox = store();
    let late = create(&sandbox, &["c", "-p", "2"]);
    let epic = create(&sandbox, &["e", "-t", "epic", "-p", "3"]);
    let first = create(&sandbox, &["a", "-p", "0", "--epic", &epic, "-l", "ui", "-a", "ann"]);
    let latest = create(&sandbox, &["d", "-p", "2"]);
    assert_eq!(ready(&sandbox, &[]), [&first, &late, &latest, &epic].map(Clone::clone));
    assert_eq!(ready(&sandbox, &["--limit", "1"]), [&*first]);
    assert_eq!(ready(&sandbox, &["--limit", "0"]).len(), 4);
    assert_eq!(ready(&sandbox, &["--sort", "age"])[0], late);
    for filter in [["--epic", &epic], ["--label", "ui"], ["--assignee", "ann"]] {
        assert_eq!(ready(&sandbox, &filter), [&*first], "{filter:?}");
    }
    refused(&sandbox, &["beads", "ready", "--epic", "bd-none"], 1, "bd-none");
    let text = done(&sandbox, &["beads", "ready"]);
    assert_eq!(
        text.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(),
        [&*first, "P0", "task", "open", "a"]
    );
}

#[test]
fn update_changes_all_or_nothing() {
    let sandbox = store();
    let (a, b) = (create(&sandbox, &["a", "-l", "x"]), create(&sandbox, &["b"]));
    let args = [
        "beads",
        "update",
        &a,
        &b,
        "--title",
        "new",
        "--description",
        "d",
        "-p",
        "1",
        "--notes",
        "n",
        "--acceptance",
        "ac",
        "--assignee",
        "ann",
        "--add-label",
        "y",
        "--remove-label",
        "x",
    ];
    for issue in json(&sandbox, &args).as_array().unwrap() {
        let got = ["title", "description", "priority", "notes", "acceptance_criteria", "assignee", "labels"]
            .map(|key| &issue[key]);
        assert_eq!(json!(got), json!(["new", "d", 1, "n", "ac", "ann", ["y"]]));
    }
    for status in ["in_progress", "blocked", "deferred", "closed", "open"] {
        let issue = &json(&sandbox, &["beads", "update", &a, "--status", status])[0];
        assert_eq!(issue["status"], status);
        assert_eq!(issue["closed_at"].is_string(), status == "closed", "{issue}");
        let listed = json(&sandbox, &["beads", "list", "--status", status]);
        assert!(
            ids(&listed).contains(&&*a)
                && listed.as_array().unwrap().iter().all(|issue| issue["status"] == status)
        );
    }
    refused(&sandbox, &["beads", "update", &a, "--status", "done"], 2, "in_progress");
    refused(&sandbox, &["beads", "update", &a, "bd-none", "--title", "z"], 1, "bd-none");
    refused(&sandbox, &["beads", "update", &a], 2, "nothing is to change");
    refused(&sandbox, &["beads", "list", "--status", "done"], 2, "in_progress");
    done(&sandbox, &["beads", "update", &a, "--assignee", "", "--remove-label", "y"]);
    let shown = json(&sandbox, &["beads", "show", &a]);
    assert!(shown[0].get("assignee").is_none() && shown[0].get("labels").is_none(), "{shown}");
}

#[test]
fn closing_opens_the_way() {
    let sandbox = store();
    let (a, b) = (create(&sandbox, &["a"]), create(&sandbox, &["b"]));
    let c = create(&sandbox, &["c", "--blocked-by", &format!("{a},{b}")]);
    refused(&sandbox, &["beads", "close", &a, "bd-none"], 1, "bd-none");
    assert_eq!(done(&sandbox, &["beads", "close", &a, "--reason", "no need"]), format!("closed {a}  a"));
    assert_eq!(done(&sandbox, &["beads", "close", &b]), format!("closed {b}  b\nready  {c}  c"));
    let shown = json(&sandbox, &["beads", "show", &a, &b]);
    assert_eq!((&shown[0]["close_reason"], &shown[1]["close_reason"]), (&json!("no need"), &json!("Closed")));
    assert_eq!(ids(&json(&sandbox, &["beads", "list"])), [&*c]);
    assert_eq!(ids(&json(&sandbox, &["beads", "list", "--all"])), [&*a, &*b, &*c]);
    let open = &json(&sandbox, &["beads", "reopen", &a])[0];
    assert_eq!(
        (&open["status"], open.get("closed_at"), open.get("close_reason")),
        (&json!("open"), None, None)
    );
    assert_eq!(ready(&sandbox, &[]), [a]);
}

#[test]
fn claim_takes_what_a_loop_would() {
    let sandbox = store();
    let epic = create(&sandbox, &["e", "-t", "epic", "-p", "0"]);
    let child = create(&sandbox, &["c", "--epic", &epic]);
    let waits = create(&sandbox, &["w", "--blocked-by", &child]);
    let issue = json(&sandbox, &["beads", "claim", "--as", "ann"]);
    assert_eq!(
        (issue["id"].as_str(), issue["assignee"].as_str(), issue["status"].as_str()),
        (Some(&*child), Some("ann"), Some("in_progress"))
    );
    refused(&sandbox, &["beads", "claim"], 1, "nothing is ready");
    refused(&sandbox, &["beads", "claim", &child, "--as", "ann"], 1, "held by `ann`");
    refused(&sandbox, &["beads", "claim", &waits], 1, &child);
    refused(&sandbox, &["beads", "claim", "bd-none"], 1, "bd-none");
    let out =
        Outcome::of(sandbox.command().env("BEADS_ACTOR", "env").args(["beads", "claim", &epic, "--json"]));
    assert_eq!(out.json()["assignee"], "env");
}

#[test]
fn dependencies_that_cannot_be_are_refused() {
    let sandbox = store();
    let (a, b, c) = (create(&sandbox, &["a"]), create(&sandbox, &["b"]), create(&sandbox, &["c"]));
    let added = json(&sandbox, &["beads", "dep", "add", &a, &b]);
    assert_eq!(added, json!({"status": "added", "issue_id": a, "depends_on_id": b, "type": "blocks"}));
    assert_eq!(json(&sandbox, &["beads", "dep", "add", &a, &b])["status"], "unchanged");
    done(&sandbox, &["beads", "dep", "add", &b, &c]);
    refused(&sandbox, &["beads", "dep", "add", &c, &a], 1, "circle");
    refused(&sandbox, &["beads", "dep", "add", &c, &a, "-t", "parent-child"], 1, "circle");
    refused(&sandbox, &["beads", "dep", "add", &a, &a], 1, "itself");
    refused(&sandbox, &["beads", "dep", "add", &a, "bd-none"], 1, "bd-none");
    refused(&sandbox, &["beads", "dep", "add", &a, &c, "-t", "block"], 2, "blocks");
    refused(&sandbox, &["beads", "dep", "add", &a, &b, "-t", "related"], 1, "dep remove");
    done(&sandbox, &["beads", "dep", "add", &c, &a, "-t", "related"]);
    let tree = json(&sandbox, &["beads", "dep", "tree", &a]);
    assert_eq!(ids(&tree), [&*a, &b, &c, &a]);
    assert_eq!(
        (&tree[3]["edge_from_parent"], &tree[3]["seen"], &tree[2]["depth"]),
        (&json!("related"), &json!(true), &json!(2))
    );
    done(&sandbox, &["beads", "dep", "remove", &a, &b]);
    refused(&sandbox, &["beads", "dep", "remove", &a, &b], 1, "does not depend");
    assert!(ready(&sandbox, &[]).contains(&a));
}

#[test]
fn trees_comments_and_counts() {
    let sandbox = store();
    let epic = create(&sandbox, &["e", "-t", "epic", "-p", "0"]);
    let child = create(&sandbox, &["c", "--epic", &epic]);
    let grandchild = create(&sandbox, &["g", "--epic", &child]);
    let tree = done(&sandbox, &["beads", "list", "--tree"]);
    let starts: Vec<String> = tree.lines().map(|line| line.split(' ').take(2).collect()).collect();
    assert_eq!(starts, [format!("○{epic}"), "└──○".into(), String::new()], "{tree}");
    assert!(tree.lines().nth(2).unwrap().starts_with(&format!("    └── ○ {grandchild}  P2  task")), "{tree}");
    let list = json(&sandbox, &["beads", "list", "--tree"]);
    assert_eq!(ids(&list), [&*epic, &child, &grandchild]);
    assert_eq!((&list[1]["parent"], &list[1]["children"]), (&json!(epic), &json!([grandchild])));
    assert_eq!(ids(&json(&sandbox, &["beads", "list", "--epic", &epic])), [&*child, &grandchild]);
    let comment = json(&sandbox, &["beads", "comment", &child, "hello", "--as", "ann"]);
    assert_eq!(
        (&comment["author"], &comment["text"], &comment["id"]),
        (&json!("ann"), &json!("hello"), &json!(1))
    );
    let counts = json(&sandbox, &["beads", "stats"]);
    assert_eq!(
        (&counts["summary"]["total_issues"], &counts["summary"]["ready_issues"]),
        (&json!(3), &json!(3))
    );
    assert!(done(&sandbox, &["beads", "show", &child]).contains("hello"));
}

#[test]
fn the_board_holds_each_task_once() {
    let sandbox = store();
    let a = create(&sandbox, &["a \u{1b}[31mred"]);
    create(&sandbox, &["b", "--blocked-by", &a]);
    for status in ["closed", "in_progress", "deferred", "blocked"] {
        let id = create(&sandbox, &[status]);
        done(&sandbox, &["beads", "update", &id, "--status", status]);
    }
    let board = json(&sandbox, &["board"]);
    let counts =
        ["blocked", "ready", "in_progress", "done"].map(|column| board[column].as_array().unwrap().len());
    assert_eq!(counts, [3, 1, 1, 1]);
    assert_eq!(counts.iter().sum::<usize>(), ids(&json(&sandbox, &["beads", "list", "--all"])).len());
    let text = done(&sandbox, &["beads", "board"]);
    assert!(text.starts_with("BLOCKED 3"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80) && !text.contains('\u{1b}'), "{text}");
    assert_eq!(text.matches(&a).count(), 1);
}

#[test]
fn sync_commits_the_store_and_nothing_else() {
    let sandbox = store();
    create(&sandbox, &["a"]);
    let out = sandbox.run(&["beads", "sync"]);
    assert!(out.code == 0 && out.stderr.contains("no git repository"), "{out:?}");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let out = Outcome::of(
            command.current_dir(sandbox.path("")).env("HOME", sandbox.root().join("home")).args(args),
        );
        assert_eq!(out.code, 0, "{args:?}: {out:?}");
        out.stdout.trim().to_owned()
    };
    git(&["init", "--quiet", "-b", "main"]);
    sandbox.write("mine.txt", "mine");
    git(&["add", "mine.txt"]);
    let synced = json(&sandbox, &["beads", "sync", "-m", "Tasks"]);
    assert_eq!(synced["commit"].as_str().unwrap(), git(&["rev-parse", "HEAD"]));
    assert_eq!(
        git(&["show", "--format=%s", "--name-only"]),
        "Tasks\n\n.beads/.gitignore\n.beads/issues.jsonl"
    );
    assert_eq!(git(&["status", "--short"]), "A  mine.txt");
    let again = sandbox.run(&["beads", "sync", "--push"]);
    assert!(again.code == 1 && again.stderr.contains("no remote"), "{again:?}");
    git(&["init", "--quiet", "--bare", "-b", "main", "../bare"]);
    git(&["remote", "add", "origin", "../bare"]);
    create(&sandbox, &["b"]);
    assert_eq!(json(&sandbox, &["beads", "sync", "--push"])["pushed"], true);
    assert_eq!(
        git(&["ls-remote", "origin", "main"]).split_whitespace().next().unwrap(),
        git(&["rev-parse", "HEAD"])
    );
}
