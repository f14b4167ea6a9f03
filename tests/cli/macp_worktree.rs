//! Worktrees of tasks, with real git: made, kept, removed, mended, and never another's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::bench::wait_for;
use super::sandbox::{Outcome, Sandbox};

/// A repository with a queue; worktrees go where they go by default.
pub(super) struct Yard(pub(super) Sandbox);

impl Yard {
    pub(super) fn new() -> Self {
        let yard = Self(Sandbox::new());
        yard.0.write("f.txt", "one\n");
        yard.0.write(".gitignore", ".taskrun/\nignored/\n");
        yard.git(&["init", "-q", "-b", "main"]);
        yard.git(&["add", "-A"]);
        yard.git(&["commit", "-qm", "first"]);
        yard
    }

    /// Git in the repository; what it says.
    pub(super) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.0.path(""), args)
    }

    fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@t"];
        let out = Command::new("git")
            .current_dir(dir)
            .args(identity)
            .args(args)
            .env("HOME", self.0.root().join("home"))
            .output()
            .unwrap();
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim_end().to_owned()
    }

    /// Where worktrees go.
    pub(super) fn base(&self) -> PathBuf {
        self.0.root().join("home/src/work-worktrees")
    }

    /// Writes the queue; each has id, title, status and dispatch unless it says otherwise.
    pub(super) fn tasks(&self, tasks: &[Value]) {
        let whole = tasks.iter().map(|task| {
            let mut whole =
                json!({"id": "A", "title": "t", "status": "pending", "dispatch": "exec", "command": "true"});
            whole.as_object_mut().unwrap().extend(task.as_object().unwrap().clone());
            whole
        });
        let list: Vec<Value> = whole.collect();
        self.0.write(".taskrun/macp/tasks.json", json!({"tasks": list}).to_string());
    }

    pub(super) fn drain(&self) -> Outcome {
        self.0.run(&["macp", "drain"])
    }

    pub(super) fn result(&self, id: &str) -> Value {
        serde_json::from_str(&self.0.read(&format!(".taskrun/macp/results/{id}.json"))).unwrap()
    }

    fn attempts(&self, id: &str) -> u64 {
        let tasks: Value = serde_json::from_str(&self.0.read(".taskrun/macp/tasks.json")).unwrap();
        let task = tasks["tasks"].as_array().unwrap().iter().find(|task| task["id"] == id).unwrap().clone();
        task["attempts"].as_u64().unwrap_or(0)
    }

    /// Worktrees that git knows of, beside the repository itself.
    pub(super) fn trees(&self) -> Vec<PathBuf> {
        let list = self.git(&["worktree", "list", "--porcelain"]);
        list.lines().filter_map(|line| line.strip_prefix("worktree ")).skip(1).map(PathBuf::from).collect()
    }
}

/// Commits all there is.
pub(super) const COMMIT: &str = "git add -A && git -c user.name=t -c user.email=t@t commit -qm done";

#[test]
fn a_worktree_is_there_while_its_task_runs_and_gone_when_it_is_over() {
    let yard = Yard::new();
    let seen = yard.0.path("seen");
    let look = format!(
        "git -C {} worktree list >> {}; pwd >> {1}; echo x > new; rm f.txt; {COMMIT}",
        yard.0.path("").display(),
        seen.display()
    );
    yard.tasks(&[
        json!({"id": "TASK-042", "title": "Add auth", "worktree": "~/src/work-worktrees/task-042", "command": look}),
        json!({"id": "Plain", "command": format!("pwd > {}", yard.0.path("plain").display())}),
        json!({"id": "Own One", "dispatch": null, "worktree": "x", "command": "true"}),
    ]);
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
    let path = yard.base().join("task-042");
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("[feat/TASK-042-add-auth]") && seen.lines().last() == path.to_str(), "{seen}");
    let result = yard.result("TASK-042");
    assert_eq!(result["worktree"], path.to_str().unwrap());
    assert_eq!(result["branch"], "feat/TASK-042-add-auth");
    assert_eq!(result["files_changed"], json!(["f.txt", "new"]));
    assert_eq!(result["metadata"]["base"], yard.git(&["rev-parse", "main"]));
    // Gone, its branch not; the others never had one.
    assert!(!path.exists() && yard.trees().is_empty());
    assert_eq!(yard.git(&["log", "--format=%s", "feat/TASK-042-add-auth"]), "done\nfirst");
    assert_eq!(yard.0.read("plain").trim(), yard.0.path("").to_str().unwrap());
    assert_eq!(yard.git(&["branch", "--list", "--format=%(refname:short)"]), "feat/TASK-042-add-auth\nmain");
    assert_eq!(yard.git(&["status", "--porcelain"]), "?? plain\n?? seen");
}

#[test]
fn every_kind_of_change_is_told_and_unsaved_work_keeps_the_worktree() {
    let yard = Yard::new();
    let work = "mkdir -p ignored d; echo a > 'd/a b'; echo i > ignored/i; echo é > é; git add é; echo two >> f.txt; printf '\\n' > .gitattributes; git add .gitattributes; git commit -qm c -- .gitattributes";
    let git = "export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t; ";
    yard.tasks(&[json!({"worktree": "", "command": format!("{git}{work}")})]);
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(yard.result("A")["files_changed"], json!([".gitattributes", "d/a b", "f.txt", "é"]));
    let path = yard.base().join("a");
    assert!(said.stderr.contains("is kept: it holds changes that are not committed"), "{said:?}");
    let clean = yard.0.run(&["macp", "clean", "A"]);
    assert_eq!((clean.code, path.join("é").exists()), (1, true), "{clean:?}");
    assert!(clean.stderr.contains("--force"), "{clean:?}");
    let clean = yard.0.run(&["--json", "macp", "clean", "A", "--force"]);
    assert_eq!((clean.code, path.exists()), (0, false), "{clean:?}");
    assert_eq!(clean.json(), json!({"id": "A", "removed": path}));
    let clean = yard.0.run(&["--json", "macp", "clean", "A"]);
    assert_eq!((clean.code, clean.json()), (0, json!({"id": "A", "removed": null})));
    assert_eq!(yard.git(&["log", "-1", "--format=%s", "feat/A-t"]), "c");
    let unknown = yard.0.run(&["macp", "clean", "B"]);
    assert_eq!(unknown.code, 1, "{unknown:?}");
}

#[test]
fn what_was_changed_back_is_not_told_as_changed() {
    let yard = Yard::new();
    let command =
        format!("echo two > f.txt; echo x > g; {COMMIT}; echo one > f.txt; echo y >> g; echo z > h");
    yard.tasks(&[json!({"worktree": "", "command": command})]);
    assert_eq!(yard.drain().code, 0);
    assert_eq!(yard.result("A")["files_changed"], json!(["g", "h"]));
}

#[test]
fn what_is_unsaved_stays_and_what_is_saved_goes() {
    let yard = Yard::new();
    let git = "export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t; ";
    // command, whether the worktree stays
    let table = [
        ("true", false),
        ("mkdir ignored; echo x > ignored/x", false),
        ("echo x > x; git add x; git commit -qm x", false),
        ("git checkout -q --detach", false),
        ("git checkout -q -b other; echo x > x; git add x; git commit -qm x", false),
        ("git checkout -q --detach; echo x > x; git add x; git commit -qm x; git tag kept", false),
        ("git checkout -q --detach; echo adrift > x; git add x; git commit -qm x", true),
        ("echo x > x", true),
        ("echo x > x; git add x", true),
        ("rm f.txt", true),
        ("git worktree lock .", true),
        ("git config status.showUntrackedFiles no; echo x > x", true),
        ("git update-index --skip-worktree f.txt", false),
        ("git update-index --skip-worktree f.txt; echo x > f.txt", true),
        ("git update-index --skip-worktree f.txt; rm f.txt", true),
        ("git update-index --assume-unchanged f.txt; echo x > f.txt", true),
        ("git update-index --index-version 4 --assume-unchanged --skip-worktree f.txt; echo x > f.txt", true),
        ("git update-index --split-index --assume-unchanged f.txt; echo x > f.txt", true),
        ("git sparse-checkout set nothing", false),
        (
            "echo 1 > x; git add x; git commit -qm 1; git commit -q --amend -m 2; git reset -q --hard HEAD~",
            false,
        ),
        (
            "B=$(git branch --show-current); git checkout -q --detach; echo left > x; git add x; git commit -qm x; git checkout -q $B",
            true,
        ),
        (
            "B=$(git branch --show-current); git checkout -q --detach; echo kept > x; git add x; git commit -qm x; git tag kept2; git checkout -q $B",
            false,
        ),
    ];
    let task = |(at, (command, _)): (usize, &(&str, bool))| json!({"id": format!("T{at}"), "worktree": "", "command": format!("{git}{command}")});
    yard.tasks(&table.iter().enumerate().map(task).collect::<Vec<_>>());
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
    for (at, (command, stays)) in table.iter().enumerate() {
        let named = command.contains("update-index") && *stays;
        assert!(!named || yard.result(&format!("T{at}"))["files_changed"] == json!(["f.txt"]), "{command}");
        assert_eq!(yard.base().join(format!("t{at}")).exists(), *stays, "{command}");
    }
    assert_eq!(yard.trees().len(), table.iter().filter(|(_, stays)| *stays).count());
}

#[test]
fn a_worktree_is_kept_between_attempts_and_where_the_settings_say_so() {
    let yard = Yard::new();
    // The second attempt finds what the first has left, and saves it.
    let command = format!(
        "echo $(pwd) >> {}; test -e half || {{ echo x > half; exit 1; }}; {COMMIT}",
        yard.0.path("ran").display()
    );
    yard.0.write(".taskrun/config.toml", "[macp]\nretry_delay = \"1ms\"\n");
    yard.tasks(&[
        json!({"worktree": "deep/er", "command": command, "max_attempts": 2}),
        json!({"id": "B", "worktree": "", "command": "false"}),
    ]);
    let said = yard.drain();
    assert_eq!(said.code, 1, "{said:?}");
    let path = yard.base().join("deep/er");
    assert_eq!(yard.0.read("ran"), format!("{0}\n{0}\n", path.display()));
    assert_eq!(yard.result("A")["status"], "completed");
    // Both are over, B for good.
    assert!(
        yard.trees().is_empty() && !yard.base().join("deep").exists() && yard.base().exists(),
        "{said:?}"
    );
    yard.0.write(".taskrun/macp/config.json", r#"{"macp": {"cleanup_worktrees": false}}"#);
    yard.tasks(&[json!({"id": "K", "worktree": ""})]);
    fs::remove_dir_all(yard.0.path(".taskrun/macp/state")).unwrap();
    assert_eq!(yard.drain().code, 0);
    assert_eq!(yard.trees(), [yard.base().join("k")]);
    let clean = yard.0.run(&["macp", "clean", "K"]);
    assert_eq!((clean.code, yard.trees().len()), (0, 0), "{clean:?}");
}

#[test]
fn the_start_point_is_origin_main_else_the_remotes_head_else_head() {
    let yard = Yard::new();
    let start = |yard: &Yard, id: &str| {
        yard.tasks(&[json!({"id": id, "worktree": ""})]);
        let _ = fs::remove_dir_all(yard.0.path(".taskrun/macp/state"));
        let said = yard.drain();
        assert_eq!(said.code, 0, "{said:?}");
        let result = yard.result(id);
        let text = |name: &str| result["metadata"][name].as_str().unwrap().to_owned();
        (text("base"), text("start_point"))
    };
    let first = yard.git(&["rev-parse", "HEAD"]);
    let (base, words) = start(&yard, "H");
    assert!(base == first && words.starts_with("from `HEAD`"), "{words}");
    yard.git(&["update-ref", "refs/remotes/origin/trunk", "HEAD"]);
    yard.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    yard.git(&["commit", "-q", "--allow-empty", "-m", "second"]);
    let (base, words) = start(&yard, "R");
    assert!(base == first && words.starts_with("from `origin/trunk`"), "{words}");
    yard.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    yard.git(&["commit", "-q", "--allow-empty", "-m", "third"]);
    let (base, words) = start(&yard, "M");
    assert_eq!((base, words.as_str()), (yard.git(&["rev-parse", "HEAD~1"]), "from `origin/main`"));
    // Its own branch goes on where it was, and follows nobody.
    yard.git(&["branch", "mine", "HEAD"]);
    yard.tasks(&[
        json!({"id": "B", "worktree": "", "branch": "mine", "command": format!("echo x > x; {COMMIT}")}),
    ]);
    fs::remove_dir_all(yard.0.path(".taskrun/macp/state")).unwrap();
    assert_eq!(yard.drain().code, 0);
    assert_eq!(yard.git(&["log", "-2", "--format=%s", "mine"]), "done\nthird");
    assert!(!yard.git(&["config", "--list", "--local"]).contains("branch."));
}

#[test]
fn a_worktree_that_cannot_be_made_fails_the_task_at_once_and_leaves_nothing() {
    let yard = Yard::new();
    let ran = yard.0.path("ran");
    fs::create_dir_all(yard.base().join("foreign/sub")).unwrap();
    fs::write(yard.base().join("foreign/file"), "mine").unwrap();
    fs::write(yard.base().join("file"), "mine").unwrap();
    yard.git(&["worktree", "add", "-q", yard.base().join("other").to_str().unwrap(), "-b", "others"]);
    yard.git(&["branch", "feat"]);
    let table = [
        (json!({"worktree": "foreign"}), "is there already and was not made for the task"),
        (json!({"worktree": "file"}), "is there already"),
        (json!({"worktree": "other"}), "on another branch"),
        (json!({"worktree": "a", "branch": "main"}), "is checked out in"),
        (json!({"worktree": "b", "branch": "others"}), "is checked out in"),
        // `feat` is a branch, so that `feat/…` cannot be one.
        (json!({"worktree": "c"}), "git worktree add:"),
    ];
    let task = |(at, (fields, _)): (usize, &(Value, &str))| {
        let mut task =
            json!({"id": format!("T{at}"), "max_attempts": 3, "command": format!("touch {}", ran.display())});
        task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        task
    };
    let before = yard.git(&["for-each-ref"]);
    yard.tasks(&table.iter().enumerate().map(task).collect::<Vec<_>>());
    let said = yard.drain();
    assert_eq!((said.code, ran.exists()), (1, false), "{said:?}");
    assert!(!said.stderr.contains("is kept"), "{said:?}");
    for (at, (fields, words)) in table.iter().enumerate() {
        let id = format!("T{at}");
        let result = yard.result(&id);
        assert_eq!((&result["status"], yard.attempts(&id)), (&json!("failed"), 0), "{fields}: {result}");
        assert!(result["error"].as_str().unwrap().contains(words), "{fields}: {result}");
    }
    assert_eq!(yard.trees(), [yard.base().join("other")]);
    assert_eq!(yard.git(&["for-each-ref"]), before);
    let mut left: Vec<_> =
        fs::read_dir(yard.base()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["file", "foreign", "other"]);
    assert_eq!(fs::read_to_string(yard.base().join("foreign/file")).unwrap(), "mine");
    assert_eq!(fs::read_dir(yard.0.path(".taskrun/macp/state/worktrees")).unwrap().count(), 0);
}

#[test]
fn clean_touches_nothing_that_is_not_the_tasks_own() {
    let yard = Yard::new();
    let outside = yard.0.root().join("outside");
    fs::create_dir_all(outside.join("x")).unwrap();
    fs::write(outside.join("x/file"), "mine").unwrap();
    fs::create_dir_all(yard.base()).unwrap();
    symlink(&outside, yard.base().join("link")).unwrap();
    fs::create_dir_all(yard.base().join("plain/sub")).unwrap();
    for given in [outside.join("x").to_str().unwrap(), "link", "link/x", "../../../outside/x", "plain", "/"] {
        yard.tasks(&[json!({"status": "completed", "worktree": given})]);
        for args in [&["macp", "clean", "A"][..], &["macp", "clean", "A", "--force"]] {
            let said = yard.0.run(args);
            assert_eq!(said.code, 1, "{given}: {said:?}");
            assert!(said.stderr.contains("is kept"), "{given}: {said:?}");
        }
    }
    assert!(outside.join("x/file").exists() && yard.base().join("plain/sub").exists());
    // A task that somebody works on, and one that waits to be tried again.
    for (status, code) in [("running", 1), ("pending", 1)] {
        yard.tasks(&[json!({"status": status, "attempts": 1, "worktree": ""})]);
        let said = yard.0.run(&["macp", "clean", "A"]);
        assert_eq!(said.code, code, "{status}: {said:?}");
    }
}

#[test]
fn what_a_killed_run_left_half_made_is_made_anew() {
    let yard = Yard::new();
    // Git stops in the middle of writing the files.
    let (began, go) = (yard.0.root().join("began"), yard.0.root().join("go"));
    let smudge = format!(
        "sh -c 'touch {}; until test -e {}; do sleep 0.02; done; cat'",
        began.display(),
        go.display()
    );
    yard.git(&["config", "filter.slow.smudge", &smudge]);
    yard.0.write(".gitattributes", "*.slow filter=slow\n");
    yard.0.write("a.slow", "slow\n");
    yard.git(&["add", "-A"]);
    yard.git(&["commit", "-qm", "slow"]);
    for round in 0..2 {
        let _ = (fs::remove_file(&began), fs::remove_file(&go));
        let id = format!("R{round}");
        yard.tasks(&[json!({"id": id, "worktree": "", "command": "cat a.slow f.txt > all; git status --porcelain; git add -A"})]);
        let _ = fs::remove_dir_all(yard.0.path(".taskrun/macp/state"));
        let mut killed =
            yard.0.command().args(["macp", "drain"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        wait_for("git to write files", || began.exists());
        killed.kill().unwrap();
        killed.wait().unwrap();
        let path = yard.base().join(format!("r{round}"));
        assert!(path.join(".git").exists());
        // Once git lives on and ends while the next run waits for it, once it is killed too.
        let mut next = yard.0.command();
        let next = next
            .args(["macp", "drain"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        if round == 1 {
            let found = Command::new("pgrep").args(["-f", path.to_str().unwrap()]).output().unwrap();
            for pid in String::from_utf8(found.stdout).unwrap().lines() {
                Command::new("kill").args(["-9", pid]).status().unwrap();
            }
        }
        let next = next.spawn().unwrap();
        fs::write(&go, "").unwrap();
        let out = next.wait_with_output().unwrap();
        assert!(out.status.success(), "{round}: {}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(yard.attempts(&id), 1);
        assert_eq!(yard.result(&id)["files_changed"], json!(["all"]));
        assert_eq!(fs::read_to_string(path.join("all")).unwrap(), "slow\none\n");
        assert_eq!(yard.trees().len(), round + 1);
    }
}
