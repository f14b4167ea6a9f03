//! `agent list`

use serde_json::json;

use crate::sandbox::{Outcome, Sandbox};

fn list(sandbox: &Sandbox, claude: &str, args: &[&str]) -> Outcome {
    Outcome::of(sandbox.command().args(["agent", "list"]).args(args).env("CLAUDE_CLI_PATH", claude))
}

#[test]
fn agents_are_listed_with_what_is_known_of_them() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".taskrun/config.toml",
        "[agent]\ndefault = 'mine'\n[agents.mine]\ncommand = ['./bin/mine']\n[agents.gone]\ncommand = ['no-such-agent']\n",
    );
    std::fs::create_dir(sandbox.path("bin")).unwrap();
    std::os::unix::fs::symlink("/bin/sh", sandbox.path("bin/mine")).unwrap();
    std::fs::create_dir(sandbox.path("deep")).unwrap();
    let out = list(&sandbox, "/bin/sh", &["--json"]);
    let mut listed = out.json();
    let shell = listed[1]["path"].take();
    assert!(shell.as_str().unwrap().ends_with("/sh"), "{shell}");
    let agent = |name: &str, kind: &str, path: serde_json::Value, output: &str| {
        json!({"name": name, "kind": kind, "installed": name != "gone", "path": path,
               "default": name == "mine", "output": output, "reports_cost": name == "claude"})
    };
    let expected = json!([
        agent("claude", "claude", json!("/bin/sh"), "claude"),
        agent("shell", "shell", json!(null), "text"),
        agent("gone", "command", json!(null), "text"),
        agent("mine", "command", json!(sandbox.path("bin/mine")), "text"),
    ]);
    assert_eq!(listed, expected);
    let text = list(&sandbox, "/bin/sh", &[]).stdout;
    assert!(text.starts_with("  claude  claude   /bin/sh\n"), "{text}");
    assert!(text.contains("\n  gone    command  not installed\n* mine    command  /"), "{text}");
}

#[test]
fn a_list_needs_no_workspace_but_the_one_that_is_named() {
    let sandbox = Sandbox::new();
    let out = list(&sandbox, "/nowhere/claude", &[]);
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    assert!(out.stdout.starts_with("* claude  claude  not installed\n"), "{}", out.stdout);
    assert_eq!(sandbox.run(&["agent", "list", "-C", "gone"]).code, 2);
    let out = Outcome::of(sandbox.command().args(["agent", "list"]).env("TASKRUN_WORKSPACE", "/gone"));
    assert_eq!((out.code, out.stdout.as_str()), (2, ""));
}
