//! What people type as texts: what begins with a hyphen, and what nobody could see.

use crate::sandbox::Sandbox;

const FILE: &str = ".beads/issues.jsonl";

#[test]
fn what_nobody_could_see_is_no_title_and_no_comment() {
    let sandbox = Sandbox::new();
    sandbox.write(FILE, "{\"id\":\"bd-1\",\"title\":\"One\"}\n");
    let before = sandbox.read(FILE);
    for text in ["", " \t", "\u{200b}", "\u{feff} \u{2060}\u{ad}", "\u{1b}\u{7}", "\u{3164}"] {
        let table: [(&[&str], &str); 4] = [
            (&["create", text], "the title is empty"),
            (&["update", "bd-1", "--title", text], "the title is empty"),
            (&["comment", "bd-1", text], "the comment is empty"),
            (&["plan", text, "--yes"], "the goal is empty"),
        ];
        for (args, says) in table {
            let out = sandbox.run(&[&["beads"], args].concat());
            assert!(out.code == 2 && out.stderr.contains(says), "{args:?} {out:?}");
        }
    }
    assert_eq!(sandbox.read(FILE), before);
    let made = sandbox.run(&["beads", "create", "👩\u{200d}💻 works", "--json"]).json();
    assert_eq!(made["title"], "👩\u{200d}💻 works");
}
