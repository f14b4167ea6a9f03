//! From an event by a task to what comes of it

use serde_json::{Value, json};

use crate::macp_trigger::{fed, tasks, workspace};
use crate::sandbox::Sandbox;

/// What a task says is written beside its document, if it fits the schema.
#[test]
fn a_document_becomes_a_task_and_its_result_comes_back() {
    let sandbox = workspace(
        r#"
[[rule]]
name = "summary"
on = "document.added"
when = { "$.document.type" = "report" }
dedupe = "{{$.document.id}}"
[rule.task]
argv = ["sh", "work.sh", "documents/{{$.document.id}}.json"]
key = "document-{{$.document.id}}"
result_schema = "schema.json"
on_complete = ["sh", "store.sh", "{{$.document.id}}"]
"#,
    );
    sandbox.write(
        "schema.json",
        r#"{"type": "object", "required": ["summary"], "properties": {"summary": {"type": "string"}}}"#,
    );
    sandbox.write(
        "work.sh",
        "grep -q bad \"$1\" && echo '{\"summary\": 1}' || echo '{\"summary\": \"short\"}'\n",
    );
    sandbox.write("store.sh", "cat >\"documents/$1.result.json\"\n");
    for (id, text) in [("7", "good"), ("8", "bad"), ("9", "memo")] {
        let kind = if text == "memo" { "memo" } else { "report" };
        let document = json!({"id": id, "type": kind, "text": text});
        sandbox.write(&format!("documents/{id}.json"), document.to_string());
        let event = json!({"type": "document.added", "document": document}).to_string();
        assert_eq!(fed(&sandbox, &["macp", "trigger"], event).code, 0);
    }
    assert_eq!(tasks(&sandbox).len(), 2, "none for the memo");
    let drained = sandbox.run(&["macp", "drain"]);
    assert_eq!(drained.code, 1, "one result does not fit: {drained:?}");

    let result: Value = serde_json::from_str(&sandbox.read("documents/7.result.json")).unwrap();
    assert_eq!(
        (&result["status"], &result["metadata"]["output"]),
        (&json!("completed"), &json!({"summary": "short"}))
    );
    assert_eq!(result["metadata"]["depth"], 1);
    assert!(!sandbox.path("documents/8.result.json").exists(), "what does not fit is not written");
    let failed = tasks(&sandbox).into_iter().find(|task| task["status"] == "failed").unwrap();
    let id = failed["id"].as_str().unwrap();
    let result: Value =
        serde_json::from_str(&sandbox.read(&format!(".taskrun/macp/results/{id}.json"))).unwrap();
    assert!(result["error"].as_str().unwrap().contains("result_schema"), "{result}");

    // The queue's own events are events too: somebody looks after what failed.
    sandbox.write(
        ".taskrun/triggers.toml",
        "[[rule]]\nname = 'look'\non = 'task.failed'\ndedupe = '{{$.event_id}}'\n[rule.task]\nargv = ['echo', '{{$.task_id}}']\n",
    );
    for expected in [1, 0] {
        let report = sandbox.run(&["macp", "trigger", ".taskrun/macp/events.ndjson", "--json"]).json();
        let submitted = report["submitted"].as_array().unwrap();
        assert_eq!(submitted.len(), expected, "{report}");
        if let [one] = submitted.as_slice() {
            assert_eq!(one["depth"], 2, "the failed task lies behind it");
        }
    }
}

/// A task whose result submits the same again: cut, however the event comes.
#[test]
fn a_task_that_brings_itself_about_is_cut() {
    let taskrun = env!("CARGO_BIN_EXE_taskrun");
    for (way, complete) in [
        ("result", format!("['{taskrun}', 'macp', 'trigger', '-', '--event', 'again']")),
        ("hand", "['sh', 'again.sh']".to_owned()),
    ] {
        let rules = format!(
            "max_depth = 2\n[[rule]]\nname = 'round'\non = 'again'\n[rule.task]\nargv = ['true']\non_complete = {complete}\n"
        );
        let sandbox = workspace(&rules);
        sandbox.write("again.sh", format!("printf '{{\"type\":\"again\"}}' | '{taskrun}' macp trigger\n"));
        assert_eq!(fed(&sandbox, &["macp", "trigger"], "{\"type\":\"again\"}").code, 0);
        for _ in 0..5 {
            let drained = sandbox.run(&["macp", "drain"]);
            assert_eq!(drained.code, 0, "{way}: {drained:?}");
        }
        let tasks = tasks(&sandbox);
        let depths: Vec<_> = tasks.iter().map(|task| task["depth"].as_u64().unwrap()).collect();
        assert_eq!(depths, [1, 2], "{way}");
        assert!(tasks.iter().all(|task| task["status"] == "completed"), "{way}: {tasks:?}");
        let said = logs(&sandbox);
        assert!(said.contains("`max_depth` is 2: cut"), "{way}: {said}");
    }
    // From outside, a result that is handed in later lies as deep.
    let sandbox = workspace("[[rule]]\nname = 'a'\non = '*'\n[rule.task]\nargv = ['true']\n");
    let result = json!({"task_id": "t", "status": "completed", "metadata": {"depth": 3}}).to_string();
    let cut = fed(&sandbox, &["macp", "trigger", "--event", "x", "--json"], &result);
    assert_eq!((cut.code, cut.json()["cut"][0]["depth"].clone(), tasks(&sandbox).len()), (0, json!(4), 0));
    assert!(
        cut.stderr.contains("rule `a` would submit a task that 3 others lie behind; `max_depth` is 3"),
        "{cut:?}"
    );
}

fn logs(sandbox: &Sandbox) -> String {
    let mut all = String::new();
    let mut dirs = vec![sandbox.path(".taskrun/macp/logs")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                all += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    all
}

#[test]
fn hostile_values_reach_the_command_as_they_are() {
    let sandbox = workspace(
        "[[rule]]\nname = 'r'\non = 'e'\n[rule.task]\ncommand = 'printf \"%s\" \"$EVENT_V\" >out-env; sh args.sh'\n\
         env = {EVENT_V = '{{$.v}}'}\n[[rule]]\nname = 's'\non = 'e'\n[rule.task]\nargv = ['sh', 'args.sh', '{{$.v}}']\n",
    );
    sandbox.write("args.sh", "[ $# = 0 ] || printf '%s' \"$1\" >out-argv\n");
    let hostile = "'; touch owned; \"$(touch owned)\" `touch owned` $HOME \\ {{$.v}}\n-rf *";
    let refused = fed(&sandbox, &["macp", "trigger"], json!({"type": "e", "v": hostile}).to_string());
    assert!(
        refused.code == 2 && refused.stderr.contains("`argv`: an argument would hold a line break"),
        "{refused:?}"
    );
    let hostile = &hostile.replace('\n', "\t");
    assert_eq!(fed(&sandbox, &["macp", "trigger"], json!({"type": "e", "v": hostile}).to_string()).code, 0);
    assert_eq!(sandbox.run(&["macp", "drain"]).code, 0);
    assert_eq!(
        (sandbox.read("out-env").as_str(), sandbox.read("out-argv").as_str()),
        (hostile.as_str(), hostile.as_str())
    );
    assert!(!sandbox.path("owned").exists());
}

#[test]
fn a_template_is_submitted_with_its_values() {
    let sandbox = workspace("");
    let template = "title = 'Greet {{who}}'\nargv = ['sh', 'greet.sh', '{{who}}', '{{how}}']\n[defaults]\nhow = 'hello'\n";
    sandbox.write(".taskrun/templates/greet.toml", template);
    sandbox.write("greet.sh", "echo \"$2 $1\" >greeting\n");
    let submit = |more: &[&str]| sandbox.run(&[&["macp", "submit", "--template"], more].concat());
    let missing = submit(&["greet"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.contains("needs a value for `who`") && missing.stderr.contains("--set who=…"),
        "{missing:?}"
    );
    let unknown = submit(&["great", "--set", "who=x"]);
    assert!(
        unknown.stderr.contains("no template `great`") && unknown.stderr.contains("there are greet"),
        "{unknown:?}"
    );
    assert!(submit(&["../templates/greet"]).stderr.contains("no template"));
    let done = submit(&["greet", "--set", "who=world; exit 1", "--task-id", "g-1"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "g-1\n"), "{done:?}");
    assert_eq!(sandbox.run(&["macp", "drain"]).code, 0);
    assert_eq!(sandbox.read("greeting"), "hello world; exit 1\n");
}

#[test]
fn what_is_due_is_worked() {
    let sandbox = workspace(
        "[[schedule]]\nname = 'tick'\ncron = '* * * * *'\n[schedule.task]\nargv = ['sh', 'tick.sh', '{{$.time}}']\n",
    );
    sandbox.write("tick.sh", "echo \"$1 $TASKRUN_DEPTH\" >>ticks\n");
    for now in ["2026-01-01T00:00:00Z", "2026-01-01T00:01:10Z", "2026-01-01T00:09:10Z"] {
        assert_eq!(sandbox.run(&["macp", "due", "--now", now]).code, 0);
        assert_eq!(sandbox.run(&["macp", "drain"]).code, 0);
    }
    assert_eq!(sandbox.read("ticks"), "2026-01-01T00:01:00Z 1\n2026-01-01T00:09:00Z 1\n");
}

/// A task that could not be worked is refused as a whole input is.
#[test]
fn a_task_that_leads_outside_is_refused() {
    let sandbox =
        workspace("[[rule]]\nname = 'r'\non = 'e'\n[rule.task]\nargv = ['true']\ncwd = '{{$.dir}}'\n");
    sandbox.write("sub/file", "");
    let event = |dir: &str| json!({"type": "e", "dir": dir}).to_string();
    let done = fed(&sandbox, &["macp", "trigger"], format!("{}\n{}", event("sub"), event("../..")));
    assert_eq!(done.code, 2, "{done:?}");
    assert!(
        done.stderr.contains("standard input line 2 (rule `r`)") && done.stderr.contains("`cwd`"),
        "{done:?}"
    );
    assert!(tasks(&sandbox).is_empty());
    assert_eq!(fed(&sandbox, &["macp", "trigger"], event("sub")).code, 0);
}
