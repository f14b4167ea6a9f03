//! What people see on a terminal: a real one, with a size, keys and signals.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use rustix::fs::{Mode, OFlags};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use serde_json::Value;

use crate::bench::{kill, reap, wait_for};
use crate::sandbox::{Outcome, Sandbox};

const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/// A terminal and what was printed on it.
pub struct Terminal {
    master: File,
    /// Kept, so that the terminal outlives who uses it and can be looked at.
    slave: OwnedFd,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub fn new(columns: u16, rows: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        // Nobody else holds it: when a test fails, the terminal closes, which ends who uses it.
        fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let printed: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (mut reader, into) = (File::from(master.try_clone().unwrap()), Arc::clone(&printed));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                into.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        let terminal = Self { master: File::from(master), slave, printed };
        terminal.resize(columns, rows);
        terminal
    }

    fn resize(&self, columns: u16, rows: u16) {
        tcsetwinsize(&self.slave, Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 })
            .unwrap();
    }

    pub fn start(&self, command: &mut Command) -> Child {
        self.start_as("xterm-256color", command)
    }

    /// [`Terminal::start`] on a terminal of this kind.
    fn start_as(&self, kind: &str, command: &mut Command) -> Child {
        command.env("TERM", kind);
        let end = || Stdio::from(self.slave.try_clone().unwrap());
        command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap()
    }

    pub fn press(&self, key: &str) {
        (&self.master).write_all(key.as_bytes()).unwrap();
    }

    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&self.printed.lock().unwrap()).into_owned()
    }

    /// The last board that was drawn to its end, without colours.
    fn drawn(&self) -> String {
        let text = self.printed();
        let whole = text.rsplit_once("\x1b[J").map_or("", |(before, _)| before);
        let last = whole.rsplit_once("\x1b[H").map_or("", |(_, last)| last);
        console::strip_ansi_codes(last).replace('\r', "")
    }

    fn shows(&self, what: &str) {
        wait_for(what, || self.drawn().contains(what));
    }

    /// How keys are handled; what a text that tells all of it.
    fn modes(&self) -> String {
        let modes: Termios = tcgetattr(&self.slave).unwrap();
        format!("{modes:?}")
    }
}

fn store(titles: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for (at, title) in titles.iter().enumerate() {
        add(&sandbox, &format!("bd-{at}"), title);
    }
    sandbox
}

fn add(sandbox: &Sandbox, id: &str, title: &str) {
    let path = ".beads/issues.jsonl";
    let text = if sandbox.path(path).exists() { sandbox.read(path) } else { String::new() };
    sandbox.write(path, format!("{text}{{\"id\":\"{id}\",\"title\":\"{title}\"}}\n"));
}

/// The board on a terminal, when it was drawn once.
fn watching(sandbox: &Sandbox, terminal: &Terminal) -> Child {
    let child = terminal.start(sandbox.command().args(["board", "--watch"]));
    terminal.shows("q quits");
    child
}

#[test]
fn lists_fit_the_terminal_and_are_whole_elsewhere() {
    let title = "日本語の題名 and then some more words until it is too long for a line of forty";
    let sandbox = store(&[title, "short"]);
    let terminal = Terminal::new(50, 24);
    for (args, cut) in [
        (&["beads", "list"][..], "bd-0  P0  task  open  日本語の題名 and then some…"),
        (&["beads", "ready"], "bd-0  P0  task  open  日本語の題名 and then some…"),
        (&["beads", "dep", "tree", "bd-0"], "○ bd-0  P0  open  日本語の題名 and then some more…"),
    ] {
        assert_eq!(reap(terminal.start(sandbox.command().args(args).arg("--color=never"))), 0);
        wait_for(cut, || terminal.printed().contains(&format!("{cut}\r\n")));
        assert!(sandbox.run(args).stdout.contains(&format!("{title}\n")), "{args:?}");
    }
    assert!(!terminal.printed().contains('\x1b'));
    for (colours, args) in [(true, &[][..]), (false, &["--color", "never"]), (true, &["--color", "always"])] {
        sandbox.write(".beads/issues.jsonl", "{\"id\":\"bd-0\",\"status\":\"blocked\"}\n");
        let terminal = Terminal::new(50, 24);
        reap(terminal.start(sandbox.command().args(["beads", "list"]).args(args)));
        wait_for("a list", || terminal.printed().contains('\n'));
        assert_eq!(terminal.printed().contains("\x1b[31mblocked\x1b[0m"), colours, "{args:?}");
    }
    for (name, colours) in [("NO_COLOR", false), ("CLICOLOR_FORCE", true)] {
        let out = Outcome::of(sandbox.command().args(["beads", "list"]).env(name, "1"));
        assert_eq!(out.stdout.contains('\x1b'), colours, "{name}");
    }
}

#[test]
fn the_board_follows_what_happens_and_leaves_nothing_behind() {
    let sandbox = store(&["first"]);
    let terminal = Terminal::new(80, 24);
    let before = terminal.modes();
    let child = watching(&sandbox, &terminal);
    assert_ne!(terminal.modes(), before, "keys are taken");
    let expected = format!("BLOCKED 0{0} │ READY 1{1} │ IN PROGRESS 0{2} │ DONE 0", s(8), s(10), s(4));
    assert!(terminal.drawn().contains(&expected), "{}", terminal.drawn());
    add(&sandbox, "bd-new", "second");
    terminal.shows("bd-new");
    terminal.resize(40, 10);
    terminal.shows("READY 2\n bd-0 P0 first");
    let lines: Vec<String> = terminal.drawn().lines().map(str::to_owned).collect();
    assert!(lines.len() <= 10 && lines.iter().all(|line| line.chars().count() <= 40), "{lines:?}");
    let good = sandbox.read(".beads/issues.jsonl");
    sandbox.write(".beads/issues.jsonl", format!("{good}<<<<<<< HEAD\n"));
    terminal.shows("merge conflict");
    sandbox.write(".beads/issues.jsonl", good);
    terminal.shows("bd-new");
    terminal.press("x");
    terminal.press("q");
    assert_eq!(reap(child), 0);
    wait_for("the screen to be left", || terminal.printed().ends_with(LEAVE));
    assert_eq!(terminal.modes(), before);
    assert_eq!(terminal.printed().matches("\x1b[?1049h").count(), 1);
}

#[test]
fn a_signal_ends_the_board_and_leaves_nothing_behind() {
    let sandbox = store(&["first"]);
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 143), ("QUIT", 143)] {
        let terminal = Terminal::new(80, 24);
        let before = terminal.modes();
        let child = watching(&sandbox, &terminal);
        kill(child.id(), signal);
        assert_eq!(reap(child), code, "{signal}");
        wait_for("the screen to be left", || terminal.printed().ends_with(LEAVE));
        assert_eq!(terminal.modes(), before, "{signal}");
    }
}

#[test]
fn where_nothing_is_drawn_a_signal_ends_the_board_as_the_help_says() {
    let sandbox = store(&["first"]);
    for (kind, args) in [("dumb", &[][..]), ("xterm-256color", &["--json"])] {
        let terminal = Terminal::new(80, 24);
        let before = terminal.modes();
        let child = terminal.start_as(kind, sandbox.command().args(["board", "--watch"]).args(args));
        wait_for("a board", || terminal.printed().contains("bd-0"));
        assert_eq!(terminal.modes(), before, "keys are not taken");
        terminal.press("q\n");
        let new = format!("bd-more{}", args.len());
        add(&sandbox, &new, "more");
        wait_for("the next board", || terminal.printed().contains(&new));
        kill(child.id(), "INT");
        assert_eq!(reap(child), 130);
    }
    let help = sandbox.run(&["board", "--help"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("until Ctrl-C, or `q` where it is drawn over the last one"), "{help}");
}

#[test]
fn what_cannot_be_read_at_the_start_is_an_error() {
    let sandbox = store(&["first"]);
    add(&sandbox, "x\"", "");
    let terminal = Terminal::new(80, 24);
    let child = terminal.start(sandbox.command().args(["board", "--watch", "--color", "never"]));
    assert_eq!(reap(child), 2);
    wait_for("an error", || terminal.printed().contains("line 2 is not a JSON object"));
    assert!(!terminal.printed().contains('\x1b'), "{}", terminal.printed());
}

#[test]
fn without_a_terminal_the_board_is_printed_again() {
    let sandbox = store(&["first"]);
    for args in [&["board", "--watch"][..], &["board", "--watch", "--json"]] {
        let mut child = sandbox.command().args(args).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let mut text = String::new();
        let mut until = |what: &str| {
            let mut bytes = [0; 4096];
            while !text.contains(what) {
                let count = out.read(&mut bytes).unwrap();
                assert!(count > 0, "{text}");
                text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            }
        };
        until("bd-0");
        let new = format!("bd-more{}", args.len());
        add(&sandbox, &new, "more");
        until(&new);
        assert!(!text.contains('\x1b'));
        if args.contains(&"--json") {
            let boards = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let counts: Vec<usize> = boards.map(|board| board["ready"].as_array().unwrap().len()).collect();
            assert_eq!(counts, [2, 3]);
        }
        // Who has read enough ends it, though nothing changes any more.
        drop(out);
        assert_eq!(reap(child), 0);
    }
}

fn s(count: usize) -> String {
    " ".repeat(count)
}
