//! What holds for every command: global options, usage errors, a closed stdout.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::sandbox::Sandbox;

#[test]
fn global_options_work_before_and_after_the_command() {
    let sandbox = Sandbox::new();
    sandbox.run(&["workspace", "init", "a"]);
    let expected = sandbox.run(&["-C", "a", "--json", "workspace", "get"]);
    assert_eq!(expected.json()["workspace"], json!(sandbox.path("a")));
    for args in [
        &["workspace", "-C", "a", "get", "--json"][..],
        &["workspace", "get", "--workspace", "a", "--json", "--color", "never"],
        &["-q", "workspace", "--json", "get", "--workspace=a", "-v"],
    ] {
        assert_eq!(sandbox.run(args).stdout, expected.stdout, "{args:?}");
    }
}

#[test]
fn what_is_not_understood_is_exit_2() {
    let sandbox = Sandbox::new();
    let said = sandbox.run(&["frobnicate"]);
    let text = "error: unrecognized subcommand `frobnicate`\nhint: usage: `taskrun [OPTIONS] <COMMAND>`\n";
    assert_eq!((said.code, said.stdout.as_str(), said.stderr.as_str()), (2, "", text));
    for args in [
        &["frobnicate", "--json"][..],
        &["--json", "workspace", "frobnicate"],
        &["workspace", "get", "--frob", "--json"],
        &["workspace", "set", "--json"],
        &["--json"],
        &["--json", "--color", "pink", "man"],
    ] {
        let refused = sandbox.run(args);
        assert_eq!((refused.code, refused.json_error()["code"].clone()), (2, json!("usage")), "{args:?}");
        assert!(refused.json_error()["hint"].is_string());
    }
    let bare = sandbox.run(&[]);
    assert_eq!((bare.code, bare.stdout.as_str()), (2, ""));
    assert!(bare.stderr.contains("Usage: taskrun"));
}

#[test]
fn help_and_version_are_results() {
    let sandbox = Sandbox::new();
    let version = sandbox.run(&["--version"]);
    assert_eq!((version.code, version.stdout), (0, format!("taskrun {}\n", env!("CARGO_PKG_VERSION"))));
    for args in [&["--help"][..], &["workspace", "--help"], &["workspace", "get", "-h"]] {
        let help = sandbox.run(args);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{args:?}");
        assert!(help.stdout.contains("Usage: taskrun"), "{args:?}");
    }
}

#[test]
fn a_closed_stdout_is_no_failure() {
    let sandbox = Sandbox::new();
    for args in ["completions bash", "skill list --json", "--help", "man"] {
        let line = format!("{} {args} | true; echo ${{PIPESTATUS[0]}}", env!("CARGO_BIN_EXE_taskrun"));
        let out = Command::new("bash").args(["-c", &line]).current_dir(sandbox.path("")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), "0\n", "{args}: {out:?}");
        assert!(out.stderr.is_empty(), "{args}: {out:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_stdout_is_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Sandbox::new().command();
    let out = command.current_dir("/").args(["skill", "list"]).stdout(Stdio::from(full)).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.starts_with("error: failed to write to stdout\ncaused by: No space left"), "{said}");
}

#[test]
fn nothing_in_the_environment_is_needed() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command();
    let listed = command.env_clear().args(["skill", "list"]).output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let mut command = sandbox.command();
    command.env("XDG_CONFIG_HOME", "relative").env("XDG_STATE_HOME", "relative").args(["workspace", "list"]);
    assert!(command.output().unwrap().status.success());
}

#[test]
fn an_environment_that_is_no_text_is_no_panic() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::new();
    let odd = std::ffi::OsStr::from_bytes(b"/\xff\xfe");
    for name in ["HOME", "TASKRUN_WORKSPACE", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "USER", "TERM"] {
        for args in [&["workspace", "get"][..], &["skill", "list"]] {
            let out = sandbox.command().env(name, odd).args(args).output().unwrap();
            assert!(matches!(out.status.code(), Some(0 | 2)), "{name}: {out:?}");
        }
    }
}
