//! Which lines of a dev server's log are errors, with their stack: what whoever works should know of, and no more.

use std::collections::BTreeSet;

use crate::domain::agents::printable;

/// Lines of one error that are kept.
const LINES: usize = 24;
/// Characters of a line that are kept.
const WIDTH: usize = 240;
/// Errors that are told.
const ERRORS: usize = 8;
/// Bytes of all that is told.
const BYTES: usize = 6 * 1024;

/// What an error's first line holds, in small letters.
const WORDS: &[&str] = &[
    "error:",
    "[error]",
    "error in ",
    "error while ",
    "error on ",
    "error when ",
    "error[",
    "error [",
    "error (",
    "traceback (most recent call last)",
    "exception:",
    "exception on ",
    "exception in ",
    "uncaught ",
    "unhandled",
    "panicked at",
    "panic:",
    "failed to ",
    "fatal:",
    "fatal error",
    "cannot find module",
    "module not found",
    "could not resolve",
    "having trouble ",
    "problem writing",
    "eaddrinuse",
];
/// Marks that servers put before an error.
const MARKS: [char; 4] = ['⨯', '✘', '✖', '✗'];
/// What no error says: counts of none, pages that are not there, and noise of package managers.
const HARMLESS: &[&str] = &[
    " 0 error",
    "no error",
    "without error",
    "' not found",
    "not found: /",
    "no route matches",
    "npm error",
    "npm err!",
    "favicon.ico",
];
/// What a line of a stack or of a piece of source begins with.
const PARTS: &[&str] =
    &["at ", "|", "^", "~", "╭", "╰", "│", "> ", "-->", "}", "Caused by", "[cause]", "File:", "Plugin:"];
/// Where frames lie that are nobody's here.
const FOREIGN: &[&str] = &["/node_modules/", "(node:", "at node:", "/site-packages/", "<frozen importlib"];

/// The errors in `log`, each once, as text of at most 6 KiB; none where there is none.
pub fn errors(log: &str) -> Vec<String> {
    let plain = printable(&log.replace("\r\n", "\n").replace('\r', "\n"));
    let lines: Vec<&str> = plain.lines().map(str::trim_end).collect();
    let (mut found, mut seen, mut bytes, mut more) = (Vec::new(), BTreeSet::new(), 0, 0);
    let mut at = 0;
    while at < lines.len() {
        if !begins(lines[at]) {
            at += 1;
            continue;
        }
        let end = at + length(&lines[at..]);
        let block = shown(&lines[at..end]);
        at = end;
        if !seen.insert(key(&block)) {
            continue;
        }
        if found.len() == ERRORS || bytes + block.len() > BYTES {
            more += 1;
            continue;
        }
        bytes += block.len();
        found.push(block);
    }
    if more > 0 {
        found.push(format!("[… and {more} more …]"));
    }
    found
}

/// Where in `lines` errors begin.
pub fn starts(lines: &[&str]) -> Vec<usize> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let begun = begins(lines[at]);
        found.extend(begun.then_some(at));
        at += if begun { length(&lines[at..]) } else { 1 };
    }
    found
}

/// Whether a line is a frame in code that is nobody's here.
pub fn is_foreign(line: &str) -> bool {
    is_frame(line) && FOREIGN.iter().any(|place| line.contains(place))
}

/// Whether a line begins an error.
fn begins(line: &str) -> bool {
    let small = line.to_lowercase();
    if HARMLESS.iter().any(|harmless| small.contains(harmless)) {
        return false;
    }
    let text = untimed(line).trim_start();
    if text.starts_with(MARKS) || text.starts_with("ERROR ") {
        return true;
    }
    // What is indented belongs to what comes before it.
    !is_indented(line) && (WORDS.iter().any(|word| small.contains(word)) || small.starts_with("error "))
}

/// How many of these lines belong to the error that the first begins.
fn length(lines: &[&str]) -> usize {
    let small = lines[0].to_lowercase();
    let traceback = small.contains("traceback (most recent call last)");
    // A line that says only where it was, or that something failed: the next one says what.
    let marked = lines[0].trim_start().starts_with(MARKS);
    let place = marked && !WORDS.iter().any(|word| small.contains(word));
    let mut named = !(traceback || place || small.ends_with("failed to compile."));
    let mut end = 1;
    while let Some(line) = lines.get(end) {
        let part = if line.is_empty() {
            lines.get(end + 1).is_some_and(|next| is_part(next))
        } else {
            is_part(line)
        };
        let blank_before_name = line.is_empty() && !named && !traceback && end == 1;
        if !part && !blank_before_name {
            if named || line.is_empty() {
                break;
            }
            named = true;
        }
        end += 1;
    }
    end
}

fn is_indented(line: &str) -> bool {
    line.starts_with('\t') || line.starts_with("  ")
}

/// Whether a line can only be a part of what is told before it.
fn is_part(line: &str) -> bool {
    let text = line.trim_start();
    let numbered = text.trim_start_matches(|c: char| c.is_ascii_digit());
    !begins(line)
        && (is_indented(line)
            || PARTS.iter().any(|start| text.starts_with(start))
            || (numbered.len() < text.len() && numbered.trim_start().starts_with(['|', '│'])))
}

/// Whether a line is a frame of a stack.
fn is_frame(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with("at ") || text.starts_with("File \"")
}

/// A block as it is told: not too long, not too wide, without the frames of other people's code.
fn shown(lines: &[&str]) -> String {
    let cut = |line: &str| match line.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    };
    let left_out = lines.iter().filter(|line| is_foreign(line)).count();
    let own: Vec<&&str> = lines.iter().filter(|line| !is_foreign(line)).collect();
    let mut out: Vec<String> = own.iter().take(LINES).map(|line| cut(line)).collect();
    match left_out + own.len().saturating_sub(LINES) {
        0 => {}
        more => out.push(format!("[… {more} more lines …]")),
    }
    out.join("\n")
}

/// What makes an error the same as another: what it says and shows, not when nor by which way it came up.
fn key(block: &str) -> String {
    let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
    let said = untimed(first).split_once("rror: ").map_or(untimed(first), |(_, said)| said);
    let shown = rest.lines().filter(|line| !is_frame(line) && !line.starts_with("[…") && !line.is_empty());
    // What a bundler adds to a module's name, to have it loaded anew.
    let mut parts = said.split("?t=");
    let mut key = parts.next().unwrap_or_default().to_owned();
    key.extend(parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit())));
    shown.for_each(|line| key += line.trim());
    key
}

/// A line without the time it begins with.
fn untimed(line: &str) -> &str {
    let of_time = |c: char| c.is_ascii_digit() || ":.-/TZ[], ".contains(c);
    let rest = line.trim_start_matches(of_time);
    if !line[..line.len() - rest.len()].contains(':') {
        return line;
    }
    ["AM ", "PM ", "am ", "pm "].iter().find_map(|half| rest.strip_prefix(half)).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Vite 7 prints it, twice, by two ways.
    const VITE: &str = "\u{1b}[32m➜\u{1b}[0m  Local:   http://localhost:4777/
12:57:01 AM [vite] (client) hmr update /src/App.jsx
12:57:01 AM [vite] (client) Pre-transform error: /s/src/App.jsx: Unterminated JSX contents. (1:56)

> 1 | export default function App() { return <main><h1>Hi</h1>; }
    |                                                         ^
  2 |
  Plugin: vite:react-babel
  File: /s/src/App.jsx:1:56
12:57:01 AM [vite] \u{1b}[31mInternal server error: /s/src/App.jsx: Unterminated JSX contents. (1:56)\u{1b}[39m

> 1 | export default function App() { return <main><h1>Hi</h1>; }
    |                                                         ^
  2 |
  Plugin: vite:react-babel
  File: /s/src/App.jsx:1:56
      at constructor (/s/node_modules/@babel/parser/lib/index.js:369:19)
      at parser.next (<anonymous>)
12:57:04 AM [vite] Internal server error: Failed to resolve import \"./nope.js\" from \"src/App.jsx\". Does the file exist?
  Plugin: vite:import-analysis
      at normalizeUrl (file:///s/node_modules/vite/dist/node/chunks/config.js:27370:18)
12:57:06 AM [vite] (client) page reload src/App.jsx
";

    #[test]
    fn errors_are_told_once_with_what_belongs_to_them() {
        let found = errors(VITE);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("12:57:01 AM [vite] (client) Pre-transform error: "), "{}", found[0]);
        assert!(found[0].ends_with("\n  File: /s/src/App.jsx:1:56"), "{}", found[0]);
        let missing = "12:57:04 AM [vite] Internal server error: Failed to resolve import \"./nope.js\" from \
                       \"src/App.jsx\". Does the file exist?\n  Plugin: vite:import-analysis\n[… 1 more lines …]";
        assert_eq!(found[1], missing);
    }

    #[test]
    fn each_kind_of_server_has_its_way() {
        let table: &[(&str, &[&str])] = &[
            (" ✓ Compiled / in 2s\n GET / 200 in 10ms\n", &[]),
            (
                " ⨯ ./app/page.tsx:3:1\nModule not found: Can't resolve './nope'\n  1 | import\n GET / 500 in 1ms\n",
                &[" ⨯ ./app/page.tsx:3:1\nModule not found: Can't resolve './nope'\n  1 | import"],
            ),
            (
                " ⨯ Error: boom\n    at Page (app/page.tsx:3:9)\n GET / 500\n",
                &[" ⨯ Error: boom\n    at Page (app/page.tsx:3:9)"],
            ),
            (
                "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\n    x()\nValueError: boom\n\
                 127.0.0.1 - - \"GET / HTTP/1.1\" 500 -\n",
                &[
                    "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\n    x()\nValueError: boom",
                ],
            ),
            (
                "TypeError: bad\n    at f (/s/a.js:1:2) {\n  code: 'E'\n}\n\nNode.js v20\n",
                &["TypeError: bad\n    at f (/s/a.js:1:2) {\n  code: 'E'\n}"],
            ),
            ("Failed to compile.\n\nTS2304: no name\nCompiled\n", &["Failed to compile.\n\nTS2304: no name"]),
            (
                "12:00:00 [ERROR] Unexpected token\n  Stack trace:\n    at /s/a.astro:1:1\nok\n",
                &["12:00:00 [ERROR] Unexpected token\n  Stack trace:\n    at /s/a.astro:1:1"],
            ),
            ("ERROR render of \"page\" failed\n", &["ERROR render of \"page\" failed"]),
            ("[2026-01-01 00:00:00] ERROR `/random' not found.\nNot Found: /x\nfound 0 errors\n", &[]),
            (
                "[11ty] Problem writing Eleventy templates:\n[11ty] 1. Having trouble rendering x\n",
                &["[11ty] Problem writing Eleventy templates:", "[11ty] 1. Having trouble rendering x"],
            ),
            ("Error: a\r\nError: a\r\n\r\n", &["Error: a"]),
            ("", &[]),
        ];
        for (log, expected) in table {
            assert_eq!(errors(log), *expected, "{log}");
        }
    }

    #[test]
    fn however_much_there_is_little_is_told() {
        let log = (0..500)
            .map(|at| format!("Error: {at} {}\n    at x:{at}\n", "y".repeat(900)))
            .collect::<Vec<_>>()
            .concat();
        let found = errors(&log);
        assert_eq!(found.len(), ERRORS + 1);
        assert_eq!(found[ERRORS], format!("[… and {} more …]", 500 - ERRORS));
        assert!(found.iter().map(String::len).sum::<usize>() < BYTES + 100);
        let deep = (0..90).map(|at| format!("    at f{at} (a.js:1:1)\n")).collect::<Vec<_>>().concat();
        assert_eq!(errors(&format!("Error: deep\n{deep}"))[0].lines().count(), LINES + 1);
    }
}
