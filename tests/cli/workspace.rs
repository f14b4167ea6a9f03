//! `workspace init|set|get|list|forget` and the order in which a workspace is found.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

fn in_force(sandbox: &Sandbox, dir: &str, env: Option<&str>, args: &[&str]) -> (Value, Value) {
    let mut command = sandbox.command();
    command.current_dir(sandbox.path(dir)).args(["workspace", "get", "--json"]).args(args);
    if let Some(value) = env {
        command.env("TASKRUN_WORKSPACE", sandbox.path(value));
    }
    let found = Outcome::of(&mut command).json();
    let name = found["workspace"].as_str().map(|path| path.rsplit('/').next().unwrap().to_owned());
    (json!(name), found["from"].clone())
}

#[test]
fn set_then_get_and_a_missing_directory_keeps_the_old_value() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "get", "--json"]).json(), Value::Null);
    let none = sandbox.run(&["workspace", "get"]);
    assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (0, "", "no workspace\n"));

    fs::create_dir(sandbox.path("real")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("real"), sandbox.path("link")).unwrap();
    let real = sandbox.path("real").display().to_string();
    assert_eq!(sandbox.run(&["workspace", "set", "link"]).stdout, format!("{real}\n"));
    let stored = json!({"workspace": real, "hasBeads": false, "store": null, "storeFrom": null, "from": "stored",
        "stored": real});
    assert_eq!(sandbox.run(&["workspace", "get", "--json"]).json(), stored);

    sandbox.write("file", "");
    for wrong in ["missing", "file"] {
        let refused = sandbox.run(&["workspace", "set", wrong]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.starts_with(&format!("error: `{wrong}` (DIR)")), "{refused:?}");
        assert_eq!(sandbox.run(&["workspace", "get", "--json"]).json(), stored);
    }
    fs::create_dir(sandbox.path("real/.beads")).unwrap();
    assert_eq!(sandbox.run(&["workspace", "get", "--json"]).json()["hasBeads"], true);
}

#[test]
fn flag_then_variable_then_ancestor_then_stored() {
    let sandbox = Sandbox::new();
    for dir in ["a", "b", "c/deep", "d", "none"] {
        fs::create_dir_all(sandbox.path(dir)).unwrap();
    }
    for dir in ["a", "b", "c", "d"] {
        assert_eq!(sandbox.run(&["workspace", "init", dir]).code, 0);
    }
    sandbox.run(&["workspace", "set", "d"]);
    let (a, b) = (sandbox.path("a"), sandbox.path("none"));
    let (a, none) = (a.to_str().unwrap(), b.to_str().unwrap());
    assert_eq!(in_force(&sandbox, "c/deep", Some("b"), &["-C", a]), (json!("a"), json!("flag")));
    assert_eq!(in_force(&sandbox, "c/deep", Some("b"), &[]), (json!("b"), json!("env")));
    assert_eq!(in_force(&sandbox, "c/deep", None, &[]), (json!("c"), json!("ancestor")));
    assert_eq!(in_force(&sandbox, "c/deep/../.taskrun", None, &[]), (json!("c"), json!("ancestor")));
    assert_eq!(in_force(&sandbox, "none", None, &[]), (json!("d"), json!("stored")));
    assert_eq!(in_force(&sandbox, "none", None, &["-C", "../c/deep"]), (json!("c"), json!("flag")));
    // Once a directory is given, nothing else is asked.
    assert_eq!(in_force(&sandbox, "a", None, &["-C", none]), (Value::Null, Value::Null));
    let missing = sandbox.run(&["-C", "nowhere", "workspace", "get", "--json"]);
    assert_eq!((missing.code, missing.json_error()["code"].clone()), (2, json!("usage")));
}

#[test]
fn init_makes_what_is_missing_and_never_overwrites() {
    let sandbox = Sandbox::new();
    let made = sandbox.run(&["workspace", "init", "new/project", "--json"]);
    let root = sandbox.path("new/project");
    assert_eq!(made.json()["workspace"], json!(root));
    assert_eq!(made.json()["created"].as_array().unwrap().len(), 3);
    assert_eq!(sandbox.read("new/project/.beads/issues.jsonl"), "");

    sandbox.write("new/project/.taskrun/config.toml", "[budget]\nusd = 1\n");
    sandbox.write("new/project/.beads/issues.jsonl", "{\"id\":\"x-1\"}\n");
    let again = sandbox.run(&["workspace", "init", "new/project", "--json"]);
    assert_eq!(again.json()["created"], json!([]));
    assert_eq!(sandbox.read("new/project/.taskrun/config.toml"), "[budget]\nusd = 1\n");
    assert_eq!(sandbox.read("new/project/.beads/issues.jsonl"), "{\"id\":\"x-1\"}\n");

    sandbox.write("file", "");
    assert_eq!(sandbox.run(&["workspace", "init", "file"]).code, 2);
    assert_eq!(
        sandbox.run(&["-C", "new", "workspace", "init"]).stdout,
        format!("{}\n", sandbox.path("new").display())
    );
}

#[test]
fn git_sees_settings_but_no_run_state() {
    let sandbox = Sandbox::new();
    sandbox.run(&["workspace", "init"]);
    let mission = "missions/active/m-1--x";
    let inside =
        ["mission.json", "artifacts/a.md", "logs/step-01-a.r-1.log"].map(|file| format!("{mission}/{file}"));
    let written = ["loop.json", "runs/r-1/events.ndjson", "prompt.md", "skills/mine.toml", "workflows.json"];
    for name in written.map(str::to_owned).iter().chain(&inside).chain(&["missions/.locks/m-1".to_owned()]) {
        sandbox.write(&format!(".taskrun/{name}"), "x");
    }
    let git = |args: &[&str]| {
        let home = sandbox.root().join("home");
        let mut command = std::process::Command::new("git");
        command.args(args).current_dir(sandbox.path("")).env_clear().env("HOME", home);
        Outcome::of(command.env("PATH", std::env::var_os("PATH").unwrap())).stdout
    };
    git(&["init", "-q"]);
    let seen = git(&["ls-files", "--others", "--exclude-standard", ".taskrun"]);
    let [state, artifact, _] = &inside;
    let names =
        [".gitignore", "config.toml", artifact, state, "prompt.md", "skills/mine.toml", "workflows.json"];
    assert_eq!(seen, names.map(|name| format!(".taskrun/{name}\n")).concat());
}

#[test]
fn the_list_knows_what_was_made_or_set_until_it_is_forgotten() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "list", "--json"]).json(), json!([]));
    sandbox.run(&["workspace", "init", "a"]);
    fs::create_dir(sandbox.path("b")).unwrap();
    sandbox.run(&["workspace", "set", "b"]);
    let (a, b) = (sandbox.path("a"), sandbox.path("b"));
    let listed = json!([
        {"workspace": a, "hasBeads": true, "current": false, "exists": true},
        {"workspace": b, "hasBeads": false, "current": true, "exists": true},
    ]);
    assert_eq!(sandbox.run(&["workspace", "list", "--json"]).json(), listed);
    let text = format!("  {}\n* {}  (no .beads)\n", a.display(), b.display());
    assert_eq!(sandbox.run(&["workspace", "list"]).stdout, text);

    fs::remove_dir(&b).unwrap();
    assert_eq!(sandbox.run(&["workspace", "list", "--json"]).json()[1]["exists"], false);
    assert_eq!(sandbox.run(&["workspace", "forget", "b"]).stdout, format!("{}\n", b.display()));
    let unknown = sandbox.run(&["workspace", "forget", "b", "--json"]);
    assert_eq!((unknown.code, unknown.json_error()["code"].clone()), (1, json!("not_found")));
    assert_eq!(sandbox.run(&["workspace", "get", "--json"]).json(), Value::Null);
}

#[test]
fn a_newer_or_broken_registry_is_left_alone() {
    let sandbox = Sandbox::new();
    let path = ".local/state/taskrun/workspaces.json";
    for (text, says) in
        [("{\"version\":2,\"current\":\"/x\"}", "has version 2"), ("{\"version\":1,", "line 1")]
    {
        sandbox.write_home(path, text);
        for args in [&["workspace", "get"][..], &["workspace", "set", "."], &["workspace", "list"]] {
            let refused = sandbox.run(args);
            assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
            assert!(refused.stderr.contains(says), "{refused:?}");
        }
        assert_eq!(fs::read_to_string(sandbox.root().join("home").join(path)).unwrap(), text);
        // A directory that is a workspace itself does not need the registry.
        let made = sandbox.run(&["workspace", "init", "w"]);
        assert!(made.code == 0 && made.stderr.starts_with("note: "), "{made:?}");
        assert_eq!(sandbox.run(&["-C", "w", "skill", "list"]).code, 0);
    }
}

#[test]
fn init_needs_no_home() {
    let sandbox = Sandbox::new();
    let no_home = |args: &[&str]| Outcome::of(sandbox.command().env_remove("HOME").args(args));
    let made = no_home(&["workspace", "init"]);
    assert!(made.code == 0 && made.stderr.starts_with("note: `workspace list` will not show it"), "{made:?}");
    assert_eq!(no_home(&["workspace", "get"]).code, 0);
    assert_eq!(no_home(&["workspace", "list", "--json"]).json(), json!([]));
    let refused = no_home(&["workspace", "set", ".", "--json"]);
    assert_eq!((refused.code, refused.json_error()["code"].clone()), (2, json!("usage")));

    let home = sandbox.root().join("file-as-home");
    fs::write(&home, "").unwrap();
    let unwritable = |args: &[&str]| Outcome::of(sandbox.command().env("HOME", &home).args(args));
    assert_eq!(unwritable(&["workspace", "init", "x"]).code, 0);
    assert_eq!(unwritable(&["workspace", "set", "x"]).code, 2);
}

#[test]
fn a_directory_nobody_may_write_is_one_clear_error() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("locked")).unwrap();
    fs::set_permissions(sandbox.path("locked"), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(sandbox.path("locked/probe"), "").is_ok() {
        return; // root may write anywhere
    }
    let refused = sandbox.run(&["workspace", "init", "locked"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.starts_with("error: failed to make directory `"), "{refused:?}");
}
