//! `mission show|watch`: what people see of a mission.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bench::{kill, reap};
use crate::mission_scene::{ID, Scene, WRITTEN, ago};

#[test]
fn a_mission_is_shown_with_all_that_belongs_to_it() {
    let scene = Scene::new();
    let shown = scene.sandbox.run(&["mission", "show", ID]);
    let expected = format!(
        "Login page\n{ID}  feature  waiting_human  step 2 of 4\n.taskrun/missions/active/{ID}--login-page\n\
        made 3 hours ago, changed 3 minutes ago\n\n\
        ✓ 1  agent  Cleanup & Structure      ok · 3 minutes ago · 1m05s\n\
        ● 2  human  Review Structured Input  waits for you\n\
        ○ 3  agent  Research                 research-agent\n\
        ○ 4  human  Review Research          research-output.md\n\n\
        runs\n  r-1763740000000-aaaa  cleanup  ok  4 minutes ago  1m05s\n\n\
        artifacts\n  raw-input.md            40 B\n  structured-text.md      {} B\n\n\
        next: taskrun mission review {ID}\n",
        WRITTEN.len()
    );
    assert_eq!((shown.code, shown.stdout, shown.stderr), (0, expected, String::new()));

    let shown = scene.sandbox.run(&["mission", "show", ID, "--json"]).json();
    let saved = scene.saved();
    for (key, value) in saved.as_object().unwrap() {
        assert_eq!(&shown[key], value, "{key}");
    }
    assert_eq!(shown["workflow"]["steps"].as_array().unwrap().len(), 4);
    assert_eq!(shown["artifacts"]["structured-text.md"], WRITTEN);
    assert_eq!(shown["artifact_sizes"], json!({"raw-input.md": 40, "structured-text.md": WRITTEN.len()}));
    assert_eq!(shown["runs"][0]["run_id"], "r-1763740000000-aaaa");
    assert_eq!((&shown["truncated"], &shown["current_log_tail"]), (&json!([]), &Value::Null));

    let unknown = scene.sandbox.run(&["mission", "show", &ID[..ID.len() - 1], "--json"]);
    assert_eq!((unknown.code, &unknown.json_error()["code"]), (1, &json!("not_found")));
}

#[test]
fn a_step_that_runs_shows_its_log_and_a_dead_one_has_failed() {
    let scene = Scene::new();
    let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let line = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let start: u64 = line[line.rfind(')').unwrap() + 2..].split(' ').nth(19).unwrap().parse().unwrap();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let holder = json!({"pid": child.id(), "start": start, "boot": boot.trim()});
    scene.mission(&json!({"status": "running_code_agent", "current_step": 2}));
    scene.run_of(3, "research", "r-9", &json!({"holder": holder, "started_at": ago(20)}));
    let log = format!("{}the end\n", "é\n".repeat(5000));
    let path = format!(".taskrun/missions/active/{ID}--login-page/logs/step-03-research.r-9.log");
    scene.sandbox.write(&path, log);
    let show = || scene.sandbox.run(&["mission", "show", ID, "--json"]).json();
    let tail = show()["current_log_tail"].as_str().unwrap().to_owned();
    assert!(tail.len() <= 4000 && tail.ends_with("é\nthe end\n") && !tail.contains('\u{fffd}'), "{tail}");
    let text = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(text.contains("● 3  agent  Research                 running · just now\n"), "{text}");
    assert!(text.contains("the end of its log\n  é\n") && text.contains("  the end\n"), "{text}");
    let refused = scene.review("true", &["--approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("waits for no person: step `research` runs"), "{refused:?}");

    child.kill().unwrap();
    child.wait().unwrap();
    let dead = show();
    let why = "killed: the process that ran step `research` died";
    assert_eq!(
        (&dead["status"], &dead["last_error"], &dead["errors"]),
        (&json!("failed"), &json!(why), &json!([why]))
    );
    assert_eq!((&dead["current_log_tail"], &dead["runs"][1]["error"]), (&Value::Null, &json!(why)));
    assert_eq!(scene.saved()["status"], "running_code_agent", "to look changes nothing");
    let text = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(text.contains("● 3  agent  Research                 killed · just now\n"), "{text}");
    assert_eq!(scene.sandbox.run(&["mission", "watch", ID]).code, 1);
}

#[test]
fn each_change_is_watched_once_until_a_person_is_needed() {
    let scene = Scene::new();
    assert_eq!(scene.sandbox.run(&["mission", "watch", ID]).code, 4);
    scene.mission(&json!({"status": "ready", "current_step": 2}));
    for as_json in [false, true] {
        scene.mission(&json!({"status": "ready", "current_step": 2}));
        let mut command = scene.sandbox.command();
        command.args(["mission", "watch", ID, "--interval", "10ms"]).args(as_json.then_some("--json"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let first = lines.next().unwrap();
        assert!(first.contains("ready") && first.contains("Research"), "{first}");
        let id = format!("r-{as_json}");
        scene.artifact("research-output.md", if as_json { "found more\n" } else { "found\n" });
        let written = lines.next().unwrap();
        assert!(written.contains("research-output.md"), "{written}");
        scene.run_of(
            3,
            "research",
            &id,
            &json!({"exit_code": 0, "started_at": ago(3), "finished_at": ago(0)}),
        );
        let (began, ended) = (lines.next().unwrap(), lines.next().unwrap());
        assert!(began.contains("research") && ended.contains("research"), "{began} {ended}");
        scene.mission(&json!({"status": "waiting_human", "current_step": 3}));
        let rest: Vec<String> = lines.collect();
        assert_eq!(rest.len(), 1, "{rest:?}");
        assert_eq!(reap(child), 4);
        if as_json {
            let types = [&first, &written, &began, &ended, &rest[0]].map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned()
            });
            let expected =
                ["mission.status", "artifact.written", "run.started", "run.finished", "mission.status"];
            assert_eq!(types, expected);
        } else {
            assert!(rest[0].ends_with("  waiting_human at step 4 of 4, Review Research"), "{rest:?}");
            assert!(
                ended.ends_with("  step research ended: ok")
                    && written.ends_with("research-output.md written (6 B)")
            );
        }
    }
    scene.mission(&json!({"status": "ready", "current_step": 2}));
    let mut child =
        scene.sandbox.command().args(["mission", "watch", ID]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    kill(child.id(), "INT");
    assert_eq!(reap(child), 130);
    assert_eq!(scene.sandbox.run(&["mission", "watch", ID, "--interval", "0s"]).code, 2);
    assert_eq!(scene.sandbox.run(&["mission", "watch", "m-1"]).code, 1);
    let all: Vec<_> = std::fs::read_dir(scene.sandbox.path(".taskrun/missions/active")).unwrap().collect();
    std::fs::create_dir(scene.sandbox.path(".taskrun/missions/completed")).unwrap();
    assert_eq!(all.len(), 1);
    scene.mission(&json!({"status": "completed", "current_step": 4}));
    assert_eq!(scene.sandbox.run(&["mission", "watch", ID]).code, 0);
}
