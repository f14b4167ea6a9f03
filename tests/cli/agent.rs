//! `agent list`

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{kill, living, reap, wait_for};
use crate::sandbox::{Outcome, Sandbox};

/// The variables that say where the built-in agents lie.
const PATHS: [&str; 4] = ["CLAUDE_CLI_PATH", "CODEX_PATH", "OPENCODE_PATH", "GEMINI_PATH"];

/// `agent list`, where each built-in agent is what this names.
fn listing(sandbox: &Sandbox, programs: [&Path; 4], args: &[&str]) -> std::process::Command {
    let mut command = sandbox.command();
    command.args(["agent", "list"]).args(args).envs(PATHS.into_iter().zip(programs));
    command
}

fn list(sandbox: &Sandbox, programs: [&Path; 4]) -> Value {
    Outcome::of(&mut listing(sandbox, programs, &["--json"])).json()
}

fn none() -> &'static Path {
    Path::new("/nowhere/agent")
}

/// An executable shell script.
fn script(sandbox: &Sandbox, name: &str, body: &str) -> PathBuf {
    sandbox.write(name, format!("#!/bin/sh\n{body}\n"));
    fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.path(name)
}

/// A program as npm installs it, with the link that is found along `PATH`.
fn packaged(sandbox: &Sandbox, package: &str, version: &str) -> PathBuf {
    let dir = format!("npm/lib/node_modules/{package}");
    let program = script(sandbox, &format!("{dir}/bin/agent.js"), "touch started; echo 9.9.9");
    sandbox.write(&format!("{dir}/package.json"), json!({"name": package, "version": version}).to_string());
    let link = sandbox.path(&format!("npm/bin-{version}"));
    symlink(program, &link).unwrap();
    link
}

#[test]
fn agents_are_listed_with_what_is_known_of_them() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".taskrun/config.toml",
        "[agent]\ndefault = 'mine'\n[agents.mine]\ncommand = ['./bin/mine']\n[agents.gone]\ncommand = ['no-such-agent']\n",
    );
    fs::create_dir(sandbox.path("bin")).unwrap();
    symlink("/bin/sh", sandbox.path("bin/mine")).unwrap();
    let claude = packaged(&sandbox, "@anthropic-ai/claude-code", "2.1.328");
    let listed = list(&sandbox, [&claude, none(), none(), none()]);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["claude", "codex", "opencode", "gemini", "shell", "gone", "mine"]);
    let expected = json!({"name": "claude", "kind": "claude", "installed": true, "path": claude,
        "version": "2.1.328", "outdated": false, "default": false, "output": "claude", "reports_cost": true,
        "cost": "reported", "permissions": ["read-only", "workspace", "full"], "resume": true, "mcp": true,
        "budget": true, "install": null});
    assert_eq!(listed[0], expected);
    let gemini = &listed[3];
    assert_eq!((&gemini["installed"], &gemini["version"]), (&json!(false), &json!(null)));
    assert_eq!(
        (&gemini["cost"], &gemini["install"]),
        (&json!("tokens"), &json!("npm install -g @google/gemini-cli"))
    );
    assert!(listed[4]["path"].as_str().unwrap().ends_with("/sh"), "{listed}");
    assert_eq!(
        (&listed[4]["cost"], &listed[4]["permissions"]),
        (&json!("free"), &json!(["workspace", "full"]))
    );
    let expected = json!({"name": "mine", "kind": "command", "installed": true, "path": sandbox.path("bin/mine"),
        "version": null, "outdated": false, "default": true, "output": "text", "reports_cost": false,
        "cost": "unknown", "permissions": ["workspace", "full"], "resume": false, "mcp": false,
        "budget": false, "install": null});
    assert_eq!(listed[6], expected);
    assert_eq!((&listed[5]["installed"], &listed[5]["path"]), (&json!(false), &json!(null)));
    let text = Outcome::of(&mut listing(&sandbox, [&claude, none(), none(), none()], &[])).stdout;
    assert!(text.starts_with("  claude    claude    2.1.328  /"), "{text}");
    assert!(
        text.contains("\n  codex     codex     -        not installed; npm install -g @openai/codex\n"),
        "{text}"
    );
    assert!(text.contains("\n* mine      command   -        /"), "{text}");
    // Its files told all that.
    assert!(!sandbox.path("started").exists());
}

#[test]
fn what_files_do_not_tell_is_asked_for_all_at_once_and_not_for_ever() {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/config.toml", "");
    let marker = format!("3{:05}.91", std::process::id() % 100_000);
    let tells = script(&sandbox, "tells", "cat > got; echo \"codex-cli 0.169.0 $1\"");
    let hangs = script(&sandbox, "hangs", &format!("echo 1.2.3; (sleep {marker}) & sleep {marker}"));
    let floods = script(&sandbox, "floods", "yes 'no version'");
    let old = script(&sandbox, "old", "echo 0.1.2");
    let start = Instant::now();
    let listed = list(&sandbox, [&hangs, &tells, &floods, &old]);
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
    let versions: Vec<_> = (0..4).map(|at| listed[at]["version"].clone()).collect();
    assert_eq!(versions, [json!(null), json!("0.169.0"), json!(null), json!("0.1.2")]);
    assert_eq!((&listed[3]["outdated"], &listed[3]["installed"]), (&json!(true), &json!(true)));
    assert_eq!(listed[3]["install"], "npm install -g @google/gemini-cli");
    assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
    // Ctrl-C does not leave it behind either.
    let mut command = listing(&sandbox, [&hangs, none(), none(), none()], &["--json"]);
    let child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    wait_for("the agent", || living(&format!("sleep {marker}")).len() >= 2);
    kill(child.id(), "INT");
    assert_eq!(reap(child), 130);
    assert_eq!(living(&format!("sleep {marker}")), [0u32; 0]);
}

#[test]
fn an_agent_that_is_known_to_be_too_old_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/config.toml", "");
    let old = packaged(&sandbox, "@google/gemini-cli", "0.1.9");
    let ask = ["agent", "prompt", "x", "--agent", "gemini", "--json"];
    let out = Outcome::of(sandbox.command().args(ask).env("GEMINI_PATH", &old));
    assert_eq!(out.code, 2, "{out:?}");
    let error = out.json_error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("is version 0.1.9; at least 0.40.0 is needed"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("`npm install -g @google/gemini-cli`"), "{error}");
    assert!(!sandbox.path("started").exists());
    let text = Outcome::of(&mut listing(&sandbox, [none(), none(), none(), &old], &[])).stdout;
    assert!(text.contains("0.1.9") && text.contains("too old; npm install"), "{text}");
}

#[test]
fn a_list_needs_no_workspace_but_the_one_that_is_named() {
    let sandbox = Sandbox::new();
    let out = Outcome::of(&mut listing(&sandbox, [none(); 4], &[]));
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    let first = "* claude    claude    -  not installed; npm install -g @anthropic-ai/claude-code\n";
    assert!(out.stdout.starts_with(first), "{}", out.stdout);
    assert_eq!(sandbox.run(&["agent", "list", "-C", "gone"]).code, 2);
    let out = Outcome::of(sandbox.command().args(["agent", "list"]).env("TASKRUN_WORKSPACE", "/gone"));
    assert_eq!((out.code, out.stdout.as_str()), (2, ""));
}
