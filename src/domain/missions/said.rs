//! What people have said so far, for the agent of a step: why its output was sent back, what it is answered, and what was said at
//! other steps. Pure.

use super::decide;
use super::run::StepRun;

/// What a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// At which step.
    pub step: String,
    /// Who.
    pub by: String,
    /// What.
    pub note: String,
}

/// All that there is to tell at a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Why it was sent back, and by whom.
    pub sent_back: Option<Said>,
    /// Why its last run came to nothing, where people have answered that.
    pub asked: Option<String>,
    /// What people said to this step since it last ended well.
    pub answers: Vec<Said>,
    /// What they said last at each other one.
    pub notes: Vec<Said>,
}

/// What was said according to `runs`, for the step `step_id`; `now` is what is said to the run that begins.
pub fn of(runs: &[StepRun], step_id: &str, now: Option<Said>) -> Words {
    let sent_back = decide::note_for(runs, step_id).and_then(said);
    let own = |run: &&StepRun| run.step_id == step_id && run.decision.is_none();
    let well = |run: &StepRun| own(&run) && run.exit_code == Some(0) && run.error.is_none();
    let since = runs.iter().rposition(well).map_or(0, |at| at + 1);
    let answers: Vec<Said> = runs[since..].iter().filter(own).filter_map(said).chain(now).collect();
    let last = runs[since..].iter().rfind(own).and_then(|run| run.error.clone());
    let asked = last.filter(|_| !answers.is_empty());
    // What was said last at each step counts.
    let mut notes: Vec<Said> = Vec::new();
    for run in runs.iter().filter(|run| !own(run) && run.decision.as_deref() != Some("sent_back")) {
        if run.decision.is_some() || run.note.is_some() {
            notes.retain(|known| known.step != run.step_id);
        }
        notes.extend(said(run));
    }
    Words { sent_back, asked, answers, notes }
}

fn said(run: &StepRun) -> Option<Said> {
    let (step, by) = (run.step_id.clone(), run.by.clone().unwrap_or_else(|| "A person".into()));
    run.note.clone().filter(|note| !note.trim().is_empty()).map(|note| Said { step, by, note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn answers_hold_until_the_step_has_ended_well() {
        let run = |step: &str, note: &str, error: &str, decision: &str| {
            let mut run = StepRun::begin(step, "r-1", Timestamp::UNIX_EPOCH);
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            (run.note, run.error, run.decision) = (some(note), some(error), some(decision));
            (run.by, run.exit_code) = (Some("Ada".into()), Some(i32::from(!error.is_empty())));
            run
        };
        let texts = |all: &[Said]| all.iter().map(|said| said.note.clone()).collect::<Vec<_>>();
        let now = || Some(Said { step: "a".into(), by: "Ada".into(), note: "now".into() });
        let blocked = run("a", "", "which colour?", "");
        let answered = run("a", "red", "which red?", "");
        let good = run("a", "dark", "", "");
        let table = [
            (vec![], None, None, vec![], vec![]),
            (vec![], now(), None, vec!["now"], vec![]),
            (vec![&blocked], None, None, vec![], vec![]),
            (vec![&blocked], now(), Some("which colour?"), vec!["now"], vec![]),
            (vec![&blocked, &answered], None, Some("which red?"), vec!["red"], vec![]),
            (vec![&blocked, &answered], now(), Some("which red?"), vec!["red", "now"], vec![]),
            (vec![&answered, &good], None, None, vec![], vec![]),
        ];
        for (runs, now, asked, answers, notes) in table {
            let runs: Vec<StepRun> = runs.into_iter().cloned().collect();
            let words = of(&runs, "a", now);
            assert_eq!(
                (words.asked.as_deref(), texts(&words.answers)),
                (asked, answers.iter().map(ToString::to_string).collect())
            );
            assert_eq!(texts(&words.notes), notes as Vec<&str>);
        }
        let gates = [
            run("g", "first", "", "approved"),
            run("g", "second", "", "edited"),
            run("l", "to the loop", "", ""),
            run("l", "", "", ""),
            run("h", "silent", "", "approved"),
            run("h", "", "", "approved"),
            run("s", "no", "", "sent_back"),
        ];
        assert_eq!(texts(&of(&gates, "a", None).notes), ["second", "to the loop"]);
    }
}
