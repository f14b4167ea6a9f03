//! Where a Chromium lies: one that was named, one on `PATH`, or where installers and test tools put theirs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::system::config::{env, programs};

/// What they are called, in the order they are looked for.
const NAMES: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "brave-browser",
    "brave",
];

/// Where they are that are no programs on `PATH`.
const PLACES: &[&str] = &[
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Brave Browser.app/Contents/MacOS/Brave Browser",
    "/opt/google/chrome/chrome",
];

/// Where test tools keep theirs, below the home directory.
const CACHES: &[&str] = &[".cache/ms-playwright", "Library/Caches/ms-playwright"];

/// The program in a directory of such a cache.
const CACHED: &[&str] = &[
    "chrome-linux/chrome",
    "chrome-linux64/chrome",
    "chrome-linux/headless_shell",
    "chrome-headless-shell-linux64/chrome-headless-shell",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    "chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
];

/// The browser to take: the one named, and no other; else that of `CHROME_PATH`, and no other; else the first Chromium found.
pub fn find(named: Option<&str>) -> Option<PathBuf> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return programs::find(named.as_ref(), &env::current_dir().ok()?);
    }
    if let Some(chosen) = chosen() {
        return programs::find(&chosen, &env::current_dir().ok()?);
    }
    let on_path = || NAMES.iter().find_map(|name| programs::find(name.as_ref(), Path::new("/")));
    let placed = || PLACES.iter().find_map(|place| programs::find(place.as_ref(), Path::new("/")));
    on_path().or_else(placed).or_else(|| cached(&env::home()?))
}

/// What `CHROME_PATH` says, where it says something.
fn chosen() -> Option<OsString> {
    env::value("CHROME_PATH").filter(|path| !path.is_empty())
}

/// What `CHROME_PATH` names, where that is asked and there is no such program.
pub fn misnamed(named: Option<&str>) -> Option<String> {
    let asked = named.is_none_or(str::is_empty) && find(None).is_none();
    chosen().filter(|_| asked).map(|path| path.to_string_lossy().into_owned())
}

/// The newest in the caches below `home`.
fn cached(home: &Path) -> Option<PathBuf> {
    let dirs = CACHES.iter().filter_map(|cache| home.join(cache).read_dir().ok()).flatten().flatten();
    let mut found: Vec<(u64, PathBuf)> = dirs
        .filter_map(|dir| {
            let name = dir.file_name().into_string().ok()?;
            let number =
                name.strip_prefix("chromium").and_then(|rest| rest.rsplit('-').next())?.parse().ok()?;
            let program = CACHED.iter().find_map(|file| programs::find(file.as_ref(), &dir.path()))?;
            Some((number, program))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, program)| program)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_newest_of_a_cache_is_taken_and_what_is_named_is_no_guess() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(cached(home.path()), None);
        let files = [
            "chromium-998/chrome-linux/chrome",
            "chromium-1187/chrome-linux/chrome",
            "chromium_headless_shell-1187/chrome-linux/headless_shell",
            "firefox-1500/firefox/firefox",
            "chromium-odd/chrome-linux/chrome",
        ];
        for file in files {
            let path = home.path().join(CACHES[0]).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink("/bin/sh", path).unwrap();
        }
        let newest = cached(home.path()).unwrap();
        assert!(newest.to_str().unwrap().contains("-1187/chrome-linux/"), "{newest:?}");
        assert_eq!(find(Some("no-such-program-anywhere")), None);
        assert_eq!(find(Some("/bin/sh")), Some(PathBuf::from("/bin/sh")));
    }
}
