//! Where skills are found: built in, the user's, the workspace's; the nearest wins.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::domain::skills::{Skill, valid_id};
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::config::{env, nearest};
use crate::system::store;

/// The skills that come with the program: id and text.
const BUILTIN: &[(&str, &str)] = &[("build-mcp", include_str!("../../../skills/build-mcp.toml"))];

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

/// A skill and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// It.
    #[serde(flatten)]
    pub skill: Skill,
    /// From where.
    pub from: From,
}

/// The places where skills are kept, nearest first.
#[derive(Debug)]
pub struct Catalog {
    dirs: Vec<(PathBuf, From)>,
}

impl Catalog {
    /// The places seen from a workspace, or from none.
    pub fn new(workspace: Option<&Workspace>) -> Self {
        let own = workspace.map(|workspace| (workspace.skills_dir(), From::Workspace));
        let user = env::config_dir().map(|dir| (dir.join("skills"), From::User));
        Self { dirs: own.into_iter().chain(user).collect() }
    }

    /// All skills by id, and what is wrong with the files that hold none.
    pub fn list(&self) -> Result<(Vec<Found>, Vec<anyhow::Error>)> {
        let (mut found, mut broken, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (dir, from) in &self.dirs {
            for (id, path) in files(dir)? {
                if !seen.insert(id) {
                    continue;
                }
                match load(&path) {
                    Ok(skill) => found.push(Found { skill, from: *from }),
                    Err(error) => broken.push(error),
                }
            }
        }
        for (id, text) in BUILTIN.iter().filter(|(id, _)| !seen.contains(*id)) {
            found.push(builtin(id, text)?);
        }
        found.sort_by(|a, b| a.skill.id.cmp(&b.skill.id));
        Ok((found, broken))
    }

    /// The skill `id`, or the error of its file.
    pub fn get(&self, id: &str) -> Result<Found> {
        if valid_id(id) {
            for (dir, from) in &self.dirs {
                let path = dir.join(format!("{id}.toml"));
                if path.symlink_metadata().is_ok() {
                    return Ok(Found { skill: load(&path)?, from: *from });
                }
            }
            if let Some((id, text)) = BUILTIN.iter().find(|(own, _)| *own == id) {
                return builtin(id, text);
            }
        }
        let (known, _) = self.list()?;
        let near = nearest(id, known.iter().map(|found| found.skill.id.as_str()));
        let hint =
            near.map_or("`taskrun skill list` shows all".into(), |near| format!("did you mean `{near}`?"));
        Err(Fault::not_found(format!("unknown skill `{id}`"), hint))
    }
}

/// The TOML files of a directory that may be missing, by name.
fn files(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let failed = || format!("failed to read `{}`", dir.display());
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.with_context(failed)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if let (Some(stem), false) = (path.file_stem(), hidden)
            && path.extension().is_some_and(|extension| extension == "toml")
        {
            files.push((stem.to_string_lossy().into_owned(), path));
        }
    }
    files.sort();
    Ok(files)
}

fn load(path: &Path) -> Result<Skill> {
    let text = store::read_text(path)?.with_context(|| format!("failed to read `{}`", path.display()))?;
    Skill::parse(&text, path)
}

fn builtin(id: &str, text: &str) -> Result<Found> {
    let skill = Skill::parse(text, Path::new(&format!("{id}.toml")))?;
    Ok(Found { skill, from: From::Builtin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_wins_and_broken_ones_are_told() {
        let temp = tempfile::tempdir().unwrap();
        let (near, far) = (temp.path().join("near"), temp.path().join("far"));
        let text =
            |id: &str, name: &str| format!("id='{id}'\nname='{name}'\ndescription=''\nstack=['rust']\n");
        for (dir, files) in [(&near, ["a", "bad"]), (&far, ["a", "build-mcp"])] {
            store::make_dir(dir).unwrap();
            for id in files {
                let text = if id == "bad" { "id=1".into() } else { text(id, &dir.to_string_lossy()) };
                store::write(&dir.join(format!("{id}.toml")), 0o644, text.as_bytes()).unwrap();
            }
        }
        let catalog = Catalog { dirs: vec![(near, From::Workspace), (far, From::User)] };
        let (found, broken) = catalog.list().unwrap();
        let shown: Vec<_> = found.iter().map(|found| (found.skill.id.as_str(), found.from)).collect();
        assert_eq!(shown, [("a", From::Workspace), ("build-mcp", From::User)]);
        assert_eq!(broken.len(), 1);
        assert_eq!(catalog.get("a").unwrap().from, From::Workspace);
        assert!(catalog.get("bad").unwrap_err().to_string().contains("bad.toml` line 1"));
        let unknown = catalog.get("build-mpc").unwrap_err();
        assert_eq!(unknown.downcast_ref::<Fault>().unwrap().hint(), Some("did you mean `build-mcp`?"));
        assert!(catalog.get("../near/a").is_err());
    }

    #[test]
    fn the_shipped_skills_are_sound() {
        let (found, broken) = Catalog { dirs: Vec::new() }.list().unwrap();
        assert!(broken.is_empty());
        assert_eq!(found.len(), BUILTIN.len());
        let skill = &found[0].skill;
        assert_eq!(skill.user_stories.len(), 2);
        assert_eq!(skill.user_stories[1].depends_on, ["US-001"]);
        assert_eq!(skill.quality_gates["*"], ["bun run check", "bun run lint"]);
    }
}
