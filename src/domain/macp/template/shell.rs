//! Where a value may stand in a command, so that it never becomes shell code, a program or an option. Pure.
//!
//! A list of what is forbidden would never be complete. So a value needs a reason to be allowed: a variable whose name says that
//! it is data, an argument of a program that is known to do nothing with it but read, write or show it, or of one of the project's own.

use serde_json::Value;

use super::blueprint::Flaw;
use super::programs;

/// How the names of variables begin that may hold a value: nothing reads such a one but what was written to.
pub const DATA: [&str; 2] = ["EVENT_", "IN_"];

/// An argument as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// All of it, where it is the same for every event; else what stands before its first placeholder.
    pub literal: String,
    /// Whether it is the same for every event.
    pub fixed: bool,
}

/// Whether no argument that differs from event to event can become code.
pub fn check_argv(field: &str, argv: &[Word]) -> Result<(), Flaw> {
    let flaw = |at: usize, what: String, hint: &str| Err(Flaw::new(&[field, &at.to_string()], what, hint));
    let Some(program) = argv.first() else {
        return Err(Flaw::new(&[field], format!("`{field}` is empty"), "give program and arguments"));
    };
    if !program.fixed {
        let what = format!("the program of `{field}` may not come from a placeholder");
        return flaw(0, what, "name the program itself");
    }
    if program.literal.trim().is_empty() {
        return flaw(0, format!("the program of `{field}` is empty"), "name it");
    }
    for (at, word) in argv.iter().enumerate().filter(|(_, word)| !word.fixed) {
        if let Err((why, hint)) = check_word(&argv[..at], word) {
            return flaw(at, format!("argument {at} of `{field}` may hold no placeholder: {why}"), hint);
        }
    }
    Ok(())
}

/// The way out that there always is.
const BY_ENV: &str =
    "put the value in a variable, `env = { EVENT_X = \"{{…}}\" }`, and read `\"$EVENT_X\"` in the command";

/// Whether a value may stand in `word`, after the words `before`, the first of which is the program.
fn check_word(before: &[Word], word: &Word) -> Result<(), (String, &'static str)> {
    let program = &before[0].literal;
    let name = programs::name(program);
    if programs::is_script(before) {
        return check_glue(&word.literal);
    }
    if programs::runs(program) {
        let why = format!("`{name}` takes a program or code from its arguments");
        return Err((why, BY_ENV));
    }
    // A program's name alone does not tell whether it runs its arguments; what the project keeps itself is its own business.
    let own = program.contains('/') && !program.starts_with('/');
    if own {
        if let Some(runner) = before[1..].iter().find(|word| programs::is_runner(&word.literal)) {
            return Err((format!("`{}` before it runs what it is given", runner.literal), BY_ENV));
        }
        if programs::is_code_option(&before[before.len() - 1].literal) {
            return Err((format!("`{}` takes code", before[before.len() - 1].literal), BY_ENV));
        }
    } else if !programs::is_harmless(program) {
        let why = format!("`{name}` is none of those that only read, write or show what they are given");
        return Err((why, BY_ENV));
    }
    check_glue(&word.literal)
}

/// Whether what a value is glued to leaves it no choice of the option.
fn check_glue(literal: &str) -> Result<(), (String, &'static str)> {
    if !literal.starts_with('-') {
        return Ok(());
    }
    let Some((option, _)) = literal.split_once('=') else {
        return Err(("it would choose an option".into(), "write `--name={{…}}`, or two arguments"));
    };
    if programs::is_code_name(option) {
        return Err((format!("`{option}` takes code or a program"), BY_ENV));
    }
    Ok(())
}

/// Whether the arguments, filled, are no options where none is written.
pub fn check_filled_argv(argv: &[Word], filled: &[&str]) -> Result<(), String> {
    let mut closed = false;
    for (word, value) in argv.iter().zip(filled) {
        if !word.fixed && !closed && word.literal.is_empty() && value.starts_with('-') {
            let value: String = value.chars().take(60).collect();
            return Err(format!(
                "`{}` would be an option; where such values are right, write `--` before the placeholder",
                value.escape_debug()
            ));
        }
        closed |= word.fixed && word.literal == "--";
    }
    Ok(())
}

/// Whether a filled name is one that git, a file system and a shell all take for a name.
pub fn check_filled_name(value: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if value.starts_with('-') || value.contains("..") || !value.chars().all(plain) {
        let value: String = value.chars().take(60).collect();
        return Err(format!(
            "`{}` is refused: from a placeholder it has letters, digits and `. _ - /`, no `..`, and no `-` at its beginning",
            value.escape_debug()
        ));
    }
    Ok(())
}

/// Whether no variable but one for data gets its value from an event.
pub fn check_env(field: &str, value: &Value) -> Result<(), Flaw> {
    for (variable, text) in value.as_object().into_iter().flatten() {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if variable.starts_with(|c: char| c.is_ascii_digit())
            || variable.is_empty()
            || !variable.chars().all(plain)
        {
            let message = format!("`{variable}` in `{field}` is no variable's name");
            return Err(Flaw::new(&[field, variable], message, "use letters, digits and `_`"));
        }
        let data =
            DATA.iter().any(|prefix| variable.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()));
        if !data && text.as_str().is_some_and(|text| text.contains("{{")) {
            let message = format!(
                "`{variable}` in `{field}` may hold no placeholder: it could decide what is run; names for values begin with \
                 `EVENT_` or `IN_`"
            );
            let hint = format!("call it `EVENT_{variable}`, and read that");
            return Err(Flaw::new(&[field, variable], message, hint));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
