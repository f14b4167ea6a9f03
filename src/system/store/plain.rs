//! Opens regular files only: links are not followed, and a pipe without a reader does not keep us waiting.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

/// Whether there is nothing at `path`, or a regular file itself.
pub fn is_plain(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or(true, |meta| meta.is_file())
}

/// Opens the regular file at `path` for reading.
pub fn open_plain(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// What is in the regular file at `path`.
pub fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_plain(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// Opens the regular file at `path`, which is not to be a link.
pub(super) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0)).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == Errno::LOOP.raw_os_error() || code == Errno::NXIO.raw_os_error() => {
            not_regular()
        }
        _ => error,
    })?;
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    // Who inherits it is not to find it like this.
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::store;

    #[test]
    #[allow(clippy::disallowed_methods)] // pipes and links are made by hand
    fn links_and_pipes_are_neither_followed_nor_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        store::write(&at("file"), store::SHARED, b"mine").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        for name in ["link", "pipe"] {
            let path = at(name);
            assert!(!is_plain(&path));
            let told = |error: anyhow::Error| {
                let told = format!("{error:#}");
                assert!(told.contains("not a regular file") && told.contains(name), "{told}");
            };
            assert!(read_plain(&path).is_err());
            told(store::output_file(&path).unwrap_err());
            told(store::append_durable(&path, "x").unwrap_err());
            told(store::Journal::new(path.clone(), store::SHARED, 0).append(b"x\n").unwrap_err());
            store::write_json_soon(&path, &1).unwrap();
            assert!(is_plain(&path), "it is replaced");
            assert_eq!(read_plain(&path).unwrap(), b"1\n");
        }
        assert_eq!(read_plain(&at("file")).unwrap(), b"mine");
        assert!(is_plain(&at("none")));
    }
}
