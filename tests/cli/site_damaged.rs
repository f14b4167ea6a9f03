//! Files of projects and of sites that cannot be read: told by name, waited for never, and no harm to others.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use serde_json::json;

use crate::sandbox::Sandbox;

#[test]
fn a_projects_file_that_cannot_be_read_is_an_error() {
    let table = [
        (".claude/launch.json", "{\n\"configurations\":[,]}", "launch.json`: expected value at line 2"),
        (".claude/launch.json", "{\"configurations\":[{\n\"port\":99999}]}", "launch.json` line 2: `port`"),
        ("package.json", "[1]", "package.json`: it holds no object"),
        ("package.json", "{\"scripts\":\"x\"}", "package.json`: `scripts` is no object"),
        ("deno.json", "{\n\"imports\":{,}}", "deno.json`: key must be a string at line 2"),
        ("hugo.toml", "title = 'x'\n[", "hugo.toml` line 2"),
    ];
    for (file, text, expected) in table {
        let sandbox = Sandbox::new();
        sandbox.write("index.html", "<title>Home</title>");
        sandbox.write(file, text);
        let told = sandbox.run(&["stack", "detect"]);
        assert_eq!(told.code, 2, "{file} {text}: {told:?}");
        assert!(told.stderr.contains(expected), "{file} {text}: {told:?}");
    }
    let sandbox = Sandbox::new();
    let manifest = sandbox.path("package.json");
    symlink("nowhere", &manifest).unwrap();
    let told = sandbox.run(&["stack", "detect"]);
    assert!(
        told.code == 2 && told.stderr.contains("`package.json` is a link that leads nowhere"),
        "{told:?}"
    );
    fs::remove_file(&manifest).unwrap();
    assert!(Command::new("mkfifo").arg(&manifest).status().unwrap().success());
    let told = sandbox.run(&["stack", "detect"]);
    assert!(told.code == 2 && told.stderr.contains("`package.json` is no regular file"), "{told:?}");
}

#[test]
fn of_two_ways_to_serve_it_none_is_taken_and_told() {
    let sandbox = Sandbox::new();
    sandbox.write(
        ".claude/launch.json",
        r#"{"configurations":[{"name":"web","program":"a"},{"name":"api","program":"b"}]}"#,
    );
    let told = sandbox.run(&["stack", "detect"]);
    let words = ".claude/launch.json has 2 configurations (web, api): none is taken";
    assert!(told.code == 1 && told.stderr.contains(words), "{told:?}");
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    let told = sandbox.run(&["site", "mount", "."]);
    assert!(told.code == 1 && told.stderr.contains(words) && told.stderr.contains("--dev CMD"), "{told:?}");
}

#[test]
fn a_damaged_record_harms_no_other_site() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    for name in ["good", "more", "third"] {
        sandbox.write(&format!("{name}/index.html"), "<title>Home</title>");
    }
    assert_eq!(sandbox.run(&["site", "mount", "good", "--dev", "node x.js", "--env", "K2=value"]).code, 0);
    let mode = fs::metadata(sandbox.path(".taskrun/sites/good.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "values of variables are for us alone");
    sandbox.write(".taskrun/sites/bad.json", "{\"name\":\n");
    for args in [
        &["site", "list"][..],
        &["site", "prune"],
        &["site", "mount", "more"],
        &["site", "start", "third", "--timeout", "30s"],
    ] {
        if args[1] == "start" {
            assert_eq!(sandbox.run(&["site", "mount", "third"]).code, 0);
        }
        let told = sandbox.run(args);
        assert_eq!(told.code, 0, "{args:?}: {told:?}");
        assert_eq!(told.stderr.matches("bad.json` line 2").count(), 1, "{args:?}: {told:?}");
    }
    assert_eq!(sandbox.run(&["site", "stop", "third"]).code, 0);
    let listed = sandbox.run(&["site", "list", "--json"]).json();
    assert_eq!((&listed[0]["name"], &listed[1]["name"]), (&json!("bad"), &json!("good")));
    assert!(listed[0]["damaged"].as_str().unwrap().contains("bad.json` line 2"), "{listed}");
    assert!(listed[1].get("damaged").is_none(), "{listed}");
    assert!(sandbox.run(&["site", "list"]).stdout.contains("[Damaged]"));
    for args in [&["site", "status", "bad"][..], &["site", "start", "bad"], &["site", "mount", "bad"]] {
        sandbox.write("bad/index.html", "");
        assert_eq!(sandbox.run(args).code, 2, "{args:?}");
    }
    for (record, text, expected) in [
        ("bad", "{\"version\":1,\n\"name\":\n", "bad.json` line 3: EOF while parsing a value\n"),
        ("bad", "{\"recipe\":5}", "bad.json` line 1: invalid type: integer `5`, expected an object\n"),
        ("good.server", "[]", "good.server.json` line 1: invalid type: a list, expected an object\n"),
    ] {
        sandbox.write(&format!(".taskrun/sites/{record}.json"), text);
        let told = sandbox.run(&["site", "status", record.trim_end_matches(".server")]);
        assert!(told.code == 2 && told.stderr.contains(expected), "{text}: {told:?}");
    }
    let told = sandbox.run(&["site", "unmount", "bad"]);
    assert!(told.code == 0 && told.stderr.contains("could not be read, and was removed"), "{told:?}");
    assert!(!sandbox.path(".taskrun/sites/bad.json").exists());
    // One that a newer taskrun wrote is not ours to remove.
    sandbox.write(".taskrun/sites/bad.json", "{\"version\":9}");
    assert_eq!(sandbox.run(&["site", "unmount", "bad"]).code, 2);
    assert_eq!(sandbox.read(".taskrun/sites/bad.json"), "{\"version\":9}");
}
