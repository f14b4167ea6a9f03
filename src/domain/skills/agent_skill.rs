//! Agent skills: a folder with a `SKILL.md`, whose text becomes the system prompt.
//!
//! Of its head `name` and `description` are taken, as <https://agentskills.io/specification> has them; `license`,
//! `compatibility`, `metadata`, `allowed-tools` and whatever else stands there is left to the programs it is meant for.

use super::fields::{Flaw, Read};
use super::{ID_RULE, Prompts, Skill, is_id, placeholders};
use crate::system::front_matter::{self, Broken, Entry};

/// The file in the folder.
pub const FILE: &str = "SKILL.md";

/// Reads the text of a `SKILL.md`.
pub fn read(text: &str) -> Read<Skill> {
    let Some((head, body)) = front_matter::split(text) else {
        let hint = "begin the file with `---`, `name: …`, `description: …`, `---`";
        return Err(Flaw {
            hint: Some(hint.into()),
            ..Flaw::new(0, "no front matter between two lines `---`")
        });
    };
    let start = head.as_ptr() as usize - text.as_ptr() as usize;
    // Line 1 of the head is line 2 of the file.
    let at = |line: usize| {
        start + head.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>()
    };
    let told = |broken: Broken| Flaw::new(at(broken.line), broken.message);
    let entries = front_matter::entries(head).map_err(told)?;
    let field = |name: &str| {
        let entry: Option<&Entry<'_>> = entries.iter().find(|entry| entry.name == name);
        let text = entry.map(Entry::text).transpose().map_err(told)?.flatten();
        let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let line = entry.map_or(1, |entry| entry.line);
        text.map(|text| (text, at(line))).ok_or_else(|| Flaw::new(at(line), format!("`{name}` is missing")))
    };
    let (id, place) = field("name")?;
    if !is_id(&id) {
        return Err(Flaw::new(place, format!("`name` is `{id}`; {ID_RULE}")));
    }
    let (description, _) = field("description")?;
    let system = placeholders::literal(body.trim());
    if let Some(place) = text.find('\0') {
        return Err(Flaw::new(place, "it holds a NUL character"));
    }
    if system.is_empty() {
        return Err(Flaw::new(text.len(), "nothing stands below the front matter"));
    }
    let prompts = Prompts { system, ..Prompts::default() };
    Ok(Skill { name: id.clone(), id, description, stack: vec!["*".into()], prompts, ..Skill::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_read_and_the_text_told() {
        let text = "---\nname: pdf-forms\ndescription: >\n  Fill forms.\n  Read PDFs.\nlicense: MIT\nallowed-tools: [Read]\n\
                    metadata:\n  version: \"2\"\n---\n\n# PDF\n\nUse {{ this }}.\n";
        let skill = read(text).unwrap();
        assert_eq!((skill.id.as_str(), skill.name.as_str()), ("pdf-forms", "pdf-forms"));
        assert_eq!(skill.description, "Fill forms. Read PDFs.");
        assert_eq!(skill.prompts.system, "# PDF\n\nUse {{ '{{' }} this }}.");
        assert_eq!(skill.stack, ["*"]);
    }

    #[test]
    fn heads_that_say_too_little_are_refused() {
        let table = [
            ("# no head", 0, "no front matter"),
            ("---\nname: x\n", 0, "no front matter"),
            ("---\ndescription: d\n---\nb", 4, "`name` is missing"),
            ("---\nname: x\n---\nb", 4, "`description` is missing"),
            ("---\nname: x\ndescription:\n---\nb", 12, "`description` is missing"),
            ("---\nname: PDF Forms\ndescription: d\n---\nb", 4, "`name` is `PDF Forms`; letters"),
            ("---\nname: ../x\ndescription: d\n---\nb", 4, "`name` is `../x`"),
            ("---\nname: x\ndescription: [d]\n---\nb", 12, "`description` is no plain text"),
            ("---\nname: x\ndescription: d\n---\n\n", 32, "nothing stands below"),
        ];
        for (text, at, expected) in table {
            let flaw = read(text).unwrap_err();
            assert!(flaw.message.contains(expected) && flaw.at == at, "{text:?}: {flaw:?}");
        }
    }
}
