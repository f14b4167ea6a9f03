//! A skill as TOML, as people would write it.

use std::fmt::Write;

use super::Skill;

/// The whole file.
pub fn toml(skill: &Skill) -> String {
    let mut out = String::new();
    for (name, value) in [("id", &skill.id), ("name", &skill.name), ("description", &skill.description)] {
        field(&mut out, name, value);
    }
    let _ = writeln!(out, "stack = {}", list(&skill.stack));
    for story in &skill.user_stories {
        out.push_str("\n[[user_stories]]\n");
        let texts = [
            ("id", &story.id),
            ("title", &story.title),
            ("as_a", &story.as_a),
            ("i_want", &story.i_want),
            ("so_that", &story.so_that),
        ];
        for (name, value) in texts {
            field(&mut out, name, value);
        }
        let _ = writeln!(out, "acceptance_criteria = {}", list(&story.acceptance_criteria));
        if !story.depends_on.is_empty() {
            let _ = writeln!(out, "depends_on = {}", list(&story.depends_on));
        }
    }
    if !skill.quality_gates.is_empty() {
        out.push_str("\n[quality_gates]\n");
    }
    for (stack, commands) in &skill.quality_gates {
        let _ = writeln!(out, "{} = {}", key(stack), list(commands));
    }
    for (name, variable) in &skill.variables {
        let _ = writeln!(out, "\n[variables.{}]", key(name));
        if let Some(default) = &variable.default {
            field(&mut out, "default", default);
        }
        field(&mut out, "description", &variable.description);
    }
    let prompts = &skill.prompts;
    let told = [
        ("system", &prompts.system),
        ("task_template", &prompts.task_template),
        ("acceptance_criteria", &prompts.acceptance_criteria),
    ];
    if told.iter().any(|(_, value)| !value.is_empty()) {
        out.push_str("\n[prompts]\n");
    }
    for (name, value) in told.into_iter().filter(|(_, value)| !value.is_empty()) {
        field(&mut out, name, value);
    }
    out
}

fn field(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "{name} = {}", text(value));
}

fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { line(name) }
}

/// A list: short words on one line, else an item a line.
pub fn list(items: &[String]) -> String {
    let lines: Vec<String> = items.iter().map(|item| line(item)).collect();
    let are_words = items.iter().all(|item| !item.contains(' '));
    if are_words && lines.iter().map(String::len).sum::<usize>() < 80 {
        return format!("[{}]", lines.join(", "));
    }
    format!("[\n  {},\n]", lines.join(",\n  "))
}

/// A text, over several lines where it has them.
fn text(text: &str) -> String {
    if !text.contains('\n') {
        return line(text);
    }
    let mut out = String::from("\"\"\"\n");
    let mut quotes = 0;
    for (at, letter) in text.char_indices() {
        quotes = if letter == '"' { quotes + 1 } else { 0 };
        match letter {
            '\n' => out.push('\n'),
            // Three of them would end the text, and so would one before the end.
            '"' if quotes == 3 || at + 1 == text.len() => {
                out.push_str("\\\"");
                quotes = 0;
            }
            '"' => out.push('"'),
            _ => push(&mut out, letter),
        }
    }
    out.push_str("\"\"\"");
    out
}

/// A text on one line.
pub fn line(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            _ => push(&mut out, letter),
        }
    }
    out.push('"');
    out
}

fn push(out: &mut String, letter: char) {
    match letter {
        '\\' => out.push_str("\\\\"),
        '\t' => out.push('\t'),
        '\r' => out.push_str("\\r"),
        _ if letter.is_control() => {
            let _ = write!(out, "\\u{:04x}", u32::from(letter));
        }
        _ => out.push(letter),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::skills::{Prompts, Story, Variable, node, read};

    #[test]
    fn it_is_written_as_people_would() {
        let story = Story {
            id: "US-1".into(),
            title: "Say \"hi\"".into(),
            acceptance_criteria: vec!["it says so".into(), "it ends".into()],
            depends_on: vec!["US-0".into()],
            ..Story::default()
        };
        let skill = Skill {
            id: "x".into(),
            stack: vec!["rust".into(), "go".into()],
            user_stories: vec![story],
            quality_gates: [("*".to_owned(), vec!["make".to_owned()])].into(),
            variables: [("who".to_owned(), Variable { default: Some("me".into()), ..Variable::default() })]
                .into(),
            prompts: Prompts { system: "a\n\"\"\"\"".into(), ..Prompts::default() },
            ..Skill::default()
        };
        let expected = "id = \"x\"\nname = \"\"\ndescription = \"\"\nstack = [\"rust\", \"go\"]\n\n[[user_stories]]\n\
            id = \"US-1\"\ntitle = \"Say \\\"hi\\\"\"\nas_a = \"\"\ni_want = \"\"\nso_that = \"\"\n\
            acceptance_criteria = [\n  \"it says so\",\n  \"it ends\",\n]\ndepends_on = [\"US-0\"]\n\n\
            [quality_gates]\n\"*\" = [\"make\"]\n\n[variables.who]\ndefault = \"me\"\ndescription = \"\"\n\n\
            [prompts]\nsystem = \"\"\"\na\n\"\"\\\"\\\"\"\"\"\n";
        assert_eq!(toml(&skill), expected);
    }

    fn any_text() -> impl Strategy<Value = String> {
        "[\"\\\\\n\r\t'#a é\u{1}\u{7f}\u{85}\u{2028}🚀]{0,12}".prop_map(|text| format!("x{text}"))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(texts in prop::collection::vec(any_text(), 6), one in "[a-z\"\\\\ é]{1,9}x") {
            let story = Story {
                id: "a".into(), title: one.clone(), as_a: one.clone(), i_want: one.clone(), so_that: one.clone(),
                acceptance_criteria: texts[..2].to_vec(), depends_on: Vec::new(),
            };
            let skill = Skill {
                id: "x".into(), name: one, description: texts[2].clone(), stack: vec!["*".into()],
                user_stories: vec![story],
                quality_gates: [(texts[3].clone(), texts[..1].to_vec())].into(),
                variables: [("v".to_owned(), Variable { default: Some(texts[4].clone()), description: String::new() })].into(),
                prompts: Prompts { system: texts[5].clone(), task_template: format!("{}\"", texts[5]), ..Prompts::default() },
            };
            let again = node::toml(&toml(&skill)).map(|root| read::skill(&root, false));
            prop_assert_eq!(again, Ok(Ok(skill)));
        }
    }
}
