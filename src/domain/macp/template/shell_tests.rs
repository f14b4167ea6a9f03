//! What a value may stand in, and what not.

use super::*;
use serde_json::json;

fn words(argv: &[&str]) -> Vec<Word> {
    let word = |text: &&str| match text.split_once("{{") {
        Some((before, _)) => Word { literal: before.to_owned(), fixed: false },
        None => Word { literal: (*text).to_owned(), fixed: true },
    };
    argv.iter().map(word).collect()
}

#[test]
fn what_only_takes_data_may_have_values() {
    let table: &[&[&str]] = &[
        &["bin/summarise", "{{x}}"],
        &["./job", "-n", "{{x}}", "out"],
        &["bin/turn", "--", "{{x}}"],
        &["bin/report", "--lang={{x}}", "--", "{{x}}"],
        &["./report", "doc-{{x}}"],
        &["bin/report", "all", "{{x}}"],
        &["printf", "%s", "{{x}}"],
        &["echo", "{{x}}"],
        &["wc", "-c", "{{x}}"],
        &["/bin/cp", "{{x}}", "/srv/in/{{x}}"],
        &["sh", "work.sh", "documents/{{x}}.json"],
        &["/usr/bin/python3.12", "jobs/job.py", "{{x}}"],
    ];
    for argv in table {
        assert_eq!(check_argv("argv", &words(argv)), Ok(()), "{argv:?}");
    }
}

#[test]
fn no_value_becomes_code_a_program_or_an_option() {
    let table: &[(&[&str], &str)] = &[
        (&[], "is empty"),
        (&[" "], "is empty"),
        (&["{{x}}"], "the program"),
        (&["bin/{{x}}"], "the program"),
        (&["runner-of-ours", "{{x}}"], "none of those that only read"),
        (&["/opt/bin/runner", "{{x}}"], "none of those that only read"),
        (&["report", "--", "{{x}}"], "none of those that only read"),
        (&["bin/report", "-{{x}}"], "would choose an option"),
        (&["bin/report", "--{{x}}=1"], "would choose an option"),
        (&["bin/report", "--pre-command={{x}}"], "takes code or a program"),
        (&["bin/report", "--command", "{{x}}"], "`--command` takes code"),
        (&["bin/report", "-c", "{{x}}"], "`-c` takes code"),
        (&["bin/report", "x", "sh", "-x", "{{x}}"], "`sh` before it runs"),
        (&["bin/report", "/usr/bin/env", "--", "{{x}}"], "runs what it is given"),
        (&["bash", "-c", "eval $0", "{{x}}"], "`bash` takes a program"),
        (&["bash", "script", "{{x}}"], "`bash` takes a program"),
        (&["bash", "/usr/bin/env", "{{x}}"], "`bash` takes a program"),
        (&["/usr/bin/python3.12", "-m", "{{x}}"], "`python` takes a program"),
        (&["node", "inspect", "{{x}}"], "`node` takes a program"),
        (&["/lib64/ld-linux-x86-64.so.2", "--", "{{x}}"], "takes a program"),
    ];
    for (argv, expected) in table {
        let said = check_argv("argv", &words(argv)).map_err(|flaw| flaw.message);
        assert!(said.as_ref().is_err_and(|said| said.contains(expected)), "{argv:?}: {said:?}");
    }
}

/// What was found to run a value, or to take one as code, one by one: nowhere, not even after `--`.
#[test]
fn what_runs_others_gets_no_value_at_all() {
    let programs = "env timeout setsid xargs flock git taskrun sudo stdbuf unshare systemd-run chroot time nice npx at python3 perl \
                    ruby rsync find tar make vim bash ssh su doas awk busybox node php sed jq docker podman kubectl java gdb \
                    strace watch script parallel claude codex gcc-12 /usr/bin/env ./taskrun convert sg x86_64 i386 capsh newgrp rlwrap \
                    pandoc xterm rbash curl";
    for program in programs.split_whitespace() {
        for argv in [
            vec![program, "{{x}}"],
            vec![program, "--", "{{x}}"],
            vec![program, "-x", "y", "{{x}}"],
            vec![program, "--name={{x}}"],
            vec![program, "-e{{x}}"],
            vec![program, "a-{{x}}"],
        ] {
            let flaw = check_argv("argv", &words(&argv)).expect_err(&format!("{argv:?}"));
            assert!(flaw.hint.contains("EVENT_X"), "{argv:?}: {flaw:?}");
        }
    }
}

#[test]
fn a_value_is_no_option_unless_that_is_said() {
    let table: &[(&[&str], &[&str], bool)] = &[
        (&["job", "x", "{{x}}"], &["job", "x", "doc"], true),
        (&["job", "x", "{{x}}"], &["job", "x", "-rf"], false),
        (&["job", "x", "{{x}}", "--"], &["job", "x", "--help", "--"], false),
        (&["job", "--", "{{x}}"], &["job", "--", "-rf"], true),
        (&["job", "n={{x}}"], &["job", "n=-1"], true),
        (&["job", "{{x}}", "{{x}}"], &["job", "--", "-rf"], false),
        (&["job", "-n"], &["job", "-n"], true),
    ];
    for (argv, filled, good) in table {
        let said = check_filled_argv(&words(argv), filled);
        assert_eq!(said.is_ok(), *good, "{argv:?} {filled:?}: {said:?}");
    }
    for (name, good) in [
        ("feat/doc-7_a.b", true),
        ("", true),
        ("-d", false),
        ("a/../b", false),
        ("a b", false),
        ("$(id)", false),
        ("a;b", false),
        ("a\nb", false),
        ("a~1", false),
        ("HEAD@{1}", false),
    ] {
        assert_eq!(check_filled_name(name).is_ok(), good, "{name}");
    }
}

#[test]
fn variables_are_named_and_only_those_for_data_have_values() {
    let table = [
        (json!({"EVENT_ID": "{{x}}", "IN_a1": "a {{x}}", "_a1": ""}), None),
        (json!({"PATH": "/opt/bin", "MAKEFLAGS": "-j4"}), None),
        (json!({"EVENT_": "{{x}}"}), Some("`EVENT_`")),
        (json!({"event_id": "{{x}}"}), Some("`event_id`")),
        (json!({"1A": "x"}), Some("no variable's name")),
        (json!({"A=B": "x"}), Some("no variable's name")),
        (json!({"": "x"}), Some("no variable's name")),
    ];
    for (env, expected) in table {
        let said = check_env("env", &env).err().map(|flaw| flaw.message);
        assert_eq!(said.is_some(), expected.is_some(), "{env}: {said:?}");
        assert!(said.unwrap_or_default().contains(expected.unwrap_or_default()), "{env}");
    }
    let powerful = "PATH LD_PRELOAD GIT_SSH_COMMAND MAKEFLAGS ANTHROPIC_BASE_URL JAVA_TOOL_OPTIONS PS4 PROMPT_COMMAND LESSOPEN \
                    CARGO_HOME CLAUDE_CLI_PATH HTTPS_PROXY TASK_RETRY_ATTEMPTS ID";
    for name in powerful.split_whitespace() {
        let flaw = check_env("env", &json!({name: "{{x}}"})).unwrap_err();
        assert!(flaw.message.contains("could decide what is run"), "{name}: {flaw:?}");
        assert_eq!(flaw.hint, format!("call it `EVENT_{name}`, and read that"));
    }
}
