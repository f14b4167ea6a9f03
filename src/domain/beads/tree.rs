//! The tree of what an issue depends on, or of what depends on it.

use std::collections::{HashMap, HashSet, VecDeque};

use anyhow::Result;
use serde::Serialize;

use super::graph::Graph;
use super::record::Record;
use super::state::State;
use super::store::Store;
use super::table::Table;

/// One row of a tree of dependencies.
#[derive(Debug, Serialize)]
pub struct Branch {
    /// The issue.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its status.
    pub status: String,
    /// Its priority.
    pub priority: i64,
    /// Its type.
    pub issue_type: String,
    /// Where it stands.
    pub state: State,
    /// How far from the root; 0 is the root.
    pub depth: usize,
    /// Who depends on it, along this branch; with [`Walk::up`] on whom it depends.
    pub parent_id: Option<String>,
    /// How.
    pub edge_from_parent: Option<String>,
    /// Whether its own branches are shown at another place, mostly further up.
    pub seen: bool,
    /// How many branches of its own are left out because the tree ends at this depth.
    pub hidden: usize,
}

/// Which tree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Walk {
    /// What depends on the issue, instead of what it depends on.
    pub up: bool,
    /// No further from the root.
    pub depth: Option<usize>,
}

/// For each issue what depends on it, and how, in the order of the file.
#[derive(Debug)]
pub struct Dependents<'t>(HashMap<&'t str, Vec<(&'t str, &'t str)>>);

impl<'t> Dependents<'t> {
    /// Turns the dependencies of `graph` round.
    pub fn new(graph: &Graph<'t>) -> Self {
        let mut of: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
        for record in graph.records() {
            for edge in record.edges() {
                of.entry(&*edge.target).or_default().push((&*record.id, &*edge.kind));
            }
        }
        Self(of)
    }

    /// The ids of what depends on `id`, and how.
    pub fn of(&self, id: &str) -> &[(&'t str, &'t str)] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }
}

impl Store {
    /// What `id` depends on, and what that does, depth first; or the other way round.
    pub fn dep_tree(&self, id: &str, walk: Walk) -> Result<Vec<Branch>> {
        self.survey(|table| {
            let id = table.resolve(id)?;
            Ok(tree(table, &id, walk))
        })
    }
}

/// Next to `id` in the direction of the walk: whom, and how.
fn next<'s>(table: &'s Table, up: Option<&'s Dependents>, id: &str) -> Vec<(&'s str, &'s str)> {
    if let Some(dependents) = up {
        return dependents.of(id).to_vec();
    }
    let edges = table.get(id).map_or(&[][..], Record::edges).iter();
    edges.map(|edge| (&*edge.target, &*edge.kind)).filter(|(id, _)| table.get(id).is_some()).collect()
}

fn tree(table: &Table, root: &str, walk: Walk) -> Vec<Branch> {
    let graph = table.graph();
    let dependents = walk.up.then(|| Dependents::new(&graph));
    let next = |id: &str| next(table, dependents.as_ref(), id);
    let nearest = walk.depth.map(|depth| distances(root, depth, next));
    let mut branches: Vec<Branch> = Vec::new();
    let mut opened: HashSet<&str> = HashSet::new();
    let root = table.get(root).map_or("", |record| &*record.id);
    let mut stack = vec![(root, 0, None)];
    while let Some((id, depth, from)) = stack.pop() {
        let Some(record) = table.get(id) else { continue };
        // With a limit only where it is nearest to the root: further away, the limit would cut more of it.
        let here = nearest.as_ref().is_none_or(|nearest| nearest.get(id).is_none_or(|least| *least == depth));
        let opens = here && opened.insert(id);
        let below = if opens { next(id) } else { Vec::new() };
        let end = walk.depth == Some(depth);
        let (parent_id, edge_from_parent) = from.unzip();
        branches.push(Branch {
            id: id.to_owned(),
            title: record.title.to_string(),
            status: record.status().to_owned(),
            priority: record.priority(),
            issue_type: record.kind().to_owned(),
            state: State::of(&graph, record),
            depth,
            parent_id: parent_id.map(str::to_owned),
            edge_from_parent: edge_from_parent.map(str::to_owned),
            seen: !opens,
            hidden: if end { below.len() } else { 0 },
        });
        if !end {
            stack.extend(below.into_iter().rev().map(|(to, kind)| (to, depth + 1, Some((id, kind)))));
        }
    }
    branches
}

/// How far each issue is from `root`, as far as `depth`.
fn distances<'s>(
    root: &str,
    depth: usize,
    next: impl Fn(&str) -> Vec<(&'s str, &'s str)>,
) -> HashMap<String, usize> {
    let mut least = HashMap::from([(root.to_owned(), 0)]);
    let mut queue = VecDeque::from([(root.to_owned(), 0)]);
    while let Some((id, far)) = queue.pop_front() {
        for (to, _) in next(&id).into_iter().filter(|_| far < depth) {
            if !least.contains_key(to) {
                least.insert(to.to_owned(), far + 1);
                queue.push_back((to.to_owned(), far + 1));
            }
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues(edges: &[(&str, &[&str])]) -> String {
        let line = |(id, on): &(&str, &[&str])| {
            let on: Vec<String> =
                on.iter().map(|on| format!(r#"{{"depends_on_id":"{on}","type":"blocks"}}"#)).collect();
            format!("{{\"id\":\"{id}\",\"dependencies\":[{}]}}\n", on.join(","))
        };
        edges.iter().map(line).collect()
    }

    /// `a0 b1 c2*`: ids with their depth; `*` shown elsewhere, `+N` so many left out.
    fn drawn(text: &str, root: &str, walk: Walk) -> String {
        let table = Table::parse(text, "f").unwrap();
        let row = |branch: &Branch| {
            let seen = if branch.seen { "*" } else { "" };
            let hidden = if branch.hidden > 0 { format!("+{}", branch.hidden) } else { String::new() };
            format!("{}{}{seen}{hidden}", branch.id, branch.depth)
        };
        tree(&table, root, walk).iter().map(row).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn trees() {
        let diamond = issues(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d", "gone"]), ("d", &[])]);
        let circle = issues(&[("a", &["b"]), ("b", &["a", "b"])]);
        // `d` is met first where it is far away, then near.
        let detour = issues(&[("a", &["b", "d"]), ("b", &["c"]), ("c", &["d"]), ("d", &["e"]), ("e", &[])]);
        let down = |depth| Walk { up: false, depth };
        let up = |depth| Walk { up: true, depth };
        let table = [
            (&diamond, "a", down(None), "a0 b1 d2 c1 d2*"),
            (&diamond, "a", down(Some(1)), "a0 b1+1 c1+1"),
            (&diamond, "a", down(Some(0)), "a0+2"),
            (&diamond, "d", up(None), "d0 b1 a2 c1 a2*"),
            (&diamond, "d", up(Some(1)), "d0 b1+1 c1+1"),
            (&diamond, "d", down(None), "d0"),
            (&circle, "a", down(None), "a0 b1 a2* b2*"),
            (&circle, "a", up(None), "a0 b1 a2* b2*"),
            (&circle, "a", down(Some(5)), "a0 b1 a2* b2*"),
            (&detour, "a", down(None), "a0 b1 c2 d3 e4 d1*"),
            (&detour, "a", down(Some(3)), "a0 b1 c2 d3* d1 e2"),
        ];
        for (text, root, walk, expected) in table {
            assert_eq!(drawn(text, root, walk), expected, "{walk:?} of {root} in\n{text}");
        }
    }

    /// Fifty diamonds one below the other have 2^50 ways through; each issue is opened once.
    #[test]
    fn many_ways_lead_to_one_branch() {
        let mut text = String::new();
        for n in 0..50 {
            let (down, left, right) = (format!("n{}", n + 1), format!("l{n}"), format!("r{n}"));
            text += &issues(&[(&format!("n{n}"), &[&left, &right]), (&left, &[&down]), (&right, &[&down])]);
        }
        text += &issues(&[("n50", &[])]);
        for depth in [None, Some(200)] {
            let table = Table::parse(&text, "f").unwrap();
            assert_eq!(tree(&table, "n0", Walk { up: false, depth }).len(), 201);
            assert_eq!(tree(&table, "n50", Walk { up: true, depth }).len(), 201);
        }
        let chain: String = (0..20_000)
            .map(|n| issues(&[(&format!("c{n}"), &[&format!("c{}", n + 1)])]))
            .chain([issues(&[("c20000", &[])])])
            .collect();
        assert_eq!(tree(&Table::parse(&chain, "f").unwrap(), "c0", Walk::default()).len(), 20_001);
    }
}
