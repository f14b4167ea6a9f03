//! `mission review`: what people see at a gate, change, and decide.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bench::{kill, reap, wait_for};
use crate::mission_scene::{ID, Scene, WRITTEN, ago};
use crate::sandbox::Outcome;
use crate::terminal::Terminal;

const BEFORE: &str = "runs/step-01-cleanup.r-1763740000000-aaaa.before";
/// Artifacts that are edited.
const LARGE: u64 = 100 << 20;
/// Those that do not fit into the memory that [`within`] gives.
const HUGE: u64 = 600 << 20;

fn large(scene: &Scene, name: &str, size: u64) {
    scene.artifact(name, "beginning\n");
    let file = OpenOptions::new().write(true).open(scene.path(&format!("artifacts/{name}"))).unwrap();
    file.write_all_at(b"end", size - 3).unwrap();
}

/// taskrun with less memory (its own code counts) than [`HUGE`].
fn within(scene: &Scene, args: &[&str]) -> Outcome {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -v 500000 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_taskrun")]).args(args);
    command.current_dir(scene.sandbox.path("")).env("HOME", scene.sandbox.root().join("home"));
    Outcome::of(command.stdin(Stdio::null()))
}

#[test]
fn what_files_say_cannot_steer_the_terminal() {
    let scene = Scene::new();
    let evil = "a\u{1b}[31mb\u{202e}c\nd";
    scene.mission(&json!({"title": evil, "errors": [evil], "last_error": evil, "status": "failed"}));
    let decided = json!({"decision": "approved", "by": evil, "note": evil, "finished_at": ago(1)});
    scene.run_of(2, "review-structured", "r-2", &decided);
    scene.artifact("structured-text.md", evil);
    let shown = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(shown.starts_with("a\u{fffd}[31mb\u{fffd}c d\n"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    let terminal = Terminal::new(60, 40);
    let mut command = scene.sandbox.command();
    let child = terminal.start(command.args(["mission", "review", ID, "--color", "never"]));
    wait_for("a question", || terminal.printed().contains("[q]uit?"));
    assert!(!terminal.printed().contains(['\u{1b}', '\u{202e}']), "{}", terminal.printed());
    terminal.press("q\n");
    assert_eq!(reap(child), 4);
}

#[test]
fn large_artifacts_are_named_and_never_held_whole() {
    let scene = Scene::new();
    large(&scene, "structured-text.md", HUGE);
    let shown = within(&scene, &["mission", "show", ID, "--json"]).json();
    assert_eq!(shown["truncated"], json!(["structured-text.md"]));
    assert_eq!(shown["artifact_sizes"]["structured-text.md"], HUGE);
    assert_eq!(shown["artifacts"]["structured-text.md"].as_str().unwrap().len(), 64 << 10);
    assert_eq!(within(&scene, &["mission", "review", ID, "--approve"]).code, 0);

    let scene = Scene::new();
    large(&scene, "structured-text.md", LARGE);
    let terminal = Terminal::new(80, 24);
    let child = terminal.start(scene.sandbox.command().args(["mission", "review", ID]));
    let rest = format!("`taskrun mission artifact get {ID} structured-text.md` prints all 104.8 MB");
    wait_for("its beginning", || {
        terminal.printed().contains("beginning") && terminal.printed().contains(&rest)
    });
    wait_for("a question", || terminal.printed().contains("[q]uit?"));
    terminal.press("q\n");
    assert_eq!(reap(child), 4);
    let editor = scene.editor("printf changed | dd of=\"$1\" conv=notrunc 2>/dev/null");
    let edited = scene.review(&format!("'{}'", editor.display()), &["--edit", "--approve"]);
    assert_eq!(edited.code, 0, "{edited:?}");
    assert!(edited.stdout.contains("too long to be compared line by line"), "{edited:?}");
    assert_eq!(scene.path(BEFORE).metadata().unwrap().len(), LARGE);
    assert!(!scene.decisions().is_empty() && scene.decisions()[0]["decision"] == "edited");
}

#[test]
fn an_edit_is_saved_and_what_was_there_is_kept() {
    let scene = Scene::new();
    let editor = scene.editor("test \"$1\" = -w && shift; printf 'And a button.\\n' >> \"$1\"; echo said");
    let quoted = format!("'{}' -w", editor.display());
    let out = scene.review(&quoted, &["--edit"]);
    let diff = "--- structured-text.md\tas it was\n+++ structured-text.md\tas it is\n@@ -4,3 +4,4 @@\n \n - a form\n \
        - a link for lost passwords\n+And a button.\n";
    assert_eq!((out.code, out.stdout.as_str()), (0, diff));
    assert!(out.stderr.starts_with("said\n") && out.stderr.contains("nothing is decided yet"), "{out:?}");
    assert_eq!(scene.read("artifacts/structured-text.md"), format!("{WRITTEN}And a button.\n"));
    assert_eq!(scene.read(BEFORE), WRITTEN);
    assert_eq!(scene.saved()["status"], "waiting_human");
    assert_ne!(scene.saved()["updated_at"], ago(200));
    // Once more: what the agent wrote stays what is compared with.
    let out = scene.review(&quoted, &["--edit", "--approve", "--note", "good now", "--json"]);
    let told = out.json();
    assert_eq!(
        (&told["edited"], &told["decided"], &told["mission"]["current_step"]),
        (&json!(true), &json!(true), &json!(2))
    );
    assert!(told["diff"].as_str().unwrap().ends_with("+And a button.\n+And a button.\n"), "{told}");
    assert_eq!(scene.read(BEFORE), WRITTEN);
    let decided = &scene.decisions()[0];
    assert_eq!(
        (&decided["decision"], &decided["note"], &decided["by"]),
        (&json!("edited"), &json!("good now"), &json!("Ada"))
    );
    // Also from the step after the gate.
    let last = scene.sandbox.run(&["mission", "review", ID, "--diff", "--json"]).json();
    assert_eq!(last["diff"], told["diff"]);
    // Written by other means than the editor, it is an edit all the same.
    let scene = Scene::new();
    scene.sandbox.write("mine", "mine\n");
    let set = scene.sandbox.run(&["mission", "artifact", "set", ID, "structured-text.md", "--from", "mine"]);
    assert_eq!((set.code, scene.read(BEFORE).as_str()), (0, WRITTEN), "{set:?}");
    assert_eq!(scene.review("true", &["--approve"]).code, 0);
    assert_eq!(scene.decisions()[0]["decision"], "edited");
}

#[test]
fn what_comes_to_nothing_leaves_the_artifact_as_it_was() {
    let scene = Scene::new();
    let failing = scene.editor("echo broken > \"$1\"; exit 3");
    let failing = format!("'{}'", failing.display());
    let table = [
        (
            failing.as_str(),
            &["--edit", "--approve"][..],
            1,
            "failed with exit code 3: `structured-text.md` is as it was",
        ),
        ("no-such-editor-here", &["--edit"], 2, "`no-such-editor-here` is not installed"),
        ("  ", &["--edit"], 2, "`EDITOR` is no command"),
        ("vi 'open", &["--edit"], 2, "`EDITOR` is no command"),
        ("", &["--edit"], 2, "neither `VISUAL` nor `EDITOR` is set"),
        ("rm", &["--edit"], 1, "the editor `rm` left no file"),
        ("sh -c 'kill -9 $$'", &["--edit"], 1, "was ended by signal 9"),
        ("sh -c 'kill -2 $$'", &["--edit", "--approve"], 130, "interrupted"),
        ("true; touch hacked #", &["--edit"], 2, "`true;` is not installed"),
        ("true", &[], 2, "`--approve`, or `--send-back NOTE`"),
        ("true", &["--json"], 2, "`--approve`, or `--send-back NOTE`"),
        ("true", &["--send-back", " "], 2, "nothing is said in it"),
        ("true", &["--send-back", "x", "--approve"], 2, "cannot be used with"),
        ("true", &["--note", "x"], 2, "--approve"),
        ("true", &["--diff", "--edit"], 2, "cannot be used with"),
    ];
    for (editor, args, code, told) in table {
        let out = scene.review(editor, args);
        assert_eq!((out.code, out.stdout.as_str()), (code, ""), "{editor} {args:?} {out:?}");
        assert!(out.stderr.contains(told), "{editor} {args:?} {out:?}");
        assert_eq!(scene.read("artifacts/structured-text.md"), WRITTEN, "{editor} {args:?}");
    }
    assert!(!scene.path(BEFORE).exists() && !scene.sandbox.path("hacked").exists());
    assert_eq!(scene.decisions(), Vec::<Value>::new());
    assert_eq!(std::fs::read_dir(scene.sandbox.path(".taskrun/edits")).unwrap().count(), 0);
    let unchanged = scene.review("true", &["--edit"]);
    assert_eq!(
        (unchanged.code, unchanged.stdout.as_str()),
        (0, "structured-text.md is as the agent wrote it\n")
    );
}

#[test]
fn an_edit_does_not_undo_what_somebody_else_did_meanwhile() {
    let scene = Scene::new();
    let artifact = scene.path("artifacts/structured-text.md");
    let editor = scene.editor(&format!("echo mine > \"$1\"; echo theirs > '{}'", artifact.display()));
    let out = scene.review(&format!("'{}'", editor.display()), &["--edit"]);
    assert_eq!(out.code, 1, "{out:?}");
    assert!(out.stderr.contains("somebody else changed `structured-text.md` meanwhile"), "{out:?}");
    assert_eq!(scene.read("artifacts/structured-text.md"), "theirs\n");
    let kept = out.stderr.split('`').find(|part| part.contains(".taskrun/edits/")).unwrap();
    assert_eq!(scene.sandbox.read(kept), "mine\n");

    let scene = Scene::new();
    let program = env!("CARGO_BIN_EXE_taskrun");
    let editor = scene.editor(&format!(
        "echo mine > \"$1\"; '{program}' -C '{}' mission review {ID} --approve",
        scene.sandbox.path("").display()
    ));
    let out = scene.review(&format!("'{}'", editor.display()), &["--edit"]);
    assert!(out.code == 1 && out.stderr.contains("is not at `review-structured` any more"), "{out:?}");
    assert_eq!(scene.read("artifacts/structured-text.md"), WRITTEN);
    assert_eq!(scene.decisions().len(), 1);
}

#[test]
fn decisions_move_the_mission_and_stay_on_record() {
    let scene = Scene::new();
    let back = scene.review("true", &["--send-back", "- say how `$(touch hacked)`"]);
    assert_eq!(
        (back.code, back.stdout),
        (0, format!("sent back to Cleanup & Structure\nnext: taskrun mission continue {ID}\n"))
    );
    assert_eq!((&scene.saved()["current_step"], &scene.saved()["status"]), (&json!(0), &json!("ready")));
    let shown = scene.sandbox.run(&["mission", "show", ID]).stdout;
    assert!(shown.contains("● 1  agent  Cleanup & Structure      to be done again\n"), "{shown}");
    assert!(
        shown.contains("sent back by Ada · just now\n            “- say how `$(touch hacked)`”\n"),
        "{shown}"
    );
    let refused = scene.review("true", &["--approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("it is ready at step `cleanup`, which no person does"), "{refused:?}");
    assert!(refused.stderr.contains(&format!("taskrun mission continue {ID}")), "{refused:?}");

    scene.mission(&json!({"current_step": 3}));
    scene.artifact("research-output.md", "found\n");
    let done = scene.review("true", &["--approve"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, "approved; the mission is completed\n"));
    let decisions = scene.decisions();
    let words: Vec<_> = decisions.iter().map(|run| run["decision"].as_str().unwrap()).collect();
    assert_eq!(words, ["sent_back", "approved"]);
    assert!(scene.sandbox.path(&format!(".taskrun/missions/completed/{ID}--login-page")).is_dir());
    let refused = scene.review("true", &["--approve"]);
    assert!(refused.code == 1 && refused.stderr.contains("is completed"), "{refused:?}");
}

#[test]
fn a_gate_without_its_artifact_says_so() {
    let scene = Scene::new();
    std::fs::remove_file(scene.path("artifacts/structured-text.md")).unwrap();
    let refused = scene.review("true", &["--approve"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("has no artifact `structured-text.md`"),
        "{refused:?}"
    );
    std::os::unix::fs::symlink("/etc/hostname", scene.path("artifacts/structured-text.md")).unwrap();
    let refused = scene.review("true", &["--edit"]);
    assert!(refused.code != 0 && refused.stderr.contains("not a regular file"), "{refused:?}");
    assert_eq!(
        scene.sandbox.run(&["mission", "show", ID, "--json"]).json()["artifact_sizes"],
        json!({"raw-input.md": 40})
    );
}

#[test]
fn on_a_terminal_it_asks_until_something_is_decided() {
    let scene = Scene::new();
    let editor = scene.editor("test -t 0 && test -t 1 && printf 'And a button.\\n' >> \"$1\"");
    let terminal = Terminal::new(80, 40);
    let mut command = scene.sandbox.command();
    command.args(["mission", "review", ID, "--color", "never"]);
    command.env("EDITOR", format!("'{}'", editor.display())).env("BEADS_ACTOR", "Ada");
    let child = terminal.start(&mut command);
    let asked = |times: usize| {
        wait_for("a question", || terminal.printed().matches("[q]uit?").count() == times);
    };
    asked(1);
    let printed = terminal.printed().replace('\r', "");
    let rule = "─".repeat(80);
    let head = format!(
        "Login page: step 2 of 4, Review Structured Input\nstructured-text.md ({} B)\n{rule}\n",
        WRITTEN.len()
    );
    assert!(printed.starts_with(&format!("{head}{WRITTEN}{rule}\n")), "{printed}");
    terminal.press("what?\n");
    asked(2);
    terminal.press("e\n");
    asked(3);
    wait_for("a diff", || terminal.printed().contains("+And a button."));
    terminal.press("s\n");
    wait_for("a question", || terminal.printed().contains("what is to be done better?"));
    terminal.press("\n");
    asked(4);
    terminal.press("s\n");
    wait_for("a question", || terminal.printed().matches("what is to be done better?").count() == 2);
    terminal.press("shorter, please\n");
    assert_eq!(reap(child), 0);
    let decided = &scene.decisions()[0];
    assert_eq!((&decided["decision"], &decided["note"]), (&json!("sent_back"), &json!("shorter, please")));

    let scene = Scene::new();
    for (keys, code, decided) in [("q\n", 4, 0), ("\x04", 4, 0), ("approve\n", 0, 1)] {
        let terminal = Terminal::new(80, 40);
        let child = terminal.start(scene.sandbox.command().args(["mission", "review", ID]));
        wait_for("a question", || terminal.printed().contains("[q]uit?"));
        terminal.press(keys);
        assert_eq!(reap(child), code, "{keys:?}");
        assert_eq!(scene.decisions().len(), decided, "{keys:?}");
    }
    let scene = Scene::new();
    let terminal = Terminal::new(80, 40);
    let child = terminal.start(scene.sandbox.command().args(["mission", "review", ID]));
    wait_for("a question", || terminal.printed().contains("[q]uit?"));
    kill(child.id(), "INT");
    assert_eq!(reap(child), 130);
    assert_eq!(scene.decisions().len(), 0);
}

#[test]
fn while_the_editor_has_the_terminal_its_keys_are_its_own() {
    let scene = Scene::new();
    let root = scene.sandbox.root();
    let wait = format!(
        "trap '' INT; cd '{}'; touch started; while [ ! -e go ]; do sleep 0.02; done",
        root.display()
    );
    let editor = scene.editor(&format!("file=$1; {wait}; echo more >> \"$file\""));
    let start = || {
        let mut command = scene.sandbox.command();
        command
            .args(["mission", "review", ID, "--edit", "--approve"])
            .env("EDITOR", format!("'{}'", editor.display()));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for("the editor", || root.join("started").exists());
        std::fs::remove_file(root.join("started")).unwrap();
        child
    };
    let child = start();
    kill(child.id(), "TERM");
    assert_eq!(reap(child), 143);
    assert_eq!(scene.read("artifacts/structured-text.md"), WRITTEN);
    assert_eq!(std::fs::read_dir(scene.sandbox.path(".taskrun/edits")).unwrap().count(), 0);
    let child = start();
    kill(child.id(), "INT");
    scene.sandbox.write("../go", "");
    assert_eq!(reap(child), 0);
    assert_eq!(scene.read("artifacts/structured-text.md"), format!("{WRITTEN}more\n"));
    assert_eq!(scene.decisions()[0]["decision"], "edited");
}
