//! `site check`: one flaw a page, seen by HTTP and in a real browser, and nothing left behind.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// A mounted site that is served; stopped when dropped.
struct Served(Sandbox);

impl Served {
    /// None, and words why, where there is no node.
    fn new(mount: &[&str]) -> Option<Self> {
        if !Command::new("node")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
        {
            eprintln!("skipped: node is not installed here");
            return None;
        }
        let sandbox = Sandbox::new();
        sandbox.run(&["workspace", "init"]);
        let server =
            fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites-flaws.mjs")).unwrap();
        sandbox.write("shop/server.mjs", server);
        let args = [&["site", "mount", "shop", "--dev", "node server.mjs"], mount].concat();
        let mounted = sandbox.run(&args);
        assert_eq!(mounted.code, 0, "{mounted:?}");
        Some(Self(sandbox))
    }

    fn start(mount: &[&str]) -> Option<Self> {
        let served = Self::new(mount)?;
        let started = served.0.run(&["site", "start", "shop"]);
        assert_eq!(started.code, 0, "{started:?}");
        Some(served)
    }

    fn check(&self, args: &[&str]) -> Outcome {
        self.0.run(&[&["site", "check"], args].concat())
    }

    /// What is wrong with one page: kind, message, whether it is only to be known.
    fn flaws(&self, page: &str, args: &[&str]) -> (i32, Vec<(String, String, bool)>, Value) {
        let outcome = self.check(&[&["--json", "--page", page], args].concat());
        let report = outcome.json();
        assert_eq!(report["ok"], outcome.code == 0, "{outcome:?}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let flaws = report["pages"][0]["flaws"].as_array().unwrap();
        let flaws =
            flaws.iter().map(|flaw| (text(&flaw["kind"]), text(&flaw["message"]), flaw["warning"] == true));
        (outcome.code, flaws.collect(), report)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.run(&["site", "stop", "shop"]);
    }
}

fn told(flaws: &[(String, String, bool)]) -> Vec<(&str, &str)> {
    flaws.iter().map(|(kind, message, _)| (kind.as_str(), message.as_str())).collect()
}

/// A page, the exit code, and the flaws it has: kind and part of the message.
type Case = (&'static str, i32, &'static [(&'static str, &'static str)]);

#[test]
fn each_flaw_is_seen_by_http_alone() {
    let Some(site) = Served::start(&[]) else { return };
    let table: [Case; 9] = [
        ("/", 0, &[]),
        ("/fine", 0, &[]),
        ("/moved", 0, &[]),
        ("/link", 1, &[("link", "leads to `/none`, which answers 404 (not found)")]),
        (
            "/asset",
            1,
            &[
                ("asset", "needs `/none.png`, which answers 404 (not found)"),
                ("asset", "needs `/page.css`, which is answered with a page (text/html)"),
            ],
        ),
        (
            "/fragment",
            1,
            &[
                ("fragment", "leads to `/#absent`, and there is no such place in it"),
                ("fragment", "leads to `/fragment#own`, and there is no such place in it"),
            ],
        ),
        ("/broken", 1, &[("status", "answers 500 (internal server error)")]),
        ("/circle", 1, &[("status", "is redirected more than 10 times")]),
        ("/away", 0, &[("outside", "answers 302 and leads to another server: `https://example.invalid/`")]),
    ];
    for (page, code, expected) in table {
        let (actual, flaws, report) = site.flaws(page, &["--http"]);
        assert_eq!((actual, told(&flaws).as_slice()), (code, expected), "{page}");
        assert_eq!(report["browser"], Value::Null);
    }
    let text = site.check(&["--http", "--page", "/link", "--page", "/fine", "--page", "/none"]);
    let expected = "ok   200 /fine  \"Fine\"\n\
                    FAIL 200 /link  \"Page\"\n     \
                    link: leads to `/none`, which answers 404 (not found)\n\
                    FAIL 404 /none\n     \
                    status: answers 404 (not found)\n\
                    not sound: 2 of 3 pages, 3 links and assets (HTTP only): link 1, status 1\n";
    assert_eq!((text.code, text.stdout.as_str(), text.stderr.as_str()), (1, expected, ""));
}

#[test]
fn what_has_no_end_and_what_is_hostile_is_bounded() {
    let Some(site) = Served::start(&[]) else { return };
    let since = Instant::now();
    let (code, flaws, _) = site.flaws("/endless", &["--http"]);
    assert_eq!((code, told(&flaws)), (1, vec![("answer", "its answer is longer than 8 MiB")]));
    let (code, flaws, report) = site.flaws("/slow", &["--http", "--timeout", "1s"]);
    assert_eq!((code, told(&flaws)), (1, vec![("slow", "no full answer within 1 s")]));
    assert_eq!(report["pages"][0]["status"], Value::Null);
    let (code, flaws, report) = site.flaws("/many", &["--http"]);
    assert_eq!((code, flaws.len(), &report["targets"]), (0, 0, &json!(10_000)));
    let text = site.check(&["--http", "--page", "/hostile"]);
    assert!(!text.stdout.contains(['\u{1b}', '\u{202e}']) && text.stdout.contains("red"), "{text:?}");
    assert!(since.elapsed() < Duration::from_secs(300));
}

#[test]
fn a_server_that_answers_any_path_is_told_by_http_alone() {
    let Some(site) = Served::start(&["--env", "SPA=1"]) else { return };
    let (code, flaws, report) = site.flaws("/", &["--http"]);
    assert_eq!(
        (code, told(&flaws)),
        (0, vec![("soft-404", "leads to `/fine`, which is answered like any path, be it there or not")])
    );
    let notice = report["notices"][0].as_str().unwrap();
    assert!(notice.starts_with("the server answers any path with the same page"), "{notice}");
    let known = site.check(&["--http", "--page", "/", "--page", "/fine"]);
    assert_eq!(known.code, 0, "a page of the site is one: {known:?}");
}

#[test]
fn a_stopped_site_is_told_or_started_and_left_as_it_was() {
    let Some(site) = Served::new(&[]) else { return };
    let refused = site.check(&["--json"]);
    let error = refused.json_error();
    assert_eq!((refused.code, &error["message"]), (2, &json!("the site `shop` is not served")));
    assert!(error["hint"].as_str().unwrap().contains("taskrun site start shop"));
    let checked = site.check(&["--start", "--http"]);
    let sum = "not sound";
    assert!(checked.code == 0 && !checked.stdout.contains(sum), "{checked:?}");
    assert_eq!(site.0.run(&["site", "status", "shop", "--json"]).json()["state"], "stopped");
    for (args, said) in [
        (&["--page", "about"][..], "`about` is no path of a page"),
        (&["--http", "--browser", "x"], "cannot be used with"),
        (&["--timeout", "soon"], "is not a duration"),
        (&["--timeout", "0s"], "is no time at all"),
    ] {
        let wrong = site.check(&[args, &["--start"]].concat());
        assert!(wrong.code == 2 && wrong.stderr.contains(said), "{wrong:?}");
    }
    let missing = site.check(&["--start", "--browser", "/nowhere/chromium"]);
    assert!(
        missing.code == 2 && missing.stderr.contains("there is no browser `/nowhere/chromium`"),
        "{missing:?}"
    );
    assert_eq!(site.0.run(&["site", "status", "shop", "--json"]).json()["state"], "stopped");
}

#[test]
fn each_flaw_is_seen_in_a_browser() {
    let Some(site) = Served::start(&[]) else { return };
    let (code, flaws, report) = site.flaws("/fine", &[]);
    if report["browser"].is_null() {
        let notice = report["notices"][0].as_str().unwrap();
        assert!(notice.starts_with("no Chromium was found"), "{notice}");
        return eprintln!("skipped: no Chromium is installed here");
    }
    assert_eq!((code, told(&flaws)), (0, vec![]));
    let base = "at /";
    let table: [Case; 6] = [
        ("/dialogs", 0, &[]),
        ("/console", 1, &[("console", "on the console")]),
        ("/exception", 1, &[("exception", "TypeError: Cannot read properties of null (reading 'x')")]),
        ("/request", 1, &[("request", "`/api/none` fails: 404 Not Found")]),
        ("/asset", 1, &[("asset", "needs `/none.png`"), ("asset", "needs `/page.css`")]),
        ("/overlay", 1, &[("overlay", "Failed to parse source")]),
    ];
    for (page, code, expected) in table {
        let (actual, flaws, report) = site.flaws(page, &[]);
        assert_eq!((actual, flaws.len()), (code, expected.len()), "{page}: {flaws:?}");
        for ((kind, message), (own, said, _)) in expected.iter().zip(&flaws) {
            assert!(kind == own && said.starts_with(message), "{page}: {flaws:?}");
            let placed = !matches!(*kind, "console" | "exception") || said.contains(base);
            assert!(placed, "{said}");
        }
        if page == "/overlay" {
            assert_eq!(report["pages"][0]["flaws"][0]["details"], json!(["/src/App.jsx:3:7", "3 | <h1"]));
        }
    }
    let (code, flaws, _) = site.flaws("/outside", &[]);
    assert_eq!((code, flaws.len()), (0, 1), "{flaws:?}");
    assert!(flaws[0].0 == "outside" && flaws[0].2, "{flaws:?}");
    let (code, flaws, _) = site.flaws("/fragment", &[]);
    assert_eq!(code, 1);
    assert!(
        told(&flaws).contains(&("fragment", "leads to `#own`, and there is no such place in it")),
        "{flaws:?}"
    );

    let pictured = site.check(&["--json", "--page", "/", "--page", "/fine", "--screenshots", "shots"]);
    assert_eq!(pictured.json()["pictures"][1]["picture"], "fine.png");
    for name in ["index.png", "fine.png", "pages.json"] {
        assert!(site.0.path("shots").join(name).is_file(), "{name}");
    }
}

#[test]
fn a_killed_check_leaves_no_browser_and_no_profile() {
    let Some(site) = Served::start(&[]) else { return };
    let temp = site.0.root().join("temp");
    fs::create_dir(&temp).unwrap();
    let mut command = site.0.command();
    command.env("TMPDIR", &temp).args(["site", "check", "--page", "/slow", "--timeout", "90s"]);
    let mut check = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let profiles = || fs::read_dir(&temp).unwrap().count();
    let browsers = || {
        let lines = fs::read_dir("/proc").into_iter().flatten().flatten();
        let lines = lines.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| String::from_utf8_lossy(line).contains(temp.to_str().unwrap())).count()
    };
    let until = |what: &str, done: &mut dyn FnMut() -> bool| {
        let since = Instant::now();
        while !done() {
            assert!(since.elapsed() < Duration::from_secs(60), "{what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    // A zygote is there once the browser runs.
    let mut none = false;
    until("a browser", &mut || {
        none = check.try_wait().unwrap().is_some();
        none || browsers() > 3
    });
    if none {
        return eprintln!("skipped: no Chromium is installed here");
    }
    check.kill().unwrap();
    check.wait().unwrap();
    until("the browser ends", &mut || browsers() == 0);
    until("its profile goes", &mut || profiles() == 0);
}

/// Answers twice, then ends as servers do that a page breaks.
const MORTAL: &str = "import http from 'node:http';
let asked = 0;
http.createServer((ask, answer) => {
  answer.writeHead(200, { 'content-type': 'text/html' });
  answer.end('<!doctype html><title>Page</title><a href=/one>1</a><a href=/two>2</a>');
  if (ask.url === '/last') { console.error('TypeError: no more\\n    at page (/srv/page.js:1:1)'); process.exit(3); }
}).listen(Number(process.env.PORT), '127.0.0.1');
";

#[test]
fn a_server_that_dies_while_its_pages_are_looked_at_is_named_once() {
    let Some(site) = Served::new(&[]) else { return };
    site.0.write("shop/server.mjs", MORTAL);
    let pages = ["--http", "--page", "/last", "--page", "/a", "--page", "/b"];
    let died = site.check(&[&["--start"], &pages[..]].concat());
    assert_eq!((died.code, died.stdout.as_str()), (1, ""), "{died:?}");
    let said =
        "the server of `shop` ended with code 3 while its pages were looked at\n  TypeError: no more\n";
    assert!(died.stderr.contains(said) && died.stderr.contains("taskrun site logs shop"), "{died:?}");
    assert_eq!(died.stderr.matches("ended").count(), 1, "{died:?}");
    // Whoever asks later hears it too, until somebody ends what is left.
    site.0.run(&["site", "start", "shop"]);
    assert_eq!(site.check(&pages).code, 1);
    let later = site.check(&["--json"]);
    let message = later.json_error()["message"].as_str().unwrap().to_owned();
    assert!(later.code == 1 && message.starts_with("the server of `shop` ended"), "{later:?}");
    assert!(message.contains("TypeError: no more"), "{message}");
    site.0.run(&["site", "stop", "shop"]);
    assert_eq!(site.check(&[]).code, 2);
}
