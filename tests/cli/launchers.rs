//! Agents and gates handed to launchers: good ones, ones that lie, lose, mangle or do not listen.

use std::fs;

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, stream};
use crate::sandbox::Outcome;

/// A project whose launcher `far` runs `body`; the command is in `"$@"`.
fn bench(body: &str) -> Bench {
    let bench = Bench::new(DONE);
    bench.script("far", body);
    bench.config(&launcher(&bench, ""));
    bench
}

fn launcher(bench: &Bench, more: &str) -> String {
    format!("[launchers.far]\ncommand = ['{}']\n{more}", bench.aside("far").display())
}

/// Runs one gate through `far`: how that ended, and the gate's result where there is one.
fn gate(bench: &Bench, command: &str) -> (Outcome, Value) {
    let out = bench.sandbox.run(&["-q", "gates", "run", "--launcher", "far", "--gate", command, "--json"]);
    let result = if out.stdout.is_empty() { Value::Null } else { out.json()[0].clone() };
    (out, result)
}

/// The output of the gate that was run last.
fn log_of(result: &Value) -> String {
    fs::read_to_string(result["output"].as_str().unwrap()).unwrap()
}

/// Nothing is noted as under way any more.
fn all_over(bench: &Bench) -> bool {
    fs::read_dir(bench.sandbox.path(".taskrun/launches")).is_ok_and(|mut left| left.next().is_none())
}

#[test]
fn success_needs_the_launcher_and_the_receipt() {
    let table = [
        ("honest", "exec \"$@\"", "exit 0", (0, json!(0))),
        ("honest", "exec \"$@\"", "exit 3", (1, json!(3))),
        ("honest", "exec \"$@\"", "kill -9 $$", (1, json!(137))),
        ("always 0", "\"$@\"; exit 0", "exit 0", (0, json!(0))),
        ("always 0", "\"$@\"; exit 0", "exit 3", (1, json!(3))),
        ("always 5", "\"$@\"; exit 5", "exit 3", (1, json!(3))),
        ("killed", "\"$@\"; kill -9 $$", "exit 3", (1, json!(3))),
        ("mangles", "\"$@\" 2>&1 | sed 's/$/\\r/'", "echo a; exit 3", (1, json!(3))),
        ("talks", "echo hello; \"$@\"; r=$?; echo bye; exit $r", "exit 0", (0, json!(0))),
    ];
    for (name, body, command, (code, gate_code)) in table {
        let bench = bench(body);
        let (out, result) = gate(&bench, command);
        assert_eq!((out.code, &result["exit_code"]), (code, &gate_code), "{name} {command}: {out:?}");
        assert!(!log_of(&result).contains("receipt"), "{name}");
        assert!(all_over(&bench), "{name}");
    }
}

#[test]
fn what_was_not_run_is_nobodys_fault_and_named() {
    let table = [
        ("exit 0", "true", "launcher `far` left no receipt (exit code 0)"),
        ("exit 255", "true", "launcher `far` left no receipt (exit code 255)"),
        ("kill -9 $$", "true", "launcher `far` left no receipt (signal 9)"),
        // It prints what looks like one.
        ("echo taskrun-receipt-0:0.; echo \"$@\"", "true", "launcher `far` left no receipt (exit code 0)"),
    ];
    for (body, command, expected) in table {
        let bench = bench(&format!("echo x >> \"$ASIDE/calls\"; {body}"));
        let (out, _) = gate(&bench, command);
        assert_eq!((out.code, out.json_error()["message"].as_str().unwrap()), (2, expected), "{body}");
        assert_eq!(bench.lines("calls").len(), 3, "it is tried three times: {body}");
        assert!(all_over(&bench), "{body}");
    }
}

#[test]
fn what_is_done_is_not_done_again_because_its_launcher_failed() {
    for (body, how) in [("\"$@\"; exit 5", "exit code 5"), ("\"$@\"; kill -9 $$", "signal 9")] {
        let bench = bench(&format!("echo x >> \"$ASIDE/calls\"; {body}"));
        let (out, result) = gate(&bench, "true");
        assert_eq!((out.code, &result["passed"]), (1, &json!(false)), "{out:?}");
        let why = format!("launcher `far` failed with {how} after its command had succeeded");
        assert_eq!(result["ended_for"], why);
        assert_eq!(bench.lines("calls").len(), 1);
        bench.tasks(&["bd-1"]);
        let last = bench.finish(&["--launcher", "far"]);
        assert_eq!((bench.lines("calls").len(), bench.status("bd-1").as_str()), (2, "blocked"), "{last}");
        assert_eq!(last["exit_code"], 4, "{last}");
    }
}

#[test]
fn a_launcher_that_fails_once_is_tried_again() {
    let bench = bench("[ -e \"$ASIDE/once\" ] || { touch \"$ASIDE/once\"; exit 0; }; exec \"$@\"");
    let (out, result) = gate(&bench, "exit 0");
    assert_eq!((out.code, &result["passed"]), (0, &json!(true)));
}

#[test]
fn output_is_what_it_would_be_right_here() {
    let command = "printf 'no newline'; printf 'and this\\n\\nä' >&2; pwd; cat; printf last";
    let bench = bench("exec \"$@\"");
    let here = bench.sandbox.run(&["gates", "run", "--gate", command, "--json"]).json()[0].clone();
    let (_, there) = gate(&bench, command);
    assert_eq!(log_of(&there), log_of(&here));
    // In a file only: nothing is on the output at all.
    bench.script("far", "\"$@\" | tee \"$ASIDE/seen\"");
    bench.config(&launcher(&bench, "receipt = 'file'"));
    let (out, there) = gate(&bench, "printf last");
    assert_eq!((out.code, log_of(&there).as_str()), (0, "last\n"));
    assert!(!bench.lines("seen").concat().contains("receipt"));
    bench.script("far", "exec \"$@\"");
    bench.config(&launcher(&bench, "receipt = 'stdout'"));
    assert_eq!(gate(&bench, "exit 4").1["exit_code"], 4);
}

#[test]
fn a_launcher_must_be_one() {
    let bench = bench("exec \"$@\"");
    let refused =
        |name: &str| bench.sandbox.run(&["gates", "run", "--gate", "true", "--launcher", name, "--json"]);
    for command in [&["loop", "run"][..], &["agent", "prompt", "hi"]] {
        let args = [command, &["--launcher", "near", "--json"]].concat();
        let out = bench.sandbox.run(&args);
        assert_eq!(out.code, 2, "{out:?}");
        assert_eq!(out.json_error()["message"], "there is no launcher `near` (known: `far`)");
    }
    bench.config("[launchers.far]\ncommand = ['no-such-program-here']");
    let out = refused("far");
    assert_eq!(out.code, 2);
    assert!(out.json_error()["message"].as_str().unwrap().contains("is not installed"), "{out:?}");
    bench.config("[launchers.far]\ncommand = ['sh', '-c', '{taks}']");
    let out = refused("far");
    assert_eq!(out.code, 2);
    assert!(
        out.json_error()["message"].as_str().unwrap().contains("`{taks}`, which stands for nothing"),
        "{out:?}"
    );
}

#[test]
fn a_loop_works_through_a_launcher() {
    let bench = Bench::new(
        "cat > \"$ASIDE/prompt\"; pwd > \"$ASIDE/pwd\"; echo x > made.txt; echo '<promise>COMPLETE</promise>'",
    );
    bench.script("far", "echo \"$1 $2\" >> \"$ASIDE/names\"; shift 2; exec \"$@\"");
    let far = bench.aside("far");
    bench.config(&format!("[launchers.far]\ncommand = ['{}', '{{task}}', '{{name}}']", far.display()));
    bench.tasks(&["bd-1"]);
    let (out, events) =
        bench.events(&["--launcher", "far", "--gate", "test \"$TASKRUN_TASK\" = bd-1 && test -e made.txt"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(bench.status("bd-1"), "closed");
    assert!(bench.lines("prompt").join("\n").contains("Do bd-1"), "the prompt went along");
    assert_eq!(bench.lines("pwd"), [bench.sandbox.path("").display().to_string()]);
    let names = bench.lines("names");
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("bd-1 taskrun-work-bd-1-1-")), "{names:?}");
    let said: Vec<&Value> = events.iter().filter(|event| event["type"] == "agent.message").collect();
    assert!(!json!(said).to_string().contains("receipt"), "{said:?}");
    assert!(all_over(&bench));
}

#[test]
fn an_agents_stream_comes_through_unharmed() {
    let bench = bench("exec \"$@\"");
    bench.claude(&stream::session("<promise>COMPLETE</promise>", 0.5));
    bench.tasks(&["bd-1"]);
    let (out, events) = bench.events(&["--agent", "claude", "--launcher", "far"]);
    assert_eq!((out.code, bench.status("bd-1").as_str()), (0, "closed"), "{out:?}");
    let last = events.last().unwrap();
    assert_eq!(last["spend"]["usd"], 0.5);
    let log = fs::read_to_string(
        bench.history()[0]["run"]
            .as_str()
            .map(|run| bench.sandbox.path(&format!(".taskrun/runs/{run}/0001.stdout")))
            .unwrap(),
    )
    .unwrap();
    assert!(log.contains("result") && !log.contains("taskrun-receipt"), "{log}");
    let prompt = bench
        .sandbox
        .command()
        .args(["agent", "prompt", "hi", "--agent", "claude", "--launcher", "far"])
        .env("CLAUDE_CLI_PATH", bench.aside("claude"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(prompt.stdout).unwrap(), "<promise>COMPLETE</promise>\n");
}

#[test]
fn a_task_is_not_to_blame_for_its_launcher() {
    let bench = bench(
        "n=$(cat \"$ASIDE/n\" 2>/dev/null || echo 0); echo $((n + 1)) > \"$ASIDE/n\"; [ $n -lt 2 ] || exec \"$@\"",
    );
    let settings = format!("{}\n[agent]\ndefault = 'fake'\nretry_delay = '1ms'", launcher(&bench, ""));
    bench.config(&settings);
    bench.tasks(&["bd-1"]);
    let last = bench.finish(&["--launcher", "far", "--max-attempts", "1"]);
    assert_eq!((&last["reason"], &last["completed"]), (&json!("complete"), &json!(["bd-1"])), "{last}");
    let history = bench.history();
    let seen: Vec<_> = history
        .iter()
        .map(|attempt| (attempt["outcome"].as_str().unwrap(), attempt["attempt"].as_u64().unwrap()))
        .collect();
    assert_eq!(seen, [("agent_failed", 1), ("agent_failed", 1), ("closed", 1)]);
    assert_eq!(history[0]["class"], "launcher");
    assert_eq!(history[0]["reason"], "launcher `far` left no receipt (exit code 0)");
    // One that never gets there ends the run, and says why.
    bench.script("far", "exit 0");
    bench.tasks(&["bd-2"]);
    let last = bench.finish(&["--launcher", "far"]);
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("failed"), &json!(1)), "{last}");
    assert_eq!(last["message"], "launcher `far` left no receipt (exit code 0)");
    assert_eq!((bench.status("bd-2").as_str(), bench.history().len()), ("open", 6));
}

#[test]
fn values_of_variables_never_are_arguments() {
    // Other programs come and go while all are read, so what one look ends with says nothing.
    let record =
        "for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < \"$f\"; done > \"$ASIDE/argv\" 2>/dev/null; true";
    let bench =
        bench(&format!("echo \"$@\" > \"$ASIDE/own\"; {record}; exec sh -c 'shift 3; exec \"$@\"' - \"$@\""));
    let far = bench.aside("far");
    bench.config(&format!(
        "[launchers.far]\ncommand = ['{}', '--env={{env}}', '-e', '{{env}}']\npass_env = ['FAR_TOKEN']",
        far.display()
    ));
    let saw = bench.aside("saw");
    let command = format!(
        "printf %s \"$FAR_TOKEN\" > {}; {}",
        saw.display(),
        record.replace("$ASIDE/argv", &bench.aside("argv2").display().to_string())
    );
    let out = Outcome::of(
        bench
            .sandbox
            .command()
            .args(["gates", "run", "--launcher", "far", "--gate", &command])
            .env("FAR_TOKEN", "s3cret-s3cret"),
    );
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(bench.lines("saw"), ["s3cret-s3cret"]);
    assert!(
        bench.lines("own")[0].starts_with("--env=FAR_TOKEN -e FAR_TOKEN sh -c"),
        "{:?}",
        bench.lines("own")
    );
    for name in ["own", "argv", "argv2"] {
        let seen = bench.lines(name).concat();
        assert!(seen.contains("sh -c") && !seen.contains("s3cret-s3cret"), "{name}: {seen}");
    }
}
