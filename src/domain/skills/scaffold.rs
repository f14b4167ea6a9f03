//! The file of a new skill, which shows every field, or a copy of another skill.

use anyhow::Result;

use super::catalog::Catalog;
use super::home::Home;
use super::register::{self, Registered};
use super::source::{self, Format};
use super::{ID_RULE, NONE, is_id, write};
use crate::fault::Fault;

const TEMPLATE: &str = include_str!("scaffold.toml");

/// What is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its id.
    pub id: String,
    /// Its name for people; made of the id if none.
    pub name: Option<String>,
    /// Its stacks; any if none.
    pub stack: Vec<String>,
    /// The skill that it is a copy of.
    pub of: Option<String>,
}

/// Writes the file of a new skill into `home`.
pub fn new(catalog: &Catalog, home: &Home, wanted: &Wanted, force: bool) -> Result<Registered> {
    if !is_id(&wanted.id) {
        return Err(Fault::usage(format!("`{}` cannot be a skill's id", wanted.id), ID_RULE));
    }
    if wanted.id == NONE {
        let hint = "give it another id; `loop run --skill none` goes by none";
        return Err(Fault::usage(format!("`{NONE}` stands for no skill"), hint));
    }
    let text = match &wanted.of {
        Some(of) => copied((catalog, home), of, wanted)?,
        None => filled(wanted),
    };
    // What comes from the command line is checked like any other skill.
    if let Err(error) = source::parse(&text, Format::Toml, &wanted.id, Some(&wanted.id)) {
        return Err(Fault::usage(format!("this would be no skill: {error}"), "give another name or stack"));
    }
    register::put(catalog, home, &wanted.id, (Format::Toml, &text), force)
}

fn filled(wanted: &Wanted) -> String {
    let any = vec!["*".to_owned()];
    let stack = if wanted.stack.is_empty() { &any } else { &wanted.stack };
    let name = wanted.name.clone().unwrap_or_else(|| titled(&wanted.id));
    // The text of people comes last: it may hold anything.
    TEMPLATE
        .replace("@ID@", &wanted.id)
        .replace("@ID_TEXT@", &write::line(&wanted.id))
        .replace("@STACK@", &write::list(stack))
        .replace("@NAME_TEXT@", &write::line(&name))
}

fn copied((catalog, home): (&Catalog, &Home), of: &str, wanted: &Wanted) -> Result<String> {
    let found = match catalog.get(of) {
        // What is to be replaced may be broken: it can begin again with what it hides.
        Err(broken) if of == wanted.id && catalog.before(of, home).is_none() => {
            catalog.get_behind(of, home)?.ok_or(broken)?
        }
        other => other?,
    };
    let mut skill = found.skill;
    skill.id.clone_from(&wanted.id);
    if let Some(name) = &wanted.name {
        skill.name.clone_from(name);
    }
    if !wanted.stack.is_empty() {
        skill.stack.clone_from(&wanted.stack);
    }
    Ok(format!("# Began as a copy of `{of}`.\n{}", write::toml(&skill)))
}

/// `fix-bug` → `Fix bug`
fn titled(id: &str) -> String {
    let words = id.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scaffold_is_a_skill_that_shows_every_field() {
        let wanted =
            Wanted { id: "my-skill".into(), stack: vec!["a b".into(), "*".into()], ..Wanted::default() };
        let skill = source::parse(&filled(&wanted), Format::Toml, "x", Some("my-skill")).unwrap();
        assert_eq!(skill.name, "My skill");
        assert_eq!(skill.stack, ["a b", "*"]);
        assert_eq!(skill.user_stories.len(), 2);
        assert_eq!(skill.variables["what"].default.as_deref(), Some("the feature"));
        assert!(skill.quality_gates.is_empty());
        let named = Wanted { name: Some("\"@ID@\" \\".into()), ..wanted };
        let skill = source::parse(&filled(&named), Format::Toml, "x", None).unwrap();
        assert_eq!(skill.name, "\"@ID@\" \\");
    }
}
