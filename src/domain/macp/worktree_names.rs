//! Names made of a task's id and title: of its worktree and of its branch. Pure.

use super::task::Task;
use crate::domain::beads::exchange::digest;

/// Longest slug; with a digest behind it, it is a file's name anywhere.
const SLUG: usize = 60;
/// Longest name of a branch that we make.
const BRANCH: usize = 200;

/// `text` as a name of lower-case letters, digits and single hyphens: `TASK-042: Auth` is `task-042-auth`. Empty where
/// nothing of it can be kept; what is too long ends in a digest of the whole.
pub fn slug(text: &str) -> String {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word[..word.len().min(SLUG + 1)].to_ascii_lowercase());
        if slug.len() > SLUG {
            slug.truncate(SLUG);
            return format!("{}-{}", slug.trim_end_matches('-'), &digest(text)[..8]);
        }
    }
    slug
}

/// The same, never empty: what has no letters is told apart by its digest.
pub fn name(id: &str) -> String {
    let slug = slug(id);
    if slug.is_empty() { format!("task-{}", &digest(id)[..8]) } else { slug }
}

/// The branch of a task's worktree: its own, else `feat/<id>-<slug of the title>`, a valid name whatever they are.
pub fn branch(task: &Task) -> String {
    if let Some(branch) = task.branch.as_ref().filter(|branch| !branch.is_empty()) {
        return branch.clone();
    }
    let title = slug(&task.title);
    let joined =
        |id: &str| if title.is_empty() { format!("feat/{id}") } else { format!("feat/{id}-{title}") };
    let branch = joined(&task.id);
    if is_branch(&branch) && branch.len() <= BRANCH { branch } else { joined(&name(&task.id)) }
}

/// Whether git takes it as the name of a branch; `git check-ref-format --branch`, and nothing longer than a file's name.
pub fn is_branch(name: &str) -> bool {
    // Git keeps a branch in a file, and locks it by another.
    let part = |part: &str| {
        let locks = part.strip_suffix(".lock").is_some();
        !part.is_empty() && part.len() <= 250 && !part.starts_with('.') && !locks
    };
    let odd = |char: char| char.is_control() || " ~^:?*[\\".contains(char);
    name.len() <= 1000
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !matches!(name, "" | "@" | "HEAD")
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(odd)
        && name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn slugs_are_plain_names() {
        let table = [
            ("TASK-042", "task-042"),
            ("TASK-042: Auth", "task-042-auth"),
            ("Add auth", "add-auth"),
            ("  a / b\n../c  ", "a-b-c"),
            ("Grüße, Jürgen", "gr-e-j-rgen"),
            ("🚀", ""),
            ("", ""),
            (".lock", "lock"),
            ("a.lock", "a-lock"),
        ];
        for (text, expected) in table {
            assert_eq!(slug(text), expected, "{text:?}");
        }
        let long = slug(&"x".repeat(10_000));
        assert!(long.starts_with("xxx") && long.len() == SLUG + 9, "{long}");
        assert_ne!(slug(&format!("{}a", "word ".repeat(100))), slug(&format!("{}b", "word ".repeat(100))));
        assert_ne!(name("🚀"), name("🦀"));
    }

    #[test]
    fn branches_are_valid_for_any_title_and_id() {
        let task = |id: &str, title: &str, branch: Option<&str>| -> Task {
            serde_json::from_value(json!({"id": id, "title": title, "status": "pending", "branch": branch}))
                .unwrap()
        };
        let table = [
            ("TASK-042", "Add auth", None, "feat/TASK-042-add-auth"),
            ("TASK-042", "Add auth", Some("fix/auth"), "fix/auth"),
            ("TASK-042", "Add auth", Some(""), "feat/TASK-042-add-auth"),
            ("a..b", "t", None, "feat/a-b-t"),
            ("a.lock", "", None, "feat/a-lock"),
            ("a.lock", "x.lock", None, "feat/a.lock-x-lock"),
            ("a.", "🚀", None, "feat/a"),
            ("a", "…\n~^:?*[\\", None, "feat/a"),
        ];
        for (id, title, given, expected) in table {
            assert_eq!(branch(&task(id, title, given)), expected, "{id} {title}");
        }
        let wild = [
            "",
            " ",
            "@",
            "@{",
            "-",
            ".",
            "..",
            "a..b",
            "\0",
            "日本語",
            "x.lock",
            "HEAD",
            "a/b//c",
            "\u{202e}",
        ];
        for id in wild.iter().map(|id| (*id).to_owned()).chain(["x".repeat(10_000), "ä".repeat(128)]) {
            for title in wild.iter().map(|title| (*title).to_owned()).chain(["y".repeat(10_000)]) {
                let branch = branch(&task(&id, &title, None));
                assert!(is_branch(&branch) && branch.len() <= BRANCH, "{id:?} {title:?}: {branch}");
            }
        }
    }

    #[test]
    fn git_agrees_on_what_a_branch_is() {
        let names = [
            "a", "a/b", "feat/x-1", "", "@", "a@b", "@{", "a@{b", "-a", "a-", ".a", "a/.b", "a.", "a./b",
            "a..b", "a.lock", "a.lock/b", "a/", "/a", "a//b", "a b", "a~", "a^", "a:", "a?", "a*", "a[",
            "a\\", "a\tb", "a\u{7f}", "é", "日本", "HEAD",
        ];
        for name in names {
            let dir = std::path::Path::new("/");
            let args = ["check-ref-format", "--branch", name];
            let said = crate::system::process::Quick::new("git", dir, &args).run(&[]).unwrap();
            // What it takes here and refuses later.
            let ours = is_branch(name) || name == "@";
            assert_eq!(ours, said.ok, "{name:?}");
        }
    }
}
