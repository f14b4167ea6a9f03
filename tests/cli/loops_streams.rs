//! What agents print: large, secret, the same again, or nothing at all.

use std::fs;

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, says, tool, tool_result, used};
use crate::bench::{Bench, DONE, kill, reap, wait_for};
use crate::sandbox::Outcome;

const SECRET: &str = "hunter2\"hunter2";
const SHAPED: &str = "sk-ant-api03-AbCdEf0123456789AbCdEf";

/// The files of the only run, name and contents.
fn kept(bench: &Bench) -> Vec<(String, String)> {
    let run = fs::read_dir(bench.sandbox.path(".taskrun/runs")).unwrap().next().unwrap().unwrap().path();
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned())
    };
    fs::read_dir(run).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

fn log(bench: &Bench, name: &str) -> String {
    let (_, text) = kept(bench).into_iter().find(|(found, _)| found == name).unwrap();
    text
}

#[test]
fn secrets_reach_no_log_no_receipt_and_no_terminal() {
    let bench = Bench::new("");
    let lines = [
        init(),
        says(&format!("the key is {SECRET} or {SHAPED}")),
        tool(&format!("curl -H 'x: {SECRET}'")),
        tool_result(&format!("API_KEY={SHAPED}")),
        result(&format!("used {SECRET}\n<promise>COMPLETE</promise>"), 0.1),
    ];
    bench.claude(&format!("echo \"$MY_TOKEN {SHAPED}\" >&2; {}", print(&lines)));
    bench.config("[gates]\n'*' = ['echo \"$MY_TOKEN\"; echo $OTHER_KEY; exit 1']");
    bench.tasks(&["bd-1"]);
    let run = |args: &[&str]| {
        let mut command = bench.looping(args);
        command.env("MY_TOKEN", SECRET).env("OTHER_KEY", "short");
        Outcome::of(&mut command)
    };
    let told = [run(&["--agent", "claude", "--once", "-v"]), run(&["--agent", "claude", "--once", "--json"])];
    let mut texts: Vec<(String, String)> =
        told.iter().map(|out| ("terminal".to_owned(), format!("{}{}", out.stdout, out.stderr))).collect();
    for folder in [".taskrun", ".taskrun/runs", ".beads"] {
        let found = fs::read_dir(bench.sandbox.path(folder)).unwrap();
        for path in found.map(|entry| entry.unwrap().path()) {
            let inner = if path.is_dir() {
                fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()).collect()
            } else {
                vec![path]
            };
            let files = inner.into_iter().filter(|path| path.is_file());
            texts.extend(files.map(|path| {
                (path.display().to_string(), String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned())
            }));
        }
    }
    for (name, text) in &texts {
        for secret in [SECRET, &SECRET.replace('"', "\\\""), SHAPED] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
    }
    let names: Vec<&str> = texts
        .iter()
        .filter(|(_, text)| text.contains("[redacted]"))
        .map(|(name, _)| name.rsplit('/').next().unwrap())
        .collect();
    for name in ["terminal", "events.ndjson", "0001.stdout", "0001.stderr", "0001.gate-1.log"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    assert!(texts.iter().any(|(name, text)| name.ends_with(".gate-1.log") && text.contains("short")));
    assert!(!texts.iter().any(|(name, _)| name.contains("capture")));
}

/// Files below `.taskrun` that hold `secret`.
fn holding(bench: &Bench, secret: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![bench.sandbox.path(".taskrun")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(secret) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_killed_run_leaves_no_secret_behind() {
    let bench =
        Bench::new("echo \"out $MY_TOKEN\"; echo \"err $MY_TOKEN\" >&2; touch started; exec sleep 300");
    bench.tasks(&["bd-1"]);
    let mut run = bench.looping(&[]).env("MY_TOKEN", SHAPED).spawn().unwrap();
    wait_for("the agent", || bench.sandbox.path("started").exists());
    run.kill().unwrap();
    run.wait().unwrap();
    // The supervisor, which knows what is secret, goes last.
    wait_for("the logs", || {
        let names: Vec<String> = kept(&bench).into_iter().map(|(name, _)| name).collect();
        names.contains(&"0001.stderr".into()) && !names.iter().any(|name| name.contains("capture"))
    });
    assert_eq!(holding(&bench, SHAPED), [""; 0]);
    assert_eq!(log(&bench, "0001.stdout"), "out [redacted]\n");
    assert_eq!(log(&bench, "0001.stderr"), "err [redacted]\n");
}

#[test]
fn an_escaped_secret_is_one_too() {
    let bench = Bench::new("");
    let escaped: Vec<String> = SHAPED.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let lines = print(&[init(), says("the key is HERE"), result("<promise>FAILED: HERE</promise>", 0.1)]);
    bench.claude(&lines.replace("HERE", &escaped.concat()));
    bench.tasks(&["bd-1"]);
    let out = bench.run(&["--agent", "claude", "--once", "-v"]);
    assert!(!format!("{}{}", out.stdout, out.stderr).contains(SHAPED), "{out:?}");
    assert!(out.stderr.contains("the key is [redacted]"), "{out:?}");
    assert_eq!(holding(&bench, SHAPED), [""; 0]);
    assert!(!bench.sandbox.read(".beads/issues.jsonl").contains(SHAPED));
}

#[test]
fn what_an_attempt_has_spent_is_told_while_it_goes() {
    let bench = Bench::new("");
    let lines = print(&[init(), used("msg_1", 1_000_000, 0)]);
    bench.claude(&format!("{lines} exec sleep 300"));
    bench.config("[prices.m-1]\ninput = 2.0\noutput = 1.0");
    bench.tasks(&["bd-1"]);
    let run = bench.start(&["--agent", "claude"]);
    wait_for("the spend", || bench.told().iter().any(|event| event["type"] == "agent.usage"));
    let spend = bench.loop_status()["spend"].clone();
    assert_eq!(
        (&spend["usd"], &spend["source"], &spend["partial"]),
        (&json!(2.0), &json!("estimated"), &json!(true))
    );
    kill(run.id(), "INT");
    assert_eq!(reap(run), 130);
}

#[test]
fn a_task_is_not_closed_by_who_may_only_look_and_changed_something() {
    let bench = Bench::new("");
    let session = print(&[init(), result("<promise>COMPLETE</promise>", 0.1)]);
    bench.claude(&format!("[ -e done ] || touch done made.txt; {session}"));
    bench.config("[agent]\npermissions = 'read-only'");
    bench.tasks(&["bd-1"]);
    let out = bench.run(&["--agent", "claude", "--once"]);
    assert_eq!(out.code, 1, "{out:?}");
    let reason = bench.history()[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("`done`, `made.txt`") && reason.contains("`read-only`"), "{reason}");
    assert_eq!(bench.run(&["--agent", "claude", "--once"]).code, 0);
}

#[test]
fn a_log_is_of_bounded_size_and_the_agent_is_heard_to_its_end() {
    let bench = Bench::new(&format!("seq 1 20000; {DONE}"));
    bench.config("[logs]\nmax_size = 5000");
    bench.tasks(&["bd-1"]);
    assert_eq!(bench.finish(&[])["completed"], json!(["bd-1"]));
    let log = log(&bench, "0001.stdout");
    assert!(log.len() < 5200 && log.starts_with("1\n2\n"), "{}", log.len());
    assert!(log.ends_with("[taskrun: the log ends here: `logs.max_size` is 5000 bytes]\n"));
}

#[test]
fn lines_of_ten_megabytes_are_lines() {
    let bench = Bench::new("");
    let long = "x".repeat(10 << 20);
    let lines = [init(), tool_result(&long), result(&format!("{long}\n<promise>COMPLETE</promise>"), 0.25)];
    fs::write(bench.aside("stream"), lines.map(|line| format!("{line}\n")).concat()).unwrap();
    bench.claude("cat \"$ASIDE/stream\"");
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&["--agent", "claude"]);
    assert_eq!((&last["completed"], &last["spend"]["usd"]), (&json!(["bd-1"]), &json!(0.25)));
    assert!(log(&bench, "0001.stdout").len() > 20 << 20);
}

#[test]
fn a_prompt_of_five_megabytes_arrives_whole_or_is_refused() {
    let bench = Bench::new("");
    let session = print(&[init(), result("<promise>COMPLETE</promise>", 0.1)]);
    bench.claude(&format!("cat > \"$ASIDE/got\"; {session}"));
    let text = format!("{} THE END", "long ".repeat(1 << 20));
    bench.task("bd-1", &json!({"description": text}));
    bench.commit_all();
    assert_eq!(bench.finish(&["--agent", "claude"])["completed"], json!(["bd-1"]));
    let got = fs::read_to_string(bench.aside("got")).unwrap();
    assert!(got.contains(&text), "{} bytes", got.len());
}

#[test]
fn an_agent_that_says_nothing_is_ended_soon() {
    let bench = Bench::new("");
    bench.claude("exec sleep 300");
    bench.config("[agent]\nstart_timeout = '1s'\n[loop]\nmax_attempts = 1");
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&["--agent", "claude"]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("escalated"), &json!(4)), "{last}");
    let reason = bench.history()[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("said nothing at all within `agent.start_timeout`"), "{reason}");
    // Plain text may well come at the end only.
    bench.agent(&format!("sleep 1.2; {DONE}"));
    bench.tasks(&["bd-2"]);
    let last = bench.finish(&["--task", "bd-2", "--agent", "fake"]);
    assert_eq!(last["completed"], json!(["bd-2"]), "{last}");
}

#[test]
fn an_agent_that_goes_in_circles_is_ended() {
    let bench = Bench::new("");
    let same = print(&vec![tool("make it work"); 7]);
    bench.claude(&format!("{}{same} exec sleep 300", print(&[init()])));
    bench.config("[agent]\nmax_repeats = 7\n[loop]\nmax_attempts = 1");
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&["--agent", "claude"]);
    assert_eq!(last["reason"], "escalated", "{last}");
    let reason = bench.history()[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains("calls `Bash` with `make it work` (7 times in a row"), "{reason}");
    let open: Value = bench.issue("bd-1");
    assert_eq!(open["status"], "blocked");
    // Plain text goes in no circles: tools print the same line by the thousand.
    bench.agent(&format!("yes same | head -n 1000; {DONE}"));
    bench.tasks(&["bd-2"]);
    assert_eq!(bench.finish(&["--task", "bd-2", "--agent", "fake"])["completed"], json!(["bd-2"]));
}
