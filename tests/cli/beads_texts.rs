//! What people type as texts: what begins with a hyphen, and what nobody could see.

use std::process::{Command, Stdio};

use crate::sandbox::{Outcome, Sandbox};

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

#[test]
fn a_text_may_begin_with_a_hyphen_and_a_mistyped_option_is_none() {
    let sandbox = Sandbox::new();
    sandbox.write(FILE, "{\"id\":\"bd-1\",\"title\":\"One\"}\n");
    let comment = |args: &[&str]| {
        let out = sandbox.run(&[&["beads", "comment", "--json"], args].concat());
        assert_eq!(out.code, 0, "{args:?} {out:?}");
        let said = out.json();
        (said["author"].as_str().unwrap().to_owned(), said["text"].as_str().unwrap().to_owned())
    };
    let said = |who: &str, text: &str| (who.to_owned(), text.to_owned());
    assert_eq!(comment(&["bd-1", "- text", "--as", "ann"]), said("ann", "- text"));
    assert_eq!(comment(&["bd-1", "--as", "ann", "--a list"]), said("ann", "--a list"));
    assert_eq!(comment(&["--as=ann", "bd-1", "-\tx\n-\ty"]), said("ann", "-\tx\n-\ty"));
    assert_eq!(comment(&["--as", "ann", "--", "bd-1", "--as"]), said("ann", "--as"));
    let made = sandbox.run(&["beads", "create", "- a title", "-p", "1", "--json"]).json();
    assert_eq!((&made["title"], &made["priority"]), (&"- a title".into(), &1.into()));
    // A goal is read as one, and then there is nobody to ask.
    let out = sandbox.run(&["beads", "plan", "- goal", "--agent", "nobody", "--yes"]);
    assert!(out.code == 2 && out.stderr.contains("nobody"), "{out:?}");
    let before = sandbox.read(FILE);
    let table: [(&[&str], &str); 6] = [
        (&["comment", "bd-1", "--ass"], "use `-- --ass`"),
        (&["comment", "bd-1", "-x"], "unexpected argument `-x`"),
        (&["comment", "bd-1", "--as", "ann"], "required"),
        (&["create", "--titel=x"], "unexpected argument `--titel=x`"),
        (&["plan", "--ye"], "a similar argument exists: `--yes`"),
        (&["plan", "goal", "--ye"], "`--ye`"),
    ];
    for (args, says) in table {
        let out = sandbox.run(&[&["beads"], args].concat());
        assert!(out.code == 2 && out.stderr.contains(says), "{args:?} {out:?}");
    }
    assert_eq!(sandbox.read(FILE), before);
    // `-` is standard input still.
    let mut echo = Command::new("echo").args(["-", "from afar"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut command = sandbox.command();
    command.args(["beads", "comment", "bd-1", "-", "--json"]).stdin(echo.stdout.take().unwrap());
    let out = Outcome::of(&mut command);
    echo.wait().unwrap();
    assert!(out.json()["text"].as_str().unwrap().starts_with("- from afar"), "{out:?}");
}
