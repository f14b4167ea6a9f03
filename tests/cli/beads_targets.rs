//! Where `beads export` writes: never over the store, and into what is no file instead of in its place.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;
use std::thread;

use crate::beads_exchange::{FILE, with};

const LINE: &str = "{\"id\":\"a-1\",\"title\":\"t\"}\n";

#[test]
fn what_is_kept_here_is_never_a_target() {
    let sandbox = with(LINE);
    sandbox.write(".taskrun/config.toml", "");
    symlink(FILE, sandbox.path("link.jsonl")).unwrap();
    symlink(".beads", sandbox.path("dir")).unwrap();
    let targets =
        [FILE, "link.jsonl", "dir/new.jsonl", ".beads/other.md", ".taskrun/config.toml", "./x/../.taskrun/y"];
    fs::create_dir(sandbox.path("x")).unwrap();
    for target in targets {
        for force in [&[][..], &["--force"]] {
            let args = [&["beads", "export", "-o", target, "--format", "md"], force].concat();
            let out = sandbox.run(&args);
            assert!(out.code == 2 && out.stderr.contains("are kept in"), "{target} {out:?}");
        }
    }
    assert_eq!((sandbox.read(FILE).as_str(), sandbox.read(".taskrun/config.toml").as_str()), (LINE, ""));
    assert_eq!(fs::read_dir(sandbox.path(".beads")).unwrap().count(), 1);
}

#[test]
fn pipes_are_written_into_and_stay() {
    let sandbox = with(LINE);
    let pipe = sandbox.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for force in [&[][..], &["--force"]] {
        let from = pipe.clone();
        let reader = thread::spawn(move || fs::read_to_string(from).unwrap());
        let out = sandbox.run(&[&["beads", "export", "-o", "pipe"], force].concat());
        // Were the pipe replaced, its reader would wait for ever.
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo(), "{out:?}");
        assert_eq!((out.code, reader.join().unwrap().as_str()), (0, LINE), "{out:?}");
    }
    // A character device of our own, where we may make one.
    let made = Command::new("mknod").arg(sandbox.path("null")).args(["c", "1", "3"]).output().unwrap();
    if made.status.success() && fs::write(sandbox.path("null"), "x").is_ok() {
        for force in [&[][..], &["--force"]] {
            let out = sandbox.run(&[&["beads", "export", "-o", "null"], force].concat());
            let kind = fs::symlink_metadata(sandbox.path("null")).unwrap().file_type();
            assert!(out.code == 0 && kind.is_char_device(), "{out:?}");
        }
    } else {
        eprintln!("skipped: device nodes cannot be made here");
    }
    // What is neither can only be refused.
    let socket = std::os::unix::net::UnixListener::bind(sandbox.path("socket")).unwrap();
    let out = sandbox.run(&["beads", "export", "-o", "socket", "--force"]);
    assert!(out.code != 0 && out.stderr.contains("not a regular file"), "{out:?}");
    drop(socket);
}
