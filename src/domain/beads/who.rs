//! In whose name issues are made, claimed and commented on.

use std::path::Path;

use crate::system::config::env;
use crate::system::git::Repo;

/// Who acts in the project at `root`: `BEADS_ACTOR`, else git's `user.name`, else the login name.
pub fn who(root: &Path) -> String {
    let by_git = || Repo::find(root).ok().flatten().and_then(|repo| repo.user_name());
    env::actor().or_else(by_git).or_else(env::user).unwrap_or_else(|| "unknown".to_owned())
}
