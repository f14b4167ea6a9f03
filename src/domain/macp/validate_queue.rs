//! What is wrong with a queue's files beyond what their schemas say: all that a drain refuses, and results of others.

use std::path::Path;

use anyhow::Result;

use super::place::Place;
use super::queue::Queue;
use super::results::{self, file_name};
use super::validate::{Found, Report};
use super::{check, schema, settings};
use crate::system::store;

impl Report {
    /// Looks at the queue as a drain does before it starts.
    pub(super) fn consult(&mut self, place: &Place) -> Result<()> {
        let tasks = place.tasks();
        let Some(text) = store::read_text(&tasks)? else { return Ok(()) };
        let settings = match settings::load(place) {
            Ok(settings) => settings,
            Err(error) => {
                self.whole(&place.config(), &format!("cannot be used: {error:#}"));
                return Ok(());
            }
        };
        let queue = match Queue::open(place.clone()) {
            Ok(queue) => queue,
            Err(error) => {
                self.whole(&tasks, &format!("cannot be used: {error:#}"));
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
    fn whole(&mut self, file: &Path, message: &str) {
        if !self.problems.iter().any(|found| found.file == file) {
            let (task, field) = (None, String::new());
            self.problems.push(Found {
                file: file.to_owned(),
                line: 1,
                task,
                field,
                message: message.into(),
            });
        }
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
