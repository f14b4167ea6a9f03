//! Worktrees that are used again, and many at a time.

use std::fs;

use serde_json::{Value, json};

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
