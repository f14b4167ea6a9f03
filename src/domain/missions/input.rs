//! What a mission or an artifact is made of: text, a file or standard input, none of them held.

use std::fs::{self, File};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::fault::Fault;
use crate::system::document::shown;

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// It is this.
    Text(String),
    /// It is what is in a file.
    File(PathBuf),
    /// It is what comes on standard input.
    Stdin,
    /// The same where nobody said so: nothing at all is not meant then, as cron and services have it there.
    Implied,
}

impl Input {
    /// `-` is standard input, the path of what is there is a file, anything else is the text itself. Errors ([`Fault::Usage`]):
    /// what looks like a path, and nothing is there.
    pub fn of(given: &str) -> Result<Self> {
        match given {
            "-" => Ok(Self::Stdin),
            // What is too long for a path is none.
            path if fs::metadata(path).is_ok() => Ok(Self::File(path.into())),
            path if is_like_a_path(path) => Err(Fault::usage(
                format!("`{path}` looks like a file, and does not exist"),
                "give a file that is there; a text is more than one word, or comes on standard input with `-`",
            )),
            text => Ok(Self::Text(text.into())),
        }
    }

    /// `-` is standard input, anything else a file.
    pub fn file(path: &Path) -> Self {
        if path.as_os_str() == "-" { Self::Stdin } else { Self::File(path.to_owned()) }
    }

    /// To be read from its start. Errors: there is no such file ([`Fault::Usage`]), it is a directory.
    pub fn open(&self) -> Result<Box<dyn Read + '_>> {
        let path = match self {
            Self::Text(text) => return Ok(Box::new(text.as_bytes())),
            Self::Stdin => return Ok(Box::new(io::stdin().lock())),
            Self::Implied => return implied(),
            Self::File(path) => path,
        };
        let name = shown(path);
        if path.is_dir() {
            return Err(Fault::usage(
                format!("`{name}` is a directory"),
                "give a file, or `-` for standard input",
            ));
        }
        match File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Fault::usage(
                format!("`{name}` does not exist"),
                "give a file, or `-` for standard input",
            )),
            Err(error) => Err(error).with_context(|| format!("failed to read `{name}`")),
        }
    }
}

/// One word with a `/`, or an extension, that is no address.
fn is_like_a_path(word: &str) -> bool {
    let extension = |it: &str| it.len() <= 8 && it.starts_with(|first: char| first.is_ascii_alphabetic());
    !word.contains(char::is_whitespace)
        && !word.contains("://")
        && (word.contains('/')
            || Path::new(word).extension().and_then(|it| it.to_str()).is_some_and(extension))
}

fn implied() -> Result<Box<dyn Read>> {
    let mut stdin = io::stdin().lock();
    if stdin.fill_buf().context("failed to read standard input")?.is_empty() {
        let hint = "give `--from`: a file, or `-` for standard input though nothing comes";
        return Err(Fault::usage("nothing comes on standard input", hint));
    }
    Ok(Box::new(stdin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_nowhere_is_no_text() {
        let texts = [
            "fix it",
            "login",
            "see notes.md for all",
            "v2.0",
            "https://example.com/issues/1",
            "",
            "really?!",
            "Done.",
            "a/b is wrong",
        ];
        for text in texts {
            assert_eq!(Input::of(text).unwrap(), Input::Text(text.into()), "{text}");
        }
        for path in ["notse.md", "no/such/thing", "./notes", "/tmp/no-such-file", "notes.txt"] {
            let told = Input::of(path).unwrap_err().to_string();
            assert!(told.contains("does not exist"), "{path}: {told}");
        }
        assert_eq!(Input::of("-").unwrap(), Input::Stdin);
    }
}
