//! What is ready, what waits for what, and what belongs to what: pure decisions over the records.

use std::collections::{HashMap, HashSet, VecDeque};

use jiff::Timestamp;

use super::index::Index;
use super::record::{Edge, Record};

/// Types that are never work for the queue.
const NOT_WORK: [&str; 7] = ["merge-request", "gate", "molecule", "message", "agent", "role", "rig"];

/// In which order ready issues come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Priority, then the oldest, then the id.
    #[default]
    Priority,
    /// The oldest, then the id.
    Age,
}

/// Which ready issues are wanted; the default wants all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what is below this issue, however deep.
    pub epic: Option<String>,
    /// Only with this label.
    pub label: Option<String>,
    /// Only this one's.
    pub assignee: Option<String>,
    /// Not these.
    pub skip: Vec<String>,
}

impl Filter {
    /// Whether `record` is wanted, its place in the tree aside.
    fn wants(&self, record: &Record) -> bool {
        self.label.as_ref().is_none_or(|label| record.labels().iter().any(|has| **has == **label))
            && self.assignee.as_ref().is_none_or(|assignee| *record.assignee == **assignee)
            && !self.skip.iter().any(|id| **id == *record.id)
    }
}

/// Why an issue cannot start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker<'t> {
    /// Whom it waits for.
    pub id: &'t str,
    /// By which kind of dependency (`parent-child`: the parent is itself blocked).
    pub kind: &'t str,
}

/// The issues and how they hang together. Tombstones are not in it.
#[derive(Debug, Clone)]
pub struct Graph<'t> {
    nodes: Vec<&'t Record<'t>>,
    index: Index,
    /// Children by `parent-child`: these inherit what blocks the parent.
    children: HashMap<usize, Vec<usize>>,
    /// Children by their dotted id alone: these belong to the parent, but inherit nothing.
    dotted: HashMap<usize, Vec<usize>>,
    blocked: Vec<bool>,
    now: Timestamp,
    /// What is ready by the word of who keeps the issues.
    told: Option<&'t HashSet<String>>,
}

impl<'t> Graph<'t> {
    /// Builds the graph and decides what is blocked at `now`.
    pub fn new(records: impl IntoIterator<Item = &'t Record<'t>>, now: Timestamp) -> Self {
        let nodes: Vec<_> = records.into_iter().filter(|record| !record.is_tombstone()).collect();
        let mut index = Index::default();
        index.reserve(nodes.len(), |at| &nodes[at].id);
        for (at, record) in nodes.iter().enumerate() {
            index.note(&record.id, at, |at| &nodes[at].id);
        }
        let blocked = vec![false; nodes.len()];
        let mut graph =
            Self { nodes, index, children: HashMap::new(), dotted: HashMap::new(), blocked, now, told: None };
        graph.connect();
        graph.block();
        graph
    }

    fn at(&self, id: &str) -> Option<usize> {
        self.index.get(id, |at| &self.nodes[at].id)
    }

    /// Holds readiness to the ids of `told`, where there are any.
    #[must_use]
    pub fn told(mut self, told: Option<&'t HashSet<String>>) -> Self {
        self.told = told;
        self
    }

    fn connect(&mut self) {
        for at in 0..self.nodes.len() {
            let record = self.nodes[at];
            let mut orphan = true;
            for edge in record.edges().iter().filter(|edge| edge.is_parent()) {
                orphan = false;
                if let Some(parent) = self.at(&edge.target) {
                    self.children.entry(parent).or_default().push(at);
                }
            }
            let named = record.id.rsplit_once('.').filter(|_| orphan);
            if let Some(parent) = named.and_then(|(parent, _)| self.at(parent)) {
                self.dotted.entry(parent).or_default().push(at);
            }
        }
    }

    /// Marks what its own dependencies block, then hands it down to the children.
    fn block(&mut self) {
        let mut queue = VecDeque::new();
        for at in 0..self.nodes.len() {
            let record = self.nodes[at];
            if !record.is_settled() && record.edges().iter().any(|edge| self.holds(edge).next().is_some()) {
                self.blocked[at] = true;
                queue.push_back(at);
            }
        }
        while let Some(at) = queue.pop_front() {
            for &child in self.children.get(&at).into_iter().flatten() {
                if !self.blocked[child] && !self.nodes[child].is_settled() {
                    self.blocked[child] = true;
                    queue.push_back(child);
                }
            }
        }
    }

    /// The unsettled issues that `edge` makes its owner wait for, blocked parents aside.
    fn holds<'g>(&'g self, edge: &Edge) -> impl Iterator<Item = usize> + use<'g, 't> {
        // Most dependencies are on the parent, and hold nothing themselves.
        let target = if edge.blocks() || edge.waits_for_children() { self.at(&edge.target) } else { None };
        let open = |at: &usize| !self.nodes[*at].is_settled();
        let direct = target.filter(|_| edge.blocks()).filter(open);
        let children = target.filter(|_| edge.waits_for_children()).and_then(|at| self.children.get(&at));
        let enough = edge.any_child_will_do()
            && children.into_iter().flatten().any(|&child| self.nodes[child].is_finished());
        let children = children.filter(|_| !enough).into_iter().flatten().copied().filter(open);
        direct.into_iter().chain(children)
    }

    /// The record of `id`.
    pub fn get(&self, id: &str) -> Option<&'t Record<'t>> {
        self.at(id).map(|at| self.nodes[at])
    }

    /// Every issue, in the order of the file.
    pub fn records(&self) -> impl Iterator<Item = &'t Record<'t>> + '_ {
        self.nodes.iter().copied()
    }

    /// Whether something that is not finished keeps `id` from starting.
    pub fn is_blocked(&self, id: &str) -> bool {
        self.at(id).is_some_and(|at| self.blocked[at])
    }

    /// Whether `id` can be started now.
    pub fn is_ready(&self, id: &str) -> bool {
        self.at(id).is_some_and(|at| self.ready_at(at))
    }

    fn ready_at(&self, at: usize) -> bool {
        let record = self.nodes[at];
        if let Some(told) = self.told {
            // Some versions name what is in progress, too.
            return record.status() == "open" && told.contains(&*record.id);
        }
        record.status() == "open"
            && !self.blocked[at]
            && !record.is_set_aside()
            && !NOT_WORK.contains(&record.kind())
            && !record.is_deferred(self.now)
            && !self.parents(record).any(|parent| parent.is_deferred(self.now))
    }

    fn parents<'g>(&'g self, record: &'g Record) -> impl Iterator<Item = &'t Record<'t>> + 'g {
        record.edges().iter().filter(|edge| edge.is_parent()).filter_map(|edge| self.get(&edge.target))
    }

    /// What can be started now and `filter` wants, in order.
    pub fn ready(&self, filter: &Filter, sort: Sort) -> Vec<&'t Record<'t>> {
        let mut ready = self.ready_unsorted(filter);
        sort_ready(&mut ready, sort);
        ready
    }

    fn ready_unsorted(&self, filter: &Filter) -> Vec<&'t Record<'t>> {
        let below = filter.epic.as_deref().map(|epic| self.below(epic));
        let wanted = |record: &&Record| {
            filter.wants(record) && below.as_ref().is_none_or(|ids| ids.contains(&*record.id))
        };
        let ready = (0..self.nodes.len()).filter(|&at| self.ready_at(at));
        ready.map(|at| self.nodes[at]).filter(wanted).collect()
    }

    /// The first one that a loop takes: an epic that has children is not work itself.
    pub fn first(&self, filter: &Filter) -> Option<&'t Record<'t>> {
        self.first_of(filter, |_| true)
    }

    /// [`Graph::first`] of those that `wanted` wants too.
    pub fn first_of(&self, filter: &Filter, wanted: impl Fn(&Record) -> bool) -> Option<&'t Record<'t>> {
        let mut ready = self.ready_unsorted(filter);
        ready.retain(|record| self.is_takeable(record) && wanted(record));
        // Reading times is what costs most here, so it is done for those it can decide on.
        let top = ready.iter().map(|record| record.priority()).min()?;
        ready.retain(|record| record.priority() == top);
        ready.into_iter().min_by_key(|record| (record.created(), &*record.id))
    }

    fn readiness(&self) -> Vec<bool> {
        (0..self.nodes.len()).map(|at| self.ready_at(at)).collect()
    }

    /// What is ready and was not while some issues still were as they were `before`, in order. Their
    /// dependencies have not changed since, nor has any issue come or gone.
    pub fn newly_ready(&self, before: &'t [Record<'t>]) -> Vec<&'t Record<'t>> {
        let mut earlier = self.clone();
        for record in before {
            if let Some(at) = earlier.at(&record.id) {
                earlier.nodes[at] = record;
            }
        }
        earlier.blocked.fill(false);
        earlier.block();
        let changed = self.readiness().into_iter().zip(earlier.readiness()).enumerate();
        let ready = changed.filter(|(_, (is, was))| *is && !was);
        let mut ready: Vec<_> = ready.map(|(at, _)| self.nodes[at]).collect();
        sort_ready(&mut ready, Sort::Priority);
        ready
    }

    /// Whether a loop may take it at all.
    pub fn is_takeable(&self, record: &Record) -> bool {
        record.kind() != "epic" || !self.has_children(&record.id)
    }

    /// Whether anything belongs to `id`.
    pub fn has_children(&self, id: &str) -> bool {
        self.at(id).is_some_and(|at| self.children.contains_key(&at) || self.dotted.contains_key(&at))
    }

    /// What belongs to `id` directly: by `parent-child`, or by a dotted id where no parent is named.
    pub fn children(&self, id: &str) -> Vec<&'t Record<'t>> {
        let Some(at) = self.at(id) else { return Vec::new() };
        let both = [self.children.get(&at), self.dotted.get(&at)];
        both.into_iter().flatten().flatten().map(|&child| self.nodes[child]).collect()
    }

    /// The one `id` belongs to: the first `parent-child` target, else what its dotted id says.
    pub fn parent(&self, id: &str) -> Option<&'t Record<'t>> {
        let record = self.get(id)?;
        if let Some(edge) = record.edges().iter().find(|edge| edge.is_parent()) {
            return self.get(&edge.target);
        }
        self.get(id.rsplit_once('.')?.0)
    }

    /// The ids of everything below `id`, at any depth.
    pub fn below(&self, id: &str) -> HashSet<&'t str> {
        let mut seen: HashSet<&'t str> = HashSet::new();
        let mut queue = self.children(id);
        while let Some(record) = queue.pop() {
            if seen.insert(&record.id) {
                queue.extend(self.children(&record.id));
            }
        }
        seen
    }

    /// Why `id`, which is not finished, ought not to be closed yet, for all that `closed` are closed, too.
    pub fn held_open(&self, id: &str, closed: &[String]) -> Option<String> {
        let record = self.get(id).filter(|record| !record.is_finished())?;
        let names = |ids: Vec<&str>| {
            let ids = ids.into_iter().filter(|id| !closed.iter().any(|closed| closed == id));
            ids.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
        };
        let blockers = self.blockers(id).into_iter().filter(|by| by.kind != "parent-child");
        let waits = names(blockers.map(|by| by.id).collect());
        if !waits.is_empty() {
            return Some(format!("it waits for {waits}"));
        }
        let children =
            self.children(id).into_iter().filter(|child| record.kind() == "epic" && !child.is_finished());
        let children = names(children.map(|child| &*child.id).collect());
        (!children.is_empty()).then(|| format!("it is an epic with open tasks: {children}"))
    }

    /// What keeps `id` from starting, each once.
    pub fn blockers(&self, id: &str) -> Vec<Blocker<'t>> {
        let Some(at) = self.at(id) else { return Vec::new() };
        let mut found: Vec<Blocker> = Vec::new();
        for edge in self.nodes[at].edges().iter().filter(|_| self.blocked[at]) {
            let mut holders: Vec<usize> = self.holds(edge).collect();
            if edge.is_parent() {
                holders.extend(self.at(&edge.target).filter(|&parent| self.blocked[parent]));
            }
            for holder in holders {
                let blocker = Blocker { id: &self.nodes[holder].id, kind: &edge.kind };
                found.push(blocker);
            }
        }
        let mut named = HashSet::new();
        found.retain(|blocker| named.insert(blocker.id));
        found
    }

    /// Every circle of issues that wait for each other, each from its first member in the file.
    pub fn cycles(&self) -> Vec<Vec<&'t str>> {
        let mut done = vec![false; self.nodes.len()];
        let mut cycles = Vec::new();
        for start in 0..self.nodes.len() {
            // An explicit stack: a chain of 100,000 dependencies must not overflow ours.
            let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
            let mut depth: HashMap<usize, usize> = HashMap::new();
            if !done[start] {
                depth.insert(start, 0);
                path.push((start, self.waits_on(start)));
            }
            while let Some((at, rest)) = path.last_mut() {
                let Some(next) = rest.pop() else {
                    done[*at] = true;
                    depth.remove(at);
                    path.pop();
                    continue;
                };
                if let Some(&from) = depth.get(&next) {
                    cycles.push(path[from..].iter().map(|(at, _)| &*self.nodes[*at].id).collect());
                } else if !done[next] {
                    depth.insert(next, path.len());
                    path.push((next, self.waits_on(next)));
                }
            }
        }
        cycles
    }

    fn waits_on(&self, at: usize) -> Vec<usize> {
        let edges = self.nodes[at].edges().iter().filter(|edge| edge.orders());
        edges.filter_map(|edge| self.at(&edge.target)).collect()
    }

    /// The chain from `from` to `to` along what each waits for, both ends included.
    pub fn path(&self, from: &str, to: &str) -> Option<Vec<&'t str>> {
        let (start, end) = (self.at(from)?, self.at(to)?);
        let mut came: HashMap<usize, usize> = HashMap::from([(start, start)]);
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            if at == end {
                let back = std::iter::successors(Some(at), |at| Some(came[at]).filter(|before| before != at));
                let mut path: Vec<&str> = back.map(|at| &*self.nodes[at].id).collect();
                path.reverse();
                return Some(path);
            }
            for next in self.waits_on(at) {
                came.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    at
                });
            }
        }
        None
    }
}

fn sort_ready<'t>(ready: &mut [&'t Record<'t>], sort: Sort) {
    ready.sort_by_cached_key(|record| {
        let priority = if sort == Sort::Priority { record.priority() } else { 0 };
        (priority, record.created(), &*record.id)
    });
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
