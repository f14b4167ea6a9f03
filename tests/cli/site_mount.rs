//! `site mount`, `unmount`, `list`, `skill list --site`, `board --site`: what a folder is taken for, and that it is written down once.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// A workspace and beside it a folder `site/` with a page.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    sandbox.write("site/index.html", "<title>Home</title>");
    sandbox
}

fn mount(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.run(&[&["site", "mount"], args].concat())
}

fn record(sandbox: &Sandbox, name: &str) -> Value {
    serde_json::from_str(&sandbox.read(&format!(".taskrun/sites/{name}.json"))).unwrap()
}

fn hint(outcome: &Outcome) -> (i32, String) {
    let error = outcome.json_error();
    (
        outcome.code,
        format!("{} / {}", error["message"].as_str().unwrap(), error["hint"].as_str().unwrap_or_default()),
    )
}

#[test]
fn a_folder_is_mounted_listed_and_forgotten() {
    let sandbox = scene();
    let before = fs::read_dir(sandbox.path("site")).unwrap().count();
    let made = mount(
        &sandbox,
        &["site", "--dev", "node server.js", "--port", "4555", "--env", "MODE=dev", "--json"],
    );
    assert_eq!((made.code, made.stderr.as_str()), (0, ""));
    let told = made.json();
    let path = sandbox.path("site");
    assert_eq!(told["name"], "site");
    assert_eq!(told["path"], json!(path));
    assert_eq!((&told["commands"]["dev"], &told["port"]), (&json!("node server.js"), &json!(4555)));
    let kept = record(&sandbox, "site");
    assert_eq!((&kept["version"], &kept["env"]), (&json!(1), &json!({"MODE": "dev"})));
    assert_eq!(kept["reason"], "--dev");

    let listed = sandbox.run(&["site", "list", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let row = &listed[0];
    assert_eq!(
        (&row["name"], &row["state"], &row["path"]),
        (&json!("site"), &json!("stopped"), &json!(path))
    );
    assert_eq!((&row["exists"], &row["current"], &row["port"]), (&json!(true), &json!(false), &Value::Null));
    let text = sandbox.run(&["site", "list"]).stdout;
    assert!(text.starts_with("  site/  [Stopped]  "), "{text}");
    let inside = Outcome::of(sandbox.command().current_dir(&path).args(["site", "list"])).stdout;
    assert!(inside.starts_with("> site/  [Stopped]  "), "{inside}");

    let gone = sandbox.run(&["site", "unmount", "site"]);
    assert_eq!((gone.code, gone.stdout.as_str()), (0, "site forgotten\n"));
    assert_eq!(sandbox.run(&["site", "list", "--json"]).json(), json!([]));
    assert_eq!(fs::read_dir(&path).unwrap().count(), before, "its files are untouched");
    assert_eq!(sandbox.run(&["site", "unmount", "site"]).code, 1);
    assert!(sandbox.run(&["site", "list"]).stderr.contains("`taskrun site mount DIR` adds one"));
}

#[test]
fn a_name_and_a_folder_are_taken_once() {
    let sandbox = scene();
    sandbox.write("other/site/index.html", "");
    sandbox.write("日本/index.html", "");
    sandbox.write("file", "");
    assert_eq!(mount(&sandbox, &["site", "--dev", "x"]).code, 0);
    symlink(sandbox.path("site"), sandbox.path("link")).unwrap();
    let table: [(&[&str], i32, &str); 9] = [
        (
            &["other/site"],
            1,
            "there is a site `site` already: `site` / give this one another name with `--name NAME`",
        ),
        (&["other/site", "--name", "SITE"], 1, "there is a site `site` already"),
        (
            &["site", "--name", "again"],
            1,
            "`site` is mounted already, as `site` / `taskrun site unmount site`",
        ),
        (&["link", "--name", "again"], 1, "`site` is mounted already, as `site`"),
        (&["none"], 2, "`none` (DIR) does not exist"),
        (&["file"], 2, "`file` (DIR) is not a directory"),
        (&["日本"], 2, "gives a site no name / give it one with `--name NAME`"),
        (&["日本", "--name", "../up"], 2, "`../up` cannot be the name of a site"),
        (&["日本", "--name", "a.server"], 2, "cannot be the name"),
    ];
    for (args, code, expected) in table {
        let (said, told) = hint(&mount(&sandbox, &[args, &["--dev", "x", "--json"]].concat()));
        assert!(said == code && told.contains(expected), "{args:?}: {said} {told}");
    }
    assert_eq!(sandbox.run(&["site", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert_eq!(mount(&sandbox, &["other/site", "--name", "second", "--dev", "x"]).code, 0);
}

#[test]
fn a_site_may_lie_outside_the_workspace_and_nothing_is_written_there() {
    let sandbox = scene();
    let outside = sandbox.root().join("home/elsewhere");
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("index.html"), "").unwrap();
    fs::set_permissions(&outside, std::os::unix::fs::PermissionsExt::from_mode(0o555)).unwrap();
    let path = outside.to_str().unwrap();
    let made = mount(&sandbox, &[path, "--dev", "x"]);
    assert_eq!(made.code, 0, "{made:?}");
    let inside = Outcome::of(
        sandbox.command().current_dir(&outside).args(["-C"]).arg(sandbox.path("")).args(["site", "list"]),
    );
    assert!(inside.stdout.starts_with("> elsewhere/"), "{inside:?}");
    fs::set_permissions(&outside, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fs::remove_dir_all(&outside).unwrap();
    assert!(sandbox.run(&["site", "list"]).stdout.contains("[Gone]"));
    assert_eq!(sandbox.run(&["site", "unmount", "elsewhere"]).code, 0);
}

#[test]
fn what_is_unknown_says_what_was_looked_for() {
    let sandbox = scene();
    sandbox.write("bare/notes.txt", "");
    let (code, told) = hint(&mount(&sandbox, &["bare", "--json"]));
    assert_eq!(code, 1);
    assert!(
        told.contains("`taskrun stack list` names what is looked for") && told.contains("--dev CMD"),
        "{told}"
    );
    assert!(told.len() < 400, "{told}");
    sandbox.write("bad/package.json", "{\n  \"name\": ,\n}");
    let (code, told) = hint(&mount(&sandbox, &["bad", "--json"]));
    assert!(code == 2 && told.contains("package.json"), "{told}");
    assert!(!sandbox.path(".taskrun/sites/bad.json").exists());
}

#[test]
fn the_projects_own_file_counts_where_it_knows_one_way() {
    let sandbox = scene();
    let launch = |text: &str| sandbox.write("site/.claude/launch.json", text);
    launch(
        r#"{"version":"0.0.1","configurations":[{"name":"web","runtimeExecutable":"node","runtimeArgs":["a b.js"],"port":4777}]}"#,
    );
    let made = mount(&sandbox, &["site", "--json"]);
    assert_eq!(made.code, 0, "{made:?}");
    let reason = made.json()["reason"].as_str().unwrap().to_owned();
    assert!(reason.ends_with("configuration web in .claude/launch.json"), "{reason}");
    let kept = record(&sandbox, "site");
    assert_eq!((&kept["recipe"]["commands"]["dev"], &kept["port"]), (&json!("node 'a b.js'"), &json!(4777)));
    // It was decided: what the file says later changes nothing, until somebody mounts it again.
    launch("{");
    assert_eq!(record(&sandbox, "site"), kept);
    assert_eq!(sandbox.run(&["site", "list"]).code, 0);
    assert_eq!(sandbox.run(&["site", "unmount", "site"]).code, 0);
    let (code, told) = hint(&mount(&sandbox, &["site", "--json"]));
    assert!(code == 2 && told.contains(".claude/launch.json`"), "{told}");
    let made = mount(&sandbox, &["site", "--dev", "node mine.js", "--json"]).json();
    assert_eq!(
        (&made["reason"], &made["commands"]["dev"]),
        (&json!("--dev"), &json!("node mine.js")),
        "flags go before it"
    );
}

#[test]
fn a_secret_is_not_written_down() {
    let sandbox = scene();
    let secret = "s3cr3t-s3cr3t-s3cr3t";
    let refused = mount(&sandbox, &["site", "--dev", "x", "--env", &format!("API_TOKEN={secret}"), "--json"]);
    let (code, told) = hint(&refused);
    assert_eq!(code, 2);
    assert!(told.contains("`--env API_TOKEN` alone hands on the value") && !told.contains(secret), "{told}");
    let made = Outcome::of(sandbox.command().env("API_TOKEN", secret).args([
        "site",
        "mount",
        "site",
        "--dev",
        "x",
        "--env",
        "API_TOKEN",
    ]));
    assert_eq!(made.code, 0, "{made:?}");
    let kept = sandbox.read(".taskrun/sites/site.json");
    assert!(kept.contains("API_TOKEN") && !kept.contains(secret), "{kept}");
}

#[test]
fn a_record_that_cannot_be_used_is_told_and_stays() {
    let sandbox = scene();
    assert_eq!(mount(&sandbox, &["site", "--dev", "x"]).code, 0);
    let good = sandbox.read(".taskrun/sites/site.json");
    let newer = good.replacen("\"version\": 1", "\"version\": 9", 1);
    let table = [
        (newer.as_str(), "has version 9; this taskrun knows up to 1"),
        ("{\n\n\"name\":", "site.json` line 3"),
        (&good[..good.len() / 2], "site.json` line"),
        ("\0\u{1}", "site.json` line 1"),
    ];
    for (text, expected) in table {
        sandbox.write(".taskrun/sites/site.json", text);
        for args in [
            &["site", "url", "site"][..],
            &["site", "logs"],
            &["site", "mount", "site", "--dev", "x"],
            &["skill", "list", "--site", "site"],
            &["board", "--site", "site"],
        ] {
            let (code, told) = hint(&sandbox.run(&[args, &["--json"]].concat()));
            assert!(code == 2 && told.contains(expected), "{args:?}: {code} {told}");
            assert_eq!(sandbox.read(".taskrun/sites/site.json"), text);
        }
    }
    sandbox.write(".taskrun/sites/site.json", good);
    assert_eq!(sandbox.run(&["site", "list"]).code, 0);
}

#[test]
fn two_mounts_at_once_make_one_site() {
    let sandbox = scene();
    let started: Vec<_> = (0..8)
        .map(|_| {
            let args = ["site", "mount", "site", "--dev", "x"];
            sandbox
                .command()
                .args(args)
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let codes: Vec<_> = started.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| [0, 1].contains(code)), "{codes:?}");
}

#[test]
fn one_of_several_must_be_named() {
    let sandbox = scene();
    let (code, told) = hint(&sandbox.run(&["site", "url", "--json"]));
    assert_eq!((code, told.as_str()), (1, "no site is mounted / `taskrun site mount DIR` adds one"));
    sandbox.write("other/index.html", "");
    for dir in ["site", "other"] {
        assert_eq!(mount(&sandbox, &[dir, "--dev", "x"]).code, 0);
    }
    let (code, told) = hint(&sandbox.run(&["site", "url", "--json"]));
    assert!(code == 2 && told.contains("There are `other` and `site`"), "{told}");
    let (_, told) = hint(&sandbox.run(&["site", "url", "othr", "--json"]));
    assert_eq!(told, "unknown site `othr` / did you mean `other`?");
    let inside =
        Outcome::of(sandbox.command().current_dir(sandbox.path("other")).args(["site", "url", "--json"]));
    let (code, told) = hint(&inside);
    assert_eq!(
        (code, told.as_str()),
        (1, "the server of `other` does not run / `taskrun site start other` starts it, and waits for it")
    );
}

#[test]
fn skills_for_sites_are_there_for_a_mounted_one() {
    let sandbox = scene();
    sandbox.write("site/package.json", r#"{"scripts":{"dev":"vite"},"devDependencies":{"vite":"7"}}"#);
    assert_eq!(mount(&sandbox, &["site", "--stack", "vite", "--dev", "npx vite"]).code, 0);
    sandbox.write("api/go.mod", "module x\n");
    assert_eq!(mount(&sandbox, &["api", "--dev", "go run ."]).code, 0);
    let ids = |name: &str| -> Vec<String> {
        let listed = sandbox.run(&["skill", "list", "--site", name, "--json"]).json();
        listed.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let (web, api) = (ids("site"), ids("api"));
    for skill in ["landing-page", "sales-pitch", "blog-post"] {
        assert!(web.iter().any(|id| id == skill), "{skill}: {web:?}");
        assert!(!api.iter().any(|id| id == skill), "{skill}: {api:?}");
    }
    assert!(api.iter().any(|id| id == "fix-bug"), "{api:?}");
    let (code, told) = hint(&sandbox.run(&["skill", "list", "--site", "none", "--json"]));
    assert!(code == 1 && told.contains("unknown site `none`"), "{told}");
}

#[test]
fn a_board_shows_the_tasks_of_the_sites_epic() {
    let sandbox = scene();
    let made = |args: &[&str]| {
        let out = sandbox.run(&[&["beads", "create", "--silent"], args].concat());
        assert_eq!(out.code, 0, "{out:?}");
        out.stdout.trim().to_owned()
    };
    let epic = made(&["Landing page", "-t", "epic"]);
    let hero = made(&["Create hero section", "--parent", &epic]);
    let metrics = made(&["Add metrics", "--parent", &epic]);
    let proof = made(&["Add proof", "--parent", &epic, "--blocked-by", &metrics]);
    let other = made(&["Elsewhere"]);
    assert_eq!(sandbox.run(&["beads", "update", &metrics, "--status", "in_progress"]).code, 0);
    assert_eq!(sandbox.run(&["beads", "close", &hero]).code, 0);
    let (code, told) = hint(&mount(&sandbox, &["site", "--dev", "x", "--epic", "bd-none", "--json"]));
    assert!(code == 1 && told.contains("bd-none"), "{told}");
    assert_eq!(mount(&sandbox, &["site", "--dev", "x", "--epic", &epic]).code, 0);

    let text = sandbox.run(&["board", "--site", "site"]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "Tasks of site  1 in progress · 1 blocked · 1 done");
    assert!(
        lines[1].starts_with("○ ") && lines[1].contains(&epic) && lines[1].ends_with("Landing page  [2]"),
        "{text}"
    );
    for (glyph, id) in [("✓", &hero), ("◐", &metrics), ("●", &proof)] {
        assert!(
            lines.iter().any(|line| line.trim_start().starts_with(&format!("{glyph} {id} "))),
            "{glyph} {id}\n{text}"
        );
    }
    assert!(!text.contains(&other), "{text}");
    let told = sandbox.run(&["board", "--site", "site", "--json"]).json();
    assert_eq!(told["counts"], json!({"ready": 0, "in_progress": 1, "blocked": 1, "done": 1}));
    assert_eq!((&told["epic"], &told["tasks"][0]["left"]), (&json!(epic), &json!(2)));
    assert_eq!(told["tasks"].as_array().unwrap().len(), 4);
}
