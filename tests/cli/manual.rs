//! `completions SHELL` and `man [DIR]`

use std::fs;

use crate::sandbox::Sandbox;

#[test]
fn every_shell_gets_its_script() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.run(&["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (0, ""), "{shell}");
        assert!(script.stdout.contains("workspace"), "{shell}");
    }
    assert_eq!(sandbox.run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn the_manual_is_printed_or_written() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(&["man"]).stdout;
    assert!(page.contains(".TH taskrun 1"), "{page}");
    let written = sandbox.run(&["man", "share/man1", "--json"]).json();
    assert!(written.as_array().unwrap().len() > 5);
    assert_eq!(sandbox.read("share/man1/taskrun.1"), page);
    let checked_in = concat!(env!("CARGO_MANIFEST_DIR"), "/man/taskrun-config.5");
    assert_eq!(sandbox.read("share/man1/taskrun-config.5"), fs::read_to_string(checked_in).unwrap());
    sandbox.write("file", "");
    assert_eq!(sandbox.run(&["man", "file"]).code, 2);
}
