//! Sites with their real tools from npm, served where `TASKRUN_SITES` names a folder of `tests/sites/install.sh`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// Nothing here takes longer.
const LONGEST: Duration = Duration::from_secs(120);

/// An installed site, mounted in a workspace that lies elsewhere.
struct Site {
    sandbox: Sandbox,
    name: &'static str,
    dir: PathBuf,
    /// A file that is changed, as it was.
    file: (PathBuf, String),
}

/// What a site is expected to be.
struct Expected {
    pages: &'static [&'static str],
    dynamic: &'static [&'static str],
    /// A file with `Hello` in it, which the page at `shows` has too.
    file: &'static str,
    shows: &'static str,
}

impl Site {
    /// `None`, and said so, where it is not installed.
    fn new(name: &'static str, file: &str) -> Option<Self> {
        let dir = std::env::var_os("TASKRUN_SITES").map(|dir| Path::new(&dir).join(name));
        let Some(dir) = dir.filter(|dir| dir.join("installed").is_file()) else {
            eprintln!(
                "skipped: TASKRUN_SITES names no folder with the site {name}; see tests/sites/install.sh"
            );
            return None;
        };
        let dir = dir.canonicalize().unwrap();
        let sandbox = Sandbox::new();
        assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
        sandbox.write(".taskrun/config.toml", "[site]\ntimeout = '120s'\n");
        let file = dir.join(file);
        let text = fs::read_to_string(&file).unwrap();
        Some(Self { sandbox, name, dir, file: (file, text) })
    }

    fn ask(&self, args: &[&str]) -> Outcome {
        self.sandbox.run(&[&["site"], args, &["--json"]].concat())
    }

    fn ok(&self, args: &[&str]) -> Value {
        let out = self.ask(args);
        assert_eq!(out.code, 0, "{args:?}: {out:?}\n{}", self.log());
        out.json()
    }

    fn log(&self) -> String {
        self.sandbox.run(&["site", "logs", self.name]).stdout
    }

    /// The processes that work in its folder.
    fn processes(&self) -> Vec<String> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        let here =
            all.filter(|pid| fs::read_link(pid.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&self.dir)));
        let words =
            |pid: PathBuf| fs::read_to_string(pid.join("cmdline")).unwrap_or_default().replace('\0', " ");
        here.map(words).filter(|words| !words.is_empty()).collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::write(&self.file.0, &self.file.1);
        let _ = self.sandbox.run(&["site", "stop", self.name]);
    }
}

/// What `http://localhost:PORT/page` answers, head and all.
fn get(port: u16, page: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(("localhost", port)) else { return String::new() };
    stream.set_read_timeout(Some(LONGEST)).unwrap();
    let head =
        format!("GET {page} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.read_to_end(&mut answer).map(|_| ()));
    String::from_utf8_lossy(&answer).into_owned()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LONGEST, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn port_of(status: &Value) -> u16 {
    status["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap()
}

/// Serves a site through all that is asked of it.
fn live(name: &'static str, expected: &Expected) {
    let Some(site) = Site::new(name, expected.file) else { return };
    assert_eq!(site.processes(), Vec::<String>::new(), "nothing serves it before");
    let mounted = site.ok(&["mount", site.dir.to_str().unwrap()]);
    assert_eq!((&mounted["stack"], &mounted["name"]), (&json!(name), &json!(name)));

    // It is served, and that once.
    let begun = Instant::now();
    let first = site.ok(&["start", name]);
    eprintln!("{name}: served after {:.1?}", begun.elapsed());
    assert_eq!(first["state"], "ok", "{first}\n{}", site.log());
    let port = port_of(&first);
    assert!(get(port, expected.shows).contains("Hello"), "{}", get(port, expected.shows));
    let again = site.ok(&["start", name]);
    assert_eq!((&again["pid"], &again["port"]), (&first["pid"], &first["port"]));
    let listed = site.ok(&["list"]);
    assert_eq!((&listed[0]["state"], &listed[0]["port"]), (&json!("ok"), &json!(port)));
    let text = site.sandbox.run(&["site", "list"]).stdout;
    assert!(text.starts_with(&format!("  {name}/  [Running :{port}]  ")), "{text}");

    // Its pages are known, and each is where it is said to be.
    let pages = site.ok(&["pages", name]);
    let paths = |kind: &str| -> Vec<String> {
        let all = pages.as_array().unwrap().iter().filter(|page| page["kind"] == kind);
        all.map(|page| page["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        (paths("page"), paths("dynamic")),
        (owned(expected.pages), owned(expected.dynamic)),
        "{pages}"
    );
    for page in expected.pages {
        let url = site.ok(&["url", name, page]);
        assert_eq!(url["url"], format!("http://localhost:{port}{page}"));
        assert!(get(port, page).starts_with("HTTP/1.1 200"), "{page}: {}", get(port, page));
    }

    watched(&site, port, expected);
    stopped(&site, port);
    beside_another(&site, port, expected.shows);
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A change is told, and served.
fn watched(site: &Site, port: u16, expected: &Expected) {
    let mut command = site.sandbox.command();
    let mut watch = command.args(["site", "watch", site.name]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let state = lines.next().unwrap();
    assert!(state.ends_with(&format!("state    ok http://localhost:{port}")), "{state}");
    fs::write(&site.file.0, site.file.1.replace("Hello", "Goodbye")).unwrap();
    let told = format!("changed  {}", expected.file);
    assert!(lines.any(|line| line.ends_with(&told)), "{told}");
    watch.kill().unwrap();
    watch.wait().unwrap();
    until("the change", || get(port, expected.shows).contains("Goodbye"));
    fs::write(&site.file.0, &site.file.1).unwrap();
    until("the change back", || get(port, expected.shows).contains("Hello"));
}

/// All that was started has ended, and the port is free.
fn stopped(site: &Site, port: u16) {
    assert_eq!(site.ok(&["stop", site.name])["state"], "stopped");
    assert_eq!(site.processes(), Vec::<String>::new(), "orphans");
    assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok(), "port {port} is not free");
    let (code, told) = (site.ask(&["url", site.name]).code, site.ok(&["status", site.name]));
    assert_eq!((code, &told["state"]), (1, &json!("stopped")));
}

/// Where another program has its port and answers there, it is served on another one, or refused where it is to be that one.
fn beside_another(site: &Site, port: u16, shows: &str) {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    std::thread::spawn(move || {
        for mut stream in other.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nother");
        }
    });
    let refused = site.ask(&["start", site.name, "--port", &port.to_string()]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.json_error()["message"].as_str().unwrap().contains(&port.to_string()), "{refused:?}");
    assert_eq!(site.processes(), Vec::<String>::new(), "nothing is left of that");
    let status = site.ok(&["start", site.name]);
    assert_ne!(port_of(&status), port, "{status}");
    assert!(get(port_of(&status), shows).contains("Hello"));
    // Forgetting it ends it first, and leaves its files.
    let forgotten = site.ok(&["unmount", site.name]);
    assert_eq!(forgotten, json!({"name": site.name, "stopped": true}));
    assert_eq!(site.processes(), Vec::<String>::new(), "orphans");
    assert!(site.dir.join("package.json").is_file());
    assert_eq!(site.ok(&["list"]), json!([]));
}

#[test]
fn vite() {
    let (pages, dynamic) = (&["/", "/about.html"], &[]);
    live("vite", &Expected { pages, dynamic, file: "src/App.jsx", shows: "/src/App.jsx" });
}

#[test]
fn astro() {
    let (pages, dynamic) = (&["/", "/about"], &["/blog/[slug]"]);
    live("astro", &Expected { pages, dynamic, file: "src/pages/index.astro", shows: "/" });
}

#[test]
fn eleventy() {
    let (pages, dynamic) = (&["/", "/who/"], &[]);
    live("eleventy", &Expected { pages, dynamic, file: "index.md", shows: "/" });
}

#[test]
fn next() {
    let (pages, dynamic) = (&["/", "/about"], &[]);
    live("next", &Expected { pages, dynamic, file: "app/page.jsx", shows: "/" });
}
