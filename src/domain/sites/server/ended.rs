//! A server that ended before it answered: the end of what it printed, and what would help.

use std::fmt::Write;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;
use regex_lite::Regex;

use super::record::Record;
use crate::domain::sites::{Site, Sites, errors};
use crate::system::process::{self, Ended};

/// Bytes at the end of a log that are looked at.
const END: u64 = 32 << 10;
/// How servers say that their port is taken.
const TAKEN: &str =
    r"(?i)EADDRINUSE|already in use|is in use|address in use|already running|already being used";
/// Lines of it that are shown …
const SHOWN: usize = 15;
/// … where an error is longer …
const MOST: usize = 40;
/// … and lines before one in which its place may be told.
const PLACE: usize = 5;

/// What the end of a log speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// A program, a module or a package is missing; its name, where that is told.
    Missing(Option<String>),
    /// The port is taken; which one, where that is told.
    Taken(Option<u16>),
    /// It wants another version of its runtime.
    Version,
    /// There is no such script or task.
    Script,
    /// Nothing that is known.
    Unknown,
}

/// The end of a log, without colours; empty where there is none.
pub(super) fn tail(log: &Path) -> String {
    let read = || {
        let file = File::open(log).ok()?;
        let size = file.metadata().ok()?.len();
        let from = size.saturating_sub(END);
        let mut bytes = vec![0; usize::try_from(size - from).ok()?];
        file.read_exact_at(&mut bytes, from).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    console::strip_ansi_codes(&text).into_owned()
}

/// The last line of a log that says something.
pub(super) fn last_line(log: &Path) -> String {
    let text = tail(log);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// The last lines that say something, each indented: from where the last errors begin, if there are any.
pub(super) fn shown(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let own: Vec<&str> = lines.iter().copied().filter(|line| !errors::is_foreign(line)).collect();
    let last = |count: usize| own.len().saturating_sub(count);
    // As many errors as there is room for, at least the last one.
    let starts = errors::starts(&own);
    let first =
        starts.iter().find(|at| **at >= last(SHOWN)).or(starts.last().filter(|at| **at >= last(MOST)));
    let from = first.map_or(last(SHOWN), |at| place_before(&own, *at));
    let left_out = match first {
        Some(at) => lines.iter().filter(|line| errors::is_foreign(line)).count().min(lines.len() - at),
        None => 0,
    };
    let end = own.len().min(from + MOST);
    let mut out: String = own[from..end].iter().flat_map(|line| ["\n  ", line]).collect();
    if left_out + own.len() - end > 0 {
        let _ = write!(out, "\n  [… {} more lines …]", left_out + own.len() - end);
    }
    out
}

/// Where the place is told that the error at `at` is about, if that stands just before it: `/srv/a/server.js:3`.
fn place_before(lines: &[&str], at: usize) -> usize {
    let is_place = |line: &str| {
        let place = line.rsplit_once(':').filter(|(path, _)| path.contains('/') && !path.contains(' '));
        place
            .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    (at.saturating_sub(PLACE)..at).find(|at| is_place(lines[*at])).unwrap_or(at)
}

/// A server that ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fallen {
    /// How: `ended with code 1 before it answered`.
    pub how: String,
    /// The end of what it printed, each line indented on a line of its own.
    pub said: String,
    /// What would help.
    pub hint: String,
}

/// The last server of `site`, where nobody has ended it and it lives no more.
pub fn fallen(sites: &Sites, site: &Site) -> Result<Option<Fallen>> {
    let Some(record) = Record::read(sites, &site.name)?.filter(|record| !record.adopted) else {
        return Ok(None);
    };
    if !record.leader.is_of_this_boot() || !record.living(&process::table()).is_empty() {
        return Ok(None);
    }
    let how = record.ended.filter(|how| *how != Ended { code: None, signal: None });
    let how = how.or_else(|| process::ended(&record.leader));
    let tail = tail(&sites.log(&site.name));
    let early = if record.ended.is_some() { " before it answered" } else { "" };
    let told = format!("ended{}{early}", self::how(how));
    Ok(Some(Fallen { how: told, said: shown(&tail), hint: hint(site, &cause(&tail, how), None) }))
}

/// The last lines that the server of `site` printed, each indented on a line of its own.
pub fn last_words(sites: &Sites, site: &Site) -> String {
    shown(&tail(&sites.log(&site.name)))
}

/// What the end of its log speaks for.
pub(super) fn cause(text: &str, ended: Option<Ended>) -> Cause {
    let found = |pattern: &str| {
        let found = Regex::new(pattern).ok()?.captures(text)?;
        Some(found.get(1).map(|name| name.as_str().to_owned()))
    };
    if found(TAKEN).is_some() {
        let patterns = [r"(?i)(?:EADDRINUSE|in use)[^\n]*:(\d{2,5})\b", r"(?i)\bport[ :]+(\d{2,5})\b"];
        let port = patterns.iter().find_map(|pattern| found(pattern).flatten());
        return Cause::Taken(port.and_then(|port| port.parse().ok()));
    }
    let version = r"(?i)unsupported engine|EBADENGINE|engine .node. is incompatible|requires node|node\.js version|requires python|requires-python|required ruby version";
    if found(version).is_some() {
        return Cause::Version;
    }
    if found(r#"(?i)missing script|Command "\S+" not found|Script not found|Task not found"#).is_some() {
        return Cause::Script;
    }
    let missing = [
        r#"Cannot find (?:module|package) ['"]([^'"\n]+)['"]"#,
        r"No module named '?([\w.]+)'?",
        r"Could not find (?:gem )?'?([\w-]+)",
        r"(?m)(?:^|: )([\w@./-]+): (?:command )?not found\s*$",
        r"(?m)command not found: (\S+)",
        r"ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND",
    ];
    if let Some(name) = missing.iter().find_map(|pattern| found(pattern)) {
        return Cause::Missing(name);
    }
    if ended.is_some_and(|ended| ended.code == Some(127)) { Cause::Missing(None) } else { Cause::Unknown }
}

/// What to do about a cause; `holder` says who has the port.
pub(super) fn hint(site: &Site, cause: &Cause, holder: Option<&str>) -> String {
    let name = &site.name;
    match (cause, holder) {
        (Cause::Taken(_), Some(holder)) if site.recipe.program.own_port.is_some() => {
            format!(
                "{holder}; end that, or change the port in the dev command: it is fixed there, `--port` cannot change it"
            )
        }
        (Cause::Taken(_), Some(holder)) => {
            format!("{holder}; end that, or `taskrun site start {name} --port PORT` with a free one")
        }
        (Cause::Taken(_), None) => {
            format!(
                "the port was taken; start it again, or with a free one: `taskrun site start {name} --port PORT`"
            )
        }
        (Cause::Missing(what), _) => {
            let what = what.as_ref().map_or("something that it needs".into(), |what| format!("`{what}`"));
            match &site.recipe.commands.install {
                Some(install) => format!(
                    "{what} is not installed: run `{install}` in `{}`, or `taskrun site start {name} --install`",
                    site.path.display()
                ),
                None => format!("{what} is not installed, or not on PATH"),
            }
        }
        (Cause::Version, _) => {
            "it wants another version of its runtime (`engines` in package.json, or the like); switch \
             to that one and start it again"
                .into()
        }
        (Cause::Script, _) => format!(
            "its dev command is not there; `taskrun site unmount {name}`, then mount it again with `--dev COMMAND`"
        ),
        (Cause::Unknown, _) => format!("`taskrun site logs {name}` shows all that it printed"),
    }
}

/// `code 1`, `signal 9`
pub(super) fn how(ended: Option<Ended>) -> String {
    match ended {
        Some(Ended { code: Some(code), .. }) => format!(" with code {code}"),
        Some(Ended { signal: Some(signal), .. }) => format!(" by signal {signal}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_what_is_wrong() {
        let missing = |name: &str| Cause::Missing(Some(name.into()));
        let table = [
            ("sh: 1: vite: not found", missing("vite")),
            ("bash: line 1: next: command not found", missing("next")),
            ("zsh: command not found: bun", missing("bun")),
            ("Error: Cannot find module 'express'\nRequire stack:", missing("express")),
            ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'astro' imported from x", missing("astro")),
            ("ModuleNotFoundError: No module named 'flask'", missing("flask")),
            ("/usr/bin/python3: No module named mkdocs", missing("mkdocs")),
            ("Error: listen EADDRINUSE: address already in use 127.0.0.1:4301", Cause::Taken(Some(4301))),
            ("Error: listen EADDRINUSE: address already in use :::3000", Cause::Taken(Some(3000))),
            ("Error: Port 5173 is already in use", Cause::Taken(Some(5173))),
            ("OSError: [Errno 98] Address already in use", Cause::Taken(None)),
            ("error: another next dev server is already running.", Cause::Taken(None)),
            ("npm error code EBADENGINE", Cause::Version),
            ("You are using Node.js 18.0. Astro requires Node.js >=20", Cause::Version),
            ("npm error Missing script: \"dev\"", Cause::Script),
            ("GET /x 404 page not found here", Cause::Unknown),
            ("", Cause::Unknown),
        ];
        for (text, expected) in table {
            assert_eq!(cause(text, None), expected, "{text}");
        }
        assert_eq!(cause("", Some(Ended { code: Some(127), signal: None })), Cause::Missing(None));
    }

    #[test]
    fn a_hint_names_the_way_out() {
        let mut site = Site { name: "a".into(), path: "/srv/a".into(), ..Site::default() };
        let missing = Cause::Missing(Some("vite".into()));
        assert_eq!(hint(&site, &missing, None), "`vite` is not installed, or not on PATH");
        site.recipe.commands.install = Some("npm install".into());
        assert_eq!(
            hint(&site, &missing, None),
            "`vite` is not installed: run `npm install` in `/srv/a`, or `taskrun site start a --install`"
        );
        let taken = hint(&site, &Cause::Taken(Some(1)), Some("port 1 is held by pid 7 (`node`)"));
        assert!(taken.starts_with("port 1 is held by pid 7 (`node`); end that"), "{taken}");
    }

    #[test]
    fn the_end_of_a_log_is_shown_without_colours_and_empty_lines() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        assert_eq!(tail(&log), "");
        let lines = (0..40).map(|line| format!("\x1b[31mline {line}\x1b[0m\r\n\n"));
        let text = lines.collect::<Vec<_>>().concat();
        crate::system::store::scratch(&log, text.as_bytes()).unwrap();
        let shown = shown(&tail(&log));
        assert!(shown.starts_with("\n  line 25\n  line 26") && shown.ends_with("\n  line 39"), "{shown:?}");
        assert_eq!(last_line(&log), "line 39");
    }

    #[test]
    fn what_is_shown_begins_where_an_error_does() {
        let frames = |of: &str, count: usize| {
            (0..count).map(|at| format!("    at f{at} ({of}:{at}:1)\n")).collect::<Vec<_>>().concat()
        };
        let said = (0..30).map(|at| format!("said {at}\n")).collect::<Vec<_>>().concat();
        let foreign = frames("/s/node_modules/x.js", 12);
        let vite = format!(
            "{said}\u{2718} [ERROR] Unexpected end\n\n    vite.config.js:2:0:\n      2 \u{2502}\n        \u{2575} ^\n\nfailed to load config from \
             /s/vite.config.js\nerror when starting dev server:\nError: Build failed with 1 error:\n{foreign}"
        );
        let node = format!(
            "{said}file:///s/server.mjs:3\nexport default {{\n         ^\n\nSyntaxError: Unexpected end\n{}Node.js v20\n",
            frames("node:internal", 9)
        );
        let long = format!("{said}TypeError: bad\n{}", frames("/s/a.js", 30));
        let table = [
            (vite, "\u{2718} [ERROR] Unexpected end", "[… 12 more lines …]"),
            (node, "file:///s/server.mjs:3", "Node.js v20"),
            (long, "TypeError: bad", "    at f29 (/s/a.js:29:1)"),
            (said.clone(), "said 15", "said 29"),
        ];
        for (text, first, last) in table {
            let shown = shown(&text);
            assert!(shown.starts_with(&format!("\n  {first}\n")), "{shown}");
            assert!(shown.contains(last), "{shown}");
            assert!(shown.lines().count() < MOST + 3, "{shown}");
        }
    }
}
