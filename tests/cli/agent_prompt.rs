//! `agent prompt`: how an answer comes, how it ends, what it costs.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, says, session, tool, used};
use crate::bench::{Bench, kill, living, reap, types, wait_for};
use crate::sandbox::{Outcome, Sandbox};

/// `agent prompt`, to be started.
pub fn asking(bench: &Bench, args: &[&str]) -> Command {
    let mut command = bench.sandbox.command();
    command.args(["agent", "prompt"]).args(args).env("CLAUDE_CLI_PATH", bench.aside("claude"));
    command
}

/// `agent prompt` to its end.
fn ask(bench: &Bench, args: &[&str]) -> Outcome {
    Outcome::of(&mut asking(bench, args))
}

/// `agent prompt --json` to its end: its events.
fn events(bench: &Bench, args: &[&str]) -> (i32, Vec<Value>) {
    let out = Outcome::of(asking(bench, args).arg("--json"));
    let events: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = events.last().unwrap_or_else(|| panic!("{out:?}"));
    assert_eq!((&last["type"], &last["exit_code"]), (&json!("run.finished"), &json!(out.code)), "{out:?}");
    for event in &events {
        assert_eq!((&event["v"], &event["run"]), (&json!(1), &last["run"]), "{event}");
        assert!(event["ts"].is_string() && event.get("task").is_none(), "{event}");
    }
    (out.code, events)
}

/// A bench whose default agent is a fake Claude Code.
fn claude(script: &str) -> Bench {
    let bench = Bench::bare("");
    bench.claude(script);
    bench.config("[agent]\ndefault = 'claude'");
    bench
}

/// Makes a pipe aside that a fake can wait on.
pub fn fifo(bench: &Bench, name: &str) {
    assert!(Command::new("mkfifo").arg(bench.aside(name)).status().unwrap().success());
}

/// Lets a fake go on that waits on a pipe.
pub fn let_go(bench: &Bench, name: &str) {
    fs::OpenOptions::new().write(true).open(bench.aside(name)).unwrap().write_all(b"go\n").unwrap();
}

#[test]
fn text_arrives_before_the_agent_ends() {
    let bench = Bench::bare("cat > \"$ASIDE/got\"; echo one; echo; read x < \"$ASIDE/gate\"; echo '  two'");
    fifo(&bench, "gate");
    let mut child =
        asking(&bench, &["Say hello"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    // The agent cannot end before the pipe is written to, which comes after this line.
    assert_eq!(lines.next().unwrap(), "one");
    let_go(&bench, "gate");
    assert_eq!(lines.collect::<Vec<_>>(), ["", "  two"]);
    assert_eq!(reap(child), 0);
    assert_eq!(bench.lines("got"), ["Say hello"]);
}

#[test]
fn messages_and_tools_come_in_their_order_and_long_ones_whole() {
    let long = format!("{}\nthe end", "words ".repeat(3000));
    let lines = [init(), says("Let me look."), tool("cargo test"), says(&long), result(&long, 0.25)];
    let bench = claude(&print(&lines));
    let out = ask(&bench, &["Why?"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, format!("Let me look.\n{long}\n").as_str()));
    assert!(out.stderr.contains("Bash cargo test") && out.stderr.contains("session s-1"), "{}", out.stderr);
    let (_, events) = events(&bench, &["Why?"]);
    let expected = ["run.started", "attempt.started", "agent.message", "agent.tool", "agent.message"];
    let kinds: Vec<_> = types(&events).into_iter().filter(|kind| *kind != "agent.usage").collect();
    assert_eq!((&kinds[..5], kinds[6]), (&expected[..], "run.finished"));
    let last = events.last().unwrap();
    assert_eq!((&last["text"], &last["session"]), (&json!(long), &json!("s-1")));
    assert_eq!((&last["reason"], &last["spend"]["usd"]), (&json!("complete"), &json!(0.25)));
}

#[test]
fn the_prompt_comes_as_text_from_a_file_or_from_stdin_and_carries_its_context() {
    let bench = Bench::bare("cat > \"$ASIDE/got\"; echo ok");
    bench.sandbox.write("ask.txt", "From a file");
    assert_eq!(ask(&bench, &["--file", "ask.txt"]).code, 0);
    assert_eq!(bench.lines("got"), ["From a file"]);
    let mut child = asking(&bench, &["-", "-q"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"From stdin").unwrap();
    assert_eq!(reap(child), 0);
    assert_eq!(bench.lines("got"), ["From stdin"]);
    let big = "0123456789abcde\n".repeat(1 << 16);
    bench.sandbox.write("big.txt", &big);
    bench.sandbox.write("small.md", "```\nx\n```");
    assert_eq!(ask(&bench, &["Look", "--context", "big.txt", "--context", "small.md"]).code, 0);
    let got = fs::read_to_string(bench.aside("got")).unwrap();
    let small = "Context, the file `small.md`:\n\n````\n```\nx\n```\n````\n";
    assert_eq!(got, format!("Look\n\nContext, the file `big.txt`:\n\n```\n{big}```\n\n{small}"));
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_starts() {
    let bench = Bench::bare("touch \"$ASIDE/ran\"; echo ok");
    bench.sandbox.write("binary", b"\xff\xfe\0");
    let table: [(&[&str], &str); 9] = [
        (&[], "required"),
        (&[" \n"], "the prompt is empty"),
        (&["x", "--context", "gone.txt"], "`gone.txt` does not exist"),
        (&["x", "--context", "binary"], "is not UTF-8"),
        (&["--file", "gone.txt"], "`gone.txt` does not exist"),
        (&["x", "--agent", "nobody"], "unknown agent `nobody`"),
        (&["x", "--continue", "s-1"], "agent `fake` keeps no sessions"),
        (&["x", "--permissions", "read-only"], "cannot be kept to `read-only`"),
        (&["x", "--budget-usd", "1"], "does not report what it costs"),
    ];
    for (args, expected) in table {
        let out = ask(&bench, args);
        assert_eq!((out.code, out.stdout.as_str()), (2, ""), "{args:?} {out:?}");
        assert!(out.stderr.contains(expected), "{args:?} {out:?}");
    }
    assert!(!bench.aside("ran").exists() && !bench.sandbox.path(".taskrun/runs").exists());
    let out = Sandbox::new().run(&["agent", "prompt", "x", "--json"]);
    assert_eq!((out.code, out.json_error()["code"].as_str()), (2, Some("no_workspace")));
}

#[test]
fn every_end_has_its_exit_code() {
    let retry =
        r#"{"type":"result","subtype":"success","is_error":true,"api_error_status":STATUS,"result":"no",
        "session_id":"s-1","total_cost_usd":0}"#
            .replace('\n', "");
    let fails = |status: &str| format!("echo '{}'; exit 1", retry.replace("STATUS", status));
    let dear = print(&[init(), used("m1", 9_000_000, 9_000_000), says("more")]);
    let table: [(String, &[&str], i32, &str); 10] = [
        (session("fine", 0.1), &[], 0, "complete"),
        (session("", 0.1), &[], 1, "failed"),
        (session("<promise>BLOCKED: no key</promise>", 0.1), &[], 4, "escalated"),
        (session("<promise>FAILED: too hard</promise>", 0.1), &[], 1, "failed"),
        (format!("{}exit 7", session("fine", 0.1)), &[], 1, "failed"),
        ("kill -9 $$".into(), &[], 1, "failed"),
        (fails("401"), &[], 1, "failed"),
        (fails("429"), &[], 75, "rate_limited"),
        (format!("{dear}sleep 60"), &["--budget-tokens", "1000"], 3, "budget_tokens"),
        ("sleep 60".into(), &["--max-time", "1s"], 3, "time"),
    ];
    for (script, args, code, reason) in table {
        let bench = claude(&script);
        let (got, events) = events(&bench, &[&["x"], args].concat());
        let last = events.last().unwrap();
        assert_eq!((got, last["reason"].as_str()), (code, Some(reason)), "{script} {last}");
        let outcome = bench.history()[0]["outcome"].clone();
        assert_eq!(outcome == "answered", code == 0, "{script} {outcome}");
        let status = bench.sandbox.run(&["agent", "status", "--json"]).json();
        assert_eq!((&status["running"], &status["agents"][0]["exit_code"]), (&json!(false), &json!(code)));
    }
}

/// A prompt whose agent has two processes of this kind and waits.
fn busy(bench: &Bench, marker: &str) -> Child {
    bench.agent(&format!("setsid sleep {marker} & echo hello; touch \"$ASIDE/up\"; sleep {marker}"));
    let out = fs::File::create(bench.aside("out")).unwrap();
    let child = asking(bench, &["x", "--json"]).stdout(out).spawn().unwrap();
    wait_for("the agent", || bench.aside("up").exists() && living(&format!("sleep {marker}")).len() >= 2);
    child
}

#[test]
fn signals_end_everything() {
    for (name, code, number) in [("INT", 130, 71), ("TERM", 143, 72)] {
        let marker = format!("3{:05}.{number}", std::process::id() % 100_000);
        let bench = Bench::bare("");
        let child = busy(&bench, &marker);
        kill(child.id(), name);
        assert_eq!(reap(child), code);
        assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
        let last = bench.told().pop().unwrap();
        assert_eq!((&last["type"], &last["reason"]), (&json!("run.finished"), &json!("interrupted")));
        let history = bench.history();
        assert_eq!((history.len(), &history[0]["outcome"]), (1, &json!("interrupted")));
        let status = bench.sandbox.run(&["agent", "status", "--json"]).json();
        assert_eq!(status["agents"][0]["status"], "interrupted");
    }
}

#[test]
fn a_killed_prompt_leaves_nothing_running_and_is_put_on_record_once() {
    let marker = format!("3{:05}.73", std::process::id() % 100_000);
    let bench = Bench::bare("");
    let child = busy(&bench, &marker);
    kill(child.id(), "KILL");
    assert_eq!(reap(child), 137);
    wait_for("the end of all", || living(&format!("sleep {marker}")).is_empty());
    let status = bench.sandbox.run(&["agent", "status", "--json"]).json();
    let agent = &status["agents"][0];
    assert_eq!(
        (&status["running"], &agent["status"], &agent["pid"]),
        (&json!(false), &json!("interrupted"), &json!(null))
    );
    assert_eq!((&agent["killed"], &agent["spend"]["known"]), (&json!(true), &json!(false)));
    // It is told at once, and written down by what comes next.
    assert_eq!(bench.history()[0]["outcome"], "killed");
    assert!(!bench.sandbox.path(".taskrun/receipts.ndjson").exists());
    bench.agent("echo ok");
    for _ in 0..2 {
        assert_eq!(ask(&bench, &["x"]).code, 0);
    }
    let outcomes: Vec<Value> = bench.history().iter().map(|receipt| receipt["outcome"].clone()).collect();
    assert_eq!(outcomes, ["killed", "answered", "answered"]);
}

#[test]
fn a_session_is_continued_and_its_id_kept() {
    let bench = claude(&format!("echo \"$*\" >> \"$ASIDE/argv\"; {}", session("fine", 0.1)));
    let args = ["x", "--continue", "s-1", "--model", "m-2", "--permissions", "full", "--budget-usd", "0.5"];
    assert_eq!(ask(&bench, &args).code, 0);
    let called = bench.lines("argv").pop().unwrap();
    for part in ["--resume s-1", "--model m-2", "--dangerously-skip-permissions", "--max-budget-usd 0.5000"] {
        assert!(called.contains(part), "{called}");
    }
    assert_eq!(bench.history()[0]["session"], "s-1");
    let out = ask(&bench, &["x", "--continue=--yolo"]);
    assert_eq!((out.code, bench.lines("argv").len()), (2, 1), "{out:?}");
}

#[test]
fn limits_on_money_hold_before_during_and_over_the_day() {
    let bench = claude(&format!("echo \"$*\" >> \"$ASIDE/argv\"; {}", session("fine", 0.4)));
    bench.config("[agent]\ndefault = 'claude'\n[budget]\nper_attempt_usd = 0.5\nper_day_usd = 1.0");
    for _ in 0..2 {
        assert_eq!(ask(&bench, &["x", "--budget-usd", "3"]).code, 0);
    }
    // What is left would not pay for one more like these.
    let (code, events) = events(&bench, &["x"]);
    let last = events.last().unwrap();
    assert_eq!((code, &last["reason"], &last["iterations"]), (3, &json!("budget_usd"), &json!(0)));
    assert_eq!(types(&events), ["run.started", "budget.warning", "run.finished"]);
    let budgets: Vec<_> = bench
        .lines("argv")
        .iter()
        .map(|line| line.split("--max-budget-usd ").nth(1).unwrap()[..6].to_owned())
        .collect();
    assert_eq!(budgets, ["0.5000", "0.5000"]);
    let shown = bench.sandbox.run(&["budget", "show", "--json"]).json();
    let by = &shown["by"][0];
    assert_eq!((&by["key"], &by["attempts"], &by["spend"]["usd"]), (&json!("-"), &json!(2), &json!(0.8)));
    // An agent that ends itself at the limit that it was given.
    let over = json!({"type": "result", "subtype": "error_max_budget_usd", "is_error": true, "session_id": "s-1",
        "total_cost_usd": 0.52, "terminal_reason": "budget_exhausted", "result": ""});
    let bench = claude(&format!("{}exit 1", print(&[init(), over])));
    let (code, events) = self::events(&bench, &["x", "--budget-usd", "0.5"]);
    assert_eq!((code, &events.last().unwrap()["reason"]), (3, &json!("budget_usd")));
}

#[test]
fn it_works_beside_a_loop_and_counts_for_no_task() {
    let bench = Bench::bare("");
    bench.agent(
        "case $TASKRUN_TASK in -) echo hello;; *) touch \"$ASIDE/up\"; read x < \"$ASIDE/gate\"; echo '<promise>COMPLETE</promise>';; esac",
    );
    fifo(&bench, "gate");
    bench.tasks_plain(&["bd-1"]);
    let run = bench.start(&["--no-commit"]);
    wait_for("the loop's agent", || bench.aside("up").exists());
    let out = ask(&bench, &["x"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, "hello\n"));
    let status = bench.sandbox.run(&["agent", "status", "--json"]).json();
    let (agents, loop_id) = (status["agents"].as_array().unwrap(), bench.loop_status()["run"].clone());
    assert_eq!((agents.len(), &agents[0]["id"], &agents[0]["kind"]), (1, &loop_id, &json!("loop")));
    assert_eq!(agents[0]["task"]["id"], "bd-1");
    let_go(&bench, "gate");
    assert_eq!(reap(run), 0);
    let outcomes: Vec<_> =
        bench.history().iter().map(|it| (it["task"].clone(), it["outcome"].clone())).collect();
    assert_eq!(outcomes, [(json!("-"), json!("answered")), (json!("bd-1"), json!("closed"))]);
    assert_eq!(bench.history()[1]["attempt"], 1);
}

#[test]
fn no_error_tells_a_secret() {
    let secret = "sk-ant-very-secret-0123456789";
    let bench = claude("echo 'Invalid API key' >&2; exit 1");
    let run = |args: &[&str]| {
        let out = Outcome::of(asking(&bench, args).env("ANTHROPIC_API_KEY", secret));
        assert_ne!(out.code, 0);
        assert!(!format!("{out:?}").contains(secret), "{out:?}");
    };
    run(&["x"]);
    run(&["x", "--json"]);
    run(&["x", "--agent", "nobody"]);
    bench.config("[agent]\ndefault = 'claude'\n[agents.claude]\npath = '/nowhere/claude'");
    run(&["x"]);
    for command in [&["agent", "status", "--json"][..], &["loop", "history", "--json"]] {
        assert!(!bench.sandbox.run(command).stdout.contains(secret));
    }
}
