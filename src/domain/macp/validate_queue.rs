//! What is wrong with a queue's files beyond what their schemas say: all that a drain refuses, and results of others.

use std::path::Path;

use anyhow::Result;

use super::place::Place;
use super::queue::Queue;
use super::results::{self, file_name};
use super::validate::{Found, Report};
use super::{check, schema, settings};
use crate::system::document::shown;
use crate::system::store;

impl Report {
    /// Looks at the queue as a drain does before it starts.
    pub(super) fn consult(&mut self, place: &Place) -> Result<()> {
        let tasks = place.tasks();
        let Some(text) = store::read_text(&tasks)? else {
            // It may have been there.
            if let Err(error) = Queue::open(place.clone()) {
                self.whole(&tasks, &error);
            }
            return Ok(());
        };
        let settings = match settings::load(place) {
            Ok(settings) => settings,
            Err(error) => {
                self.whole(&place.config(), &error);
                return Ok(());
            }
        };
        let queue = match Queue::open(place.clone()) {
            Ok(queue) => queue,
            Err(error) => {
                self.whole(&tasks, &error);
                return Ok(());
            }
        };
        let lines = schema::lines::of_tasks(&text);
        for complaint in check::queue(&queue, &settings)? {
            let about = |found: &Found| {
                found.task.as_ref() == Some(&complaint.task)
                    && found.field.split('.').next() == Some(complaint.field)
            };
            if !self.problems.iter().any(about) {
                self.problems.push(Found {
                    file: tasks.clone(),
                    line: lines.get(&complaint.task).copied().unwrap_or(1),
                    task: Some(complaint.task),
                    field: complaint.field.into(),
                    message: complaint.message,
                });
            }
        }
        self.strangers(place, &queue);
        Ok(())
    }

    /// Something about a whole file, where nothing was found in it yet.
    fn whole(&mut self, file: &Path, error: &anyhow::Error) {
        if self.problems.iter().any(|found| found.file == file) {
            return;
        }
        let told = format!("{error:#}");
        let (line, message) = told_of(file, &told);
        let message = message.map_or_else(|| format!("cannot be used: {told}"), str::to_owned);
        self.problems.push(Found { file: file.to_owned(), line, task: None, field: String::new(), message });
    }

    /// Results that lie where another task's belongs.
    fn strangers(&mut self, place: &Place, queue: &Queue) {
        for (path, id) in std::mem::take(&mut self.results) {
            let usual = place.results().join(format!("{}.json", file_name(&id)));
            let right = results::of(place, queue.memory(), &id).unwrap_or(usual);
            if right != path {
                self.problems.push(Found {
                    line: 1,
                    message: format!("is `{id}`, whose result is `{}`", place.shown(&right)),
                    file: path,
                    task: Some(id),
                    field: "task_id".into(),
                });
            }
        }
    }
}

/// The line that an error names of a file, and what it says of it; the name is not to be said twice.
fn told_of<'t>(file: &Path, told: &'t str) -> (usize, Option<&'t str>) {
    let names = [shown(file), file.display().to_string()];
    let Some(rest) = names.iter().find_map(|name| told.strip_prefix(&*format!("`{name}` "))) else {
        return (1, None);
    };
    let line = rest.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    match line.and_then(|(line, rest)| Some((line.parse().ok()?, rest))) {
        Some((line, rest)) => (line, Some(rest)),
        None => (1, Some(rest)),
    }
}
