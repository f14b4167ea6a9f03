//! What is wrong with a variable that a task sets for its command. Pure.

use crate::system::redact;

/// What to do about one.
pub const WAY_OUT: &str = "a secret stands in taskrun's own environment, which a task's command inherits; with a launcher it is \
                           named in `pass_env`. Other names are letters, digits and `_`, not beginning with `TASKRUN_`";

/// What is wrong with it, to be put behind its name.
pub fn flaw(name: &str, value: &str) -> Option<&'static str> {
    let first = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Some("is no name of a variable")
    } else if name.starts_with("TASKRUN_") {
        Some("is one that taskrun itself sets")
    } else if value.contains('\0') {
        Some("holds a NUL character")
    } else if redact::holds_secret(name, value) {
        Some("holds a secret, which would stand in the queue for all to read")
    } else {
        None
    }
}
