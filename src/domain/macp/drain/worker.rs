//! A worker's thread: does as it is told, until nobody tells it anything any more.

use super::attempt::{Bench, log_prefix};
use super::job::{Order, What};
use super::marker;
use super::recover::MARK;
use crate::domain::macp::after::Undelivered;
use crate::domain::macp::dispatch::brief::News;
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::task::{Status, Task};
use crate::domain::macp::{after, agent, worktree};
use crate::fault::Fault;
use crate::system::store;

/// Works for one slot to the end of its orders, or until its supervisor is gone.
pub(super) fn serve(mut bench: Bench<'_>) {
    while let Ok(order) = bench.orders.recv() {
        match order {
            Order::Work(job) => bench.work(&job),
            Order::After(task, result) => bench.after(&task, &result),
            Order::Go | Order::Drop => {}
        }
        if bench.child.lost() {
            return;
        }
    }
    // All that was started has ended.
    bench.child.quit();
    // One that stays has nothing to tell.
    let _ = store::remove(&bench.dir.join(MARK));
}

impl Bench<'_> {
    /// What there is to do once a task is over.
    fn after(&mut self, task: &Task, result: &TaskResult) {
        let undelivered = if result.status == Status::Completed && task.on_complete.is_some() {
            self.on_complete(task, result)
        } else {
            None
        };
        let mut left = false;
        if task.worktree.is_some() {
            match worktree::cleanup(task, &self.shop.place, &self.shop.settings) {
                Ok(None) => {}
                Ok(Some(note)) => self.tell(What::Note(format!("task `{}`: {note}", task.id))),
                // The note of what is to do stays: the next drain catches up.
                Err(error) if matches!(error.downcast_ref(), Some(Fault::Interrupted { .. })) => left = true,
                Err(error) => self.tell(What::Note(format!("task `{}`: {error:#}", task.id))),
            }
        }
        let place = &self.shop.place;
        let noted = match undelivered {
            // The next drain sees to it.
            _ if left => Ok(()),
            None => marker::remove(task, place),
            Some(undelivered) if undelivered.interrupted => Ok(()),
            Some(undelivered) => marker::failed(place, &task.id, &undelivered.why)
                .map(|failures| self.tell(What::Undelivered(undelivered, failures))),
        };
        if let Err(error) = noted {
            self.tell(What::Note(format!("{error:#}")));
        }
        self.tell(What::AfterDone(self.child.lost()));
    }

    /// Hands the result to the task's `on_complete`. What comes of that changes nothing about the task.
    fn on_complete(&mut self, task: &Task, result: &TaskResult) -> Option<Undelivered> {
        let prefix = log_prefix(&self.shop.place, &task.id);
        let (news, asked) = (News::default(), || false);
        let made = store::make_dir(&self.shop.place.logs());
        let job = agent::Job {
            task,
            place: &self.shop.place,
            settings: &self.shop.settings,
            dir: self.shop.place.root(),
            prefix: &prefix,
            slot: &self.dir,
            run: &self.shop.run,
            news: &news,
            limit: None,
            purse: &self.shop.purse,
            asked: &asked,
            launch: None,
        };
        let undelivered = match made {
            Ok(()) => after::completed(&mut self.child, &job, result),
            Err(error) => {
                Some(Undelivered { why: format!("{error:#}"), exit_code: None, interrupted: false })
            }
        };
        if let Some(undelivered) = &undelivered {
            self.tell(What::Note(format!("task `{}`: {}", task.id, undelivered.why)));
        }
        undelivered
    }
}
