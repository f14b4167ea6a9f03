//! What is handed to `macp trigger`: a file or standard input, its signature checked before anything is read in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};

use super::signature;
pub use super::signature::Form;
use crate::fault::Fault;
use crate::system::clock;
use crate::system::config::env;

/// The longest input.
const LONGEST: u64 = 64 << 20;

/// What was read.
#[derive(Debug)]
pub struct Delivery {
    /// It.
    pub text: String,
    /// What people call it.
    pub source: String,
}

/// Reads it. `signed` is the name of the secret's variable, the signature and its form.
pub fn read(file: &Path, signed: Option<(&str, &str, Form)>) -> Result<Delivery> {
    let stdin = file == Path::new("-");
    let source = if stdin { "standard input".to_owned() } else { format!("`{}`", file.display()) };
    let secret = signed.map(|(name, ..)| secret(name)).transpose()?;
    let mut bytes = Vec::new();
    let mut take = |from: &mut dyn Read| from.take(LONGEST + 1).read_to_end(&mut bytes);
    let read = if stdin {
        take(&mut io::stdin().lock())
    } else {
        File::open(file).and_then(|mut file| take(&mut file))
    };
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Fault::usage(format!("{source} does not exist"), "give a file of events, or `-`"));
        }
        other => other.with_context(|| format!("failed to read {source}"))?,
    };
    if bytes.len() as u64 > LONGEST {
        return Err(Fault::invalid(format!("{source} is larger than 64 MiB"), "hand it in in parts"));
    }
    if let (Some((_, signature, form)), Some(secret)) = (signed, secret) {
        signature::verify(&bytes, &secret, signature, form, clock::now())?;
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        Fault::invalid(format!("{source} line {line} is not UTF-8"), "events are JSON, which is UTF-8")
    })?;
    Ok(Delivery { text, source })
}

fn secret(name: &str) -> Result<Vec<u8>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        // It may be the secret itself: it is not shown.
        let hint = "give the name of a variable that holds the secret, never the secret itself";
        return Err(Fault::usage("`--secret-env` names no variable", hint));
    }
    let missing = || {
        let message = format!("the variable `{name}` (--secret-env) is not set, or empty");
        Fault::usage(message, "set it to the secret for this command alone")
    };
    env::value(name).map(std::os::unix::ffi::OsStringExt::into_vec).ok_or_else(missing)
}
