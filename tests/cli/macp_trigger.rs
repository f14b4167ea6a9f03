//! `macp trigger`: events become tasks

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

const RULES: &str = r#"
[[rule]]
name = "summary"
on = "document.added"
when = { "$.document.type" = "report", "$.size" = { gt = 10 } }
[rule.task]
title = "Summarise {{$.document.name}}"
argv = ["bin/summarise", "--", "{{$.document.name}}"]
env = { EVENT_DOCUMENT = "{{$.document}}" }
key = "document-{{$.document.id}}"
priority = "{{$.document.urgency}}"

[[rule]]
name = "audit"
on = ["operation.*", "drive.*"]
dedupe = "{{$.drive}}/{{$.seq}}"
[rule.task]
command = "echo \"$EVENT_SEQ\""
env = { EVENT_SEQ = "{{$.seq}}" }
"#;

pub fn workspace(rules: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    sandbox.write(".taskrun/triggers.toml", rules);
    sandbox
}

/// Runs taskrun with `input` on its standard input.
pub fn fed(sandbox: &Sandbox, args: &[&str], input: impl AsRef<[u8]>) -> Outcome {
    fed_with(sandbox, args, input, &[])
}

fn fed_with(sandbox: &Sandbox, args: &[&str], input: impl AsRef<[u8]>, env: &[(&str, &str)]) -> Outcome {
    let mut command = sandbox.command();
    command
        .args(args)
        .envs(env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who refuses its input does not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: out.status.code().unwrap(), stdout: text(out.stdout), stderr: text(out.stderr) }
}

/// The tasks of the queue.
pub fn tasks(sandbox: &Sandbox) -> Vec<Value> {
    if !sandbox.path(".taskrun/macp/tasks.json").exists() {
        return Vec::new();
    }
    let file: Value = serde_json::from_str(&sandbox.read(".taskrun/macp/tasks.json")).unwrap();
    file["tasks"].as_array().unwrap().clone()
}

fn document(name: &str, size: u64) -> Value {
    json!({"type": "document.added", "size": size,
        "document": {"id": 7, "type": "report", "name": name, "urgency": 1}})
}

#[test]
fn events_become_the_tasks_that_rules_say() {
    let sandbox = workspace(RULES);
    let hostile = "$(touch owned); `touch owned` '\" \t --help";
    let input = [
        document(hostile, 11),
        document("small", 10),
        json!({"type": "unknown"}),
        json!({"type": "operation.added", "drive": "d", "seq": 1}),
    ];
    let input: Vec<String> = input.iter().map(Value::to_string).collect();
    let done = fed(&sandbox, &["macp", "trigger", "--json"], input.join("\n"));
    assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{done:?}");
    let report = done.json();
    assert_eq!((&report["ignored"], &report["cut"], &report["deduped"]), (&json!(2), &json!([]), &json!([])));
    let submitted = report["submitted"].as_array().unwrap();
    let of = |at: usize| (submitted[at]["line"].as_u64().unwrap(), submitted[at]["rule"].as_str().unwrap());
    assert_eq!((of(0), of(1), submitted.len()), ((1, "summary"), (4, "audit"), 2));

    let tasks = tasks(&sandbox);
    assert_eq!(tasks.len(), 2);
    let first = &tasks[0];
    assert_eq!(first["id"], submitted[0]["task"]);
    assert_eq!(first["title"], "Summarise $(touch owned); `touch owned` '\"   --help");
    assert_eq!(first["argv"], json!(["bin/summarise", "--", hostile]), "a value is one argument");
    assert_eq!(first["env"]["EVENT_DOCUMENT"], document(hostile, 1)["document"].to_string());
    let fields = ["key", "priority", "depth", "dispatch", "status"].map(|field| first[field].clone());
    assert_eq!(fields, [json!("document-7"), json!(1), json!(1), json!("exec"), json!("pending")]);
    assert_eq!(first["metadata"]["trigger"]["rule"], "summary");
    assert_eq!(tasks[1]["title"], "audit", "a task without a title has its rule's name");
}

#[test]
fn one_document_a_list_and_a_file_are_read_too() {
    let sandbox = workspace(RULES);
    let one = serde_json::to_string_pretty(&document("a", 11)).unwrap();
    assert_eq!(fed(&sandbox, &["macp", "trigger", "-"], one).code, 0);
    sandbox.write("events.json", json!([document("b", 11), document("c", 11)]).to_string());
    let done = sandbox.run(&["macp", "trigger", "events.json"]);
    assert_eq!(done.stdout.lines().count(), 2, "{done:?}");
    assert!(done.stdout.starts_with("line 1: document.added: submitted summary-"), "{done:?}");
    assert_eq!(tasks(&sandbox).len(), 3);
    let none = sandbox.run(&["macp", "trigger", "nothing.json"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("`nothing.json` does not exist"), "{none:?}");
}

#[test]
fn a_bad_line_leaves_the_queue_as_it_was() {
    let sandbox = workspace(RULES);
    let good = document("a", 11).to_string();
    let table = [
        ("{\"type\":".to_owned(), "standard input line 2: EOF while parsing"),
        ("[1]".to_owned(), "standard input line 2: an event must be a JSON object"),
        ("{\"kind\":\"x\"}".to_owned(), "standard input line 2: an event needs a `type`"),
        (
            json!({"type": "document.added", "size": 11, "document": {"id": 1, "type": "report", "name": "x"}}).to_string(),
            "standard input line 2: rule `summary`: `priority`: `{{$.document.urgency}}` has no value",
        ),
        (document("a\0b", 11).to_string(), "line 2: rule `summary`: `title`: has a NUL byte"),
        (
            document("x", 11).to_string().replace("\"urgency\":1", "\"urgency\":\"high\""),
            "`priority`: `high` is no whole number",
        ),
        (document("x", 11).to_string().replace("\"id\":7", "\"id\":\"a\\nb\""), "`key`: `document-a\\nb` has a control"),
        ("!mosaic-task {\"title\":\"x\"}".to_owned(), "line 2 is a task from a room"),
    ];
    for (bad, expected) in table {
        let done = fed(&sandbox, &["macp", "trigger", "--json"], format!("{good}\n{bad}\n{good}\n"));
        let refused = bad.starts_with('!');
        assert_eq!(done.code, if refused { 1 } else { 2 }, "{bad}: {done:?}");
        let error = done.json_error();
        assert!(error["message"].as_str().unwrap().contains(expected), "{bad}: {error}");
        assert!(tasks(&sandbox).is_empty(), "{bad}: something was submitted");
    }
    let done = fed(&sandbox, &["macp", "trigger"], b"{\"type\":\"\xff\"}");
    assert!(done.code == 2 && done.stderr.contains("standard input line 1 is not UTF-8"), "{done:?}");
    assert!(!sandbox.path(".taskrun/macp/state/dedupe.ndjson").exists());
}

#[test]
fn the_same_key_never_submits_twice() {
    let sandbox = workspace(RULES);
    let event = |seq: u64| json!({"type": "operation.added", "drive": "d", "seq": seq}).to_string();
    let input = format!("{}\n{}\n{}\n", event(1), event(2), event(1));
    let first = fed(&sandbox, &["macp", "trigger", "--json"], &input).json();
    assert_eq!(first["submitted"].as_array().unwrap().len(), 2);
    assert_eq!(first["deduped"][0]["line"], 3);
    assert_eq!(first["deduped"][0]["task"], first["submitted"][0]["task"]);
    let again = fed(&sandbox, &["macp", "trigger", "--json"], &input).json();
    assert_eq!(again["deduped"].as_array().unwrap().len(), 3, "{again}");
    assert_eq!(tasks(&sandbox).len(), 2);

    // The tasks are cleared away: the keys are remembered.
    sandbox.write(".taskrun/macp/tasks.json", "{\"tasks\": []}");
    for entry in std::fs::read_dir(sandbox.path(".taskrun/macp/state")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "dedupe.ndjson" && entry.path().is_file() {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let _ = std::fs::remove_file(sandbox.path(".taskrun/macp/events.ndjson"));
    let later = fed(&sandbox, &["macp", "trigger", "--json"], &input).json();
    assert_eq!(later["submitted"], json!([]), "{later}");
}

/// Deliveries come at once and again; each document is submitted once.
#[test]
fn many_at_once_submit_each_key_once() {
    let sandbox = workspace(RULES);
    std::thread::scope(|scope| {
        for worker in 0..4u64 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                for round in 0..5u64 {
                    let input: Vec<String> = (0..10u64)
                        .map(|seq| {
                            json!({"type": "drive.changed", "drive": "d", "seq": (seq + worker + round) % 20})
                                .to_string()
                        })
                        .collect();
                    let done = fed(sandbox, &["macp", "trigger", "--json"], input.join("\n"));
                    assert_eq!(done.code, 0, "{done:?}");
                }
            });
        }
    });
    let mut seqs: Vec<String> =
        tasks(&sandbox).iter().map(|task| task["env"]["EVENT_SEQ"].as_str().unwrap().to_owned()).collect();
    let count = seqs.len();
    seqs.sort();
    seqs.dedup();
    assert_eq!((count, seqs.len()), (17, 17), "each of the seventeen keys that came");
}

#[test]
fn a_dry_run_shows_and_changes_nothing() {
    let sandbox = workspace(RULES);
    let event = json!({"type": "operation.added", "drive": "d", "seq": 1}).to_string();
    let done = fed(&sandbox, &["macp", "trigger", "--dry-run", "--json"], format!("{event}\n{event}"));
    let report = done.json();
    assert_eq!(report["dry_run"], true);
    assert_eq!(report["submitted"][0]["definition"]["command"], "echo \"$EVENT_SEQ\"");
    assert_eq!(report["deduped"].as_array().unwrap().len(), 1);
    assert!(!sandbox.path(".taskrun/macp").exists(), "nothing was written");
    let text = fed(&sandbox, &["macp", "trigger", "--dry-run"], &event);
    assert!(text.stdout.contains("would submit audit-"), "{text:?}");
}

#[test]
fn a_signed_body_is_read_and_another_is_not() {
    let sandbox = workspace(
        "[[rule]]\nname = 'push'\non = 'push'\nwhen = {'$.payload.ref' = 'refs/heads/main'}\n[rule.task]\nargv = ['make']\n",
    );
    let body = "{\n  \"ref\": \"refs/heads/main\"\n}\n";
    // printf '{\n  "ref": "refs/heads/main"\n}\n' | openssl dgst -sha256 -hmac hook-secret
    let hex = "e00c076245f8a4a3ca4ef07c29300d6e06e54e603678235b661e74ded90eb926";
    let good = format!("sha256={hex}");
    let args = |signature: &str| {
        [
            "macp",
            "trigger",
            "-",
            "--event",
            "push",
            "--json",
            "--secret-env",
            "HOOK",
            "--signature",
            signature,
        ]
        .map(str::to_owned)
    };
    let run = |signature: &str, body: &[u8], secret: &str| {
        let args = args(signature);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        fed_with(&sandbox, &args, body, &[("HOOK", secret)])
    };
    for (signature, body, secret) in [
        (good.as_str(), "{\"ref\": \"refs/heads/main\"}", "hook-secret"),
        (good.as_str(), body, "hook-secret2"),
        ("sha256=00", body, "hook-secret"),
        ("", body, "hook-secret"),
        (good.as_str(), "this is no JSON", "hook-secret"),
    ] {
        let done = run(signature, body.as_bytes(), secret);
        assert_eq!(done.code, 1, "{signature}: {done:?}");
        let message = done.json_error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("nothing was read as an event"), "{message}");
        assert!(!done.stderr.contains(hex) && !done.stderr.contains("hook-secret"), "{done:?}");
    }
    assert_eq!(run(&good, b"\xff", "hook-secret").code, 1, "the signature goes first");
    assert!(tasks(&sandbox).is_empty());
    let unset = run(&good, body.as_bytes(), "");
    assert!(unset.code == 2 && unset.stderr.contains("`HOOK` (--secret-env) is not set"), "{unset:?}");

    let done = run(&good, body.as_bytes(), "hook-secret");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(run(hex, body.as_bytes(), "hook-secret").code, 0, "bare hex does as well");
    assert_eq!(tasks(&sandbox).len(), 2);
    let half = sandbox.run(&["macp", "trigger", "--signature", "x"]);
    assert!(half.code == 2 && half.stderr.contains("--secret-env"), "{half:?}");
    let told = sandbox.run(&["macp", "trigger", "--signature", "x", "--secret-env", "my secret!"]);
    assert!(told.code == 2 && !told.stderr.contains("my secret!"), "{told:?}");
}

#[test]
fn an_items_list_is_taken_one_by_one() {
    let sandbox = workspace(
        "[[rule]]\nname = 'op'\non = 'operations.added'\neach = '$.operations'\n\
         when = {'$.item.type' = {matches = 'ADD_*'}}\n[rule.task]\nargv = ['./x', '{{$.item.input.id}}', '{{$.index}}']\n",
    );
    let operations = json!([{"type": "ADD_FILE", "input": {"id": "f"}}, {"type": "RENAME"}, {"type": "ADD_DIR", "input": {"id": 3}}]);
    let event = json!({"type": "operations.added", "operations": operations}).to_string();
    assert_eq!(fed(&sandbox, &["macp", "trigger"], event).code, 0);
    let argv: Vec<Value> = tasks(&sandbox).iter().map(|task| task["argv"].clone()).collect();
    assert_eq!(argv, [json!(["./x", "f", "0"]), json!(["./x", "3", "2"])]);
    for (operations, code) in [("[]", 0), ("null", 2), ("\"no\"", 2), ("{\"a\": 1}", 2)] {
        let event = format!("{{\"type\": \"operations.added\", \"operations\": {operations}}}");
        let done = fed(&sandbox, &["macp", "trigger"], event);
        assert_eq!((done.code, tasks(&sandbox).len()), (code, 2), "{operations}: {done:?}");
        assert_eq!(done.stderr.contains("rule `op`: `$.operations` is no list in it"), code == 2, "{done:?}");
    }
}

#[test]
fn tasks_come_from_a_room_where_that_is_allowed() {
    let sandbox = workspace("inject = true\n");
    let line = "!mosaic-task {\"id\": \"room-1\", \"title\": \"T\", \"command\": \"true\", \"status\": \"completed\", \"own\": {\"b\": 1, \"a\": 2}}";
    let done = fed(&sandbox, &["macp", "trigger", "--json"], line);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(done.json()["submitted"][0]["rule"], Value::Null);
    let expected = json!({"id": "room-1", "title": "T", "status": "pending", "command": "true", "own": {"b": 1, "a": 2}});
    assert_eq!(tasks(&sandbox), [expected], "a task of the old kind stays one");
    let again = fed(&sandbox, &["macp", "trigger", "--json"], line);
    assert_eq!((again.code, tasks(&sandbox).len()), (1, 1), "{again:?}");
    for (task, expected) in
        [("{\"id\": \"../x\", \"title\": \"T\"}", "`../x` is no id"), ("{\"id\": \"x\"}", "has no `title`")]
    {
        let done = fed(&sandbox, &["macp", "trigger"], format!("!mosaic-task {task}"));
        assert!(done.code == 2 && done.stderr.contains(expected), "{done:?}");
    }
    let done = fed(
        &sandbox,
        &["macp", "trigger"],
        "!mosaic-task {\"title\": \"T\", \"dispatch\": \"exec\", \"command\": \"true\"}",
    );
    assert_eq!(done.code, 0, "{done:?}");
    assert!(tasks(&sandbox)[1]["id"].as_str().unwrap().starts_with("room-"));
}

#[test]
fn rules_are_checked_by_file_and_line() {
    let sandbox = workspace(RULES);
    sandbox.write(".taskrun/templates/t.toml", "title = 'x'\n");
    let good = sandbox.run(&["macp", "trigger", "--check"]);
    assert_eq!(
        (good.code, good.stdout.as_str()),
        (0, "2 rules: summary, audit\n0 schedules\n1 template: t\n")
    );
    sandbox.write(".taskrun/templates/t.toml", "titel = 'x'\n");
    let bad = sandbox.run(&["macp", "trigger", "--check"]);
    assert_eq!(bad.code, 2);
    assert_eq!(
        bad.stderr,
        "error: failed to parse `.taskrun/templates/t.toml` line 1: a task has no field `titel` here\n\
         hint: did you mean `title`? values of your own go below `metadata`\n"
    );
    sandbox.write(
        ".taskrun/triggers.toml",
        "[[rule]]\nname = 'a'\non = 'x'\n[rule.task]\ncommand = 'rm {{$.path}}'\n",
    );
    let bad = fed(&sandbox, &["macp", "trigger"], "{\"type\":\"x\"}");
    assert_eq!(bad.code, 2);
    assert_eq!(
        bad.stderr,
        "error: failed to parse `.taskrun/triggers.toml` line 5: `command` is shell text and may hold no placeholder: \
         a value would become code\nhint: use `argv`, or a variable: `env = { EVENT_ID = \"{{…}}\" }` and `\"$EVENT_ID\"` in the command\n"
    );
    std::fs::remove_file(sandbox.path(".taskrun/triggers.toml")).unwrap();
    let none = fed(&sandbox, &["macp", "trigger"], "{\"type\":\"x\"}");
    assert!(none.code == 2 && none.stderr.contains("`.taskrun/triggers.toml` is missing"), "{none:?}");
}
