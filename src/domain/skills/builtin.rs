//! The skills that come with the program.

use anyhow::Result;

use super::Skill;
use super::fields::{Fields, Flaw, Read};
use super::node;
use super::source::{self, Format};

/// Embeds `skills/<id>.toml` for each id.
macro_rules! shipped {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("../../../skills/", $id, ".toml")))),*]
    };
}

/// Id and text of each, by id.
pub const SHIPPED: &[(&str, &str)] = shipped![
    "add-component",
    "add-tests",
    "add-tool",
    "blog-post",
    "build-feature",
    "build-mcp",
    "build-plugin",
    "fix-bug",
    "landing-page",
    "sales-pitch",
];

/// What a list shows of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name in commands.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The stacks it is for.
    pub stack: Vec<String>,
    /// How many stories it has.
    pub stories: usize,
}

impl Head {
    /// That of a skill.
    pub fn of(skill: &Skill) -> Self {
        let Skill { id, name, description, stack, user_stories, .. } = skill.clone();
        Self { id, name, description, stack, stories: user_stories.len() }
    }
}

/// The complete skill of a [`SHIPPED`] text.
pub fn skill(id: &str, text: &str) -> Result<Skill> {
    source::parse(text, Format::Toml, &format!("{id}.toml"), Some(id))
}

/// The heads of all, without reading all that is below; a test holds them equal.
pub fn heads() -> Vec<Head> {
    SHIPPED.iter().filter_map(|(_, text)| head(text).ok()).collect()
}

fn head(text: &str) -> Read<Head> {
    let end = text.find("\n[").map_or(text.len(), |at| at + 1);
    let root = node::toml(&text[..end]).map_err(|broken| Flaw::new(broken.at, broken.message))?;
    let fields = Fields::of(&root, "", &["version", "id", "name", "description", "stack"])?;
    Ok(Head {
        id: fields.required("id")?,
        name: fields.required("name")?,
        description: fields.required("description")?,
        stack: fields.required_texts("stack")?,
        stories: text.matches("\n[[user_stories]]").count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_sound_and_their_heads_are_theirs() {
        let skills: Vec<Skill> = SHIPPED.iter().map(|(id, text)| skill(id, text).unwrap()).collect();
        assert_eq!(heads(), skills.iter().map(Head::of).collect::<Vec<_>>());
        assert!(SHIPPED.is_sorted_by_key(|(id, _)| *id));
        let dir = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/skills")).unwrap();
        assert_eq!(dir.count(), SHIPPED.len(), "each file of `skills/` is named here");
    }

    #[test]
    fn build_mcp_is_the_seeds() {
        let (id, text) = SHIPPED.iter().find(|(id, _)| *id == "build-mcp").unwrap();
        let skill = skill(id, text).unwrap();
        assert_eq!(skill.user_stories[1].depends_on, ["US-001"]);
        assert_eq!(skill.quality_gates["*"], ["bun run check", "bun run lint"]);
    }
}
