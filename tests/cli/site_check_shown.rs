//! `site check`: what is told of pages by what they show, and what is only told.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// A site that is served; stopped when dropped.
struct Served(Sandbox);

impl Served {
    /// None, and words why, where there is no node.
    fn start(mode: &str) -> Option<Self> {
        let node = Command::new("node").arg("--version").stdout(Stdio::null()).status();
        if !node.is_ok_and(|status| status.success()) {
            eprintln!("skipped: node is not installed here");
            return None;
        }
        let sandbox = Sandbox::new();
        sandbox.run(&["workspace", "init"]);
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites-apps.mjs");
        sandbox.write("shop/server.mjs", fs::read(server).unwrap());
        let mode = format!("MODE={mode}");
        let mounted =
            sandbox.run(&["site", "mount", "shop", "--dev", "node server.mjs", "--env", mode.as_str()]);
        assert_eq!(mounted.code, 0, "{mounted:?}");
        let site = Self(sandbox);
        let started = site.0.run(&["site", "start", "shop"]);
        assert_eq!(started.code, 0, "{started:?}");
        Some(site)
    }

    fn check(&self, pages: &[&str], args: &[&str]) -> Outcome {
        let pages = pages.iter().flat_map(|page| ["--page", *page]);
        let all: Vec<&str> = ["site", "check"].into_iter().chain(pages).chain(args.iter().copied()).collect();
        self.0.run(&all)
    }

    /// The report, and of each page what is wrong: `kind: message`, and `kind? message` of what is only to be known.
    fn report(&self, pages: &[&str], args: &[&str]) -> (Value, Vec<Vec<String>>) {
        let outcome = self.check(pages, &[&["--json"], args].concat());
        let report = outcome.json();
        assert_eq!(report["ok"], outcome.code == 0, "{outcome:?}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let told = |flaw: &Value| {
            let sign = if flaw["warning"] == true { "?" } else { ":" };
            format!("{}{sign} {}", text(&flaw["kind"]), text(&flaw["message"]))
        };
        let flaws = |page: &Value| page["flaws"].as_array().unwrap().iter().map(told).collect();
        let pages = report["pages"].as_array().unwrap().iter().map(flaws).collect();
        (report, pages)
    }

    /// The same in a browser; none, and words why, where there is none.
    fn shown(&self, pages: &[&str], args: &[&str]) -> Option<(Value, Vec<Vec<String>>)> {
        let (report, flaws) = self.report(pages, args);
        if report["browser"].is_null() {
            eprintln!("skipped: no Chromium is installed here");
            return None;
        }
        Some((report, flaws))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.run(&["site", "stop", "shop"]);
    }
}

#[test]
fn what_a_dev_server_tells_every_tab_is_told_of_the_broken_page_alone() {
    let Some(site) = Served::start("live") else { return };
    let pages = ["/", "/fine", "/broken"];
    let Some((report, flaws)) = site.shown(&pages, &["--screenshots", "shots"]) else { return };
    assert_eq!(flaws[..2], [vec![], Vec::<String>::new()], "{report}");
    assert!(flaws[2].iter().any(|flaw| flaw == "overlay: Failed to parse"), "{report}");
    let red = |name: &str| {
        let file = fs::File::open(site.0.path("shots").join(name)).unwrap();
        let mut picture = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
        let row = picture.next_row().unwrap().unwrap();
        row.data()[..3] == [255, 0, 0]
    };
    assert_eq!(["index.png", "fine.png", "broken.png"].map(red), [false, false, true]);
}

#[test]
fn pages_of_an_application_are_told_from_such_that_do_not_exist() {
    let Some(site) = Served::start("spa") else { return };
    let pages = ["/", "/about", "/missing", "/late", "/old"];
    let same = "which is answered like any path, be it there or not";
    let (report, flaws) = site.report(&["/"], &["--http"]);
    assert_eq!(report["ok"], true);
    let expected = ["/about", "/nowhere"].map(|path| format!("soft-404? leads to `{path}`, {same}"));
    assert_eq!(flaws, [expected]);
    assert!(report["notices"][0].as_str().unwrap().contains("by HTTP alone"), "{report}");

    let Some((report, flaws)) = site.shown(&pages, &[]) else { return };
    let link = "soft-404: leads to `/nowhere`, which shows the same as a path that does not exist";
    let page = "soft-404: shows the same as a path that does not exist";
    assert_eq!(flaws, [vec![link], vec![link], vec![page, link], vec![link], vec![link]], "{report}");
    assert_eq!(report["notices"], json!([]));
    let ends = report["pages"].as_array().unwrap().iter().map(|page| page["final_url"].as_str());
    let about = format!("{}/about", report["url"].as_str().unwrap());
    assert_eq!(ends.collect::<Vec<_>>(), [None, None, None, None, Some(about.as_str())]);
}

#[test]
fn a_wall_before_all_pages_is_told() {
    let Some(site) = Served::start("login") else { return };
    for args in [&["--http"][..], &[]] {
        let (report, _) = site.report(&["/", "/mine", "/login"], args);
        assert_eq!(report["ok"], true, "{report}");
        let warning = "all 3 pages lead to `/login`: nothing else of the site was looked at";
        assert_eq!(report["warnings"], json!([warning]), "{report}");
        let end = format!("{}/login?to=/mine", report["url"].as_str().unwrap());
        assert_eq!(report["pages"][1]["final_url"], json!(end));
        let text = site.check(&["/", "/mine", "/login"], args).stdout;
        let lines = ["ok   200 /mine → /login?to=/mine  \"Log in\"\n", &format!("warning: {warning}\n")];
        assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    }
}

#[test]
fn what_only_a_browser_sees_is_seen() {
    let Some(site) = Served::start("") else { return };
    let table: [(&str, &[&str]); 10] = [
        ("/", &[]),
        ("/api", &["console: ", "request: `http://localhost:"]),
        ("/picture", &["picture: `/odd.png` cannot be shown: it is no picture"]),
        ("/blank", &["empty: renders nothing"]),
        ("/drawn", &[]),
        ("/shadow", &[]),
        ("/nothing", &["empty: renders nothing"]),
        ("/inert", &[]),
        ("/denied", &["link? leads to `/401`, which answers 401 (unauthorized)", "link? leads to `/403`"]),
        ("/often", &["console: again {code: 3, why: \"no\"} (at /often:1:"]),
    ];
    let pages = table.map(|(page, _)| page);
    let Some((report, flaws)) = site.shown(&pages, &[]) else { return };
    for ((page, expected), flaws) in table.iter().zip(&flaws) {
        // Whether a refused connection is on the console too is up to the browser.
        let own: Vec<&String> =
            flaws.iter().filter(|flaw| *page != "/api" || !flaw.starts_with("console")).collect();
        let expected: Vec<&&str> = expected.iter().filter(|start| **start != "console: ").collect();
        assert_eq!(own.len(), expected.len(), "{page}: {flaws:?}");
        assert!(own.iter().zip(expected).all(|(flaw, start)| flaw.starts_with(start)), "{page}: {flaws:?}");
    }
    assert_eq!(report["pages"][9]["flaws"][0]["count"], 50);
    let text = site.check(&["/often"], &[]).stdout;
    assert!(text.lines().any(|line| line.ends_with(" ×50")), "{text}");
}

#[test]
fn what_http_alone_cannot_tell_is_only_told() {
    let Some(site) = Served::start("") else { return };
    let encoded =
        "encoded? its answer is encoded (`gzip`), which was not asked for: what it holds is not judged";
    let table: [(&str, &[&str]); 4] = [
        ("/nothing", &["empty? answers with nothing in it"]),
        ("/zipped", &[encoded]),
        ("/blank", &[]),
        ("/inert", &["asset: needs `/no3.png`, which answers 404 (not found)"]),
    ];
    let (report, flaws) = site.report(&table.map(|(page, _)| page), &["--http"]);
    assert_eq!(flaws, table.map(|(_, flaws)| flaws.to_vec()), "{report}");
}

#[test]
fn a_browser_that_is_named_and_missing_is_an_error_and_one_that_looked_leaves_nothing() {
    let Some(site) = Served::start("") else { return };
    let with = |name: &str, value: &Path, args: &[&str]| {
        Outcome::of(site.0.command().env(name, value).args(["site", "check", "--page", "/"]).args(args))
    };
    let missing = with("CHROME_PATH", Path::new("/nowhere/chromium"), &[]);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.stderr.contains("`CHROME_PATH` names `/nowhere/chromium`"), "{missing:?}");
    let unneeded = with("CHROME_PATH", Path::new("/nowhere/chromium"), &["--http"]);
    assert_eq!(unneeded.code, 0, "{unneeded:?}");
    let temp = site.0.root().join("temp");
    fs::create_dir(&temp).unwrap();
    let looked = with("TMPDIR", &temp, &[]);
    assert_eq!(looked.code, 0, "{looked:?}");
    let left: Vec<_> = fs::read_dir(&temp).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn only_pages_that_differ_from_a_revision_are_looked_at() {
    let python = Command::new("python3").arg("--version").stdout(Stdio::null()).status();
    if !python.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: python3 is not installed here");
    }
    let site = Served(Sandbox::new());
    site.0.run(&["workspace", "init"]);
    for page in ["index", "about", "team"] {
        site.0.write(&format!("shop/{page}.html"), format!("<title>{page}</title><p>{page}</p>"));
    }
    let git = |args: &[&str]| {
        let names = ["user.name=a", "user.email=a@b.example", "commit.gpgsign=false"];
        let mut command = Command::new("git");
        for name in names {
            command.args(["-c", name]);
        }
        let status = command.arg("-C").arg(site.0.path("shop")).args(args).stdout(Stdio::null()).status();
        assert!(status.unwrap().success(), "{args:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    git(&["tag", "one"]);
    let serve = "python3 -m http.server $PORT --bind 127.0.0.1";
    let mounted = site.0.run(&["site", "mount", "shop", "--stack", "static", "--dev", serve]);
    assert_eq!(mounted.code, 0, "{mounted:?}");
    let started = site.0.run(&["site", "start", "shop"]);
    assert_eq!(started.code, 0, "{started:?}");
    let looked = |args: &[&str]| {
        let outcome = site.0.run(&[&["site", "check", "--http", "--json"], args].concat());
        assert_eq!(outcome.code, 0, "{outcome:?}");
        let report = outcome.json();
        let paths = report["pages"].as_array().unwrap().iter();
        paths.map(|page| page["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(looked(&["--changed"]), "");
    site.0.write("shop/about.html", "<p>otherwise");
    site.0.write("shop/new.html", "<p>new");
    let (about, new) = (looked(&["--changed"]), looked(&["--changed", "one"]));
    assert!(about.contains("/about") && about.contains("/new") && !about.contains("team"), "{about}");
    assert_eq!(about, new);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "two"]);
    assert_eq!((looked(&["--changed"]), looked(&["--changed", "one"])), (String::new(), about));
    assert_eq!(looked(&["--changed", "shop"]), "", "the name of the site is no revision");
    let unknown = site.0.run(&["site", "check", "shop", "--http", "--changed", "gone"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("unknown revision `gone`"), "{unknown:?}");
}
