//! Worktrees that are used again, made again, cleaned up later, and many at a time.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::bench::wait_for;
use super::macp_worktree::{COMMIT, Yard};

#[test]
fn worktrees_are_used_again_where_the_settings_say_so() {
    let yard = Yard::new();
    yard.0.write(".taskrun/config.toml", "[macp]\nworktree_reuse = true\nmax_concurrent = 1\n");
    let list: Vec<Value> = (0..5)
        .map(|at| {
            let command = format!(
                "test $(pwd) = {} && test ! -e new && test $(cat f.txt) = one && mkdir -p ignored && echo x >> ignored/cache && wc -l < ignored/cache >> {} && echo x > new && echo two > f.txt && {COMMIT}",
                yard.base().join(format!("t{at}")).display(),
                yard.0.path("warm").display()
            );
            json!({"id": format!("T{at}"), "worktree": "", "command": command})
        })
        .collect();
    yard.tasks(&list);
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
    // One worktree for all, its ignored files kept, each task on a branch of its own from the start point.
    assert_eq!(yard.0.read("warm").split_whitespace().collect::<Vec<_>>(), ["1", "2", "3", "4", "5"]);
    assert_eq!(yard.trees(), [yard.base().join(".pool-1")]);
    for at in 0..5 {
        assert_eq!(yard.git(&["log", "--format=%s", &format!("feat/T{at}-t")]), "done\nfirst");
        assert_eq!(yard.result(&format!("T{at}"))["files_changed"], json!(["f.txt", "new"]));
    }
    // Whoever writes into one that waits does not reach the next task; unsaved work is not reset.
    fs::write(yard.base().join(".pool-1/late"), "x").unwrap();
    fs::write(yard.base().join(".pool-1/f.txt"), "late").unwrap();
    yard.tasks(&[
        json!({"id": "L", "worktree": "", "command": "test ! -e late && test $(cat f.txt) = one && echo x > unsaved"}),
        json!({"id": "M", "worktree": "", "command": "test ! -e unsaved"}),
    ]);
    fs::remove_dir_all(yard.0.path(".taskrun/macp/state")).unwrap();
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
    assert!(yard.base().join("l/unsaved").exists());
    assert_eq!(yard.trees().len(), 2);
    let said = yard.0.run(&["macp", "clean", "--pool"]);
    assert_eq!((said.code, yard.trees()), (0, vec![yard.base().join("l")]), "{said:?}");
}

#[test]
fn two_at_a_time_make_and_remove_worktrees() {
    let yard = Yard::new();
    let list: Vec<Value> = (0..24)
        .map(|at| json!({"id": format!("T{at}"), "worktree": "", "command": format!("echo {at} > n; {COMMIT}")}))
        .collect();
    yard.tasks(&list);
    let said = yard.0.run(&["macp", "drain", "--jobs", "4"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(yard.trees().is_empty());
    for at in 0..24 {
        assert_eq!(yard.git(&["show", &format!("feat/T{at}-t:n")]), at.to_string());
    }
}

#[test]
fn a_worktree_that_is_used_again_is_as_a_new_one() {
    let yard = Yard::new();
    yard.0.write(".taskrun/config.toml", "[macp]\nworktree_reuse = true\nmax_concurrent = 1\n");
    yard.0.write("d/x.sh", "true\n");
    yard.0.write("g.txt", "g\n");
    yard.git(&["add", "-A"]);
    yard.git(&["update-index", "--chmod=+x", "d/x.sh"]);
    yard.git(&["commit", "-qm", "second"]);
    yard.git(&["checkout", "-q", "--", "."]);
    // What a task leaves, and whether its worktree is good enough for the next.
    let table = [
        ("true", true),
        ("mkdir ignored; echo x > ignored/x", true),
        ("echo x > x; git add x; git -c user.name=t -c user.email=t@t commit -qm x", true),
        ("git update-index --assume-unchanged g.txt; git update-index --skip-worktree f.txt", true),
        ("chmod 0 f.txt", false),
        ("chmod 666 f.txt", false),
        ("chmod 700 d/x.sh", false),
        ("chmod 700 d", false),
        ("git bisect start -q; git bisect bad HEAD; git bisect good HEAD~", false),
        ("touch $(git rev-parse --git-path CHERRY_PICK_HEAD)x", false),
        ("git update-ref refs/worktree/mine HEAD", false),
        ("git sparse-checkout set nothing", false),
    ];
    let look = yard.0.path("look").display().to_string();
    let told = "{ git ls-files -v; git reflog; git status; stat -c '%a %n' . d d/x.sh f.txt g.txt; \
                ls $(git rev-parse --git-dir) | grep -v -e ORIG_HEAD -e logs; } 2>&1 | sed 's/T[0-9]*-t/T-t/'";
    for (at, (command, fit)) in table.iter().enumerate() {
        let _ = fs::remove_dir_all(yard.0.path(".taskrun/macp/state"));
        yard.0.run(&["macp", "clean", "--pool"]);
        let id = format!("T{at}");
        yard.tasks(&[
            json!({"id": format!("{id}0"), "worktree": "", "command": format!("({told}) > {look}.new; stat -c %i f.txt > {look}.was; {command}")}),
            json!({"id": format!("{id}1"), "worktree": "", "command": format!("({told}) > {look}.next; stat -c %i f.txt > {look}.is")}),
        ]);
        let said = yard.drain();
        assert_eq!(said.code, 0, "{command}: {said:?}");
        assert_eq!(yard.trees(), [yard.base().join(".pool-1")], "{command}: {said:?}");
        let read = |end: &str| yard.0.read(&format!("look.{end}"));
        let plain = |text: String| -> Vec<String> {
            // A new one has a line more in its log of `HEAD`.
            text.lines().filter(|line| !line.contains("HEAD@{")).map(str::to_owned).collect()
        };
        assert_eq!(plain(read("next")), plain(read("new")), "{command}");
        assert!(!fit || read("was") == read("is"), "{command}");
    }
}

#[test]
fn a_signal_during_the_cleanup_leaves_it_to_the_next_drain() {
    let yard = Yard::new();
    yard.tasks(&[json!({"worktree": "", "command": "until test -e ../go; do sleep 0.02; done"})]);
    let mut child =
        yard.0.command().args(["macp", "drain"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    let path = yard.base().join("a");
    wait_for("the worktree", || {
        path.join("f.txt").exists() && yard.0.path(".taskrun/macp/state/after").exists()
    });
    // Somebody else makes a worktree meanwhile.
    let lock = yard.0.path(".taskrun/macp/state/worktrees.lock");
    let mut other = Command::new("flock")
        .arg(&lock)
        .args(["sh", "-c", "touch \"$0\"; read x", path.with_file_name("locked").to_str().unwrap()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the lock", || path.with_file_name("locked").exists());
    fs::write(path.with_file_name("go"), "").unwrap();
    wait_for("the end of the task", || yard.0.path(".taskrun/macp/results/A.json").exists());
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait().unwrap();
    drop(other.stdin.take());
    other.wait().unwrap();
    assert!(path.exists());
    let said = yard.drain();
    assert!(!path.exists() && yard.trees().is_empty(), "{said:?}");
    assert_eq!(yard.result("A")["status"], "completed", "{said:?}");
}

#[test]
fn a_worktree_that_somebody_deleted_is_made_again() {
    let yard = Yard::new();
    let path = yard.base().join("a");
    yard.0.write(".taskrun/config.toml", "[macp]\nretry_delay = \"1ms\"\n");
    let command = format!(
        "echo x >> {0}; test $(wc -l < {0}) = 2 && test -e f.txt || {{ rm -rf {1}; exit 1; }}",
        yard.0.path("ran").display(),
        path.display()
    );
    yard.tasks(&[json!({"worktree": "", "command": command, "max_attempts": 2})]);
    let said = yard.drain();
    assert_eq!((said.code, yard.0.read("ran").lines().count()), (0, 2), "{said:?}");
    assert!(yard.trees().is_empty() && !path.exists());
    // And one whose queue forgot it, on the task's own branch, is the task's own.
    yard.git(&["worktree", "add", "-q", path.to_str().unwrap(), "feat/A-t"]);
    fs::write(path.join("left"), "x").unwrap();
    fs::remove_dir_all(yard.0.path(".taskrun/macp/state")).unwrap();
    yard.tasks(&[json!({"worktree": "", "command": format!("test -e left && {COMMIT}")})]);
    let said = yard.drain();
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(yard.result("A")["files_changed"], json!(["left"]));
}
