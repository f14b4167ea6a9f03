//! `beads import` and `beads export`: nothing lost, nothing doubled, all or nothing.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, stores};

pub const FILE: &str = ".beads/issues.jsonl";

pub fn with(text: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(FILE, text);
    sandbox
}

pub fn import(sandbox: &Sandbox, args: &[&str]) -> Value {
    let out = sandbox.run(&[&["beads", "import"], args, &["--json"]].concat());
    assert_eq!(out.code, 0, "{args:?} {out:?}");
    out.json()
}

/// How many were created, updated, unchanged and skipped.
pub fn counts(done: &Value) -> [u64; 4] {
    let len = |key: &str| done[key].as_array().unwrap().len() as u64;
    [len("created"), len("updated"), done["unchanged"].as_u64().unwrap(), len("skipped")]
}

fn export(sandbox: &Sandbox, args: &[&str]) -> String {
    let out = sandbox.run(&[&["beads", "export"], args].concat());
    assert_eq!(out.code, 0, "{args:?} {out:?}");
    out.stdout
}

/// So many pieces of text, one after the other.
fn many(count: u64, piece: impl Fn(u64) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().concat()
}

/// The issues in the order of the file.
pub fn issues(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.read(FILE).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn titled(sandbox: &Sandbox, title: &str) -> Value {
    let found = issues(sandbox).into_iter().find(|issue| issue["title"] == title);
    found.unwrap_or_else(|| panic!("no `{title}`"))
}

#[test]
fn every_store_survives_export_and_import_byte_for_byte() {
    let mut seen = 0;
    for fixture in stores() {
        let text = fs::read_to_string(fixture.join("issues.jsonl")).unwrap();
        let sandbox = with(&text);
        let out = sandbox.run(&["beads", "export"]);
        if out.code != 0 {
            // Conflict markers.
            let empty = with("");
            empty.write("x.jsonl", &text);
            let out = empty.run(&["beads", "import", "x.jsonl"]);
            assert_eq!((out.code, empty.read(FILE).as_str()), (2, ""), "{fixture:?} {out:?}");
            continue;
        }
        seen += 1;
        assert_eq!(out.stdout, text, "{fixture:?}");
        let once: Vec<&str> = text.lines().map(str::trim_end).filter(|line| line.starts_with('{')).collect();
        for format in ["jsonl", "json", "md"] {
            sandbox.write("out", export(&sandbox, &["--format", format]));
            if format == "md" && sandbox.read("out").is_empty() {
                continue;
            }
            let done = import(&sandbox, &["out", "--format", if format == "md" { "md" } else { "jsonl" }]);
            assert_eq!(counts(&done)[..2], [0, 0], "{fixture:?} {format} {done}");
            assert_eq!(sandbox.read(FILE), text, "{fixture:?} {format}");
        }
        let empty = with("");
        empty.write("x.jsonl", &text);
        import(&empty, &["x.jsonl"]);
        for line in empty.read(FILE).lines() {
            assert!(once.contains(&line), "{fixture:?} {line}");
        }
        let ids = |sandbox: &Sandbox| -> Vec<Value> {
            let listed = sandbox.run(&["beads", "list", "--all", "--json"]).json();
            listed.as_array().unwrap().iter().map(|issue| issue["id"].clone()).collect()
        };
        assert_eq!(ids(&empty), ids(&sandbox), "{fixture:?}");
        let ready = |sandbox: &Sandbox| sandbox.run(&["beads", "ready"]).stdout;
        assert_eq!(ready(&empty), ready(&sandbox), "{fixture:?}");
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn of_two_stores_the_newest_wins_and_nothing_said_is_lost() {
    let old = r#"{"id":"a","title":"old","zzz":1e3,"updated_at":"2026-01-01T00:00:00Z","labels":["here"],"comments":[{"id":1,"author":"me","text":"only here","created_at":"2026-01-01T00:00:00Z"}]}"#;
    let new = r#"{"updated_at":"2026-03-01T01:00:00+01:00","id":"a","title":"new","unknown":[ 1 ],"dependencies":[{"depends_on_id":"b","type":"blocks"}],"comments":[{"id":1,"author":"you","text":"only there","created_at":"2026-02-01T00:00:00Z"}]}"#;
    let keep = r#"{"id":"b","title":"kept","updated_at":"2026-05-01T00:00:00Z", "x":  1e3}"#;
    let stale = r#"{"id":"b","title":"stale","updated_at":"2026-04-01T00:00:00Z"}"#;
    let fresh = r#"{ "id":"c-1", "title":"fresh","odd":1.50 }"#;
    let memory = r#"{"_type":"memory","key":"k","value":"v"}"#;
    let sandbox = with(&format!("{old}\n{keep}\r\n"));
    let text = format!("{{\"_schema\":\"beads-jsonl/1\"}}\n{new}\n{stale}\n\n{memory}\n{fresh}\n");
    sandbox.write("in.jsonl", &text);
    let before = sandbox.read(FILE);
    let rehearsed = import(&sandbox, &["in.jsonl", "--dry-run"]);
    assert_eq!(sandbox.read(FILE), before);
    let done = import(&sandbox, &["in.jsonl"]);
    assert_eq!(
        (counts(&done), &done["dry_run"], &rehearsed["dry_run"]),
        ([2, 1, 0, 1], &json!(false), &json!(true))
    );
    assert_eq!((&done["created"], &done["updated"]), (&rehearsed["created"], &json!(["a"])));
    assert_eq!(done["skipped"], json!([{"id": "b", "reason": "the one here is newer"}]));
    let after = sandbox.read(FILE);
    let lines: Vec<&str> = after.split_inclusive('\n').collect();
    assert_eq!((lines[1], lines[3]), (&*format!("{keep}\r\n"), &*format!("{fresh}\r\n")));
    assert_eq!(lines[2].trim_end(), memory);
    let merged: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(
        (&merged["title"], &merged["unknown"], &merged["labels"]),
        (&json!("new"), &json!([1]), &json!(["here"]))
    );
    assert_eq!(merged["updated_at"], "2026-03-01T01:00:00+01:00");
    let said: Vec<(&Value, &Value)> =
        merged["comments"].as_array().unwrap().iter().map(|said| (&said["id"], &said["text"])).collect();
    assert_eq!(said, [(&json!(1), &json!("only there")), (&json!(2), &json!("only here"))]);
    // A second time it is all there; a third store with another word of the older issue adds only that.
    assert_eq!(counts(&import(&sandbox, &["in.jsonl"])), [0, 0, 3, 1]);
    assert_eq!(sandbox.read(FILE), after);
    sandbox.write("more.jsonl", old.replace("only here", "a third"));
    assert_eq!(counts(&import(&sandbox, &["more.jsonl"])), [0, 1, 0, 0]);
    assert_eq!(issues(&sandbox)[0]["comments"].as_array().unwrap().len(), 3);
    assert_eq!(issues(&sandbox)[0]["title"], "new");
}

#[test]
fn bad_files_change_nothing_and_are_named() {
    let deep = format!("{{\"id\":\"a\",\"x\":{}", "[".repeat(10_000));
    let nested =
        many(10_000, |depth| format!("{}- [ ] x{depth}\n", "  ".repeat(usize::try_from(depth).unwrap())));
    let twice = r#"{"userStories":[{"id":"U","title":"a"},{"id":"U","title":"b"}]}"#;
    let unknown = r#"{"userStories":[{"id":"U","title":"a","dependsOn":["V"]}]}"#;
    let circle = r#"{"userStories":[{"id":"U","title":"a","dependsOn":["V"]},{"id":"V","title":"b","dependsOn":["U"]}]}"#;
    let table: [(&str, &[u8], &str); 22] = [
        ("x.jsonl", b"{\"id\":\"a\"}\n{\"id\":\"b\" oops}\n", "`x.jsonl` line 2 is not a JSON object"),
        ("x.jsonl", b"{\"id\":\"a\"}\n<<<<<<< ours\n", "`x.jsonl` line 2 is a merge conflict marker"),
        ("x.jsonl", b"{\"id\":\"a\"}\n{\"id\":\"\xff\"}\n", "`x.jsonl` line 2 is not UTF-8"),
        ("x.jsonl", b"{\"id\":\"a\",\"n\":NaN}\n", "`x.jsonl` line 1 is not a JSON object"),
        ("x.jsonl", b"{\"id\":\"../../etc/x\"}\n", "`x.jsonl` line 1: `../../etc/x` cannot be an id"),
        ("x.jsonl", b"{\"id\":\"ok\"}\n{\"id\":\"$(touch x)\"}\n", "line 2: `$(touch x)` cannot be an id"),
        ("x.jsonl", b"{\"id\":\"a\\u001b[31m\"}\n", "cannot be an id"),
        ("x.jsonl", b"{\"title\":\"no id\"}\n", "line 1 is an issue without an `id`"),
        ("x.jsonl", b"{\"_schema\":\"beads-jsonl/2\"}\n", "`beads-jsonl/2` is not known"),
        ("x.jsonl", deep.as_bytes(), "`x.jsonl` line 1"),
        (
            "prd.json",
            b"{\"userStories\": [\n {\"id\":\"U\",\n  \"title\": NaN}]}",
            "`prd.json` line 3 column 12",
        ),
        ("prd.json", twice.as_bytes(), "`prd.json` story 2: the id `U` is there twice"),
        ("prd.json", unknown.as_bytes(), "`prd.json` story `U`: depends on `V`"),
        ("prd.json", circle.as_bytes(), "the stories wait for each other: U → V → U"),
        ("prd.json", b"{\"userStories\":[{\"title\":\"a\"}]}", "story 1: has no `id`"),
        ("prd.json", b"{\"userStories\":[{\"id\":\"U\"}]}", "story `U`: has no title"),
        (
            "prd.json",
            b"{\"userStories\":[{\"id\":\"U\",\"title\":\"t\",\"priority\":\"soon\"}]}",
            "is not a priority",
        ),
        ("todo.md", nested.as_bytes(), "`todo.md` line 33: items are nested deeper"),
        ("todo.md", b"just prose\n", "`todo.md` holds no checklist"),
        (
            "gh.json",
            b"[{\"number\":1,\"title\":\"a\"},{\"number\":1,\"title\":\"b\"}]",
            "`gh.json` #1: is there twice",
        ),
        ("odd.json", b"{\"a\":1}", "--format"),
        ("gone.md", b"", "`gone.md` does not exist"),
    ];
    let before = "{\"id\":\"bd-1\",\"title\":\"t\"}\n";
    let sandbox = with(before);
    for (name, bytes, says) in table {
        if !bytes.is_empty() {
            sandbox.write(name, bytes);
        }
        for dry in [&[][..], &["--dry-run"]] {
            let out = sandbox.run(&[&["beads", "import", name, "--json"], dry].concat());
            let error = out.json_error();
            let text = format!("{} {}", error["message"], error["hint"]);
            assert!(out.code == 2 && text.contains(says), "{name} {says} {text}");
            assert!(text.len() < 600, "{text}");
        }
        assert_eq!(sandbox.read(FILE), before, "{name}");
    }
    let out = sandbox.run(&["beads", "import", "x.jsonl", "--epic", "bd-1"]);
    assert!(out.code == 2 && out.stderr.contains("--epic"), "{out:?}");
}

#[test]
fn long_titles_are_cut_and_kept_whole() {
    let sandbox = with("");
    sandbox.write("todo.md", format!("- [ ] {}\n  below\n", "ä".repeat(400)));
    let out = sandbox.run(&["beads", "import", "todo.md"]);
    assert!(out.code == 0 && out.stderr.contains("longer than 500 bytes; it was cut"), "{out:?}");
    let issue = &issues(&sandbox)[0];
    assert!(
        issue["title"].as_str().unwrap().len() <= 500 && issue["title"].as_str().unwrap().ends_with("ä…")
    );
    assert_eq!(issue["description"], format!("{}\n\nbelow", "ä".repeat(400)));
    assert_eq!(counts(&import(&sandbox, &["todo.md"])), [0, 0, 1, 0]);
}

#[test]
fn exports_hold_what_is_asked_for() {
    let sandbox = with(concat!(
        r#"{"id":"e-1","title":"Epic, \"quoted\"","issue_type":"epic","priority":1}"#,
        "\n",
        r#"{"_type":"memory","key":"k"}"#,
        "\n",
        r#"{"id":"e-1.1","title":"=cmd()","priority":2,"labels":["a","b c"],"description":"two\nlines"}"#,
        "\n",
        r#"{"id":"e-1.2","title":"end --> \"]","status":"closed","priority":2,"dependencies":[{"depends_on_id":"e-1.1","type":"blocks"}]}"#,
        "\n",
        r#"{"id":"e-2","title":"gone","status":"tombstone"}"#,
        "\n",
    ));
    let lines = |args: &[&str]| export(&sandbox, args).lines().count();
    assert_eq!((lines(&[]), lines(&["--status", "closed"]), lines(&["--epic", "e-1"])), (5, 1, 3));
    assert_eq!((lines(&["--label", "a"]), lines(&["--type", "epic"])), (1, 1));
    let all: Value = serde_json::from_str(&export(&sandbox, &["--format", "json"])).unwrap();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["status"]), (3, &json!("open")));
    assert_eq!(export(&sandbox, &["--format", "json", "--label", "zzz"]), "[]\n");
    let csv = export(&sandbox, &["--format", "csv"]);
    assert!(
        csv.starts_with("id,title,status,priority,type,")
            && csv.contains("\r\ne-1,\"Epic, \"\"quoted\"\"\",open,1,epic,"),
        "{csv}"
    );
    assert!(
        csv.contains("e-1.1,'=cmd(),open") && csv.contains(",a;b c,") && csv.contains("\"two\nlines\""),
        "{csv}"
    );
    let dot = export(&sandbox, &["--format", "dot"]);
    assert!(dot.contains("n0 -> n1 [style=dashed") && !dot.contains("end -->"), "{dot}");
    let dot = export(&sandbox, &["--format", "dot", "--all"]);
    assert!(dot.contains("  n1 -> n2;\n") && dot.contains(r#"end --> \"]"#), "{dot}");
    let mermaid = export(&sandbox, &["--format", "mermaid", "--all"]);
    assert!(mermaid.contains("  n1 --> n2\n") && mermaid.contains("end --#62; #34;#93;\"]"), "{mermaid}");
    if let Ok(mut drawn) =
        Command::new("dot").arg("-Tsvg").stdin(Stdio::piped()).stdout(Stdio::null()).spawn()
    {
        drawn.stdin.take().unwrap().write_all(dot.as_bytes()).unwrap();
        assert!(drawn.wait().unwrap().success());
    } else {
        eprintln!("skipped: Graphviz is not installed");
    }
    for args in [&["out.csv", "--format", "csv"][..], &["-o", "out.csv", "--format", "csv", "--force"]] {
        let out = sandbox.run(&[&["beads", "export"], args].concat());
        assert_eq!((out.code, out.stdout.as_str()), (0, ""), "{out:?}");
        assert_eq!(sandbox.read("out.csv"), csv);
    }
    sandbox.write("out.csv", "mine");
    let out = sandbox.run(&["beads", "export", "out.csv"]);
    assert!(out.code == 2 && out.stderr.contains("--force") && sandbox.read("out.csv") == "mine", "{out:?}");
    assert_eq!(sandbox.run(&["beads", "export", "--status", "nonsense"]).code, 2);
    assert_eq!(sandbox.run(&["beads", "export", "gone/out.csv"]).code, 2);
}

/// Files far larger than anybody writes by hand; 100 MB with `TASKRUN_STORM=1`.
#[test]
fn size_is_no_reason_to_fail() {
    let full = std::env::var_os("TASKRUN_STORM").is_some();
    let (items, issues) = if full { (20_000, 100_000) } else { (1_000, 3_000) };
    let sandbox = with("");
    let list = many(items, |at| match at {
        0 => "- [ ] Item 0\n".into(),
        _ => format!("- [ ] Item {at} (depends on: #{at})\n"),
    });
    sandbox.write("todo.md", &list);
    assert_eq!(counts(&import(&sandbox, &["todo.md"])), [items, 0, 0, 0]);
    assert_eq!(counts(&import(&sandbox, &["todo.md"])), [0, 0, items, 0]);
    let pad = "x".repeat(1000);
    let line = |at| format!("{{\"id\":\"q-{at}\",\"title\":\"t\",\"description\":\"{pad}\"}}\n");
    let lines = many(issues, line);
    sandbox.write("big.jsonl", &lines);
    assert_eq!(counts(&import(&sandbox, &["big.jsonl"])), [issues, 0, 0, 0]);
    assert_eq!(counts(&import(&sandbox, &["big.jsonl"])), [0, 0, issues, 0]);
    assert!(sandbox.read(FILE).ends_with(&lines));
}
