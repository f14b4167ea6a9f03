//! Tables of every step of a mission's way.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::missions::mission::Kind;

/// A workflow of these kinds; `a` is an agent that writes `<index>.md`, `h` a gate that shows what is before it.
fn workflow(kinds: &str) -> Workflow {
    let steps = kinds.chars().enumerate().map(|(index, kind)| {
        let name = format!("s{index}");
        match kind {
            'a' => json!({"step_id": name, "name": name, "type": "agent", "agent": "x", "outputArtifact": format!("{index}.md")}),
            'h' => json!({"step_id": name, "name": name, "type": "human-gate", "reviewArtifact": format!("{}.md", index.saturating_sub(1))}),
            'g' => json!({"step_id": name, "name": name, "type": "gate", "commands": ["true"]}),
            _ => json!({"step_id": name, "name": name, "type": if kind == 'l' { "loop" } else { "macp" }}),
        }
    });
    let steps: Vec<_> = steps.collect();
    serde_json::from_value(json!({"workflow_id": "w", "name": "W", "steps": steps})).unwrap()
}

fn mission(current_step: usize, status: Status) -> Mission {
    Mission {
        version: 1,
        mission_id: "m-1".into(),
        title: "T".into(),
        kind: Kind::Fix,
        workflow_id: "w".into(),
        current_step,
        status,
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        errors: Vec::new(),
        last_error: None,
        more: serde_json::Map::new(),
    }
}

#[test]
fn what_is_next_follows_from_the_step_and_the_state() {
    use Status::{Completed, Draft, Failed, Ready, RunningCodeAgent, RunningRootLlm, WaitingHuman};
    let table = [
        ("ah", 0, Draft, false, Ok(Next::Run(0))),
        ("ah", 0, Ready, false, Ok(Next::Run(0))),
        ("ah", 0, Failed, false, Ok(Next::Run(0))),
        ("ah", 0, RunningCodeAgent, false, Err(75)),
        ("ah", 0, RunningRootLlm, false, Err(75)),
        ("ah", 0, RunningCodeAgent, true, Ok(Next::Run(0))),
        ("ah", 1, WaitingHuman, false, Ok(Next::Gate(1))),
        ("ah", 1, RunningRootLlm, true, Ok(Next::Gate(1))),
        ("ah", 2, Ready, false, Ok(Next::Complete)),
        ("ah", 9, Ready, false, Ok(Next::Complete)),
        ("ah", 2, Completed, false, Err(1)),
        ("ah", 0, Completed, false, Err(1)),
        // As the original leaves it where two agents follow each other.
        ("aa", 1, WaitingHuman, false, Ok(Next::Run(1))),
        ("ha", 0, Ready, false, Ok(Next::Gate(0))),
        ("glm", 0, Ready, false, Ok(Next::Run(0))),
        ("glm", 1, Failed, false, Ok(Next::Run(1))),
        ("glm", 2, Ready, false, Ok(Next::Run(2))),
    ];
    for (kinds, step, status, dead, expected) in table {
        let found = next(&workflow(kinds), &mission(step, status), dead);
        let found = found.map_err(|error| match error.downcast_ref() {
            Some(Fault::Busy { .. }) => 75,
            Some(Fault::Refused { .. }) => 1,
            _ => 0,
        });
        assert_eq!(found, expected, "{kinds} at {step}, {status:?}, dead: {dead}");
    }
}

#[test]
fn what_happens_leads_on() {
    use Happened::{Began, Done, Failed, Marked, SentBack};
    use Status::{Completed, Ready, RunningCodeAgent, WaitingHuman};
    let table = [
        // Before, what happened, where it is then.
        ("ah", 0, Ready, Began, (0, RunningCodeAgent)),
        ("ah", 0, RunningCodeAgent, Done, (1, WaitingHuman)),
        ("aa", 0, RunningCodeAgent, Done, (1, Ready)),
        ("ag", 0, RunningCodeAgent, Done, (1, Ready)),
        ("a", 0, RunningCodeAgent, Done, (1, Completed)),
        ("ha", 0, WaitingHuman, Done, (1, Ready)),
        ("hh", 0, WaitingHuman, Done, (1, WaitingHuman)),
        ("ah", 1, WaitingHuman, Done, (2, Completed)),
        ("ah", 7, Ready, Done, (2, Completed)),
        ("ah", 0, RunningCodeAgent, Failed("why"), (0, Status::Failed)),
        ("ah", 0, Status::Failed, Began, (0, RunningCodeAgent)),
        ("ahgh", 3, WaitingHuman, SentBack(0), (0, Ready)),
        ("ah", 0, Status::Failed, Marked, (0, Completed)),
        ("ah", 1, WaitingHuman, Marked, (1, Completed)),
    ];
    for (kinds, step, status, happened, expected) in table {
        let found = after(&workflow(kinds), &mission(step, status), happened);
        assert_eq!((found.current_step, found.status), expected, "{kinds} at {step}, {happened:?}");
    }
}

#[test]
fn errors_are_kept_and_the_last_one_counts_until_a_step_is_done() {
    let workflow = workflow("aa");
    let mut now = mission(0, Status::Ready);
    let steps = [
        (Happened::Failed("one"), 1, Some("one")),
        (Happened::Began, 1, Some("one")),
        (Happened::Failed("two"), 2, Some("two")),
        (Happened::Failed("two"), 3, Some("two")),
        (Happened::Done, 3, None),
        (Happened::Failed("three"), 4, Some("three")),
        (Happened::Marked, 4, Some("three")),
    ];
    for (happened, count, last) in steps {
        now = after(&workflow, &now, happened);
        assert_eq!((now.errors.len(), now.last_error.as_deref()), (count, last), "{happened:?}");
    }
    assert_eq!(now.errors, ["one", "two", "two", "three"]);
}

#[test]
fn what_is_sent_back_goes_to_whoever_wrote_it() {
    let table = [
        ("ah", 1, Some(0)),
        ("ahah", 3, Some(2)),
        ("agh", 2, Some(0)),
        ("h", 0, None),
        ("gh", 1, None),
        ("aha", 9, Some(2)),
    ];
    for (kinds, gate, expected) in table {
        assert_eq!(back_from(&workflow(kinds), gate), expected, "{kinds} from {gate}");
    }
    // The one who wrote it, though another has worked since.
    let mut two = workflow("aah");
    two.steps[2].review_artifact = Some("0.md".into());
    assert_eq!(back_from(&two, 2), Some(0));
    two.steps[2].review_artifact = None;
    assert_eq!(back_from(&two, 2), Some(1));
}
