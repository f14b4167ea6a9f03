//! `macp drain`: agents of the one engine: what they are told and given, how their ends are judged.

use std::fs;

use serde_json::{Value, json};

use crate::bench::stream::{init, limited, print, refused, result as ended, says, session};
use crate::bench::{Bench, DONE};
use crate::macp_dispatch::{drain, macp, queue, result, status};
use crate::sandbox::Outcome;

/// A fake Claude Code that leaves what it was given as `argv.N`, `stdin.N` and `mcp.N` aside, N counted from 1.
fn claude(bench: &Bench, body: &str) {
    bench.claude(&format!(
        "n=$(($(ls \"$ASIDE\" | grep -c '^argv') + 1)); echo \"$*\" > \"$ASIDE/argv.$n\"; cat > \"$ASIDE/stdin.$n\"\n\
         env > \"$ASIDE/env.$n\"\nwhile [ $# -gt 0 ]; do [ \"$1\" = --mcp-config ] && cp \"$2\" \"$ASIDE/mcp.$n\"; shift; done\n{body}"
    ));
}

fn agent(fields: &Value) -> Value {
    let mut task = json!({"dispatch": "yolo", "runtime": "claude", "description": "Paint it."});
    task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    task
}

fn aside(bench: &Bench, name: &str) -> String {
    fs::read_to_string(bench.aside(name)).unwrap()
}

fn runs(bench: &Bench) -> usize {
    (1..1000).take_while(|number| bench.aside(&format!("argv.{number}")).exists()).count()
}

#[test]
fn an_agent_gets_its_brief_on_stdin_and_all_rights() {
    let bench = queue(
        "",
        &[agent(&json!({"brief_path": "docs/b.md", "env": {"MODE": "x y"}, "quality_gates": ["test -f x"]}))],
    );
    bench.sandbox.write("docs/b.md", "Find the unusual words.\n");
    claude(&bench, &format!("touch x; {}", session("I found them.", 0.25)));
    assert_eq!(drain(&bench), 0);
    let (argv, stdin, env) = (aside(&bench, "argv.1"), aside(&bench, "stdin.1"), aside(&bench, "env.1"));
    assert!(argv.contains("--dangerously-skip-permissions") && !argv.contains("unusual"), "{argv}");
    for part in ["Find the unusual words.", "`T-1`", "`test -f x`", "<promise>BLOCKED: why</promise>"] {
        assert!(stdin.contains(part), "{part}: {stdin}");
    }
    for line in ["TASKRUN_TASK=T-1", "TASKRUN_ATTEMPT=1", "MODE=x y"] {
        assert!(env.lines().any(|found| found == line), "{line}: {env}");
    }
    let result = result(&bench, "T-1");
    assert_eq!((&result["status"], &result["summary"]), (&json!("completed"), &json!("I found them.")));
    let more = &result["metadata"];
    assert_eq!(
        (&more["spend"]["usd"], &more["session"], &more["model"]),
        (&json!(0.25), &json!("s-1"), &json!("m-1"))
    );
    let spent = bench.sandbox.run(&["budget", "show", "--json"]).json();
    assert_eq!((&spent["total"]["usd"], &spent["by"][0]["key"]), (&json!(0.25), &json!("macp/T-1")));
}

#[test]
fn every_end_of_an_agent_has_its_verdict() {
    let blocked = "Well.\n<promise>BLOCKED: which colour?</promise>";
    let given_up = "No.\n<promise>FAILED: no brush</promise>";
    let silent = print(&[init(), ended("", 0.1)]);
    let cut_short = print(&[init(), says("I begin")]);
    let table = [
        (session("Painted.", 0.1), "completed", 1, ""),
        (session("Painted.\n<promise>COMPLETE</promise>", 0.1), "completed", 1, ""),
        (session(blocked, 0.1), "escalated", 1, "which colour?"),
        (session(given_up, 0.1), "failed", 2, "no brush"),
        (session("Painted.", 0.1) + "exit 1", "failed", 2, "exit code 1"),
        (silent, "failed", 2, "said nothing"),
        (cut_short, "failed", 2, "no result in its output"),
    ];
    for (body, expected, attempts, why) in table {
        let bench = queue("[macp]\nretry_delay = '1ms'", &[agent(&json!({"max_attempts": 2}))]);
        claude(&bench, &body);
        drain(&bench);
        let result = result(&bench, "T-1");
        assert_eq!((&result["status"], runs(&bench)), (&json!(expected), attempts), "{body}\n{result}");
        assert!(
            format!("{} {}", result["error"], result["escalation_reason"]).contains(why),
            "{why}: {result}"
        );
    }
}

#[test]
fn a_text_agent_needs_no_promise_and_a_missing_one_is_told() {
    for (body, expected) in
        [("echo painted", "completed"), (DONE, "completed"), ("echo x; exit 3", "failed"), (":", "failed")]
    {
        let bench = queue("", &[agent(&json!({"runtime": "fake"}))]);
        bench.agent(&format!("cat > /dev/null; {body}"));
        drain(&bench);
        assert_eq!(status(&bench, "T-1"), expected, "{body}");
    }
    let bench = queue(
        "",
        &[
            agent(&json!({"runtime": "nobody"})),
            agent(&json!({"runtime": "claude", "brief_path": "docs/gone.md"})),
        ],
    );
    claude(&bench, &session("Painted.", 0.1));
    assert_ne!(drain(&bench), 0);
    assert_eq!(runs(&bench), 0);
}

#[test]
fn whom_the_provider_turns_away_is_tried_again_and_it_does_not_count() {
    let bench = queue("[agent]\non_rate_limit = 'wait'\n[macp]\nretry_delay = '1ms'", &[agent(&json!({}))]);
    let until = jiff::Timestamp::now().as_second() + 2;
    let overloaded = print(&refused(529, "overloaded", "Overloaded", 0.0));
    claude(
        &bench,
        &format!(
            "case $n in\n1) {}exit 1;;\n2) {overloaded}exit 1;;\n*) {}\nesac",
            print(&limited(until)),
            session("Painted.", 0.1)
        ),
    );
    assert_eq!(drain(&bench), 0);
    assert_eq!((status(&bench, "T-1"), runs(&bench)), ("completed".into(), 3));
    assert!(jiff::Timestamp::now().as_second() >= until, "it waited for the named time");
    let events = bench.sandbox.read(".taskrun/macp/events.ndjson");
    let again: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let again: Vec<&Value> =
        again.iter().filter(|event| event["event_type"] == "task.retry.scheduled").collect();
    assert_eq!(again.len(), 2);
    let blames: Vec<&Value> = again.iter().map(|event| &event["metadata"]["blame"]).collect();
    assert_eq!(blames, ["lost", "infrastructure"], "{again:?}");
}

#[test]
fn the_next_attempt_is_told_what_went_wrong() {
    let gate = "test -f x || { echo the brush is missing; exit 7; }";
    let task = agent(&json!({"max_attempts": 2, "quality_gates": [gate]}));
    let bench = queue("[macp]\nretry_delay = '1ms'", &[task]);
    claude(&bench, &format!("[ $n = 2 ] && touch x; {}", session("Painted.", 0.1)));
    assert_eq!(drain(&bench), 0);
    let told = aside(&bench, "stdin.2");
    assert!(told.contains("the brush is missing") && told.contains("exit code 7"), "{told}");
    assert!(
        told.contains("attempt 2 of 2") && !aside(&bench, "stdin.1").contains("brush is missing\n"),
        "{told}"
    );
}

#[test]
fn servers_are_checked_before_the_run_and_handed_over() {
    let good = r#"{"mcpServers": {"docs": {"type": "http", "url": "http://127.0.0.1:9/mcp",
        "headers": {"Authorization": "Bearer ${DOCS_TOKEN}"}}, "here": {"command": "./srv", "cwd": "sub"}}}"#;
    let task = agent(&json!({"mcp_config": "mcp.json"}));
    let call = json!({"type": "assistant", "message": {"id": "m", "role": "assistant", "content": [
        {"type": "tool_use", "id": "t", "name": "mcp__docs__rename", "input": {"path": "a.md"}}]}});
    let with = |statuses: &Value| {
        let mut first = init();
        first["mcp_servers"] = statuses.clone();
        print(&[first, call.clone(), says("Renamed."), ended("Renamed.", 0.1)])
    };
    let run = |file: &str, token: bool, body: &str| {
        let bench = queue("", std::slice::from_ref(&task));
        bench.sandbox.write("mcp.json", file);
        bench.sandbox.write("sub/srv", "");
        let srv = bench.sandbox.path("sub/srv");
        fs::set_permissions(srv, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        claude(&bench, body);
        let mut command = macp(&bench, &["drain"]);
        if token {
            command.env("DOCS_TOKEN", "hunter2-hunter2");
        }
        let out = Outcome::of(&mut command);
        (bench, out)
    };
    let (bench, out) = run(good, true, &with(&json!([{"name": "docs", "status": "connected"}])));
    assert_eq!(out.code, 0, "{out:?}");
    let handed: Value = serde_json::from_str(&aside(&bench, "mcp.1")).unwrap();
    assert_eq!(handed["mcpServers"]["docs"]["headers"]["Authorization"], "Bearer ${DOCS_TOKEN}");
    assert_eq!(handed["mcpServers"]["here"]["args"][2], bench.sandbox.path("sub").to_str().unwrap());
    let made = result(&bench, "T-1");
    let done = json!([{"server": "docs", "tool": "rename", "detail": "a.md"}]);
    assert_eq!(made["metadata"]["operations"], done);
    let written =
        Outcome::of(std::process::Command::new("grep").args(["-rl", "hunter2"]).arg(bench.sandbox.path("")));
    assert_eq!(written.stdout, "", "a credential is written nowhere");

    let (bench, _) = run(good, true, &with(&json!([{"name": "docs", "status": "needs-auth"}])));
    let lost = result(&bench, "T-1");
    assert!(lost["error"].as_str().unwrap().contains("could not use the task's MCP server `docs`"), "{lost}");
    let table = [
        (good, "`DOCS_TOKEN`, which is not set"),
        ("{\n]", "line 2"),
        (r#"{"servers": {}}"#, "unknown field `servers`"),
        (r#"{"mcpServers": {}}"#, "names no server"),
        (r#"{"mcpServers": {"a": {"command": "sh"}, "a": {"command": "sh"}}}"#, "two servers `a`"),
        (r#"{"mcpServers": {"a": {"command": "/no/such/prog"}}}"#, "there is no program `/no/such/prog`"),
        (r#"{"mcpServers": {"a": {"command": "srv", "cwd": "sub"}}}"#, "there is no program `srv`"),
        (r#"{"mcpServers": {"a": {"command": "sh", "env": {"T": "${NOT_SET_TOKEN}"}}}}"#, "which is not set"),
        (r#"{"mcpServers": {"a": {"command": "x", "env": {"API_KEY": "abc"}}}}"#, "has a secret in the file"),
        (
            r#"{"mcpServers": {"a": {"command": "x", "cwd": "/etc"}}}"#,
            "leads outside of what the task may use",
        ),
        (r#"{"mcpServers": {"a b": {"command": "x"}}}"#, "no name that every agent takes"),
    ];
    for (file, why) in table {
        let (bench, out) = run(file, false, &session("Renamed.", 0.1));
        assert_eq!((out.code, runs(&bench)), (1, 0), "{file}: {out:?}");
        let result = result(&bench, "T-1");
        assert!(result["error"].as_str().unwrap().contains(why), "{file}: {result}");
    }
}

#[test]
fn a_variable_names_the_server_of_tasks_that_name_none() {
    for (url, code) in [("http://localhost:4001", 0), ("localhost", 1)] {
        let bench = queue("", &[agent(&json!({}))]);
        claude(&bench, &session("Painted.", 0.1));
        let out = Outcome::of(macp(&bench, &["drain"]).env("MCP_SERVER_URL", url));
        assert_eq!(out.code, code, "{out:?}");
        if code == 0 {
            let handed: Value = serde_json::from_str(&aside(&bench, "mcp.1")).unwrap();
            assert_eq!(handed["mcpServers"]["default"]["url"], url);
        } else {
            assert!(
                result(&bench, "T-1")["error"].as_str().unwrap().contains("`MCP_SERVER_URL` is `localhost`")
            );
        }
    }
}

#[test]
fn an_agent_is_handed_to_the_launcher_of_its_task() {
    let config =
        "[launchers.far]\ncommand = ['env', 'LAUNCHED={task}']\n[launchers.broken]\ncommand = ['true']";
    let task = |launcher: &str| agent(&json!({"launcher": launcher}));
    let bench = queue(&format!("[macp]\nretry_delay = '1ms'\n{config}"), &[task("far"), task("broken")]);
    claude(&bench, &session("Painted.", 0.1));
    assert_eq!(drain(&bench), 1);
    assert_eq!((status(&bench, "T-1"), status(&bench, "T-2")), ("completed".into(), "failed".into()));
    assert!(aside(&bench, "env.1").contains("LAUNCHED=T-1\n"));
    let lost = result(&bench, "T-2");
    assert_eq!((&lost["attempt"], runs(&bench)), (&json!(3), 1), "{lost}");
    assert!(lost["error"].as_str().unwrap().contains("`broken`"), "{lost}");
}

#[test]
fn a_list_of_servers_is_called_that() {
    let bench = queue("", &[agent(&json!({"mcp_config": "mcp.json"}))]);
    bench.sandbox.write("mcp.json", "[]");
    let out = Outcome::of(&mut macp(&bench, &["command", "T-1"]));
    assert!(out.code != 0 && out.stderr.contains("mcp.json` holds a list"), "{out:?}");
}
