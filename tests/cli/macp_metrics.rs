//! `macp metrics`: the numbers of a scripted run.

use std::collections::BTreeMap;

use serde_json::json;

use crate::bench::stream::session;
use crate::macp_dispatch::{drain, program, queue as bench_queue, status};
use crate::macp_workers::{claim, macp, queue, update};

/// Reads an exposition as Prometheus does: every sample belongs to a family that was announced.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut kinds = BTreeMap::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
        } else if !line.starts_with("# HELP ") {
            let (key, value) = line.rsplit_once(' ').unwrap();
            let name = key.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| kinds.get(*family).is_some_and(|kind| kind == "histogram"));
            let kind = &kinds[family.unwrap_or(name)];
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            samples.insert(key.to_owned(), value.parse().unwrap());
        }
    }
    samples
}

#[test]
fn the_numbers_are_those_of_the_run() {
    let made = "2026-01-01T00:00:00Z";
    let sandbox = queue(&[
        json!({"id": "ok", "type": "coding", "runtime": "claude"}),
        json!({"id": "bad", "max_attempts": 2}),
        json!({"id": "asked"}),
        json!({"id": "lost"}),
        json!({"id": "waits", "type": "a\"b\\c\nd", "depends_on": ["bad"], "created_at": made}),
    ]);
    assert_eq!(claim(&sandbox, "w")["id"], "ok");
    update(&sandbox, &["ok", "--as", "w", "--status", "completed", "--usd", "1.25"], 0);
    claim(&sandbox, "w");
    update(&sandbox, &["bad", "--as", "w", "--status", "failed", "--usd", "0.5"], 0);
    assert_eq!(claim(&sandbox, "w")["id"], "asked");
    update(&sandbox, &["asked", "--as", "w", "--status", "escalated", "--reason", "?"], 0);
    let out = macp(&sandbox, &["claim", "--as", "w", "--lease", "1ns"]);
    assert_eq!(out.json()["id"], "lost", "{out:?}");

    let json = macp(&sandbox, &["metrics"]).json();
    // A claim whose lease is over is pending, though nobody has written that yet.
    let tasks = json!({"pending": 3, "running": 0, "gated": 0, "completed": 1, "failed": 0, "escalated": 1, "cancelled": 0});
    assert_eq!(json["tasks"], tasks);
    assert_eq!((&json["attempts"], &json["durations"]["count"]), (&json!(4), &json!(3)));
    assert_eq!(json["retries"], json!({"task": 1, "infrastructure": 0, "lost": 0, "nobody": 0}));
    assert_eq!((&json["success_rate"], &json["queue_depth"]), (&json!(0.5), &json!(3)));
    assert_eq!(json["types"]["coding"], json!({"completed": 1}));

    let text = sandbox.run(&["macp", "metrics"]);
    assert_eq!(text.code, 0, "{text:?}");
    let samples = samples(&text.stdout);
    for (key, value) in [
        ("tasks{status=\"pending\"}", 3.0),
        ("tasks{status=\"completed\"}", 1.0),
        ("tasks_by_type{type=\"coding\",status=\"completed\"}", 1.0),
        ("tasks_by_type{type=\"a\\\"b\\\\c\\nd\",status=\"pending\"}", 1.0),
        ("attempts_total", 4.0),
        ("retries_total{blame=\"task\"}", 1.0),
        ("infrastructure_failures_total", 0.0),
        ("attempt_duration_seconds_count", 3.0),
        ("attempt_duration_seconds_bucket{le=\"+Inf\"}", 3.0),
        ("queue_depth", 3.0),
        ("success_ratio", 0.5),
        ("spend_usd_total{runtime=\"claude\"}", 1.25),
        ("spend_usd_total{runtime=\"codex\"}", 0.5),
    ] {
        assert_eq!(samples.get(&format!("taskrun_macp_{key}")), Some(&value), "{key}\n{}", text.stdout);
    }
    assert!(samples["taskrun_macp_oldest_pending_seconds"] > 1.0);
    assert!(samples["taskrun_macp_attempt_duration_seconds_sum"] < 60.0);
}

#[test]
fn what_workers_and_plug_ins_say_they_spent_counts_as_all_else_does() {
    let yolo = json!({"dispatch": "yolo", "runtime": "claude", "description": "Paint it."});
    let plug = json!({"dispatch": "plug", "runtime": "codex"});
    let worked = json!({"dispatch": "exec", "command": "true"});
    let bench = bench_queue("[budget]\nper_day_usd = 1.0", &[worked, plug, yolo]);
    bench.claude(&format!("cat > /dev/null; {}", session("Painted.", 0.1)));
    program(
        &bench,
        "taskrun-exec-plug",
        "cat > /dev/null; echo '{\"status\": \"failed\", \"error\": \"no\", \"metadata\": {\"spend\": {\"usd\": 0.5}}}'",
    );
    assert_eq!(claim(&bench.sandbox, "w")["id"], "T-1");
    update(&bench.sandbox, &["T-1", "--as", "w", "--status", "pending", "--usd", "0.2"], 0);
    assert_eq!(claim(&bench.sandbox, "w")["id"], "T-1");
    update(&bench.sandbox, &["T-1", "--as", "w", "--status", "completed", "--usd", "0.5"], 0);
    assert_eq!(drain(&bench), 1);
    let states = ["T-1", "T-2", "T-3"].map(|id| status(&bench, id));
    assert_eq!(states, ["completed", "failed", "pending"], "the day's money is spent");
    let shown = bench.sandbox.run(&["budget", "show", "--json"]).json();
    assert_eq!((&shown["total"]["usd"], &shown["attempts"]), (&json!(1.2), &json!(3)), "{shown}");
    let metrics = bench.sandbox.run(&["macp", "metrics", "--json"]).json();
    let runtimes = metrics["spend_usd"].as_object().unwrap();
    let spent: f64 = runtimes.values().map(|usd| usd.as_f64().unwrap()).sum();
    assert!((spent - 1.2).abs() < 1e-9, "{metrics}");
}
