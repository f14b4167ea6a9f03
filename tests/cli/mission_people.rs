//! `mission show|watch|review`: what people see of a mission, and what they decide.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bench::{kill, reap, wait_for};
use crate::mission_scene::{ID, Scene, WRITTEN, ago};
use crate::sandbox::Outcome;
use crate::terminal::Terminal;

const BEFORE: &str = "runs/step-01-cleanup.r-1763740000000-aaaa.before";
const LARGE: u64 = 100 << 20;

fn large(scene: &Scene, name: &str) {
    scene.artifact(name, "beginning\n");
    let file = OpenOptions::new().write(true).open(scene.path(&format!("artifacts/{name}"))).unwrap();
    file.write_all_at(b"end", LARGE - 3).unwrap();
}

/// The most memory that a command ever had, with how it ended.
fn peak(scene: &Scene, args: &[&str]) -> (u64, Outcome) {
    let status = scene.sandbox.root().join("memory");
    let mut command = std::process::Command::new("sh");
    let script = "\"$@\"; code=$?; grep -h VmHWM /proc/self/status > /dev/null; exit $code";
    let _ = script;
    let time = "/usr/bin/time";
    if std::path::Path::new(time).exists() {
        command = std::process::Command::new(time);
        command.args(["-f", "%M", "-o"]).arg(&status).arg(env!("CARGO_BIN_EXE_taskrun"));
    } else {
        command = scene.sandbox.command();
    }
    command.current_dir(scene.sandbox.path("")).args(args).env("HOME", scene.sandbox.root().join("home"));
    let out = Outcome::of(command.stdin(Stdio::null()));
    let kilobytes = std::fs::read_to_string(&status).unwrap_or_default();
    (kilobytes.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(0), out)
}

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
        artifacts\n  raw-input.md            39 B\n  structured-text.md      {} B\n\n\
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
    assert_eq!(shown["artifact_sizes"], json!({"raw-input.md": 39, "structured-text.md": WRITTEN.len()}));
    assert_eq!(shown["runs"][0]["run_id"], "r-1763740000000-aaaa");
    assert_eq!((&shown["truncated"], &shown["current_log_tail"]), (&json!([]), &Value::Null));

    let unknown = scene.sandbox.run(&["mission", "show", &ID[..ID.len() - 1], "--json"]);
    assert_eq!((unknown.code, &unknown.json_error()["code"]), (1, &json!("not_found")));
}

#[test]
fn what_files_say_cannot_steer_the_terminal() {
    let scene = Scene::new();
    let evil = "a\u{1b}[31mb\u{202e}c\nd";
    scene.mission(&json!({"title": evil, "errors": [evil], "last_error": evil, "status": "failed"}));
    let decided = json!({"decision": "approved", "by": evil, "note": evil, "finished_at": ago(1)});
    scene.run_of(2, "review-structured", "r-2", &decided);
    scene.artifact("structured-text.md", evil);
    let shown = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(shown.starts_with("a\u{fffd}[31mb\u{fffd}c d\n"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    let terminal = Terminal::new(60, 40);
    let mut command = scene.sandbox.command();
    let child = terminal.start(command.args(["mission", "review", ID, "--color", "never"]));
    wait_for("a question", || terminal.printed().contains("[q]uit?"));
    assert!(!terminal.printed().contains(['\u{1b}', '\u{202e}']), "{}", terminal.printed());
    terminal.press("q\n");
    assert_eq!(reap(child), 4);
}

#[test]
fn a_step_that_runs_shows_its_log_and_a_dead_one_has_failed() {
    let scene = Scene::new();
    let mut child = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let start: u64 = stat[stat.rfind(')').unwrap() + 2..].split(' ').nth(19).unwrap().parse().unwrap();
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
    assert_eq!((&dead["status"], &dead["last_error"], &dead["errors"]), (&json!("failed"), &json!(why), &json!([why])));
    assert_eq!((&dead["current_log_tail"], &dead["runs"][1]["error"]), (&Value::Null, &json!(why)));
    assert_eq!(scene.saved()["status"], "running_code_agent", "to look changes nothing");
    let text = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(text.contains("● 3  agent  Research                 killed · just now\n"), "{text}");
    assert_eq!(scene.sandbox.run(&["mission", "watch", ID]).code, 1);
}

#[test]
fn large_artifacts_are_named_and_never_held_whole() {
    let scene = Scene::new();
    large(&scene, "structured-text.md");
    let (memory, shown) = peak(&scene, &["mission", "show", ID, "--json"]);
    let shown = shown.json();
    assert_eq!(shown["truncated"], json!(["structured-text.md"]));
    assert_eq!(shown["artifact_sizes"]["structured-text.md"], LARGE);
    assert_eq!(shown["artifacts"]["structured-text.md"].as_str().unwrap().len(), 64 << 10);
    let editor = scene.editor("printf changed | dd of=\"$1\" conv=notrunc 2>/dev/null");
    let args = ["mission", "review", ID, "--edit", "--approve"];
    let quoted = format!("'{}'", editor.display());
    let edited = scene.review(&quoted, &["--edit"]);
    assert_eq!(edited.code, 0, "{edited:?}");
    assert!(edited.stdout.contains("too long to be compared line by line"), "{edited:?}");
    assert_eq!(scene.path(BEFORE).metadata().unwrap().len(), LARGE);
    let (more, ended) = peak(&scene, &[args[0], args[1], ID, "--approve"]);
    assert_eq!((ended.code, scene.decisions()[0]["decision"].clone()), (0, json!("edited")));
    assert!(memory < 60_000 && more < 60_000, "{memory} and {more} kB");
}

#[test]
fn an_edit_is_saved_and_what_was_there_is_kept() {
    let scene = Scene::new();
    let editor = scene.editor("test \"$1\" = -w && shift; printf 'And a button.\\n' >> \"$1\"; echo said");
    let quoted = format!("'{}' -w", editor.display());
    let out = scene.review(&quoted, &["--edit"]);
    let diff = "--- structured-text.md\tas it was\n+++ structured-text.md\tas it is\n@@ -4,3 +4,4 @@\n \n - a form\n \
        - a link for lost passwords\n+And a button.\n";
    assert_eq!((out.code, out.stdout.as_str()), (0, diff));
    assert!(out.stderr.starts_with("said\n") && out.stderr.contains("nothing is decided yet"), "{out:?}");
    assert_eq!(scene.read("artifacts/structured-text.md"), format!("{WRITTEN}And a button.\n"));
    assert_eq!(scene.read(BEFORE), WRITTEN);
    assert_eq!(scene.saved()["status"], "waiting_human");
    assert_ne!(scene.saved()["updated_at"], ago(200));
    // Once more: what the agent wrote stays what is compared with.
    let out = scene.review(&quoted, &["--edit", "--approve", "--note", "good now", "--json"]);
    let told = out.json();
    assert_eq!((&told["edited"], &told["decided"], &told["mission"]["current_step"]), (&json!(true), &json!(true), &json!(2)));
    assert!(told["diff"].as_str().unwrap().ends_with("+And a button.\n+And a button.\n"), "{told}");
    assert_eq!(scene.read(BEFORE), WRITTEN);
    let decided = &scene.decisions()[0];
    assert_eq!((&decided["decision"], &decided["note"], &decided["by"]), (&json!("edited"), &json!("good now"), &json!("Ada")));
    // Also from the step after the gate.
    let last = scene.sandbox.run(&["mission", "review", ID, "--diff", "--json"]).json();
    assert_eq!(last["diff"], told["diff"]);
    assert_eq!(std::fs::read_dir(scene.sandbox.path(".taskrun/edits")).unwrap().count(), 0);
}

#[test]
fn what_comes_to_nothing_leaves_the_artifact_as_it_was() {
    let scene = Scene::new();
    let failing = scene.editor("echo broken > \"$1\"; exit 3");
    let failing = format!("'{}'", failing.display());
    let table = [
        (failing.as_str(), &["--edit", "--approve"][..], 1, "failed with exit code 3: `structured-text.md` is as it was"),
        ("no-such-editor-here", &["--edit"], 2, "`no-such-editor-here` is not installed"),
        ("  ", &["--edit"], 2, "`EDITOR` is no command"),
        ("vi 'open", &["--edit"], 2, "`EDITOR` is no command"),
        ("", &["--edit"], 2, "neither `VISUAL` nor `EDITOR` is set"),
        ("rm", &["--edit"], 1, "the editor `rm` left no file"),
        ("sh -c 'kill -9 $$'", &["--edit"], 1, "was ended by signal 9"),
        ("sh -c 'kill -2 $$'", &["--edit", "--approve"], 130, "interrupted"),
        ("true; touch hacked #", &["--edit"], 2, "`true;` is not installed"),
        ("true", &[], 2, "`--approve`, or `--send-back NOTE`"),
        ("true", &["--json"], 2, "`--approve`, or `--send-back NOTE`"),
        ("true", &["--send-back", " "], 2, "nothing is said in it"),
        ("true", &["--send-back", "x", "--approve"], 2, "cannot be used with"),
        ("true", &["--note", "x"], 2, "--approve"),
        ("true", &["--diff", "--edit"], 2, "cannot be used with"),
    ];
    for (editor, args, code, told) in table {
        let out = scene.review(editor, args);
        assert_eq!((out.code, out.stdout.as_str()), (code, ""), "{editor} {args:?} {out:?}");
        assert!(out.stderr.contains(told), "{editor} {args:?} {out:?}");
        assert_eq!(scene.read("artifacts/structured-text.md"), WRITTEN, "{editor} {args:?}");
    }
    assert!(!scene.path(BEFORE).exists() && !scene.sandbox.path("hacked").exists());
    assert_eq!(scene.decisions(), Vec::<Value>::new());
    assert_eq!(std::fs::read_dir(scene.sandbox.path(".taskrun/edits")).unwrap().count(), 0);
    let unchanged = scene.review("true", &["--edit"]);
    assert_eq!((unchanged.code, unchanged.stdout.as_str()), (0, "structured-text.md is as the agent wrote it\n"));
}

#[test]
fn an_edit_does_not_undo_what_somebody_else_did_meanwhile() {
    let scene = Scene::new();
    let artifact = scene.path("artifacts/structured-text.md");
    let editor = scene.editor(&format!("echo mine > \"$1\"; echo theirs > '{}'", artifact.display()));
    let out = scene.review(&format!("'{}'", editor.display()), &["--edit"]);
    assert_eq!(out.code, 1, "{out:?}");
    assert!(out.stderr.contains("somebody else changed `structured-text.md` meanwhile"), "{out:?}");
    assert_eq!(scene.read("artifacts/structured-text.md"), "theirs\n");
    let kept = out.stderr.split('`').find(|part| part.contains(".taskrun/edits/")).unwrap();
    assert_eq!(scene.sandbox.read(kept), "mine\n");

    let scene = Scene::new();
    let program = env!("CARGO_BIN_EXE_taskrun");
    let editor = scene.editor(&format!("echo mine > \"$1\"; '{program}' -C '{}' mission review {ID} --approve",
        scene.sandbox.path("").display()));
    let out = scene.review(&format!("'{}'", editor.display()), &["--edit"]);
    assert!(out.code == 1 && out.stderr.contains("is not at `review-structured` any more"), "{out:?}");
    assert_eq!(scene.read("artifacts/structured-text.md"), WRITTEN);
    assert_eq!(scene.decisions().len(), 1);
}

#[test]
fn decisions_move_the_mission_and_stay_on_record() {
    let scene = Scene::new();
    let back = scene.review("true", &["--send-back", "- say how `$(touch hacked)`"]);
    assert_eq!((back.code, back.stdout), (0, format!("sent back to Cleanup & Structure\nnext: taskrun mission continue {ID}\n")));
    assert_eq!((&scene.saved()["current_step"], &scene.saved()["status"]), (&json!(0), &json!("ready")));
    let shown = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(shown.contains("● 1  agent  Cleanup & Structure      to be done again\n"), "{shown}");
    assert!(shown.contains("sent back by Ada · just now\n            “- say how `$(touch hacked)`”\n"), "{shown}");
    let refused = scene.review("true", &["--approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("it is ready at step `cleanup`, which no person does"), "{refused:?}");
    assert!(refused.stderr.contains(&format!("taskrun mission continue {ID}")), "{refused:?}");

    scene.mission(&json!({"current_step": 3}));
    scene.artifact("research-output.md", "found\n");
    let done = scene.review("true", &["--approve"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "approved; the mission is completed\n"));
    let decisions = scene.decisions();
    let words: Vec<_> = decisions.iter().map(|run| run["decision"].as_str().unwrap()).collect();
    assert_eq!(words, ["sent_back", "approved"]);
    assert!(scene.sandbox.path(&format!(".taskrun/missions/completed/{ID}--login-page")).is_dir());
    let refused = scene.review("true", &["--approve"]);
    assert!(refused.code == 1 && refused.stderr.contains("is completed"), "{refused:?}");
}

#[test]
fn a_gate_without_its_artifact_says_so() {
    let scene = Scene::new();
    std::fs::remove_file(scene.path("artifacts/structured-text.md")).unwrap();
    let refused = scene.review("true", &["--approve"]);
    assert!(refused.code == 1 && refused.stderr.contains("has no artifact `structured-text.md`"), "{refused:?}");
    std::os::unix::fs::symlink("/etc/hostname", scene.path("artifacts/structured-text.md")).unwrap();
    let refused = scene.review("true", &["--edit"]);
    assert!(refused.code != 0 && refused.stderr.contains("not a regular file"), "{refused:?}");
    assert_eq!(scene.sandbox.run(&["mission", "show", ID, "--json"]).json()["artifact_sizes"], json!({"raw-input.md": 39}));
}

#[test]
fn on_a_terminal_it_asks_until_something_is_decided() {
    let scene = Scene::new();
    let editor = scene.editor("test -t 0 && test -t 1 && printf 'And a button.\\n' >> \"$1\"");
    let terminal = Terminal::new(80, 40);
    let mut command = scene.sandbox.command();
    command.args(["mission", "review", ID, "--color", "never"]);
    command.env("EDITOR", format!("'{}'", editor.display())).env("BEADS_ACTOR", "Ada");
    let child = terminal.start(&mut command);
    let asked = |times: usize| {
        wait_for("a question", || terminal.printed().matches("[q]uit?").count() == times);
    };
    asked(1);
    let printed = terminal.printed().replace('\r', "");
    let rule = "─".repeat(80);
    let head = format!("Login page: step 2 of 4, Review Structured Input\nstructured-text.md ({} B)\n{rule}\n", WRITTEN.len());
    assert!(printed.starts_with(&format!("{head}{WRITTEN}{rule}\n")), "{printed}");
    terminal.press("what?\n");
    asked(2);
    terminal.press("e\n");
    asked(3);
    wait_for("a diff", || terminal.printed().contains("+And a button."));
    terminal.press("s\n");
    wait_for("a question", || terminal.printed().contains("what is to be done better?"));
    terminal.press("\n");
    asked(4);
    terminal.press("s\n");
    wait_for("a question", || terminal.printed().matches("what is to be done better?").count() == 2);
    terminal.press("shorter, please\n");
    assert_eq!(reap(child), 0);
    let decided = &scene.decisions()[0];
    assert_eq!((&decided["decision"], &decided["note"]), (&json!("sent_back"), &json!("shorter, please")));

    let scene = Scene::new();
    for (keys, code, decided) in [("q\n", 4, 0), ("\x04", 4, 0), ("approve\n", 0, 1)] {
        let terminal = Terminal::new(80, 40);
        let child = terminal.start(scene.sandbox.command().args(["mission", "review", ID]));
        wait_for("a question", || terminal.printed().contains("[q]uit?"));
        terminal.press(keys);
        assert_eq!(reap(child), code, "{keys:?}");
        assert_eq!(scene.decisions().len(), decided, "{keys:?}");
    }
    let scene = Scene::new();
    let terminal = Terminal::new(80, 40);
    let child = terminal.start(scene.sandbox.command().args(["mission", "review", ID]));
    wait_for("a question", || terminal.printed().contains("[q]uit?"));
    kill(child.id(), "INT");
    assert_eq!(reap(child), 130);
    assert_eq!(scene.decisions().len(), 0);
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
        scene.run_of(3, "research", &id, &json!({"exit_code": 0, "started_at": ago(3), "finished_at": ago(0)}));
        let (began, ended) = (lines.next().unwrap(), lines.next().unwrap());
        assert!(began.contains("research") && ended.contains("research"), "{began} {ended}");
        scene.mission(&json!({"status": "waiting_human", "current_step": 3}));
        let rest: Vec<String> = lines.collect();
        assert_eq!(rest.len(), 1, "{rest:?}");
        assert_eq!(reap(child), 4);
        if as_json {
            let types = [&first, &written, &began, &ended, &rest[0]]
                .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned());
            let expected = ["mission.status", "artifact.written", "run.started", "run.finished", "mission.status"];
            assert_eq!(types, expected);
        } else {
            assert!(rest[0].ends_with("  waiting_human at step 4 of 4, Review Research"), "{rest:?}");
            assert!(ended.ends_with("  step research ended: ok") && written.ends_with("research-output.md written (6 B)"));
        }
    }
    scene.mission(&json!({"status": "ready", "current_step": 2}));
    let mut child = scene.sandbox.command().args(["mission", "watch", ID]).stdout(Stdio::piped()).spawn().unwrap();
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
