//! In whose name issues are made, claimed and commented on.

use std::path::Path;

use crate::system::config::env;
use crate::system::git;

/// Who acts in the project at `root`: `BEADS_ACTOR`, else git's `user.name`, else the login name.
pub fn who(root: &Path) -> String {
    env::actor().or_else(|| git::user_name(root)).or_else(env::user).unwrap_or_else(|| "unknown".to_owned())
}
