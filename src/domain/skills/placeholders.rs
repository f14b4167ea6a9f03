//! What a skill's texts may name between braces.

use std::collections::BTreeMap;

use minijinja::Environment;

use super::Variable;
use crate::system::config::nearest;

/// What prompts can name beside the skill's own variables: the facts of the task that is worked.
pub const PROMPT: &[&str] = &["task", "epic", "attempt", "max_attempts", "previous", "gates", "extra", "dir"];

/// What every template knows.
const GLOBALS: &[&str] = &["range", "dict", "namespace", "debug", "loop", "self", "super"];

/// Words that mean something else in a template, and so name no variable.
const WORDS: &[&str] =
    &["true", "false", "none", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"];

/// Whether `name` can be a variable's.
pub fn is_name(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    first && plain && ![PROMPT, GLOBALS, WORDS].concat().contains(&name)
}

/// Whether there is anything to fill in.
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|brace| text.contains(brace))
}

/// The first place where a template would name or do something, as people write it: `{{.Names}}` of another language is
/// none.
pub fn first(text: &str) -> Option<&str> {
    let starts = text.match_indices("{{").chain(text.match_indices("{%"));
    let named = starts.filter(|(at, _)| {
        let word = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        word.starts_with(|letter: char| {
            letter.is_alphabetic() || matches!(letter, '_' | '(' | '[' | '"' | '\'')
        })
    });
    let at = named.map(|(at, _)| at).min()?;
    let rest = &text[at..];
    let end = ["}}", "%}"].iter().filter_map(|brace| rest.find(brace)).min();
    Some(&rest[..end.map_or(2, |end| end + 2)])
}

/// `text` as a template that yields it.
pub fn literal(text: &str) -> String {
    if !is_template(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek().copied()) {
            ('{', Some(next @ ('{' | '%' | '#'))) => {
                letters.next();
                out.push_str("{{ '{");
                out.push(next);
                out.push_str("' }}");
            }
            _ => out.push(letter),
        }
    }
    out
}

/// What is wrong with the template `text`, which may name `variables` and, as a prompt, [`PROMPT`].
pub fn flaw(text: &str, variables: &BTreeMap<String, Variable>, is_prompt: bool) -> Option<String> {
    if !is_template(text) {
        return None;
    }
    // Filters are only looked up when a text is filled in; to make them takes longer than to read the text.
    let environment = Environment::empty();
    let template = match environment.template_from_str(text) {
        Ok(template) => template,
        Err(error) => {
            let said = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
            return Some(format!("is no template: {said}"));
        }
    };
    let facts = if is_prompt { PROMPT } else { &[] };
    let known = || facts.iter().copied().chain(variables.keys().map(String::as_str));
    let mut named: Vec<String> = template.undeclared_variables(false).into_iter().collect();
    named.sort();
    let unknown =
        named.into_iter().find(|name| !GLOBALS.contains(&name.as_str()) && known().all(|own| own != name))?;
    Some(match nearest(&unknown, known()) {
        Some(near) => format!("names `{unknown}`; did you mean `{near}`?"),
        None if PROMPT.contains(&unknown.as_str()) => format!("names `{unknown}`, which only prompts know"),
        None => format!("names `{unknown}`, which is not among `variables`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_told() {
        let variables = BTreeMap::from([("project".to_owned(), Variable::default())]);
        let table = [
            ("plain } text", false, None),
            ("{{ project }} and {{ project | upper }}", false, None),
            (
                "{% set x = project %}{{ x }}{% for y in range(3) %}{{ y }}{{ loop.index }}{% endfor %}",
                false,
                None,
            ),
            ("{{ projct }}", false, Some("names `projct`; did you mean `project`?")),
            ("{{ color }}", true, Some("names `color`, which is not among `variables`")),
            ("{{ task.id }}{{ project }}", true, None),
            ("{{ task.id }}", false, Some("names `task`, which only prompts know")),
            ("{{ }}", true, Some("is no template: unexpected end of variable block")),
        ];
        for (text, is_prompt, expected) in table {
            assert_eq!(flaw(text, &variables, is_prompt).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_place_is_found_where_a_template_would_fill_something_in() {
        let table = [
            ("echo ${#x} {a,b} }}", None),
            ("docker ps --format '{{.Names}}'", None),
            ("grep -q '[{][%{]' x", None),
            ("echo {{ who }}; {{ x }}", Some("{{ who }}")),
            ("echo {{-who|upper-}}", Some("{{-who|upper-}}")),
            ("{% if who %}true{% endif %}{{ who }}", Some("{% if who %}")),
            ("echo {{ 'a' ~ who }}", Some("{{ 'a' ~ who }}")),
            ("echo {{\nwho", Some("{{")),
        ];
        for (text, expected) in table {
            assert_eq!(first(text), expected, "{text}");
        }
    }

    #[test]
    fn names_are_told_from_words() {
        for name in ["a", "_a1", "Project"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "1a", "a-b", "a b", "task", "none", "loop", "é"] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn literal_text_stays_itself() {
        for text in ["plain", "a {{ b }} {% c %} {# d #} {{{{ }}", "{", "{{% x"] {
            let rendered = Environment::new().render_str(&literal(text), ()).unwrap();
            assert_eq!(rendered, text);
        }
    }
}
