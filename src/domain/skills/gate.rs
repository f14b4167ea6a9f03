//! Values in the shell text of a quality gate: each is quoted where it stands, and refused where no quoting would keep
//! it from being code. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use minijinja::{Environment, UndefinedBehavior};

use crate::domain::macp::template::programs;

/// Stands for a value until it is known between which quotes it is: no gate has this character in it.
const MARK: char = '\u{1}';
/// Programs that read an argument as code, whatever comes before it.
const SHELLS: &[&str] = &[
    "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "busybox", "eval", "source", ".", "xargs",
    "ssh", "su", "awk", "gawk", "mawk", "trap", "alias",
];
/// What makes code of the text inside it, quoted or not.
const NESTED: [&str; 4] = ["`", "$(", "${", "<<"];
/// Words after which a command begins.
const BEGINNERS: &[&str] =
    &["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "exec", "command"];

/// The command with every value in its place, as a word of the shell's or as a part of one.
pub(super) fn fill(command: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    if command.contains(MARK) {
        return Err("it holds a control character".into());
    }
    let (text, values) = marked(command, values)?;
    if values.is_empty() {
        return Ok(text);
    }
    if let Some(nested) = NESTED.iter().find(|nested| text.contains(**nested)) {
        return Err(format!("beside `{nested}` no variable can be used safely"));
    }
    if let Some(value) = values.iter().find(|value| value.chars().any(char::is_control)) {
        return Err(format!("`{}` has more than one line, or control characters", value.escape_debug()));
    }
    let mut reader = Reader::default();
    let mut out = String::with_capacity(text.len() + 64);
    let mut values = values.iter();
    for char in text.chars() {
        if char == MARK {
            let value = values.next().map_or("", String::as_str);
            reader.check(value)?;
            let quoted = shell_words::quote(value);
            match reader.quote {
                None => out.push_str(&quoted),
                // The quotes around it end before it and begin again after it.
                Some(quote) => out.extend([quote.to_string().as_str(), &quoted, quote.to_string().as_str()]),
            }
            reader.word.push_str("value");
            reader.before = 'v';
        } else {
            reader.take(char);
            out.push(char);
        }
    }
    Ok(out)
}

/// The rendered text with a mark in the place of each value, and the values in their order.
fn marked(command: &str, values: &BTreeMap<String, String>) -> Result<(String, Vec<String>), String> {
    let found = Arc::new(Mutex::new(Vec::new()));
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_keep_trailing_newline(true);
    let keep = Arc::clone(&found);
    environment.set_formatter(move |out, _, value| {
        if value.is_undefined() {
            return Err(minijinja::ErrorKind::UndefinedError.into());
        }
        if let Ok(mut found) = keep.lock() {
            found.push(value.to_string());
        }
        out.write_char(MARK).map_err(minijinja::Error::from)
    });
    let said =
        |error: minijinja::Error| error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
    let text = environment.render_str(command, values).map_err(said)?;
    let found = found.lock().map(|found| found.clone()).unwrap_or_default();
    // Blocks (`{% set x %}…`) could carry a mark elsewhere, or lose one.
    if text.matches(MARK).count() != found.len() {
        return Err("its values do not stand where they are written".into());
    }
    Ok((text, found))
}

/// Reads shell text as far as it must to know what a value would be.
#[derive(Debug, Default)]
struct Reader {
    quote: Option<char>,
    escaped: bool,
    /// The words of the command under way.
    words: Vec<String>,
    word: String,
    before: char,
}

impl Reader {
    fn take(&mut self, char: char) {
        let was = std::mem::replace(&mut self.before, char);
        if self.escaped {
            self.escaped = false;
            self.word.push(char);
            return;
        }
        match (self.quote, char) {
            (Some('"') | None, '\\') => self.escaped = true,
            (Some(quote), _) if char == quote => self.quote = None,
            (None, '\'' | '"') => self.quote = Some(char),
            (None, ';' | '&' | '|' | '(' | ')' | '\n') if !(char == '&' && was == '>') => {
                self.end();
                self.words.clear();
            }
            (None, _) if char.is_whitespace() => self.end(),
            _ => self.word.push(char),
        }
    }

    fn end(&mut self) {
        let word = std::mem::take(&mut self.word);
        let assignment = word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        let first = self.words.is_empty();
        if !word.is_empty() && !(first && (assignment || BEGINNERS.contains(&word.as_str()))) {
            self.words.push(word);
        }
    }

    /// Whether a value may stand here.
    fn check(&self, value: &str) -> Result<(), String> {
        if self.escaped || self.before == '$' {
            return Err(format!("a variable may not follow `{}`", if self.escaped { '\\' } else { '$' }));
        }
        let begins = self.word.is_empty();
        let Some(program) = self.words.first() else {
            return match self.word.split_once('=') {
                Some((name, _)) if !name.is_empty() => Ok(()),
                _ => Err("a variable may not choose the program".into()),
            };
        };
        if let Some(shell) = self.words.iter().find(|word| SHELLS.contains(&programs::name(word))) {
            return Err(format!("`{shell}` would read the value as code"));
        }
        let last = self.words.last().map_or("", String::as_str);
        let plain = programs::is_harmless(program) || program == "[" || program == "[[";
        if !plain && (programs::is_code_option(last) || self.word.starts_with('-') && takes_code(&self.word))
        {
            return Err(format!("`{}` takes code", if begins { last } else { &self.word }));
        }
        let closed = self.words.iter().any(|word| word == "--");
        if begins && !closed && value.starts_with('-') {
            return Err(format!(
                "`{value}` would be an option; write `./`, `--` or a name before the variable"
            ));
        }
        Ok(())
    }
}

/// Whether the option that a value is glued to runs it.
fn takes_code(option: &str) -> bool {
    let name = option.split('=').next().unwrap_or(option);
    name == "-c" || name == "-e" || name.starts_with("--") && programs::is_code_name(name)
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
