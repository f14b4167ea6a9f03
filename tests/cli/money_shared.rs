//! `per_day_usd` is one for all who spend it at a time: the loop, prompts, whoever works a queue.

use serde_json::{Value, json};

use crate::bench::stream::session;
use crate::bench::{Bench, reap, wait_for};
use crate::macp_dispatch::{macp, queue};
use crate::sandbox::Outcome;

fn tasks(count: usize) -> Vec<Value> {
    vec![json!({"dispatch": "yolo", "runtime": "claude", "description": "Paint it."}); count]
}

/// A Claude Code that notes when it begins, and costs this much; it waits for `go` where that is asked.
fn costs(bench: &Bench, usd: f64, waits: &str) {
    bench.claude(&format!(
        "cat > /dev/null; echo begin >> \"$ASIDE/ran\"; {waits}; {}",
        session("Painted.\n<promise>COMPLETE</promise>", usd)
    ));
}

const UNTIL_GO: &str = "until [ -e \"$ASIDE/go\" ]; do sleep 0.05; done";

fn spent(bench: &Bench) -> f64 {
    let text = bench.sandbox.read(".taskrun/receipts.ndjson");
    let receipts = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    receipts.map(|receipt| receipt["spend"]["usd"].as_f64().unwrap()).sum()
}

fn aside(bench: &Bench) -> usize {
    let kept: Value = serde_json::from_str(&bench.sandbox.read(".taskrun/aside.json")).unwrap();
    kept["attempts"].as_array().unwrap().len()
}

#[test]
fn a_loop_and_a_drain_together_keep_the_limit_of_the_day() {
    for limits in ["per_day_usd = 0.35\nper_attempt_usd = 0.1", "per_day_usd = 0.35"] {
        let bench = queue(&format!("[agent]\ndefault = 'claude'\n[budget]\n{limits}"), &tasks(4));
        bench.tasks_plain(&["a", "b", "c", "d"]);
        costs(&bench, 0.1, "sleep 0.3");
        let looping = bench.looping(&["--no-gates", "--quiet"]).spawn().unwrap();
        let drain = macp(&bench, &["drain", "--jobs", "3", "--quiet"]).spawn().unwrap();
        assert_eq!((reap(looping), reap(drain)), (3, 3), "{limits}");
        assert!((spent(&bench) - 0.3).abs() < 1e-9, "{limits}: {}", spent(&bench));
        assert_eq!((bench.lines("ran").len(), aside(&bench)), (3, 0), "{limits}");
    }
}

#[test]
fn a_prompt_waits_for_what_a_drain_has_set_aside() {
    // What it costs, whether there is enough for the prompt after it.
    for (usd, code, attempts) in [(0.6, 3, 1), (0.4, 0, 2)] {
        let bench = queue("[budget]\nper_day_usd = 1.0", &tasks(1));
        costs(&bench, usd, UNTIL_GO);
        let drain = macp(&bench, &["drain", "--quiet"]).spawn().unwrap();
        wait_for("the agent", || bench.aside("ran").exists());
        let mut prompt = bench.sandbox.command();
        prompt.args(["agent", "prompt", "--agent", "claude", "Hello"]);
        prompt.env("CLAUDE_CLI_PATH", bench.aside("claude")).stderr(bench_file(&bench, "said"));
        prompt.stdout(std::process::Stdio::null());
        let prompt = prompt.spawn().unwrap();
        wait_for("its notice", || {
            std::fs::read_to_string(bench.aside("said")).unwrap().contains("`per_day_usd` is set aside")
        });
        assert_eq!(bench.lines("ran").len(), 1);
        std::fs::write(bench.aside("go"), "").unwrap();
        assert_eq!((reap(drain), reap(prompt)), (0, code), "{usd}");
        assert_eq!((bench.lines("ran").len(), aside(&bench)), (attempts, 0), "{usd}");
    }
}

fn bench_file(bench: &Bench, name: &str) -> std::fs::File {
    std::fs::File::create(bench.aside(name)).unwrap()
}

#[test]
fn what_the_dead_had_set_aside_is_free() {
    let bench = queue("[agent]\ndefault = 'claude'\n[budget]\nper_day_usd = 1.0", &tasks(1));
    bench.tasks_plain(&["a"]);
    costs(&bench, 0.4, UNTIL_GO);
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    wait_for("the agent", || bench.aside("ran").exists());
    crate::bench::kill(child.id(), "KILL");
    reap(child);
    std::fs::write(bench.aside("go"), "").unwrap();
    let out = Outcome::of(&mut bench.looping(&["--no-gates"]));
    assert_eq!((out.code, aside(&bench)), (0, 0), "{out:?}");
}
