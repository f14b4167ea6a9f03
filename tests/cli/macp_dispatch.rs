//! `macp drain`: commands, plug-ins, what is handed over, terminals, outputs that must fit a schema.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, kill, living, reap, wait_for};
use crate::sandbox::Outcome;

/// A project with these tasks; each gets an id `T-1`, `T-2` … and a title where it has none.
pub fn queue(config: &str, tasks: &[Value]) -> Bench {
    let bench = Bench::bare("");
    bench.config(config);
    let tasks: Vec<Value> = (1..)
        .zip(tasks)
        .map(|(number, task)| {
            let mut whole = json!({"id": format!("T-{number}"), "title": "t", "status": "pending"});
            whole.as_object_mut().unwrap().extend(task.as_object().unwrap().clone());
            whole
        })
        .collect();
    bench.sandbox.write(".taskrun/macp/tasks.json", json!({"tasks": tasks}).to_string());
    bench
}

/// `taskrun macp …` with the programs aside before all others.
pub fn macp(bench: &Bench, args: &[&str]) -> Command {
    let mut command = bench.sandbox.command();
    let path = std::env::join_paths(
        [bench.aside("bin")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    command.arg("macp").args(args).env("PATH", path.unwrap()).env("CLAUDE_CLI_PATH", bench.aside("claude"));
    command
}

/// A drain to its end: its exit code.
pub fn drain(bench: &Bench) -> i32 {
    Outcome::of(&mut macp(bench, &["drain"])).code
}

/// The result of a task.
pub fn result(bench: &Bench, id: &str) -> Value {
    serde_json::from_str(&bench.sandbox.read(&format!(".taskrun/macp/results/{id}.json"))).unwrap()
}

/// The status of a task, as its file has it.
pub fn status(bench: &Bench, id: &str) -> String {
    let tasks: Value = serde_json::from_str(&bench.sandbox.read(".taskrun/macp/tasks.json")).unwrap();
    let tasks = tasks["tasks"].as_array().unwrap();
    let task = tasks.iter().find(|task| task["id"] == id).unwrap();
    task["status"].as_str().unwrap().to_owned()
}

/// A program that tasks find on `PATH`.
pub fn program(bench: &Bench, name: &str, body: &str) {
    fs::create_dir_all(bench.aside("bin")).unwrap();
    bench.script(&format!("bin/{name}"), body);
}

/// What is staged for tasks under way.
fn staged(bench: &Bench) -> Vec<String> {
    let entries = fs::read_dir(bench.sandbox.path(".taskrun/macp/state")).unwrap().flatten();
    let slots = entries.filter(|entry| entry.path().is_dir());
    let files = slots.flat_map(|slot| fs::read_dir(slot.path()).unwrap().flatten());
    let names = files.map(|file| file.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("staged-") || name == "agent.json").collect()
}

#[test]
fn words_reach_a_command_as_they_are() {
    let odd = "a b; $(touch made) 'q' \"w\" * \\";
    let show = "printf '%s|' \"$@\" > args; pwd > dir; printf %s \"$MODE\" > mode; cat > input";
    let bench = queue(
        "",
        &[
            json!({"dispatch": "exec", "argv": ["sh", "-c", show, "0", odd, ""], "env": {"MODE": odd}, "cwd": "sub"}),
            json!({"dispatch": "exec", "command": "echo \"$HOME\" | tr a-z A-Z > shouted; exit 3"}),
            json!({"dispatch": "exec"}),
            json!({"command": "echo legacy > old"}),
        ],
    );
    bench.sandbox.write("sub/x", "");
    assert_eq!(drain(&bench), 1);
    assert_eq!(bench.sandbox.read("sub/args"), format!("{odd}||"));
    assert_eq!(bench.sandbox.read("sub/mode"), odd);
    assert_eq!(bench.sandbox.read("sub/input"), "", "nothing is on its standard input");
    assert_eq!(bench.sandbox.read("sub/dir").trim(), bench.sandbox.path("sub").display().to_string());
    assert!(!bench.sandbox.path("sub/made").exists() && !bench.sandbox.path("made").exists());
    let home = bench.aside("home").display().to_string().to_uppercase();
    assert_eq!(bench.sandbox.read("shouted").trim(), home);
    assert_eq!(
        (result(&bench, "T-2")["exit_code"].clone(), status(&bench, "T-2")),
        (json!(3), "failed".into())
    );
    let without = result(&bench, "T-3");
    assert!(without["error"].as_str().unwrap().contains("has no command"), "{without}");
    assert_eq!((status(&bench, "T-4"), bench.sandbox.read("old")), ("completed".into(), "legacy\n".into()));
}

#[test]
fn mosaic_gets_a_terminal_and_a_brief_that_nobody_else_can_read() {
    let config = "[macp]\nyolo_command = ['mosaic', 'yolo', '{runtime}']";
    let task = |runtime: &str| json!({"dispatch": "yolo", "runtime": runtime, "brief_path": "docs/b.md"});
    let bench = queue(config, &["codex", "claude", "opencode"].map(task));
    let brief = "Find the unusual words.\nAnd more of them.\n";
    bench.sandbox.write("docs/b.md", brief);
    let saw = bench.aside("saw").display().to_string();
    let script = format!(
        "#!/bin/sh\nsaw='{saw}'\n[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo terminal >> \"$saw\"\n\
         sh -c ': > /dev/tty' && echo controlling >> \"$saw\"\n\
         echo \"$1 $2 $#\" >> \"$saw\"; pwd >> \"$saw\"; echo \"${{PATH%%:*}}\" >> \"$saw\"\n\
         stat -c %a \"$3\" >> \"$saw\"; cp \"$3\" \"$saw.brief\"; ps -eo args > \"$saw.ps\"\n\
         printf '\\033[32mgreen\\033[0m\\n'; printf 'the \\033[1mend\\033[0m\\n'\n"
    );
    bench.sandbox.write_home(".config/mosaic/bin/mosaic", script);
    let mosaic = bench.aside("home/.config/mosaic/bin/mosaic");
    fs::set_permissions(&mosaic, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(drain(&bench), 0);
    let (work, own) = (bench.sandbox.path(""), mosaic.parent().unwrap().to_owned());
    let each = |runtime: &str| {
        [
            "terminal",
            "controlling",
            &format!("yolo {runtime} 3"),
            work.to_str().unwrap(),
            own.to_str().unwrap(),
            "600",
        ]
        .map(String::from)
    };
    assert_eq!(bench.lines("saw"), ["codex", "claude", "opencode"].map(each).concat());
    assert_eq!(fs::read_to_string(bench.aside("saw.brief")).unwrap(), brief);
    let processes = fs::read_to_string(bench.aside("saw.ps")).unwrap();
    assert!(processes.contains("staged-brief.md") && !processes.contains("unusual words"), "{processes}");
    assert_eq!(staged(&bench), [""; 0]);
    let result = result(&bench, "T-1");
    assert_eq!((&result["summary"], &result["runtime"]), (&json!("the end"), &json!("codex")));
    assert!(bench.sandbox.read(".taskrun/macp/logs/T-1.log").ends_with("end\u{1b}[0m\n"));
}

#[test]
fn a_brief_does_not_outlive_a_killed_drain() {
    let config = "[macp]\nyolo_command = ['runner', '{runtime}', 'brief={brief}']";
    let bench = queue(config, &[json!({"dispatch": "yolo", "description": "Sleep."})]);
    program(&bench, "runner", "echo \"$2\" > \"$ASIDE/got\"; [ -e \"$ASIDE/again\" ] || exec sleep 61.7");
    let child = macp(&bench, &["drain"]).spawn().unwrap();
    wait_for("the runner", || bench.aside("got").exists() && !living("sleep 61.7").is_empty());
    assert_eq!(staged(&bench), ["staged-brief.md"]);
    kill(child.id(), "KILL");
    reap(child);
    wait_for("the end of what it had started", || living("sleep 61.7").is_empty());
    fs::write(bench.aside("again"), "").unwrap();
    assert_eq!(drain(&bench), 0);
    assert!(bench.lines("got")[0].starts_with("brief=/"));
    assert_eq!((staged(&bench), status(&bench, "T-1")), (Vec::new(), "completed".into()));
    assert_eq!(result(&bench, "T-1")["attempt"], 2);
}

#[test]
fn a_terminal_program_is_ended_for_its_time_with_all_below_it() {
    let config = "[macp]\nyolo_command = ['runner']";
    let bench = queue(config, &[json!({"dispatch": "yolo", "timeout_seconds": 1})]);
    program(&bench, "runner", "trap '' INT TERM HUP; setsid sleep 62.3 & echo started; wait; sleep 62.3");
    assert_eq!(drain(&bench), 1);
    assert_eq!(living("sleep 62.3"), [0; 0]);
    let result = result(&bench, "T-1");
    assert!(result["error"].as_str().unwrap().contains("timed out after 1s"), "{result}");
}

#[test]
fn acp_is_handed_over_and_never_a_success() {
    let reason = "ACP dispatch requires OpenClaw integration (Phase 2)";
    let task = json!({"dispatch": "acp", "runtime": "claude", "brief_path": "docs/b.md", "max_attempts": 3});
    let bench = queue("", std::slice::from_ref(&task));
    bench.sandbox.write("docs/b.md", "Do it.\n");
    let shown = Outcome::of(&mut macp(&bench, &["command", "T-1"])).json();
    assert_eq!((&shown["runtime"], &shown["brief"]), (&json!("claude"), &json!("Do it.\n")));
    let out = Outcome::of(&mut macp(&bench, &["drain"]));
    assert_eq!(out.code, 4);
    let printed: Value = serde_json::from_str(out.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(printed, shown);
    let first = result(&bench, "T-1");
    assert_eq!((&first["status"], &first["exit_code"]), (&json!("escalated"), &json!(1)));
    assert_eq!((&first["escalation_reason"], &first["attempt"]), (&json!(reason), &json!(1)));
    assert_eq!(first["metadata"]["acp_config"], shown);
    assert!(bench.sandbox.read(".taskrun/macp/events.ndjson").contains("task.escalated"));
    for (body, error, handed) in [
        ("cat > \"$ASIDE/handed\"", None, true),
        ("exit 5", Some("ended with exit code 5"), false),
        ("kill -9 $$", Some("was killed"), false),
    ] {
        let bench = queue("[macp]\nacp_command = ['openclaw', 'spawn']", std::slice::from_ref(&task));
        bench.sandbox.write("docs/b.md", "Do it.\n");
        program(&bench, "openclaw", body);
        assert_eq!(drain(&bench), 4);
        let result = result(&bench, "T-1");
        let why = result["escalation_reason"].as_str().unwrap();
        assert_eq!((&result["status"], why.contains(reason)), (&json!("escalated"), false), "{result}");
        assert!(why.contains(error.unwrap_or("handed on to `openclaw`")), "{result}");
        let told = [&result["error"], &result["metadata"]["last_error"]]
            .map(|text| text.as_str().unwrap_or_default());
        assert!(error.is_none_or(|error| told.concat().contains(error)), "{result}");
        let summary = result["summary"].as_str().unwrap();
        assert!(error.is_none_or(|error| summary.contains(error)), "{result}");
        assert_eq!(result["metadata"]["handed_on"] == json!(true), handed, "{result}");
        if handed {
            let got: Value = serde_json::from_str(&bench.lines("handed").concat()).unwrap();
            assert_eq!((&got["brief"], &got["task_id"]), (&json!("Do it.\n"), &json!("T-1")));
        }
        assert_eq!(staged(&bench), [""; 0]);
    }
}

#[test]
fn a_plug_in_gets_the_task_and_says_how_it_went() {
    let table = [
        (
            r#"echo '{"status": "completed", "summary": "well", "pr": "PR-7", "metadata": {"n": 1}}'"#,
            "completed",
            "",
        ),
        (r#"echo '{"status": "failed", "error": "no luck"}'"#, "failed", "no luck"),
        (r#"echo '{"status": "escalated", "escalation_reason": "ask Ann"}'; exit 1"#, "escalated", "ask Ann"),
        (r#"echo '{"status": "completed"}'; exit 9"#, "failed", "ended with exit code 9"),
        (r#"echo '{"status": "escalated", "escalation_reason": "ask Ann"}'"#, "escalated", "ask Ann"),
        (
            "echo hello",
            "failed",
            "the plug-in's result is no JSON (line 1, column 1); it has to be one JSON object",
        ),
        ("head -c 17000000 /dev/zero | tr '\\0' 1", "failed", "more than 16 MiB"),
        ("exit 0", "failed", "printed no result"),
    ];
    for (body, expected, why) in table {
        let task = json!({"dispatch": "mail", "env": {"MODE": "x"}, "extra": {"kept": [1]}});
        let bench = queue("", &[task]);
        program(&bench, "taskrun-exec-mail", &format!("cat > \"$ASIDE/stdin\"; echo $MODE >&2; {body}"));
        drain(&bench);
        let result = result(&bench, "T-1");
        assert_eq!(result["status"], expected, "{result}");
        let told = format!("{} {}", result["error"], result["escalation_reason"]);
        assert!(told.contains(why), "{body}: {told}");
        let stdin: Value = serde_json::from_str(&bench.lines("stdin").concat()).unwrap();
        assert_eq!((&stdin["id"], &stdin["extra"]), (&json!("T-1"), &json!({"kept": [1]})));
        if expected == "escalated" {
            assert_eq!(result["metadata"]["last_error"], why, "{result}");
        }
        if expected == "completed" {
            assert_eq!((&result["summary"], &result["pr"]), (&json!("well"), &json!("PR-7")));
            assert_eq!((&result["metadata"]["n"], &result["dispatch"]), (&json!(1), &json!("mail")));
        }
        assert_eq!(staged(&bench), [""; 0]);
    }
}

#[test]
fn a_result_has_to_fit_its_schema_before_anything_follows() {
    let after = ["sh", "-c", "cat > \"$0.$TASKRUN_TASK\"", "after"];
    let task = |command: &str| json!({"dispatch": "exec", "command": command, "result_schema": "docs/s.json", "on_complete": after});
    let bench = queue(
        "",
        &[
            task("echo working; echo '{\"count\": 3}'"),
            task("echo '{\"count\": \"3\"}'"),
            task("echo nothing"),
            task("echo '{\"count\": 3}'; exit 1"),
            json!({"dispatch": "exec", "command": "touch ran", "result_schema": "docs/gone.json"}),
            json!({"dispatch": "exec", "command": "touch ran", "result_schema": "docs/odd.json"}),
            json!({"dispatch": "exec", "command": "true", "on_complete": ["sh", "-c", "exit 6"]}),
            json!({"dispatch": "exec", "command": "true", "on_complete": ["no-such-program"]}),
        ],
    );
    bench.sandbox.write(
        "docs/s.json",
        r#"{"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}}"#,
    );
    bench.sandbox.write("docs/odd.json", r#"{"type": "nonsense"}"#);
    let out = Outcome::of(&mut macp(&bench, &["drain"]));
    assert_eq!(out.code, 1, "{out:?}");
    let handed: Value = serde_json::from_str(&bench.sandbox.read("after.T-1")).unwrap();
    assert_eq!(
        (&handed["status"], &handed["metadata"]["output"]),
        (&json!("completed"), &json!({"count": 3}))
    );
    for (id, why) in [
        ("T-2", "`count`"),
        ("T-3", "holds no JSON document"),
        ("T-4", "exit code 1"),
        ("T-5", "docs/gone.json"),
        ("T-6", "nonsense"),
    ] {
        let result = result(&bench, id);
        assert_eq!(result["status"], "failed", "{result}");
        assert!(result["error"].as_str().unwrap().contains(why), "{result}");
        assert!(!bench.sandbox.path(&format!("after.{id}")).exists());
    }
    assert!(!bench.sandbox.path("ran").exists(), "a schema that cannot be used is told before anything runs");
    let events = bench.sandbox.read(".taskrun/macp/events.ndjson");
    assert!(events.contains("`on_complete` (`sh`) ended with exit code 6"), "{events}");
    assert_eq!(["T-7", "T-8"].map(|id| status(&bench, id)), ["completed", "completed"]);
    let told = bench.sandbox.read(".taskrun/macp/events.ndjson") + &out.stderr + &out.stdout;
    assert!(told.contains("`on_complete` (`sh`) ended with exit code 6"), "{told}");
    assert!(told.contains("`on_complete` (`no-such-program`) could not be run"), "{told}");
    assert_eq!(staged(&bench), [""; 0]);
}

#[test]
fn what_would_be_started_is_printed_and_nothing_happens() {
    let bench = queue(
        "[launchers.far]\ncommand = ['env']",
        &[
            json!({"dispatch": "exec", "argv": ["touch", "it's"], "env": {"SECRET_TOKEN": "abc"}, "launcher": "far", "worktree": "wt-1"}),
            json!({"dispatch": "yolo", "runtime": "fake", "description": "Do it."}),
            json!({"command": "echo old\ntrue"}),
        ],
    );
    let before = fs::read_dir(bench.sandbox.path(".taskrun/macp")).unwrap().count();
    let show = |args: &[&str]| Outcome::of(&mut macp(&bench, args));
    let text = show(&["command", "T-1"]);
    assert!(text.stdout.contains(r"touch 'it'\''s'") && text.stdout.contains("launcher: far"), "{text:?}");
    let shown = show(&["command", "T-1", "--json"]).json();
    assert_eq!((&shown["argv"], &shown["env"]), (&json!(["touch", "it's"]), &json!(["SECRET_TOKEN"])));
    assert_eq!((&shown["launcher"], &shown["dispatch"]), (&json!("far"), &json!("exec")));
    assert!(shown["dir"].as_str().unwrap().ends_with("/wt-1") && !text.stdout.contains("abc"), "{shown}");
    let agent = show(&["command", "T-2", "--json"]).json();
    assert!(
        agent["prompt"].as_str().unwrap().contains("Do it.") && agent["stdin"] == "the prompt",
        "{agent}"
    );
    assert_eq!(agent["argv"], json!([bench.aside("agent")]));
    let legacy = show(&["command", "T-3", "--json"]).json();
    assert_eq!(
        (&legacy["dispatch"], &legacy["argv"]),
        (&json!("exec"), &json!(["sh", "-c", "echo old\ntrue"]))
    );
    assert_eq!(show(&["command", "T-9"]).code, 1);
    assert_eq!(fs::read_dir(bench.sandbox.path(".taskrun/macp")).unwrap().count(), before);
    assert!(!bench.sandbox.path("it's").exists());
}
