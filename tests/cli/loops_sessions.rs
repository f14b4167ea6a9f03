//! Sessions that the next attempt on a task continues.

use serde_json::{Value, json};

use crate::bench::stream::{init, print, refused, result, says, session};
use crate::bench::{Bench, kill, reap, wait_for};

const TAG: &str = "<promise>COMPLETE</promise>";

/// A task and a `claude` that first does `first`, then is done; it notes its arguments.
fn twice(first: &str, config: &str) -> Bench {
    let bench = Bench::new("");
    bench.claude(&format!(
        "echo \"$*\" >> \"$ASIDE/argv\"; if [ $(wc -l < \"$ASIDE/argv\") = 1 ]; then\n{first}\nelse\n{}fi",
        session(TAG, 0.25)
    ));
    bench.config(&format!("[agent]\ndefault = 'claude'\nretry_delay = '1ms'\n{config}"));
    bench.tasks(&["bd-1"]);
    bench
}

const RESUME: &str = "[loop]\nresume_session = true\n";

/// For each call whether it continues a session, and which.
fn resumed(bench: &Bench) -> Vec<Option<String>> {
    let after = |line: &String| line.split("--resume ").nth(1)?.split(' ').next().map(str::to_owned);
    bench.lines("argv").iter().map(after).collect()
}

#[test]
fn the_next_attempt_continues_the_session() {
    let not_yet = session("not yet", 0.5);
    let bench = twice(&not_yet, RESUME);
    let (_, events) = bench.events(&[]);
    assert_eq!(resumed(&bench), [None, Some("s-1".to_owned())]);
    let started: Vec<&Value> = events.iter().filter(|event| event["type"] == "attempt.started").collect();
    assert_eq!((&started[0]["resumes"], &started[1]["resumes"]), (&Value::Null, &json!("s-1")));
    let bench = twice(&not_yet, "");
    bench.finish(&[]);
    assert_eq!(resumed(&bench), [None, None], "only where it is asked for");
    // Over runs, and shown before.
    let bench = twice(&not_yet, RESUME);
    assert_eq!(bench.finish(&["--once"])["exit_code"], 1);
    let argv = bench
        .sandbox
        .command()
        .args(["loop", "run", "--dry-run", "--json"])
        .env("CLAUDE_CLI_PATH", bench.aside("claude"))
        .output()
        .unwrap();
    let argv = serde_json::from_slice::<Value>(&argv.stdout).unwrap()["argv"].to_string();
    assert!(argv.contains("\"--resume\",\"s-1\""), "{argv}");
    assert_eq!(bench.finish(&["--once"])["exit_code"], 0);
    assert_eq!(resumed(&bench), [None, Some("s-1".to_owned())]);
}

#[test]
fn a_session_goes_on_after_a_limit_and_not_when_it_is_too_long() {
    let away = |usd: f64| format!("{}exit 1", print(&refused(529, "overloaded", "API Error: 529", usd)));
    let bench = twice(&away(0.125), RESUME);
    assert_eq!(bench.finish(&["--once"])["exit_code"], 0);
    assert_eq!(resumed(&bench), [None, Some("s-1".to_owned())]);
    let bench = twice(&away(0.0), RESUME);
    assert_eq!(bench.finish(&["--once"])["exit_code"], 0);
    assert_eq!(resumed(&bench), [None, None], "nothing was said in it");
    let mut end = result("Prompt is too long", 0.5);
    (end["is_error"], end["terminal_reason"]) = (json!(true), json!("prompt_too_long"));
    let bench = twice(&format!("{}exit 1", print(&[init(), says("reading"), end])), RESUME);
    bench.finish(&[]);
    assert_eq!(resumed(&bench), [None, None]);
}

#[test]
fn an_interrupted_session_goes_on_in_the_next_run() {
    let used = crate::bench::stream::used("m1", 100, 10);
    for signal in ["INT", "KILL"] {
        let first = format!("{}touch \"$ASIDE/up\"; exec sleep 300", print(&[init(), used.clone()]));
        let bench = twice(&first, RESUME);
        let child = bench.start(&[]);
        wait_for("the agent", || bench.aside("up").exists());
        kill(child.id(), signal);
        assert_eq!(reap(child), if signal == "INT" { 130 } else { 137 });
        assert_eq!(bench.finish(&[])["reason"], "complete");
        assert_eq!(resumed(&bench), [None, Some("s-1".to_owned())], "{signal}");
    }
}
