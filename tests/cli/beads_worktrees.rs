//! One task store for all worktrees of a repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::bench::{Bench, DONE};
use crate::sandbox::Outcome;

const FILE: &str = ".beads/issues.jsonl";

/// `taskrun` in another directory than the sandbox's own.
fn command(bench: &Bench, dir: &Path) -> Command {
    let mut command = bench.sandbox.command();
    command.current_dir(dir);
    command
}

fn run(bench: &Bench, dir: &Path, args: &[&str]) -> Outcome {
    Outcome::of(command(bench, dir).args(args))
}

fn must(bench: &Bench, dir: &Path, args: &[&str]) -> String {
    let out = run(bench, dir, args);
    assert_eq!(out.code, 0, "{args:?}: {out:?}");
    out.stdout
}

/// A worktree `name` beside the project, on a branch of its own.
pub fn worktree(bench: &Bench, name: &str) -> PathBuf {
    let dir = bench.aside(name);
    bench.git(&["worktree", "add", "-q", "-b", name, dir.to_str().unwrap()]);
    dir
}

fn git(bench: &Bench, dir: &Path, args: &[&str]) -> String {
    let out = Outcome::of(bench.git_command(args).current_dir(dir));
    assert_eq!(out.code, 0, "git {args:?}: {out:?}");
    out.stdout
}

fn ids(bench: &Bench, dir: &Path) -> Vec<String> {
    let listed: Value = serde_json::from_str(&must(bench, dir, &["beads", "list", "--json"])).unwrap();
    listed.as_array().unwrap().iter().map(|issue| issue["id"].as_str().unwrap().to_owned()).collect()
}

fn get(bench: &Bench, dir: &Path) -> Value {
    serde_json::from_str(&must(bench, dir, &["workspace", "get", "--json"])).unwrap()
}

#[test]
fn every_worktree_reads_and_writes_the_main_checkouts_tasks() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    let (beside, inside) = (worktree(&bench, "beside"), bench.sandbox.path(".worktrees/inside"));
    bench.git(&["worktree", "add", "-q", inside.to_str().unwrap()]);
    let copy = fs::read_to_string(beside.join(FILE)).unwrap();
    for (dir, id) in [(&beside, "bd-1.1"), (&inside, "bd-1.2")] {
        let made = must(&bench, dir, &["beads", "create", "x", "--parent", "bd-1", "--silent"]);
        assert_eq!(made.trim(), id);
        let got = get(&bench, dir);
        assert_eq!((got["workspace"].as_str(), got["storeFrom"].as_str()), (dir.to_str(), Some("main")));
        assert_eq!(got["store"].as_str(), bench.sandbox.path(".beads").to_str());
    }
    assert_eq!(ids(&bench, &bench.sandbox.path("")), ["bd-1", "bd-1.1", "bd-1.2"]);
    assert_eq!(fs::read_to_string(beside.join(FILE)).unwrap(), copy, "the copy is not the store");
    let made = must(&bench, &beside, &["beads", "init"]);
    assert_eq!(made.trim(), bench.sandbox.path(FILE).to_str().unwrap());
    assert!(run(&bench, &beside, &["-v", "beads", "ready"]).stderr.contains(made.trim()));
    // A worktree that was moved still knows its repository.
    let moved = bench.aside("moved");
    fs::rename(&beside, &moved).unwrap();
    assert_eq!(ids(&bench, &moved).len(), 3);
    fs::create_dir_all(moved.join("deep/below")).unwrap();
    assert_eq!(ids(&bench, &moved.join("deep/below")).len(), 3);
}

#[test]
fn a_worktree_needs_nothing_of_its_own() {
    let bench = Bench::new(DONE);
    bench.sandbox.write(".gitignore", ".beads/\n.taskrun/\n");
    bench.git(&["rm", "-rq", "--cached", ".beads", ".taskrun"]);
    bench.tasks(&["bd-1"]);
    let dir = worktree(&bench, "bare");
    assert!(!dir.join(".beads").exists() && !dir.join(".taskrun").exists());
    assert_eq!(ids(&bench, &dir), ["bd-1"]);
    assert_eq!(get(&bench, &dir)["workspace"].as_str(), dir.to_str());
    // Without the main checkout's tasks it is no workspace; what is made then is made for all.
    fs::remove_dir_all(bench.sandbox.path(".beads")).unwrap();
    fs::remove_dir_all(bench.sandbox.path(".taskrun")).unwrap();
    assert_eq!(run(&bench, &dir, &["beads", "list"]).code, 2);
    let made = must(&bench, &dir, &["beads", "init", "--prefix", "zz"]);
    assert_eq!(made.trim(), bench.sandbox.path(FILE).to_str().unwrap());
    let id = must(&bench, &dir, &["beads", "create", "x", "--silent"]);
    assert!(id.starts_with("zz-") && ids(&bench, &bench.sandbox.path("")).contains(&id.trim().to_owned()));
}

#[test]
fn the_environment_and_a_redirect_come_first_and_a_hooks_git_dir_does_not_count() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    let dir = worktree(&bench, "w");
    let other = bench.aside("other/.beads");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("issues.jsonl"), "{\"id\":\"other-1\"}\n").unwrap();
    let listed = |set: &[(&str, &str)], dir: &Path| {
        let out =
            Outcome::of(command(&bench, dir).args(["beads", "ready", "--json"]).envs(set.iter().copied()));
        assert_eq!(out.code, 0, "{set:?}: {out:?}");
        (out.json()[0]["id"].as_str().unwrap().to_owned(), out.stderr)
    };
    let path = other.to_str().unwrap();
    let database = format!("{path}/beads.db");
    for set in [
        &[("BEADS_DIR", path)][..],
        &[("BEADS_DIR", "../other/.beads")],
        &[("BEADS_DB", path)],
        &[("BEADS_DB", &database)],
        &[("BEADS_DIR", path), ("BEADS_DB", "/nowhere/beads.db")],
    ] {
        assert_eq!(listed(set, &dir).0, "other-1", "{set:?}");
    }
    // Where nothing else is a workspace, too.
    assert_eq!(listed(&[("BEADS_DIR", path)], &bench.aside("home")).0, "other-1");
    let gone =
        Outcome::of(command(&bench, &dir).args(["beads", "ready"]).env("BEADS_DIR", "/nowhere/.beads"));
    assert_eq!((gone.code, gone.stdout.as_str()), (2, ""), "{gone:?}");
    assert!(
        gone.stderr.contains("`/nowhere/.beads`") && gone.stderr.contains("unset `BEADS_DIR`"),
        "{gone:?}"
    );
    let hook = [("GIT_DIR", path), ("GIT_WORK_TREE", "/"), ("GIT_INDEX_FILE", path)];
    assert_eq!(listed(&hook, &dir).0, "bd-1");

    fs::write(dir.join(".beads/redirect"), "../other/.beads\n").unwrap();
    assert_eq!(listed(&[], &dir).0, "other-1");
    // Nothing is written elsewhere while its target is missing: that would be hidden once it is back.
    fs::rename(&other, bench.aside("away")).unwrap();
    let copy = fs::read_to_string(dir.join(FILE)).unwrap();
    let (main, verbs) = (bench.sandbox.read(FILE), ["list", "ready", "claim", "sync", "init"]);
    for args in verbs.iter().map(|verb| vec!["beads", *verb]).chain([vec!["beads", "create", "x"]]) {
        let out = run(&bench, &dir, &args);
        assert_eq!((out.code, out.stdout.as_str()), (2, ""), "{args:?} {out:?}");
        assert!(out.stderr.contains(".beads/redirect") && out.stderr.contains("other/.beads"), "{out:?}");
    }
    assert_eq!(run(&bench, &dir, &["workspace", "init"]).code, 2);
    assert!(run(&bench, &dir, &["workspace", "list"]).code == 0);
    assert_eq!(fs::read_to_string(dir.join(FILE)).unwrap(), copy);
    assert_eq!(bench.sandbox.read(FILE), main);
    fs::rename(bench.aside("away"), &other).unwrap();
    assert_eq!(listed(&[], &dir).0, "other-1");
}

#[test]
fn a_lost_repository_is_told_and_a_submodule_is_no_worktree() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    let dir = worktree(&bench, "w");
    let outer = bench.aside("outer");
    fs::create_dir_all(outer.join(".beads")).unwrap();
    fs::write(outer.join(FILE), "{\"id\":\"out-1\"}\n").unwrap();
    git(&bench, &outer, &["init", "-q"]);
    let from = bench.sandbox.path("").display().to_string();
    git(&bench, &outer, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &from, "sub"]);
    assert_eq!(ids(&bench, &outer.join("sub")), ["bd-1"]);
    assert_eq!(get(&bench, &outer.join("sub"))["storeFrom"], "own");
    fs::rename(bench.sandbox.path(""), bench.aside("elsewhere")).unwrap();
    let out = run(&bench, &dir, &["beads", "list", "--json"]);
    assert_eq!((out.code, &out.json()[0]["id"]), (0, &Value::from("bd-1")), "its own copy is left");
    assert!(out.stderr.contains("git worktree repair"), "{out:?}");
}

#[test]
fn a_run_in_a_worktree_commits_its_work_and_leaves_the_tasks_to_the_main_checkout() {
    let bench =
        Bench::new(&format!("echo $TASKRUN_TASK > $TASKRUN_TASK.txt; echo x >> .beads/stray; {DONE}"));
    bench.tasks(&["bd-1", "bd-2"]);
    let dir = worktree(&bench, "w");
    let main = bench.git(&["rev-parse", "main"]);
    // A user's own settings, for this worktree has none.
    bench.sandbox.write_home(".config/taskrun/config.toml", bench.sandbox.read(".taskrun/config.toml"));
    git(&bench, &dir, &["sparse-checkout", "set", "--no-cone", "/*", "!/.taskrun/"]);
    assert!(!dir.join(".taskrun").exists());
    let out = Outcome::of(bench.looping(&[]).current_dir(&dir));
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(out.stderr.matches("this run's commits leave them out").count(), 1, "{out:?}");
    let log = git(&bench, &dir, &["log", "--format=%s", "--name-only", "main.."]);
    assert_eq!(log, "bd-2: Do bd-2\n\nbd-2.txt\nbd-1: Do bd-1\n\nbd-1.txt\n");
    assert_eq!(bench.git(&["rev-parse", "main"]), main, "nothing is committed to another's branch");
    assert_eq!(bench.git(&["status", "--porcelain"]), format!(" M {FILE}\n"));
    assert_eq!((bench.status("bd-1").as_str(), bench.status("bd-2").as_str()), ("closed", "closed"));
    assert!(dir.join(".taskrun/receipts.ndjson").exists());
    git(&bench, &dir, &["add", "-A"]);
    assert_eq!(git(&bench, &dir, &["diff", "--cached", "--name-only"]), ".beads/stray\n");
    // Asked for, it is done, and said where.
    let out = run(&bench, &dir, &["beads", "sync", "--json"]);
    let synced = out.json();
    assert_eq!((&synced["branch"], synced["files"][0].as_str()), (&"main".into(), Some(FILE)), "{synced}");
    assert_eq!(synced["repository"].as_str(), bench.sandbox.path("").to_str());
    assert!(synced["notes"][0].as_str().unwrap().contains("another checkout"), "{synced}");
    assert_eq!(bench.git(&["status", "--porcelain"]), "");
    assert_eq!(git(&bench, &dir, &["rev-list", "--count", "main..w"]).trim(), "2");
    assert_eq!(run(&bench, &dir, &["workspace", "init"]).code, 0);
    assert!(fs::read_to_string(dir.join(".taskrun/.gitignore")).unwrap().contains("!/config.toml"));
}

#[test]
fn a_linked_directory_is_the_users_will() {
    let bench = Bench::new(DONE);
    let away = bench.aside("away");
    fs::rename(bench.sandbox.path(".beads"), &away).unwrap();
    std::os::unix::fs::symlink(&away, bench.sandbox.path(".beads")).unwrap();
    let id = must(&bench, &bench.sandbox.path(""), &["beads", "create", "x", "--silent"]);
    must(&bench, &bench.sandbox.path(""), &["beads", "claim", id.trim(), "--as", "ann"]);
    assert!(fs::read_to_string(away.join("issues.jsonl")).unwrap().contains("in_progress"));
    assert!(bench.sandbox.path(".beads").is_symlink());
}

#[test]
fn worktrees_of_a_bare_repository_are_told_that_they_do_not_share_and_how_they_do() {
    let bench = Bench::new(DONE);
    bench.tasks(&["bd-1"]);
    bench.commit_all();
    let (bare, one, two) = (bench.aside("n.git"), bench.aside("one"), bench.aside("two"));
    bench.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    git(&bench, &bare, &["worktree", "add", "-q", one.to_str().unwrap(), "main"]);
    let alone = run(&bench, &one, &["beads", "list"]);
    assert!(alone.code == 0 && !alone.stderr.contains("share"), "{alone:?}");
    git(&bench, &bare, &["worktree", "add", "-q", "-b", "two", two.to_str().unwrap()]);
    for args in [&["beads", "list"][..], &["beads", "claim"], &["board"]] {
        let out = run(&bench, &two, args);
        assert_eq!((out.code, out.stderr.matches("does not share its tasks").count()), (0, 1), "{out:?}");
    }
    // As it says: one place for all of them, in which of many exactly one gets a task.
    fs::create_dir(bare.join(".beads")).unwrap();
    fs::copy(one.join(FILE), bare.join(FILE)).unwrap();
    let claim = |dir: &Path| run(&bench, dir, &["beads", "claim", "bd-1"]);
    let (first, second) = (claim(&one), claim(&two));
    assert_eq!((first.code, second.code), (0, 1), "{first:?} {second:?}");
    assert!(!first.stderr.contains("does not share") && second.stderr.contains("held by"), "{second:?}");
}
