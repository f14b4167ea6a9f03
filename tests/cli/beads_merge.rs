//! The merge driver as git runs it: installed, found again, and what is left when it cannot help.
//! And the doctor, who sees to both.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::sandbox::{Outcome, Sandbox, stores};

pub const FILE: &str = ".beads/issues.jsonl";

pub fn git_in(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> Outcome {
    let mut command = Command::new("git");
    command.current_dir(dir).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("HOME", sandbox.root().join("home"));
    for (key, value) in [("NAME", "t"), ("EMAIL", "t@localhost")] {
        command.env(format!("GIT_AUTHOR_{key}"), value).env(format!("GIT_COMMITTER_{key}"), value);
    }
    Outcome::of(command.args(args))
}

pub fn git(sandbox: &Sandbox, args: &[&str]) -> String {
    let out = git_in(sandbox, &sandbox.path(""), args);
    assert_eq!(out.code, 0, "git {args:?}: {out:?}");
    out.stdout
}

pub fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    git(&sandbox, &["init", "-q", "-b", "main"]);
    sandbox
}

fn driver(sandbox: &Sandbox) -> String {
    git(sandbox, &["config", "--get-regexp", "^merge\\..*\\.driver$"])
}

/// Two branches that each add a task of their own, title a task, and comment on it.
pub fn fork(sandbox: &Sandbox) {
    let id = sandbox.run(&["beads", "create", "shared", "--silent"]).stdout;
    git(sandbox, &["add", "-A"]);
    git(sandbox, &["commit", "-qm", "base"]);
    for branch in ["one", "two"] {
        git(sandbox, &["checkout", "-q", "-b", branch, "main"]);
        for args in [
            &["create", branch, "--parent", id.trim()][..],
            &["comment", id.trim(), branch],
            &["update", id.trim(), "--title", branch, "--add-label", branch],
        ] {
            assert_eq!(sandbox.run(&[&["beads"], args].concat()).code, 0);
        }
        git(sandbox, &["commit", "-qam", branch]);
    }
}

#[test]
fn init_installs_the_driver_and_git_uses_it() {
    let sandbox = repository();
    sandbox.write(".gitattributes", "*.png binary\r\n# mine");
    let out = sandbox.run(&["beads", "init", "--json"]);
    assert_eq!((out.code, &out.json()["merge_driver"]), (0, &"beads".into()), "{out:?}");
    assert_eq!(sandbox.read(".gitattributes"), "*.png binary\r\n# mine\n.beads/issues.jsonl merge=beads\n");
    let (command, config) = (driver(&sandbox), fs::read(sandbox.path(".git/config")).unwrap());
    assert!(command.contains(" beads merge-driver -- %O %A %B %P; "), "{command}");
    assert_eq!(git(&sandbox, &["status", "--porcelain", "-uall"]).lines().count(), 3, "nothing is committed");

    let again = sandbox.run(&["beads", "init"]);
    assert!(again.code == 0 && again.stderr.is_empty(), "{again:?}");
    assert_eq!(fs::read(sandbox.path(".git/config")).unwrap(), config);
    assert_eq!(sandbox.read(".gitattributes").matches("merge=beads").count(), 1);

    fork(&sandbox);
    let out = git_in(&sandbox, &sandbox.path(""), &["merge", "--no-edit", "one"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("means two issues"), "it says what it did: {out:?}");
    let list = sandbox.run(&["beads", "list", "--json"]).json();
    let titles: Vec<&str> =
        list.as_array().unwrap().iter().map(|issue| issue["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 3);
    let shared = list.as_array().unwrap().iter().find(|issue| issue["comments"].is_array()).unwrap();
    assert_eq!((&shared["title"], shared["comments"].as_array().unwrap().len()), (&"two".into(), 2));
    assert_eq!(shared["labels"], serde_json::json!(["one", "two"]));
    let children =
        sandbox.run(&["beads", "ready", "--epic", shared["id"].as_str().unwrap(), "--json"]).json();
    assert_eq!(children.as_array().unwrap().len(), 2, "both children belong to it");
    assert_eq!(sandbox.run(&["beads", "doctor"]).code, 0);
}

#[test]
fn nobodys_own_way_of_merging_is_replaced() {
    let line = ".beads/issues.jsonl merge=";
    let table = [
        // What bd left stays, and its line serves us where it left no command.
        ("merge=beads", Some("bd merge %A %O %A %B"), "merge.beads.driver bd merge %A %O %A %B\n", 0),
        ("merge=union", None, "", 0),
        ("merge=beads", None, "merge.beads.driver ", 0),
        ("", Some("bd merge %A %O %A %B"), "merge.taskrun.driver ", 1),
    ];
    for (attribute, command, expected, new_lines) in table {
        let sandbox = repository();
        if !attribute.is_empty() {
            sandbox.write(".gitattributes", format!(".beads/issues.jsonl {attribute}\n"));
        }
        if let Some(command) = command {
            git(&sandbox, &["config", "merge.beads.driver", command]);
        }
        let out = sandbox.run(&["beads", "init"]);
        assert_eq!(out.code, 0, "{out:?}");
        let drivers =
            git_in(&sandbox, &sandbox.path(""), &["config", "--get-regexp", "^merge\\..*\\.driver$"]).stdout;
        assert!(
            drivers.contains(expected) && drivers.is_empty() == expected.is_empty(),
            "{attribute}: {drivers}"
        );
        let text = sandbox.read(".gitattributes");
        let before = usize::from(!attribute.is_empty());
        assert_eq!(text.matches(line).count(), before + new_lines, "{text}");
        let doctor = sandbox.run(&["beads", "doctor"]);
        // Somebody else's way is no fault, unless its program is not there.
        let gone = expected.contains("bd merge");
        assert_eq!(
            (doctor.code == 1, doctor.stdout.contains("merge-driver-gone")),
            (gone, gone),
            "{doctor:?}"
        );
    }
    let sandbox = Sandbox::new();
    let out = sandbox.run(&["beads", "init"]);
    assert!(out.code == 0 && out.stderr.is_empty() && !sandbox.path(".gitattributes").exists(), "{out:?}");
    let sandbox = repository();
    sandbox.write(".git/info/exclude", ".beads/\n");
    assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
    assert!(!sandbox.path(".gitattributes").exists(), "git never sees the tasks");
}

#[test]
fn a_clone_is_noticed_and_mended() {
    let sandbox = repository();
    assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "-qm", "base"]);
    git(&sandbox, &["clone", "-q", ".", "../clone"]);
    let clone = sandbox.root().join("clone");
    let run = |args: &[&str]| Outcome::of(sandbox.command().current_dir(&clone).args(args));
    let out = run(&["beads", "doctor", "--json"]);
    assert_eq!((out.code, &out.json()["findings"][0]["code"]), (1, &"no-merge-driver".into()), "{out:?}");
    let out = run(&["beads", "doctor", "--fix"]);
    assert!(out.code == 0 && out.stdout.starts_with("mended  no-merge-driver"), "{out:?}");
    assert_eq!(run(&["beads", "doctor"]).stdout.lines().count(), 1);
    // A program that was moved away is put right.
    git_in(&sandbox, &clone, &["config", "merge.beads.driver", "'gone' beads merge-driver %O %A %B %P"]);
    assert_eq!(run(&["beads", "doctor"]).code, 1);
    assert_eq!(run(&["beads", "init"]).code, 0);
    assert_eq!(run(&["beads", "doctor"]).code, 0);
    // And what an older one wrote is brought up to date.
    let program = format!("'{}'", env!("CARGO_BIN_EXE_taskrun"));
    let old = format!("{program} beads merge-driver %O %A %B %P");
    git_in(&sandbox, &clone, &["config", "merge.beads.driver", &old]);
    let out = run(&["beads", "doctor"]);
    assert!(out.code == 0 && out.stdout.starts_with("info  old-merge-driver"), "{out:?}");
    assert_eq!(run(&["beads", "doctor", "--fix"]).code, 0);
    let now = git_in(&sandbox, &clone, &["config", "merge.beads.driver"]).stdout;
    assert!(now.starts_with(&format!("if {program} beads merge-driver -- ")), "{now}");
    // A linked work tree shares the settings.
    git_in(&sandbox, &clone, &["worktree", "add", "-q", "../tree"]);
    let tree = sandbox.root().join("tree");
    assert_eq!(Outcome::of(sandbox.command().current_dir(tree).args(["beads", "doctor"])).code, 0);
}

#[test]
fn the_driver_works_anywhere_and_leaves_what_it_cannot_settle() {
    let sandbox = Sandbox::new();
    let line = |id: &str| format!("{{\"id\":\"{id}\",\"title\":\"{id}\"}}\n");
    let run = |base: &str, ours: &[u8], theirs: &[u8]| {
        sandbox.write("o", base);
        sandbox.write("a", ours);
        sandbox.write("b", theirs);
        let out = sandbox.run(&["beads", "merge-driver", "o", "a", "b", "x/y.jsonl"]);
        (out, fs::read(sandbox.path("a")).unwrap())
    };
    let (out, text) = run("", line("a").as_bytes(), line("b").as_bytes());
    assert_eq!((out.code, out.stdout.as_str(), text), (0, "", (line("a") + &line("b")).into_bytes()));

    let torn = format!("{}{{\"id\":\"c\"", line("a"));
    let (out, text) = run(&line("a"), torn.as_bytes(), (line("a") + &line("b")).as_bytes());
    assert!(out.code == 1 && out.stderr.contains("x/y.jsonl"), "{out:?}");
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("<<<<<<< ours\n{\"id\":\"c\"\n") && text.contains(&line("b")), "{text}");

    for bad in [&b"<<<<<<< HEAD\n{\"id\":\"x\"}\n=======\n>>>>>>> y\n"[..], b"{\"id\":\"\xff\"}\n"] {
        let (out, text) = run("", line("a").as_bytes(), bad);
        assert!(out.code == 1 && out.stderr.contains("plain text"), "{out:?}");
        let has = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
        assert!(has(line("a").as_bytes()) && has(bad), "no line is lost");
    }
    let out = sandbox.run(&["beads", "merge-driver", "o", "gone", "b"]);
    assert!(out.code == 2 && out.stderr.contains("gone"), "{out:?}");

    let (circle, back) = ("bd-a", "bd-b");
    let waits = |id: &str, on: &str| {
        format!("{{\"id\":\"{id}\",\"dependencies\":[{{\"depends_on_id\":\"{on}\",\"type\":\"blocks\"}}]}}\n")
    };
    let base = line(circle) + &line(back);
    let (ours, theirs) = (waits(circle, back) + &line(back), line(circle) + &waits(back, circle));
    let (out, _) = run(&base, ours.as_bytes(), theirs.as_bytes());
    assert!(out.code == 0 && out.stderr.contains("wait for each other"), "{out:?}");
}

#[test]
fn the_doctor_reads_what_others_refuse_and_drops_nothing() {
    for fixture in stores() {
        let bytes = fs::read(fixture.join("issues.jsonl")).unwrap();
        let sandbox = Sandbox::new();
        sandbox.write(FILE, &bytes);
        let look = sandbox.run(&["beads", "doctor", "--json"]);
        let found = look.json()["findings"].as_array().unwrap().clone();
        assert_eq!(fs::read(sandbox.path(FILE)).unwrap(), bytes);
        assert!([0, 1].contains(&look.code), "{look:?}");
        sandbox.run(&["beads", "doctor", "--fix"]);
        let again = sandbox.run(&["beads", "doctor", "--json"]).json();
        let left = |finding: &Value| finding["fix"].is_null();
        assert!(again["findings"].as_array().unwrap().iter().all(left), "{again:#}");
        assert_eq!(sandbox.run(&["beads", "list", "--all"]).code, 0);
        if found.iter().all(left) {
            assert_eq!(fs::read(sandbox.path(FILE)).unwrap(), bytes, "nothing to mend, nothing written");
        }
    }
    let sandbox = repository();
    assert_eq!(sandbox.run(&["beads", "init"]).code, 0);
    sandbox.write(".beads/.gitignore", "mine");
    sandbox.write(FILE, "{\"id\":\"a\",\"title\":\"t\"}\n{\"id\":\"b\",\"ti\n");
    let out = sandbox.run(&["beads", "doctor", "--fix", "--json"]);
    let aside = out.json()["aside"].as_str().unwrap().to_owned();
    assert_eq!((out.code, fs::read_to_string(&aside).unwrap().as_str()), (0, "{\"id\":\"b\",\"ti\n"));
    assert_eq!(sandbox.read(".beads/.gitignore"), "mine\nrejected-*.jsonl\n");
    assert!(!git(&sandbox, &["status", "--porcelain", "-uall"]).contains("rejected"));

    let dir = sandbox.path(".beads");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
    let out = sandbox.run(&["beads", "doctor"]);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(out.code == 1 && out.stdout.contains("read-only"), "{out:?}");
}
