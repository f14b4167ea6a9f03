//! Issues named by the beginning of their ids.

use serde_json::json;

use crate::beads::{FILE, done, ids, json, refused, store};
use crate::sandbox::Sandbox;

#[test]
fn the_beginning_of_an_id_is_enough() {
    let sandbox = store();
    let known = ["bd-a3f8", "bd-a3f8.1", "bd-b7", "bd-b72", "bd-b73", "Cool-8yRc", "bd-b7.2"];
    let line = |id: &&str| format!("{{\"id\":\"{id}\",\"title\":\"t\"}}\n");
    let gone = "{\"id\":\"bd-dead\",\"status\":\"tombstone\"}\n";
    sandbox.write(FILE, known.iter().map(line).collect::<String>() + gone);
    for (given, id) in [
        ("bd-a3", "bd-a3f8"),
        ("a3f", "bd-a3f8"),
        ("a3.1", "bd-a3f8.1"),
        ("b7", "bd-b7"),
        ("b7.2", "bd-b7.2"),
        ("8yR", "Cool-8yRc"),
    ] {
        assert_eq!(ids_of(&sandbox, &["beads", "show", given]), [id], "{given}");
    }
    let several = ["beads", "update", "a3f", "bd-a3", "b72", "-p", "1"];
    assert_eq!(ids_of(&sandbox, &several), ["bd-a3f8", "bd-b72"]);
    refused(&sandbox, &["beads", "show", "bd-b"], 1, "`bd-b` can mean `bd-b7`, `bd-b72`, `bd-b73`");
    refused(&sandbox, &["beads", "close", "b73", "bd-b"], 1, "can mean");
    refused(&sandbox, &["beads", "show", "dead"], 1, "no issue `dead`");
    refused(&sandbox, &["beads", "show", "bd-"], 1, "no issue `bd-`");
    let out = sandbox.run(&["beads", "show", "cool-8yrc", "--json"]);
    assert_eq!((out.code, &out.json_error()["hint"]), (1, &json!("capitals count: there is `Cool-8yRc`")));
    done(&sandbox, &["beads", "dep", "add", "b73", "a3f"]);
    assert!(done(&sandbox, &["beads", "dep", "tree", "a3", "--up"]).contains("└── ● bd-b73"));
    let down = json(&sandbox, &["beads", "dep", "tree", "b73", "--depth", "0"]);
    assert_eq!((ids(&down), &down[0]["hidden"]), (vec!["bd-b73"], &json!(1)));
}

/// What a dependency names may be gone; the beginning of another id must not be taken for it.
#[test]
fn a_dependency_on_what_is_gone_can_be_removed() {
    let sandbox = store();
    let on = |id: &str| format!("{{\"issue_id\":\"bd-x\",\"depends_on_id\":\"{id}\",\"type\":\"blocks\"}}");
    let text = format!("{{\"id\":\"bd-x\",\"dependencies\":[{},{}]}}\n", on("bd-a3"), on("bd-a3f8"));
    sandbox.write(FILE, text + "{\"id\":\"bd-a3f8\"}\n");
    done(&sandbox, &["beads", "dep", "remove", "x", "bd-a3"]);
    let left = &json(&sandbox, &["beads", "show", "x"])[0]["dependencies"];
    assert_eq!((left.as_array().unwrap().len(), &left[0]["depends_on_id"]), (1, &json!("bd-a3f8")));
    refused(&sandbox, &["beads", "dep", "remove", "x", "zzz"], 1, "zzz");
}

fn ids_of(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    ids(&json(sandbox, args)).into_iter().map(str::to_owned).collect()
}
