//! Which versions of `bd` we can work with, and how each of them speaks.

use anyhow::Result;

use crate::fault::Fault;

/// How a version of `bd` is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// 0.47 to 0.49: `issues.jsonl` beside a database, kept equal by `bd sync --flush-only`.
    Classic,
    /// 1.x: a Dolt database; `issues.jsonl` is an export.
    Dolt,
}

/// What to install.
pub const INSTALL: &str = "install bd 1.x (1.0.5 and 1.2.2 were tried) or 0.47 to 0.49 (0.47.1 was tried) from \
                           https://github.com/gastownhall/beads, or set `backend = \"builtin\"` below `[beads]`";

/// Reads what `bd --version` says. A version that we cannot work with is a [`Fault::Usage`] naming it.
pub fn dialect(said: &str) -> Result<Dialect> {
    let found = said.split_whitespace().find_map(numbers);
    let why = match found {
        Some(((0, 47..=49), _)) => return Ok(Dialect::Classic),
        Some(((1, _), _)) => return Ok(Dialect::Dolt),
        Some(((0, ..=46), _)) => "it does not know every command that is needed",
        Some(((0, _), _)) => "its `export` and `import` do not carry all of an issue yet",
        Some(_) => "it is newer than this version of taskrun knows",
        None => {
            let said = said.lines().next().unwrap_or_default();
            return Err(Fault::usage(format!("`bd --version` names no version: `{said}`"), INSTALL));
        }
    };
    let version = found.map(|(_, text)| text).unwrap_or_default();
    Err(Fault::usage(format!("bd {version} cannot be used: {why}"), INSTALL))
}

/// Major and minor number of a word like `v1.0.5`, and the word itself.
fn numbers(word: &str) -> Option<((u32, u32), &str)> {
    let word = word.trim_start_matches('v').trim_end_matches([',', ')', ':']);
    let mut parts = word.split('.');
    let mut next = || parts.next()?.parse().ok();
    Some(((next()?, next()?), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        let table = [
            ("bd version 0.47.1 (dev)", Ok(Dialect::Classic)),
            ("bd version 0.49.6 (Homebrew)", Ok(Dialect::Classic)),
            ("bd version 1.0.5 (dev: main@0123abc)", Ok(Dialect::Dolt)),
            ("v1.12.0\n", Ok(Dialect::Dolt)),
            ("bd version 0.46.0 (dev)", Err("bd 0.46.0 cannot be used")),
            ("bd version 0.50.3 (dev)", Err("bd 0.50.3 cannot be used")),
            ("bd version 0.63.3 (dev)", Err("bd 0.63.3 cannot be used")),
            ("bd version 2.0.0", Err("bd 2.0.0 cannot be used: it is newer")),
            ("bd version dev", Err("names no version: `bd version dev`")),
            ("", Err("names no version")),
        ];
        for (said, expected) in table {
            match (dialect(said), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{said}"),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{said}: {error}");
                    assert!(matches!(error.downcast_ref(), Some(Fault::Usage { .. })));
                }
                (found, _) => panic!("{said}: {found:?}"),
            }
        }
    }
}
