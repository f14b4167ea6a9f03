//! Servers that could not start anew with what was changed, and go on as they were: what they serve tells nothing of that.

use super::{State, Status, ended};
use crate::domain::sites::{Sites, errors};

/// How they say so, in small letters.
const FAILED: &[&str] = &[
    "server restart failed",
    "failed to load config from",
    "continuing with previous valid configuration",
    "unable to load your astro config",
    "cannot restart nuxt",
    "failed to restart",
    "failed to reload config",
    "error reading config",
    "error while loading config",
];
/// How they say that they have started after all.
const DONE: &[&str] = &[
    "server restarted",
    " ready in ",
    "restarted successfully",
    "local:",
    "listening on",
    "server is listening",
];
/// Lines before the last word that are looked through for why.
const BEFORE: usize = 40;

/// Why the server as it is in `status` goes on with an earlier configuration, as its log tells; empty where it does not say so. Of
/// one that somebody else started nothing is known.
pub fn stuck(sites: &Sites, status: &Status) -> Vec<String> {
    if status.state == State::Stopped || status.adopted {
        return Vec::new();
    }
    why(&ended::tail(&sites.log(&status.name)))
}

fn why(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().map(str::trim_end).collect();
    let says = |words: &[&str]| {
        lines.iter().rposition(|line| {
            let small = line.to_lowercase();
            words.iter().any(|word| small.contains(word))
        })
    };
    let Some(failed) = says(FAILED) else { return Vec::new() };
    let done = says(DONE);
    if done.is_some_and(|done| done > failed) {
        return Vec::new();
    }
    let from = done.map_or(0, |done| done + 1).max(failed.saturating_sub(BEFORE));
    let mut told = errors::errors(&lines[from..].join("\n"));
    if told.is_empty() {
        told.push(lines[failed].to_owned());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_goes_on_as_it_was_is_known_by_its_last_word() {
        let vite = "  VITE v7.3.8  ready in 2175 ms\n\n4:24:57 AM [vite] vite.config.mjs changed, restarting server...\n\
                    \u{2718} [ERROR] Unexpected end of file\n\n    vite.config.mjs:2:0:\n      2 \u{2502} \n        \u{2575} ^\n\n\
                    failed to load config from /s/vite.config.mjs\n4:24:57 AM [vite] Build failed with 1 error:\n\
                    vite.config.mjs:2:0: ERROR: Unexpected end of file\n4:24:57 AM [vite] server restart failed\n";
        let again = "4:24:59 AM [vite] vite.config.mjs changed, restarting server...\n4:24:59 AM [vite] server restarted.\n";
        let astro = " astro  v5.18.0 ready in 336 ms\n04:33:14 Configuration file updated. Restarting...\n\
                     [astro] Unable to load your Astro config\n\n04:33:14 [ERROR] [config] Failed to parse source\n  Stack trace:\n\
                     \u{20}   at /s/astro.config.mjs:1:1\n\n04:33:14 [ERROR] Continuing with previous valid configuration\n";
        let table = [
            (vite.to_owned(), "Unexpected end of file"),
            (format!("{vite}{again}"), ""),
            (format!("{vite}{again}{vite}"), "Unexpected end of file"),
            (astro.to_owned(), "Failed to parse source"),
            ("Error: cannot render /\n  at x\n".into(), ""),
            (String::new(), ""),
        ];
        for (log, expected) in table {
            let told = why(&log).join("\n");
            assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{log}: {told}");
        }
    }
}
