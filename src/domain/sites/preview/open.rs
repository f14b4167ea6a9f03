//! Opening an address in the browser of the person who asked.

use std::path::Path;

use crate::system::config::{env, programs};
use crate::system::process::Quick;

/// Opens `url` in `$BROWSER` (`none` means none), else in what the system has for that; `false` where there is nothing to open it with.
pub fn open(url: &str) -> bool {
    let Some(program) = program(
        env::value("BROWSER").and_then(|value| value.into_string().ok()).as_deref(),
        env::value("DISPLAY").is_some() || env::value("WAYLAND_DISPLAY").is_some(),
    ) else {
        return false;
    };
    // It is not waited for: some browsers stay.
    programs::find_first(program.as_ref()).is_some()
        && Quick::new(&program, Path::new("/"), &[url]).start().is_ok()
}

/// What opens addresses here.
fn program(browser: Option<&str>, display: bool) -> Option<String> {
    // A list, as the desktop has it: the first that needs no more words.
    let named = browser.map(|all| all.split(':').next().unwrap_or_default().to_owned());
    match named {
        Some(name) if name.is_empty() || name == "none" => None,
        Some(name) => Some(name),
        None if cfg!(target_os = "macos") => Some("open".into()),
        None => display.then(|| "xdg-open".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_found_or_not() {
        let table = [
            (Some("none"), true, None),
            (Some("firefox"), false, Some("firefox")),
            (Some("firefox:lynx"), true, Some("firefox")),
        ];
        for (browser, display, expected) in table {
            assert_eq!(program(browser, display).as_deref(), expected, "{browser:?}");
        }
        if cfg!(target_os = "linux") {
            assert_eq!(program(None, true).as_deref(), Some("xdg-open"));
            assert_eq!(program(None, false), None);
        }
    }
}
