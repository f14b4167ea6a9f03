//! A worker's thread: does as it is told, until nobody tells it anything any more.

use super::attempt::Bench;
use super::job::{Order, What};
use crate::domain::macp::result::TaskResult;
use crate::domain::macp::task::Task;
use crate::domain::macp::worktree;

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
}

impl Bench<'_> {
    /// What there is to do once a task is over.
    fn after(&mut self, task: &Task, result: &TaskResult) {
        let _ = result;
        if task.worktree.is_some() {
            match worktree::cleanup(task, &self.shop.place, &self.shop.settings) {
                Ok(None) => {}
                Ok(Some(note)) => self.tell(What::Note(format!("task `{}`: {note}", task.id))),
                Err(error) => self.tell(What::Note(format!("task `{}`: {error:#}", task.id))),
            }
        }
        self.tell(What::AfterDone);
    }
}
