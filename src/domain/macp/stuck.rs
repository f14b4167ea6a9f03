//! Which pending tasks can never run as things are, and why. Pure.

use super::state::{Row, State};
use super::task::Status;

/// A circle up to this length is told to each task of it; a longer one to the first.
const SHOWN: usize = 32;

/// Why a pending task cannot run, though nothing has to be waited for that will come by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stuck {
    /// It depends on a task that is not there.
    Unknown(String),
    /// It depends on one that failed, was cancelled or escalated, or that is stuck itself.
    Unfinished(String, Status),
    /// It waits for itself, by way of these.
    Cycle(Vec<String>),
}

impl State {
    /// Every pending task that can never run as things are, and why.
    pub fn stuck(&self) -> Vec<(&Row, Stuck)> {
        let pending = self.rows().any(|row| row.status == Status::Pending && !row.depends_on.is_empty());
        if !pending {
            return Vec::new();
        }
        let waits = self.waits();
        let able = able(self, &waits);
        let circles = circles(&waits, &able);
        let mut all = Vec::new();
        for (at, row) in
            self.rows().enumerate().filter(|(at, row)| row.status == Status::Pending && !able[*at])
        {
            let before = all.len();
            for id in &row.depends_on {
                match self.row(id) {
                    None => all.push((row, Stuck::Unknown(id.clone()))),
                    Some(on) if on.status.is_final() && on.status != Status::Completed => {
                        all.push((row, Stuck::Unfinished(id.clone(), on.status)));
                    }
                    Some(_) => {}
                }
            }
            if let Some(circle) = circles.of(at) {
                all.push((row, Stuck::Cycle(circle.iter().map(|at| self.at(*at).id.clone()).collect())));
            } else if all.len() == before {
                let on = waits[at].iter().find(|on| !able[**on]).map(|on| self.at(*on));
                all.extend(on.map(|on| (row, Stuck::Unfinished(on.id.clone(), on.status))));
            }
        }
        all
    }

    /// For each pending task the ones it waits for that are there and not completed.
    fn waits(&self) -> Vec<Vec<usize>> {
        let open = |on: &usize| self.at(*on).status != Status::Completed;
        let of = |row: &Row| row.depends_on.iter().filter_map(|id| self.index_of(id)).filter(open).collect();
        self.rows().map(|row| if row.status == Status::Pending { of(row) } else { Vec::new() }).collect()
    }
}

/// Whether each task can come to be completed without anybody's help.
fn able(state: &State, waits: &[Vec<usize>]) -> Vec<bool> {
    let mut dependents = vec![Vec::new(); waits.len()];
    let mut open: Vec<usize> = waits.iter().map(Vec::len).collect();
    let mut able = vec![false; waits.len()];
    let mut found = Vec::new();
    for (at, row) in state.rows().enumerate() {
        waits[at].iter().for_each(|on| dependents[*on].push(at));
        if row.status == Status::Pending && row.depends_on.iter().any(|id| state.index_of(id).is_none()) {
            open[at] += 1;
        }
        let hopeless = row.status.is_final() && row.status != Status::Completed;
        if open[at] == 0 && !hopeless {
            found.push(at);
        }
    }
    while let Some(at) = found.pop() {
        able[at] = true;
        for to in &dependents[at] {
            open[*to] -= 1;
            if open[*to] == 0 {
                found.push(*to);
            }
        }
    }
    able
}

/// Tasks that wait for each other in a circle.
struct Circles {
    /// Which group each task is of.
    group: Vec<usize>,
    /// A circle in each group that has one.
    circle: Vec<Vec<usize>>,
}

impl Circles {
    /// The circle through a task, beginning with it.
    fn of(&self, at: usize) -> Option<Vec<usize>> {
        let circle = self.circle.get(self.group[at])?;
        let start = circle.iter().position(|found| *found == at)?;
        if circle.len() > SHOWN && start != 0 {
            return None;
        }
        Some([&circle[start..], &circle[..start]].concat())
    }
}

/// Finds them: Tarjan's components, without recursion.
fn circles(waits: &[Vec<usize>], able: &[bool]) -> Circles {
    const NEW: usize = usize::MAX;
    let count = waits.len();
    let (mut order, mut low, mut group) = (vec![NEW; count], vec![NEW; count], vec![NEW; count]);
    let (mut stack, mut path, mut next, mut circle) = (Vec::new(), Vec::new(), 0, Vec::new());
    for start in (0..count).filter(|at| !able[*at]) {
        if order[start] == NEW {
            path.push((start, 0));
        }
        while let Some((at, edge)) = path.pop() {
            if edge == 0 {
                (order[at], low[at]) = (next, next);
                next += 1;
                stack.push(at);
            }
            if let Some(on) = waits[at].get(edge).copied() {
                path.push((at, edge + 1));
                if order[on] == NEW && !able[on] {
                    path.push((on, 0));
                } else if group[on] == NEW && !able[on] {
                    low[at] = low[at].min(order[on]);
                }
                continue;
            }
            if let Some((above, _)) = path.last() {
                low[*above] = low[*above].min(low[at]);
            }
            if low[at] == order[at] {
                let from = stack.iter().rposition(|found| *found == at).unwrap_or(0);
                let members = stack.split_off(from);
                members.iter().for_each(|member| group[*member] = circle.len());
                circle.push(around(waits, &group, circle.len(), members.into_iter().min().unwrap_or(at)));
            }
        }
    }
    group.iter_mut().filter(|group| **group == NEW).for_each(|group| *group = circle.len());
    Circles { group, circle }
}

/// A way through the group that comes back to where it was, if there is one.
fn around(waits: &[Vec<usize>], group: &[usize], own: usize, start: usize) -> Vec<usize> {
    let mut way = vec![start];
    let mut seen = std::collections::HashMap::from([(start, 0)]);
    let mut at = start;
    while let Some(on) = waits[at].iter().copied().find(|on| group[*on] == own) {
        if let Some(from) = seen.get(&on) {
            return way.split_off(*from);
        }
        seen.insert(on, way.len());
        way.push(on);
        at = on;
    }
    Vec::new()
}
