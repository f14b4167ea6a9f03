//! The skills seen from here: built in, the user's, the workspace's; the nearest wins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::builtin::{self, Head, SHIPPED};
use super::home::{self, Home};
use super::{Skill, fits};
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::nearest;

/// Where a skill comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// It comes with the program.
    Builtin,
    /// The user's settings directory.
    User,
    /// `.taskrun/skills/`
    Workspace,
}

impl From {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::User => "user",
            Self::Workspace => "workspace",
        }
    }
}

/// A skill and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// It.
    #[serde(flatten)]
    pub skill: Skill,
    /// From where.
    pub from: From,
    /// Its file; a built-in one has none.
    pub path: Option<PathBuf>,
}

/// What a list shows of a skill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name in commands.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The stacks it is for; `*` is any.
    pub stack: Vec<String>,
    /// How many stories it has.
    pub stories: usize,
    /// From where.
    pub from: From,
    /// Its file; a built-in one has none.
    pub path: Option<PathBuf>,
}

impl Listed {
    /// Whether it is for `stack`.
    pub fn fits(&self, stack: &str) -> bool {
        fits(&self.stack, stack)
    }

    fn new(head: Head, from: From, path: Option<PathBuf>) -> Self {
        let Head { id, name, description, stack, stories } = head;
        Self { id, name, description, stack, stories, from, path }
    }
}

/// The places where skills are kept, nearest first.
#[derive(Debug)]
pub struct Catalog {
    homes: Vec<Home>,
}

impl Catalog {
    /// The places seen from a workspace, or from none.
    pub fn new(workspace: Option<&Workspace>) -> Self {
        Self { homes: workspace.map(Home::of).into_iter().chain(Home::user()).collect() }
    }

    /// The heads of all skills by id, and what is wrong with the files that hold none.
    pub fn heads(&self) -> (Vec<Listed>, Vec<anyhow::Error>) {
        let (found, broken, seen) = self.own();
        let own =
            found.into_iter().map(|Found { skill, from, path }| Listed::new(Head::of(&skill), from, path));
        let shipped = builtin::heads().into_iter().filter(|head| !seen.contains(&head.id));
        let mut heads: Vec<Listed> =
            own.chain(shipped.map(|head| Listed::new(head, From::Builtin, None))).collect();
        heads.sort_by(|a, b| a.id.cmp(&b.id));
        (heads, broken)
    }

    /// Those that people wrote, what is wrong with others, and the ids of both: a broken one hides those behind it, for
    /// it is meant to.
    fn own(&self) -> (Vec<Found>, Vec<anyhow::Error>, BTreeSet<String>) {
        let (mut found, mut broken, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for home in &self.homes {
            let ids = home.ids().unwrap_or_else(|error| {
                broken.push(error);
                BTreeMap::new()
            });
            for (id, files) in ids {
                if seen.contains(&id) {
                    continue;
                }
                match home::load(&id, &files) {
                    Ok(skill) => {
                        let path = files.into_iter().next();
                        found.push(Found { skill, from: home.from(), path });
                    }
                    Err(error) => broken.push(error),
                }
                seen.insert(id);
            }
        }
        (found, broken, seen)
    }

    /// The skill `id`, or the error of its file.
    pub fn get(&self, id: &str) -> Result<Found> {
        first(self.homes.iter(), id)?.ok_or_else(|| self.unknown(id))
    }

    /// What [`Catalog::get`] would find if `home` had none.
    pub fn get_behind(&self, id: &str, home: &Home) -> Result<Option<Found>> {
        first(self.homes.iter().filter(|own| own.from() != home.from()), id)
    }

    /// The error that no skill is called `id`, with the one that nearly is.
    pub fn unknown(&self, id: &str) -> anyhow::Error {
        let (known, _) = self.heads();
        let near = nearest(id, known.iter().map(|listed| listed.id.as_str()));
        let hint =
            near.map_or("`taskrun skill list` shows all".into(), |near| format!("did you mean `{near}`?"));
        Fault::not_found(format!("unknown skill `{id}`"), hint)
    }

    /// Whose skill `id` goes before that of `home`.
    pub fn before(&self, id: &str, home: &Home) -> Option<From> {
        let mut nearer = self.homes.iter().take_while(|own| own.from() != home.from());
        nearer.find(|own| !own.files(id).is_empty()).map(Home::from)
    }

    /// From where the skill `id` would come if `home` had none: what it hides.
    pub fn behind(&self, id: &str, home: &Home) -> Option<From> {
        let others = self.homes.iter().skip_while(|own| own.from() != home.from()).skip(1);
        let user = others.filter(|other| !other.files(id).is_empty()).map(Home::from).next();
        user.or_else(|| SHIPPED.iter().any(|(own, _)| *own == id).then_some(From::Builtin))
    }
}

/// The skill `id` of the first of these places that has it, else the one that comes with the program.
fn first<'h>(homes: impl Iterator<Item = &'h Home>, id: &str) -> Result<Option<Found>> {
    for home in homes {
        let files = home.files(id);
        if !files.is_empty() {
            let skill = home::load(id, &files)?;
            return Ok(Some(Found { skill, from: home.from(), path: files.into_iter().next() }));
        }
    }
    let shipped = SHIPPED.iter().find(|(own, _)| *own == id);
    let found = |(id, text): &(&str, &str)| {
        Ok(Found { skill: builtin::skill(id, text)?, from: From::Builtin, path: None })
    };
    shipped.map(found).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    fn the_nearest_wins_and_broken_ones_are_told() {
        let temp = tempfile::tempdir().unwrap();
        let (near, far) = (temp.path().join("near"), temp.path().join("far"));
        let text = |id: &str| format!("id='{id}'\nname='{id}'\ndescription=''\nstack=['rust']\n");
        for (dir, files) in [(&near, ["a", "bad"]), (&far, ["a", "build-mcp"])] {
            store::make_dir(dir).unwrap();
            for id in files {
                let text = if id == "bad" { "id=1".into() } else { text(id) };
                store::write(&dir.join(format!("{id}.toml")), store::SHARED, text.as_bytes()).unwrap();
            }
        }
        let nowhere = store::write(&temp.path().join("file"), store::SHARED, b"");
        nowhere.unwrap();
        let homes = [(near, From::Workspace), (far, From::User), (temp.path().join("file"), From::User)];
        let catalog = Catalog { homes: homes.map(|(dir, from)| Home::at(dir, from)).into() };
        let (heads, broken) = catalog.heads();
        let shown: Vec<_> = heads.iter().map(|head| (head.id.as_str(), head.from)).collect();
        let ours = [("a", From::Workspace), ("build-mcp", From::User)];
        assert!(ours.iter().all(|own| shown.contains(own)), "{shown:?}");
        assert!(shown.iter().all(|one| ours.contains(one) || one.1 == From::Builtin), "{shown:?}");
        assert!(heads.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(broken.len(), 2);
        assert_eq!(catalog.get("a").unwrap().from, From::Workspace);
        assert!(catalog.get("bad").unwrap_err().to_string().contains("bad.toml` line 1"));
        let unknown = catalog.get("build-mpc").unwrap_err();
        assert_eq!(unknown.downcast_ref::<Fault>().unwrap().hint(), Some("did you mean `build-mcp`?"));
        assert!(catalog.get("../near/a").is_err());
        assert_eq!(catalog.before("bad", &catalog.homes[1]), Some(From::Workspace));
        assert_eq!(catalog.before("build-mcp", &catalog.homes[1]), None);
        let behind = |id| catalog.behind(id, &catalog.homes[0]);
        assert_eq!(
            [behind("a"), behind("build-mcp"), behind("bad")],
            [Some(From::User), Some(From::User), None]
        );
    }
}
