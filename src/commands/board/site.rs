//! `board --site`: the tasks of a site's epic, with a glyph for where each stands, and the budget.

use std::fmt::Write;

use anyhow::Result;
use console::style;

use crate::commands::Context;
use crate::commands::beads::rows::glyph;
use crate::domain::sites::Sites;
use crate::domain::sites::tasks::{Counts, Task, Tasks, tasks};
use crate::exit::Exit;
use crate::ui::fit::{cut, pad, wide};
use crate::ui::one_line;

/// What a level of a tree is set in by.
const STEP: usize = 2;
/// Levels deeper than this are set in like it.
const DEEPEST: usize = 12;

/// Shows the tasks of the site `name`.
pub fn show(name: &str, context: &Context) -> Result<Exit> {
    let sites = Sites::of(&context.workspace()?);
    let tasks = tasks(&sites, &sites.find(Some(name))?)?;
    if tasks.tasks.is_empty() {
        context.ui.progress("no tasks");
    }
    context.ui.result(&tasks, || render(&tasks, context.ui.fit()))?;
    Ok(Exit::Done)
}

/// `Tasks of web  2 ready · 1 in progress   Budget: $2.50`, and below it `○ bd-a3f8  Create hero section  [3]` for each.
fn render(tasks: &Tasks, columns: Option<usize>) -> String {
    let fitted = |line: String, columns: Option<usize>| match columns {
        Some(columns) => cut(&line, columns).into_owned(),
        None => line,
    };
    let budget = tasks.budget.as_deref().map(|budget| format!("   {}", one_line(budget))).unwrap_or_default();
    let head = format!("Tasks of {}  {}{budget}", tasks.site, counted(tasks.counts));
    let mut out = format!("{}\n", style(fitted(head, columns)).bold());
    let lead = |task: &Task| STEP * task.depth.min(DEEPEST) + 2 + wide(&one_line(&task.id));
    let leads = tasks.tasks.iter().map(lead).max().unwrap_or(0);
    for task in &tasks.tasks {
        let left = task.left.map(|left| format!("  [{left}]")).unwrap_or_default();
        let room = columns.map(|columns| columns.saturating_sub(leads + 2 + wide(&left)));
        let title = fitted(one_line(&task.title), room);
        let step = " ".repeat(STEP * task.depth.min(DEEPEST));
        let id = pad(&one_line(&task.id), leads - step.len() - 2);
        let _ = writeln!(out, "{step}{} {id}  {title}{left}", glyph(task.state));
    }
    out
}

/// `2 ready · 1 in progress · 4 done`
fn counted(counts: Counts) -> String {
    let all = [
        (counts.ready, "ready"),
        (counts.in_progress, "in progress"),
        (counts.blocked, "blocked"),
        (counts.done, "done"),
    ];
    let there = all.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = there.map(|(count, word)| format!("{count} {word}")).collect();
    if told.is_empty() { "none".into() } else { told.join(" · ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::beads::State;

    #[test]
    fn a_glyph_for_each_status() {
        let task = |id: &str, depth, state, left| Task {
            id: id.into(),
            title: "Créer la section".into(),
            status: "open".into(),
            state,
            depth,
            left,
        };
        let tasks = Tasks {
            site: "web".into(),
            epic: Some("bd-a3f8".into()),
            budget: Some("Budget: $2.50".into()),
            counts: Counts { ready: 1, in_progress: 1, blocked: 1, done: 1 },
            tasks: vec![
                task("bd-a3f8", 0, State::Ready, Some(3)),
                task("bd-a3f8.1", 1, State::InProgress, Some(0)),
                task("bd-a3f8.1.1", 2, State::Done, None),
                task("bd-a3f8.2", 1, State::Blocked, None),
                task("bd-a3f8.3", 1, State::Ready, None),
            ],
        };
        let plain = |columns| console::strip_ansi_codes(&render(&tasks, columns)).into_owned();
        let expected = "\
Tasks of web  1 ready · 1 in progress · 1 blocked · 1 done   Budget: $2.50
○ bd-a3f8          Créer la section  [3]
  ◐ bd-a3f8.1      Créer la section  [0]
    ✓ bd-a3f8.1.1  Créer la section
  ● bd-a3f8.2      Créer la section
  ○ bd-a3f8.3      Créer la section
";
        assert_eq!(plain(None), expected);
        assert!(plain(Some(30)).lines().all(|line| wide(line) <= 30), "{}", plain(Some(30)));
        assert!(plain(Some(30)).contains("Créer…  [3]"), "{}", plain(Some(30)));
        assert_eq!(render(&Tasks::default(), None).lines().count(), 1);
    }
}
