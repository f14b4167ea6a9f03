//! What a task is and when it is done holds for a run as it was when the run first took it: an agent that writes other
//! words into the store changes neither what is asked of it nor what its work is judged by.

use anyhow::Result;

use crate::domain::beads::Issue;
use crate::domain::loops::run::Run;
use crate::domain::loops::settle::AUTHOR;
use crate::domain::skills::apply::skill_of;
use crate::domain::skills::catalog::Catalog;
use crate::fault::Fault;

/// What is asked for, by name.
fn asked(issue: &Issue) -> [(&'static str, &str); 4] {
    [
        ("title", &issue.title),
        ("description", &issue.description),
        ("design", &issue.design),
        ("acceptance criteria", &issue.acceptance_criteria),
    ]
}

/// What differs of what is asked for: its names, and what it was.
fn differences(first: &Issue, now: &Issue) -> Option<(String, String)> {
    let pairs = asked(first).into_iter().zip(asked(now));
    let (names, texts): (Vec<_>, Vec<_>) = pairs
        .filter(|(was, is)| was.1 != is.1)
        .map(|(was, _)| (was.0, format!("{}:\n{}", was.0, was.1)))
        .unzip();
    (!names.is_empty()).then(|| (names.join(", "), texts.join("\n\n")))
}

impl Run<'_> {
    /// A task with what was asked for when this run first took it; the rest is as it is now.
    pub(super) fn as_taken(&self, issue: &Issue) -> Issue {
        let Some(first) = self.taken.get(&issue.id) else { return issue.clone() };
        // Labels and JSON say of which skill it is, and so by which gates it is judged.
        Issue {
            notes: issue.notes.clone(),
            status: issue.status.clone(),
            assignee: issue.assignee.clone(),
            comments: issue.comments.clone(),
            ..first.clone()
        }
    }

    /// Says once where what is asked for was changed while the task was worked, to whoever runs this and, with the words
    /// it had, in a comment on the task: the next run goes by what stands there.
    pub(super) fn tell_of_changes(&mut self, first: &Issue) -> Result<()> {
        let now = match self.store.issue(&first.id) {
            Err(error) if matches!(error.downcast_ref(), Some(Fault::NotFound { .. })) => return Ok(()),
            other => other?,
        };
        let Some((names, texts)) = differences(first, &now) else { return Ok(()) };
        let notice = format!(
            "`{}` was changed while it was worked ({names}): this run goes by what it was when it was first taken",
            first.id
        );
        if !self.noticed.contains(&notice) {
            let comment = format!("Changed while this was worked ({names}). Before that it was:\n\n{texts}");
            self.store.comment(&first.id, AUTHOR, &comment)?;
        }
        self.notice_once(notice);
        Ok(())
    }

    /// Says once that the run does not go by the skill of a task, where there is such a skill.
    pub(super) fn tell_of_skill(&mut self, issue: &Issue) {
        let guided = self.plan.guide.as_ref().is_some_and(|guide| guide.is_for(issue));
        let Some(skill) = skill_of(issue).filter(|_| !guided && !self.plan.no_skill) else { return };
        let said = format!("of the skill `{skill}`, whose");
        if self.noticed.iter().any(|notice| notice.contains(&said)) {
            return;
        }
        if Catalog::new(Some(self.workspace)).get(skill).is_ok() {
            self.notice_once(format!(
                "`{}` is {said} prompts and gates this run leaves out; `--skill {skill}` goes by it",
                issue.id
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_compared_and_nothing_else() {
        let first = Issue::parse(r#"{"id":"bd-1","title":"t","acceptance_criteria":"a\nb"}"#).unwrap();
        let noted = Issue { notes: "n".into(), status: "closed".into(), ..first.clone() };
        assert_eq!(differences(&first, &noted), None);
        let weaker = Issue { acceptance_criteria: "a".into(), description: "d".into(), ..first.clone() };
        let told = (
            "description, acceptance criteria".to_owned(),
            "description:\n\n\nacceptance criteria:\na\nb".to_owned(),
        );
        assert_eq!(differences(&first, &weaker), Some(told));
    }
}
