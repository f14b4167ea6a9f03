//! What a [`Spawn`] starts in the end: the file its program's name stands for, and a shell's plain line without the shell.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Spawn;
use crate::system::config::programs;

/// What a shell does itself, or may do otherwise than the program of that name.
const SHELLS_OWN: &[&str] = &[
    ".",
    ":",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "case",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "coproc",
    "declare",
    "dirs",
    "disown",
    "do",
    "done",
    "echo",
    "elif",
    "else",
    "enable",
    "esac",
    "eval",
    "exec",
    "exit",
    "export",
    "fc",
    "fg",
    "fi",
    "for",
    "function",
    "getopts",
    "hash",
    "help",
    "history",
    "if",
    "in",
    "jobs",
    "kill",
    "let",
    "local",
    "login",
    "logout",
    "mapfile",
    "newgrp",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "select",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "then",
    "time",
    "times",
    "trap",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "until",
    "wait",
    "whence",
    "while",
];

/// How files begin that the kernel itself starts; what else a shell would read as a script of its own.
const STARTS: &[&[u8]] = &[b"#!", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];

impl Spawn {
    /// Its words, and the file that the first stands for where that is for us to look up. We look each time, for it may have come,
    /// gone or moved since the last; starting it by its name has the kernel fail at each directory it is not in.
    ///
    /// A line for `sh -c` in which every word means itself is started without the shell, as `make` does: that one would
    /// only start the same.
    pub(super) fn words(&self) -> (Cow<'_, [OsString]>, Option<PathBuf>) {
        let as_given = Cow::Borrowed(self.argv.as_slice());
        let own_path =
            self.env.iter().map(|(name, _)| name).chain(&self.env_remove).any(|name| name == "PATH");
        if self.pty || own_path {
            return (as_given, None);
        }
        if let [shell, flag, line] = self.argv.as_slice()
            && shell == "sh"
            && flag == "-c"
            && self.launch.is_none()
            && let Some(words) = plain(line)
            && let Some(file) = programs::find_first(&words[0]).filter(|file| is_started_by_the_kernel(file))
        {
            return (words.into(), Some(file));
        }
        let name = self.argv.first().filter(|name| !name.is_empty() && !name.as_bytes().contains(&b'/'));
        let file = name.and_then(|name| programs::find_first(name));
        (as_given, file)
    }
}

/// The words of a line in which no letter means anything to a shell, and whose first is a program's name.
fn plain(line: &OsStr) -> Option<Vec<OsString>> {
    let line = line.to_str()?;
    let means_itself = |letter: char| letter.is_ascii_alphanumeric() || "_@%+,./:- ".contains(letter);
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let first = words.first().filter(|first| !first.contains('/') && !SHELLS_OWN.contains(first))?;
    // A word that begins with `-` or `+` would be the shell's option, `%` a job.
    let named = first.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
    (named && line.chars().all(means_itself)).then(|| words.into_iter().map(OsString::from).collect())
}

fn is_started_by_the_kernel(file: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(file).and_then(|mut file| file.read(&mut start));
    read.is_ok_and(|count| STARTS.iter().any(|known| start[..count].starts_with(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_means_itself_goes_without_a_shell() {
        let table: [(&str, Option<&[&str]>); 22] = [
            ("true", Some(&["true"])),
            ("cargo test --all  -p a-b", Some(&["cargo", "test", "--all", "-p", "a-b"])),
            (" npm run check:all ", Some(&["npm", "run", "check:all"])),
            ("", None),
            ("  ", None),
            ("true; false", None),
            ("A=1 true", None),
            ("make A=1", None),
            ("test -f x", None),
            ("cd web", None),
            ("time true", None),
            ("./check.sh", None),
            ("/bin/true", None),
            ("ls *.rs", None),
            ("ls ~", None),
            ("echo hi", None),
            ("x 'a b'", None),
            ("x $HOME", None),
            ("x a\tb", None),
            ("x\ny", None),
            ("x > y", None),
            ("é", None),
        ];
        for (line, expected) in table {
            let expected = expected.map(|words| words.iter().map(OsString::from).collect::<Vec<_>>());
            assert_eq!(plain(line.as_ref()), expected, "{line}");
        }
    }

    #[test]
    fn what_no_kernel_starts_is_left_to_the_shell() {
        let spawn =
            |line: &str| Spawn { argv: ["sh", "-c", line].map(OsString::from).into(), ..Spawn::default() };
        let of = |spawn: &Spawn| {
            let (words, file) = spawn.words();
            (words.into_owned(), file.is_some())
        };
        assert_eq!(of(&spawn("sort -u")), (vec!["sort".into(), "-u".into()], true));
        let missing = spawn("no-such-program-anywhere x");
        assert_eq!(of(&missing), (missing.argv.clone(), true));
        let own = Spawn { env: vec![("PATH".into(), "/opt".into())], ..spawn("sort") };
        assert_eq!(of(&own), (own.argv.clone(), false));
        let dir = tempfile::tempdir().unwrap();
        for (start, expected) in
            [(&b"#!/bin/sh\n"[..], true), (b"\x7fELF\x02", true), (b"echo hi\n", false), (b"", false)]
        {
            let file = dir.path().join("x");
            crate::system::store::write(&file, 0o755, start).unwrap();
            assert_eq!(is_started_by_the_kernel(&file), expected, "{start:?}");
        }
    }
}
