//! Tasks that wait for themselves. Pure.

use std::collections::HashMap;

use super::task::Task;

/// Who waits for whom, of the tasks that are not over.
#[derive(Debug, Default)]
pub(super) struct Waits {
    numbers: HashMap<String, usize>,
    tasks: Vec<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    id: String,
    macp: bool,
    on: Vec<String>,
}

impl Waits {
    /// Takes a task; `false` where there was one with its id.
    pub(super) fn add(&mut self, task: &Task) -> bool {
        let number = self.tasks.len();
        if self.numbers.contains_key(&task.id) {
            return false;
        }
        self.numbers.insert(task.id.clone(), number);
        let on = if task.status.is_final() { Vec::new() } else { task.depends_on.clone() };
        // The id is needed again only of who waits.
        let id = if on.is_empty() { String::new() } else { task.id.clone() };
        self.tasks.push(Waiting { id, macp: task.dispatch.is_some(), on });
        true
    }

    /// Each circle once: a task of it that has `dispatch`, and the others on the way back to it. Circles of tasks that
    /// all lack it are no harm: they are told as stuck.
    pub(super) fn cycles(&self) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        // 0: not seen, 1: on the way, 2: done.
        let mut seen = vec![0_u8; self.tasks.len()];
        for start in 0..self.tasks.len() {
            let mut way: Vec<(usize, usize)> = vec![(start, 0)];
            if seen[start] != 0 {
                continue;
            }
            seen[start] = 1;
            while let Some((at, next)) = way.last_mut() {
                let (at, on) = (*at, self.tasks[*at].on.get(*next));
                *next += 1;
                match on.map(|id| self.numbers.get(id).copied()) {
                    None => {
                        seen[at] = 2;
                        way.pop();
                    }
                    Some(Some(other)) if seen[other] == 0 => {
                        seen[other] = 1;
                        way.push((other, 0));
                    }
                    Some(Some(other)) if seen[other] == 1 => {
                        let from = way.iter().position(|(at, _)| *at == other).unwrap_or(0);
                        let circle: Vec<usize> = way[from..].iter().map(|(at, _)| *at).collect();
                        found.extend(self.told(&circle));
                    }
                    Some(_) => {}
                }
            }
        }
        found
    }

    fn told(&self, circle: &[usize]) -> Option<(String, Vec<String>)> {
        let first = circle.iter().position(|at| self.tasks[*at].macp)?;
        let ids = |part: &[usize]| part.iter().map(|at| self.tasks[*at].id.clone()).collect::<Vec<_>>();
        let others = [ids(&circle[first + 1..]), ids(&circle[..first])].concat();
        Some((self.tasks[circle[first]].id.clone(), others))
    }
}
