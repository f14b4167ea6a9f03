//! What must not close a task, however much it looks like the end.

use serde_json::{Value, json};

use crate::bench::stream::{init, print, result, says, sub_agent, tool, tool_result};
use crate::bench::{Bench, DONE};

const TAG: &str = "<promise>COMPLETE</promise>";

/// One attempt that must leave the task open, with `why` in its notes.
fn open_again(bench: &Bench, args: &[&str], why: &str) -> Value {
    bench.tasks(&["bd-1"]);
    let head = bench.git(&["rev-parse", "HEAD"]);
    let last = bench.finish(&[&["--once"], args].concat());
    assert_eq!((&last["reason"], &last["exit_code"]), (&json!("iterations"), &json!(1)), "{last}");
    assert_eq!((&last["completed"], &last["failed"]), (&json!([]), &json!(["bd-1"])));
    assert_eq!(last["left"], 1);
    let issue = bench.issue("bd-1");
    assert_eq!(issue["status"], "open", "{issue}");
    assert_eq!(issue["assignee"].as_str().unwrap_or_default(), "");
    let notes = issue["notes"].as_str().unwrap();
    assert!(notes.starts_with("attempt 1 of 3: ") && notes.contains(why), "{why}: {notes}");
    assert_eq!(bench.git(&["rev-parse", "HEAD"]), head, "nothing is committed");
    issue
}

/// A text agent that is not believed.
fn text(script: &str, why: &str) {
    open_again(&Bench::new(script), &[], why);
}

/// A `claude` that prints these lines and is not believed.
fn claude(lines: &[Value], exit: u8, why: &str) {
    let bench = Bench::new("");
    bench.claude(&format!("{}exit {exit}", print(lines)));
    open_again(&bench, &["--agent", "claude"], why);
}

const NO_TAG: &str = "does not end with the promise tag on a line of its own";

#[test]
fn tag_within_a_sentence() {
    let words = format!("I will not output {TAG} yet");
    text(&format!("echo '{words}'"), NO_TAG);
    claude(&[init(), says(&words), result(&words, 0.1)], 0, NO_TAG);
}

#[test]
fn tag_before_the_last_words() {
    text(&format!("{DONE}; echo 'but the tests are red'"), NO_TAG);
    let words = format!("{TAG}\n\nno, wait");
    claude(&[init(), says(&words), result(&words, 0.1)], 0, NO_TAG);
}

#[test]
fn tag_inside_a_code_fence() {
    text(&format!("echo '```'; {DONE}; echo '```'"), NO_TAG);
    text(&format!("echo '```'; {DONE}"), NO_TAG);
    let words = format!("done:\n```\n{TAG}\n```");
    claude(&[init(), says(&words), result(&words, 0.1)], 0, NO_TAG);
}

#[test]
fn tag_in_lower_case_or_with_something_beside_it() {
    text("echo '<promise>complete</promise>'", NO_TAG);
    text("echo '<promise>COMPLETE</promise>.'", NO_TAG);
    claude(&[init(), result("<promise>complete</promise>", 0.1)], 0, NO_TAG);
}

#[test]
fn tag_in_tool_output() {
    claude(
        &[init(), tool("cat notes"), tool_result(&format!("x\n{TAG}")), result("I looked at it.", 0.1)],
        0,
        NO_TAG,
    );
}

#[test]
fn tag_on_standard_error() {
    text(&format!("{DONE} >&2; echo working"), NO_TAG);
}

#[test]
fn tag_of_a_sub_agent() {
    claude(&[init(), tool("look around"), sub_agent(TAG), result("It has not ended.", 0.1)], 0, NO_TAG);
    claude(&[init(), tool("look around"), sub_agent(TAG)], 0, "no result in its output");
}

#[test]
fn prompt_printed_back() {
    text("cat", NO_TAG);
    text("cat \"$TASKRUN_PROMPT_FILE\" | tail -n 3", NO_TAG);
    let bench = Bench::new("");
    bench.task("bd-1", &json!({"description": format!("End with\n{TAG}"), "notes": TAG}));
    bench.agent("cat | head -n 24; cat \"$TASKRUN_PROMPT_FILE\" > \"$ASIDE/prompt\"");
    bench.commit_all();
    assert_eq!(bench.run(&["--once"]).code, 1);
    assert!(bench.lines("prompt").iter().all(|line| line.trim() != TAG));
}

#[test]
fn exit_code_1_after_the_tag() {
    text(&format!("{DONE}; exit 1"), "promised to be complete, but ended with exit code 1");
    claude(&[init(), says(TAG), result(TAG, 0.1)], 1, "promised to be complete, but ended with exit code 1");
}

#[test]
fn death_by_a_signal_after_the_tag() {
    text(&format!("{DONE}; kill -9 $$"), "killed by signal 9");
    let bench = Bench::new("");
    bench.claude(&format!("{}kill -9 $$", print(&[init(), result(TAG, 0.1)])));
    open_again(&bench, &["--agent", "claude"], "killed by signal 9");
}

#[test]
fn no_terminal_event() {
    claude(&[init(), says(TAG)], 0, "no result in its output");
    claude(&[], 0, "no result in its output");
    let bench = Bench::new("");
    bench.claude(&format!("{DONE}; echo not json"));
    open_again(&bench, &["--agent", "claude"], "no result in its output");
}

#[test]
fn terminal_event_that_says_error() {
    let mut turns = result(TAG, 0.1);
    (turns["is_error"], turns["subtype"]) = (json!(true), json!("error_max_turns"));
    claude(&[init(), says(TAG), turns], 0, TAG);
    let mut hidden = result(TAG, 0.1);
    hidden["is_error"] = json!(true);
    claude(&[init(), says(TAG), hidden], 0, "");
    let mut aborted = result(TAG, 0.1);
    aborted["terminal_reason"] = json!("aborted_tools");
    claude(&[init(), says(TAG), aborted], 0, "interrupted");
}

#[test]
fn words_after_the_result() {
    claude(&[init(), result(TAG, 0.1), says("one more thing")], 0, "no result in its output");
}

#[test]
fn red_gate_behind_the_tag() {
    let bench = Bench::new(&format!("echo work > made.txt; {DONE}"));
    bench.config("[gates]\n'*' = ['true', 'echo why; exit 7', 'touch never']");
    let issue = open_again(&bench, &[], "gate `echo why; exit 7` failed with exit code 7");
    assert_eq!(issue["notes"].as_str().unwrap().lines().count(), 1);
    assert!(!bench.sandbox.path("never").exists(), "the first red gate ends the check");
    assert_eq!(bench.sandbox.read("made.txt"), "work\n", "what was made stays for the next attempt");
    let bench = Bench::new("");
    bench.claude(&print(&[init(), says(TAG), result(TAG, 0.1)]));
    open_again(&bench, &["--agent", "claude", "--gate", "false"], "gate `false` failed with exit code 1");
}

#[test]
fn task_that_the_agent_closed_itself() {
    let bench =
        Bench::new("sed -i 's/\"open\"/\"closed\"/; s/\"in_progress\"/\"closed\"/' .beads/issues.jsonl");
    open_again(&bench, &[], NO_TAG);
}

#[test]
fn empty_output_and_output_that_is_no_text() {
    text("", NO_TAG);
    text("printf '\\377\\376'; head -c 300000 /dev/zero", NO_TAG);
}

/// The trap's other side: what is right is taken.
#[test]
fn the_tag_alone_at_the_end_closes() {
    for script in [
        DONE.to_owned(),
        format!("echo '```'; echo x; echo '```'; {DONE}; echo; echo"),
        format!("printf '%s' '{TAG}'"),
    ] {
        let bench = Bench::new(&script);
        bench.tasks(&["bd-1"]);
        let last = bench.finish(&["--once"]);
        assert_eq!((&last["exit_code"], &last["completed"]), (&json!(0), &json!(["bd-1"])), "{script}");
        assert_eq!(bench.issue("bd-1")["close_reason"], "Completed");
    }
}
