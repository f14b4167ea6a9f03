//! The last look at the work tree, for the next iteration: on a large tree a look is what takes
//! longest between two agents.

use std::time::{Duration, Instant};

use crate::domain::attempt::changes::{Changes, Look};

/// How long a look holds. What a user does in this time counts as done while the last agent ran.
const HOLDS: Duration = Duration::from_secs(1);

/// The look made when the last task was settled, as long as it holds.
#[derive(Debug, Default)]
pub(super) struct Glance {
    seen: Option<(Look, Instant)>,
    hooks: bool,
}

impl Glance {
    /// Whether a commit leaves the work tree alone: where hooks run, anything may happen to it.
    pub(super) fn trust(&mut self, commits: bool) {
        self.hooks = !commits;
    }

    /// Keeps a look of just now; `changes` were committed since, if there is a `commit`.
    pub(super) fn keep(&mut self, mut look: Look, changes: &Changes, commit: Option<&str>) {
        self.seen = None;
        if let Some(commit) = commit {
            if self.hooks || !changes.shared.is_empty() {
                return;
            }
            look.head = Some(commit.to_owned());
            look.dirt.retain(|path, _| !changes.paths.contains(path));
            (look.beads, look.new_beads) = (Vec::new(), Vec::new());
        }
        self.seen = Some((look, Instant::now()));
    }

    /// The look, if it still holds; it is given once.
    pub(super) fn take(&mut self) -> Option<Look> {
        self.seen.take().filter(|(_, at)| at.elapsed() < HOLDS).map(|(look, _)| look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attempt::changes::Held;
    use crate::system::git::{Shared, fingerprint};
    use std::path::PathBuf;

    #[test]
    fn a_commit_takes_its_paths_out_of_the_look() {
        let held = Held { print: fingerprint("none".as_ref()), untracked: true };
        let look = Look {
            head: Some("a".into()),
            dirt: ["ours", "theirs"].map(|name| (PathBuf::from(name), held)).into(),
            ..Look::default()
        };
        let changes = Changes { paths: vec!["ours".into()], ..Changes::default() };
        let mut glance = Glance::default();
        glance.keep(look.clone(), &changes, Some("b"));
        let after = glance.take().unwrap();
        assert_eq!((after.head.as_deref(), after.dirt.len()), (Some("b"), 1));
        assert!(after.dirt.contains_key(&PathBuf::from("theirs")) && glance.take().is_none());
        glance.keep(look.clone(), &changes, None);
        assert_eq!(glance.take(), Some(look.clone()));
        let shared =
            Changes { shared: vec![Shared { path: "both".into(), base: None }], ..Changes::default() };
        glance.keep(look.clone(), &shared, Some("b"));
        assert_eq!(glance.take(), None);
        glance.trust(false);
        glance.keep(look, &changes, Some("b"));
        assert_eq!(glance.take(), None);
    }
}
