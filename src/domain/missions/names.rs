//! Names of missions, their folders, runs and files. Pure but for time and chance.

use crate::system::clock;

/// Longest slug, in bytes: with the id it has to fit into a file name.
const SLUG: usize = 80;

/// A new mission id: `m-<milliseconds>-<nine letters and digits>`.
pub fn mission_id() -> String {
    format!("m-{}-{}", clock::now().as_millisecond(), clock::base36(clock::random(), 9))
}

/// A new run id: `r-<milliseconds>-<four letters and digits>`.
pub fn run_id() -> String {
    format!("r-{}-{}", clock::now().as_millisecond(), clock::base36(clock::random(), 4))
}

/// The end of a folder's name: the title in lower case letters, digits and single dashes; `mission` where nothing is left.
pub fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            'A'..='Z' => slug.push(letter.to_ascii_lowercase()),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
        if slug.len() >= SLUG {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "mission".into() } else { slug.into() }
}

/// Whether `id` can be a mission's: nothing that means something in a path or on a command line.
pub fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    id.starts_with("m-") && id.len() <= 100 && id.bytes().all(plain) && !id.contains("--")
}

/// Whether `name` can be an artifact's: one plain file name.
pub fn is_artifact(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(['.', '-'])
        && !name.chars().any(|letter| letter == '/' || letter == '\\' || letter.is_control())
}

/// The name that a step's log and record begin with: `step-03-research`.
pub fn step(index: usize, step_id: &str) -> String {
    format!("step-{:02}-{step_id}", index + 1)
}
