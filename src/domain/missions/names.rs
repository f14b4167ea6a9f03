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

/// Whether `word` can be a workflow's or a step's id: up to 64 letters, digits, `-`, `_`.
pub fn is_word(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !word.is_empty() && word.len() <= 64 && word.bytes().all(plain)
}

/// The id in the name of a mission's folder: all before the first `--`, behind which everybody may write what he likes.
pub fn owner(folder: &str) -> Option<&str> {
    let id = folder.split_once("--").map_or(folder, |(id, _)| id);
    is_id(id).then_some(id)
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

/// The index of the step in a name that [`step`] made, whatever comes behind it.
pub fn index(name: &str) -> Option<usize> {
    let (number, _) = name.strip_prefix("step-")?.split_once('-')?;
    number.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_do_not_collide_and_are_ids() {
        let ids: HashSet<String> = (0..10_000).map(|_| mission_id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| is_id(id) && owner(&format!("{id}--slug")) == Some(id)));
        // A run id of four letters is told from others of one step and one millisecond only by chance.
        assert!(run_id().starts_with("r-") && is_word(&run_id()));
    }

    #[test]
    fn slugs_are_plain_whatever_the_title() {
        let long = "Ab ".repeat(100);
        let table = [
            ("Add dark mode", "add-dark-mode"),
            ("  --Fix:  the/../path\\ & \"quotes\"!--  ", "fix-the-path-quotes"),
            ("../../etc/passwd", "etc-passwd"),
            ("Über naïve Straße", "ber-na-ve-stra-e"),
            ("日本語のタイトル", "mission"),
            ("🚀", "mission"),
            ("", "mission"),
            ("---", "mission"),
            ("a\nb\0c", "a-b-c"),
            ("v1.2", "v1-2"),
        ];
        for (title, expected) in table {
            assert_eq!(slug(title), expected, "{title:?}");
        }
        let slug = slug(&long);
        assert!(long.len() == 300 && slug.len() <= SLUG && slug.starts_with("ab-ab-"), "{slug}");
        assert!(!slug.ends_with('-') && !slug.contains("--"));
        let folder = format!("{}--{slug}", mission_id());
        assert!(folder.len() < 200);
    }

    #[test]
    fn folders_are_told_by_the_whole_id() {
        let table = [
            ("m-1--a", Some("m-1")),
            ("m-12--a", Some("m-12")),
            ("m-1--a--b", Some("m-1")),
            ("m-1--", Some("m-1")),
            ("m-1", Some("m-1")),
            ("m-1--日本語", Some("m-1")),
            ("n-1--a", None),
            (".m-1--a", None),
            ("--a", None),
            ("", None),
        ];
        for (folder, expected) in table {
            assert_eq!(owner(folder), expected, "{folder}");
        }
    }

    #[test]
    fn names_that_mean_something_elsewhere_are_none() {
        for id in ["m-1", "m-1760000000000-abc123xyz", "m-a.b_c"] {
            assert!(is_id(id), "{id}");
        }
        let long = format!("m-{}", "1".repeat(99));
        for id in ["", "m", "m-1/..", "../m-1", "m-1 2", "m-1--a", "x-1", "m-é", "m-1\n", &long] {
            assert!(!is_id(id), "{id}");
        }
        for name in ["plan.md", "raw-input.md", "a b.txt", "日本語.md", "x"] {
            assert!(is_artifact(name), "{name}");
        }
        let long = "a".repeat(201);
        for name in ["", ".", "..", "../a", "a/b", "/a", ".a", "-a", "a\\b", "a\0", "a\nb", &long] {
            assert!(!is_artifact(name), "{name:?}");
        }
        assert_eq!(step(2, "research"), "step-03-research");
        let table =
            [("step-03-research.r-1.json", Some(2)), ("step-120-a.r", Some(119)), ("step-00-a", None)];
        for (name, expected) in table {
            assert_eq!(index(name), expected, "{name}");
        }
        assert_eq!((index("step-x-a"), index("03-a")), (None, None));
    }
}
