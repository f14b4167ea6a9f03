//! `macp trigger`: what values of events can do, how often, and how deep

use serde_json::{Value, json};

use crate::macp_trigger::{fed, tasks, workspace};

const RULE: &str = "[[rule]]\nname = 'r'\non = 'e'\n[rule.task]\n";

/// Each of these ran what an event said, or was accepted though it would have.
#[test]
fn what_would_run_a_value_is_refused_before_there_is_one() {
    let sandbox = workspace("");
    let argvs = [
        "['env', '{{$.x}}']",
        "['timeout', '5', '{{$.x}}']",
        "['setsid', '{{$.x}}']",
        "['xargs', '{{$.x}}']",
        "['env', '-S', '{{$.x}}']",
        "['flock', 'f', '-c', '{{$.x}}']",
        "['git', '-c', '{{$.x}}', 'zz']",
        "['taskrun', 'macp', 'submit', '--title', 't', '--command', '{{$.x}}']",
        "['systemd-run', '{{$.x}}']",
        "['python3', '-m', '{{$.x}}']",
        "['ruby', '-e{{$.x}}']",
        "['rsync', '-e', '{{$.x}}', 'a', 'b:']",
        "['find', '.', '{{$.x}}']",
        "['tar', '{{$.x}}']",
        "['make', '{{$.x}}']",
        "['vim', '-c', '{{$.x}}']",
        "['bash', '-c', 'eval $0', '{{$.x}}']",
    ];
    for argv in argvs {
        for field in ["argv", "on_complete"] {
            let more = if field == "argv" { "" } else { "argv = ['true']\n" };
            sandbox.write(".taskrun/triggers.toml", format!("{RULE}{more}{field} = {argv}\n"));
            let bad = sandbox.run(&["macp", "trigger", "--check"]);
            assert_eq!(bad.code, 2, "{field} {argv}: {bad:?}");
            assert!(
                bad.stderr.contains("may hold no placeholder") && bad.stderr.contains("EVENT_X"),
                "{bad:?}"
            );
        }
    }
    for name in ["MAKEFLAGS", "ANTHROPIC_BASE_URL", "JAVA_TOOL_OPTIONS", "CLAUDE_CLI_PATH", "PS4", "ID"] {
        let rules = format!("{RULE}dispatch = 'yolo'\nbrief = 'x'\nenv = {{{name} = '{{{{$.x}}}}'}}\n");
        sandbox.write(".taskrun/triggers.toml", rules);
        let bad = fed(&sandbox, &["macp", "trigger"], "{\"type\":\"e\",\"x\":\"http://evil\"}");
        assert_eq!(bad.code, 2, "{bad:?}");
        assert!(bad.stderr.contains(&format!("hint: call it `EVENT_{name}`, and read that")), "{bad:?}");
    }
    assert!(tasks(&sandbox).is_empty());
}

#[test]
fn values_are_no_options_and_no_odd_names() {
    let sandbox =
        workspace(&format!("{RULE}argv = ['printf', '%s', '{{{{$.x}}}}']\nbranch = 'doc/{{{{$.b}}}}'\n"));
    let event = |x: &str, b: &str| json!({"type": "e", "x": x, "b": b}).to_string();
    for (x, b, said) in [
        ("-v", "a", "`argv`: `-v` would be an option"),
        ("x", "a;touch owned", "`branch`: `doc/a;touch owned` is refused"),
        ("x", "$(id)", "`branch`"),
        ("x", "../../main", "`branch`"),
    ] {
        let done = fed(&sandbox, &["macp", "trigger"], event(x, b));
        assert!(done.code == 2 && done.stderr.contains(said), "{x} {b}: {done:?}");
    }
    assert!(tasks(&sandbox).is_empty());
    let done = fed(&sandbox, &["macp", "trigger"], event("$(id)", "7_a.b"));
    assert_eq!(done.code, 0, "{done:?}");
    let task = &tasks(&sandbox)[0];
    assert_eq!((&task["argv"], &task["branch"]), (&json!(["printf", "%s", "$(id)"]), &json!("doc/7_a.b")));
}

#[test]
fn a_rule_that_tells_an_agent_what_an_event_says_is_warned_of() {
    let sandbox = workspace(&format!("{RULE}dispatch = 'yolo'\nbrief = 'Look at {{{{$.x}}}}.'\n"));
    let done = sandbox.run(&["macp", "trigger", "--check"]);
    assert_eq!((done.code, done.stdout.lines().next()), (0, Some("1 rule: r")));
    assert!(
        done.stderr.starts_with("warning: rule `r` hands values of events to an agent, in `brief`"),
        "{done:?}"
    );
    sandbox.write(".taskrun/triggers.toml", format!("{RULE}dispatch = 'yolo'\nbrief = 'Look around.'\n"));
    assert_eq!(sandbox.run(&["macp", "trigger", "--check"]).stderr, "");
}

/// The task takes away, or makes up, what says how deep it lies, and hands in its own event again.
#[test]
fn a_loop_without_its_variable_is_cut_all_the_same() {
    let taskrun = env!("CARGO_BIN_EXE_taskrun");
    for (way, field) in [
        ("['env', '-u', 'TASKRUN_DEPTH'", "argv"),
        ("['env', '-i'", "argv"),
        ("['env', 'TASKRUN_DEPTH=0'", "argv"),
        ("['setsid', '-w', 'env', '-u', 'TASKRUN_DEPTH'", "argv"),
        ("['env', '-u', 'TASKRUN_DEPTH'", "on_complete"),
    ] {
        let more = if field == "argv" { "" } else { "argv = ['true']\n" };
        let rules = format!("{RULE}{more}{field} = {way}, '{taskrun}', 'macp', 'trigger', 'again.json']\n");
        let sandbox = workspace(&rules);
        sandbox.write("again.json", "{\"type\":\"e\"}");
        assert_eq!(sandbox.run(&["macp", "trigger", "again.json"]).code, 0);
        for _ in 0..2 {
            let drained = sandbox.run(&["macp", "drain", "--limit", "20"]);
            assert_eq!(drained.code, 0, "{way} {field}: {drained:?}");
        }
        let tasks = tasks(&sandbox);
        let depths: Vec<_> = tasks.iter().map(|task| task["depth"].as_u64().unwrap()).collect();
        assert_eq!(depths, [1, 2, 3], "{way} {field}");
        assert!(tasks.iter().all(|task| task["status"] == "completed"), "{way}: {tasks:?}");
    }
}

#[test]
fn a_rule_submits_only_so_many_in_an_hour() {
    let rules = "max_per_hour = 3\n[[rule]]\nname = 'r'\non = 'e'\ndedupe = '{{$.n}}'\n[rule.task]\nargv = ['true']\n\
                 [[rule]]\nname = 'all'\non = 'e'\nmax_per_hour = 100\n[rule.task]\nargv = ['true']\n";
    let sandbox = workspace(rules);
    let events: Vec<String> = (0..5).map(|n| format!("{{\"type\":\"e\",\"n\":{n}}}")).collect();
    let events = events.join("\n");
    let of = |report: &Value, what: &str, rule: &str| {
        report[what].as_array().unwrap().iter().filter(|one| one["rule"] == rule).count()
    };
    let dry = fed(&sandbox, &["macp", "trigger", "--dry-run", "--json"], &events);
    assert_eq!((dry.code, of(&dry.json(), "submitted", "r")), (75, 3), "{dry:?}");
    let first = fed(&sandbox, &["macp", "trigger", "--json"], &events);
    let report = first.json();
    assert_eq!((first.code, of(&report, "submitted", "r"), of(&report, "submitted", "all")), (75, 3, 5));
    assert_eq!((of(&report, "cut", "r"), &report["cut"][0]["reason"]), (2, &json!("rate")));
    let said =
        "standard input line 4: rule `r` has submitted 3 tasks within an hour, and `max_per_hour` is 3: cut";
    assert!(first.stderr.contains(said) && first.stderr.lines().count() == 2, "{first:?}");
    // What was submitted is not again, and what was cut is not taken for submitted.
    let again = fed(&sandbox, &["macp", "trigger", "--json"], &events);
    let report = again.json();
    assert_eq!((again.code, of(&report, "deduped", "r"), of(&report, "cut", "r")), (75, 3, 2));
    // An hour later, or with a higher limit.
    sandbox.write(".taskrun/triggers.toml", rules.replace("max_per_hour = 3", "max_per_hour = 5"));
    let later = fed(&sandbox, &["macp", "trigger", "--json"], &events);
    let report = later.json();
    assert_eq!((later.code, of(&report, "deduped", "r"), of(&report, "submitted", "r")), (0, 3, 2));
}
