//! What has no verb of its own, on the real binaries that `TASKRUN_BD` names.

use super::*;
use crate::domain::beads::Line;
use crate::domain::workspace::Workspace;
use crate::system::config::env;

#[test]
fn what_has_no_verb_goes_by_import() {
    let Some(paths) = env::value("TASKRUN_BD") else {
        return; // told by `tests/cli/beads_real.rs`
    };
    for path in std::env::split_paths(&paths) {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::at(dir.path().to_owned());
        let bd = Bd::at(path, &workspace.tasks().unwrap().dir, false);
        bd.init("ab", false).unwrap();
        let store = Store::found(&workspace).unwrap();
        let line = |id: &str, rest: &str| {
            Line::new(&format!(
                "{{\"id\":\"ab-{id}\",\"title\":\"{id}\",\"status\":\"open\",\"priority\":2,\"issue_type\":\"task\",\
                 \"created_at\":\"2026-01-01T00:00:00Z\",\"updated_at\":\"2026-01-01T00:00:00.7Z\"{rest}}}"
            ))
        };
        let comment = "\"issue_id\":\"ab-x1\",\"author\":\"a\",\"created_at\":\"2026-01-01T00:00:00.7Z\"";
        let rest =
            format!(",\"labels\":[\"l\",\"m\"],\"comments\":[{{\"id\":1,\"text\":\"said\",{comment}}}]");
        bd.change(&store, |table| {
            table.push(&line("x1", &rest))?;
            table.push(&line("x2", ",\"dependencies\":[{\"issue_id\":\"ab-x2\",\"depends_on_id\":\"ab-x1\",\"type\":\"blocks\",\"created_at\":\"2026-01-01T00:00:00Z\",\"created_by\":\"a\"}]"))
        })
        .unwrap();
        let seen = || -> Vec<(String, String, usize, usize, usize)> {
            let text = bd.lines(store.file()).unwrap();
            let table = Table::parse(&text, "bd").unwrap();
            let issue = |id: &str| {
                let issue = table.issue(id).unwrap();
                let counts = (issue.labels.len(), issue.dependencies.len(), issue.comments.len());
                (issue.title, issue.notes, counts.0, counts.1, counts.2)
            };
            ["ab-x1", "ab-x2"].map(issue).into()
        };
        assert_eq!(seen(), [("x1".into(), String::new(), 2, 0, 1), ("x2".into(), String::new(), 0, 1, 0)]);
        bd.change(&store, |table| {
            table.edit("ab-x1", |line| {
                line.set_text("notes", "noted");
                line.retain("labels", |label| label != "\"m\"");
            })?;
            table.edit("ab-x2", |line| line.remove("dependencies"))
        })
        .unwrap();
        assert_eq!(seen(), [("x1".into(), "noted".into(), 1, 0, 1), ("x2".into(), String::new(), 0, 0, 0)]);
        // An error changes nothing, nor does nothing.
        assert!(bd.change(&store, |table| table.edit("ab-zz", |_| {})).is_err());
        bd.change(&store, |_| Ok(())).unwrap();
        assert_eq!(seen()[0].1, "noted");
    }
}
