//! Sites whose dev servers misbehave as real ones do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

const SERVER: &str = include_str!("../fixtures/sites/dev-server.mjs");

/// Ends the servers of all its sites when dropped.
pub struct Scene {
    pub sandbox: Sandbox,
    sites: std::sync::Mutex<Vec<String>>,
}

impl Scene {
    /// `None`, and said so, where there is no node.
    pub fn new() -> Option<Self> {
        let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
        if !node.is_ok_and(|status| status.success()) {
            eprintln!("skipped: node is not installed");
            return None;
        }
        let scene = Self { sandbox: Sandbox::new(), sites: Vec::default().into() };
        scene.sandbox.write(".taskrun/.gitignore", "/*\n");
        Some(scene)
    }

    /// The site `name` in a folder of that name, served by a server with these flags.
    pub fn site(&self, name: &str, flags: &str) {
        self.sandbox.write(&format!("{name}/dev-server.mjs"), SERVER);
        self.mount(
            name,
            &json!({"stack": "node", "commands": {"dev": format!("node dev-server.mjs {flags}")}}),
        );
    }

    /// The site `name` with this recipe.
    pub fn mount(&self, name: &str, recipe: &Value) {
        let path = self.sandbox.path(name);
        std::fs::create_dir_all(&path).unwrap();
        self.write(name, &json!({"version": 1, "name": name, "path": path, "recipe": recipe}));
        self.sites.lock().unwrap().push(name.into());
    }

    pub fn write(&self, name: &str, record: &Value) {
        self.sandbox.write(&format!(".taskrun/sites/{name}.json"), record.to_string());
    }

    /// Changes a file of JSON below `.taskrun/sites`.
    pub fn change(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let path = format!(".taskrun/sites/{file}");
        let mut value: Value = serde_json::from_str(&self.sandbox.read(&path)).unwrap();
        change(&mut value);
        self.sandbox.write(&path, value.to_string());
    }

    pub fn run(&self, args: &[&str]) -> Outcome {
        self.sandbox.run(&[&["site"], args].concat())
    }

    /// Starts a site that comes up; its status.
    pub fn start(&self, name: &str) -> Value {
        let out = self.run(&["start", name, "--json"]);
        assert_eq!(out.code, 0, "{out:?} {}", self.log(name));
        out.json()
    }

    pub fn status(&self, name: &str) -> Value {
        let out = self.run(&["status", name, "--json"]);
        assert_eq!(out.code, 0, "{out:?}");
        out.json()
    }

    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.sandbox.path(&format!(".taskrun/sites/{name}.log"))).unwrap_or_default()
    }

    /// A server of a site's folder that is started by hand, in a group of its own.
    pub fn by_hand(&self, name: &str, args: &[&str]) -> ByHand {
        self.sandbox.write(&format!("{name}/dev-server.mjs"), SERVER);
        ByHand::start(&self.sandbox.path(name), &[&["node", "dev-server.mjs"], args].concat())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for name in self.sites.lock().unwrap().iter() {
            self.run(&["stop", name, "--force"]);
        }
    }
}

/// A program that somebody started, ended when dropped.
pub struct ByHand(pub Child);

impl ByHand {
    pub fn start(dir: &PathBuf, argv: &[&str]) -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new(argv[0]);
        command.args(&argv[1..]).current_dir(dir).process_group(0);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    pub fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Somebody else's server, which answers everything with 200 and `other`, for as long as it is there.
pub struct Other {
    pub port: u16,
}

impl Other {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream);
            }
        });
        Self { port }
    }
}

fn answer(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1024]);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nother");
}

/// A port that nobody had a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What is answered to `METHOD /`, head and body; empty where nobody is there.
pub fn ask(port: u64, method: &str) -> String {
    let port = u16::try_from(port).unwrap();
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "{method} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

/// Waits until it is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process is there that has not ended.
pub fn lives(pid: &Value) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.starts_with(" Z"))
}
