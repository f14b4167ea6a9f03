//! `site pages`: what a site's files tell, examples, what changed, the selected page.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{reap, wait_for};
use crate::sandbox::Sandbox;
use crate::site_scene::Scene;
use crate::terminal::Terminal;

/// A workspace with the site `web` of that stack, in `web/`.
fn sandbox(stack: &str, files: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/.gitignore", "/*\n");
    for (name, text) in files {
        sandbox.write(&format!("web/{name}"), text);
    }
    add(&sandbox, "web", stack);
    sandbox
}

fn add(sandbox: &Sandbox, name: &str, stack: &str) {
    fs::create_dir_all(sandbox.path(name)).unwrap();
    let site = json!({"version": 1, "name": name, "path": sandbox.path(name), "recipe": {"stack": stack, "pages": stack}});
    sandbox.write(&format!(".taskrun/sites/{name}.json"), site.to_string());
}

fn record(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.read(".taskrun/sites/web.json")).unwrap()
}

fn paths(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let out = sandbox.run(&[&["site", "pages", "--json"], args].concat());
    assert_eq!(out.code, 0, "{out:?}");
    let pages = out.json();
    pages.as_array().unwrap().iter().map(|page| page["path"].as_str().unwrap().to_owned()).collect()
}

fn git(sandbox: &Sandbox, args: &[&str]) {
    let mut git = std::process::Command::new("git");
    git.current_dir(sandbox.path("")).args(["-c", "user.name=t", "-c", "user.email=t@localhost"]).args(args);
    assert!(git.output().unwrap().status.success(), "{args:?}");
}

const NEXT: &[(&str, &str)] = &[
    ("app/page.tsx", "export const metadata = { title: 'Home' }"),
    ("app/pitch/good-american/page.tsx", "import Hero from '../../hero'"),
    ("app/blog/[slug]/page.tsx", ""),
    ("app/api/hi/route.ts", ""),
    ("app/hero.tsx", ""),
];

#[test]
fn pages_are_listed_with_their_files() {
    let sandbox = sandbox("next", NEXT);
    let out = sandbox.run(&["site", "pages", "web"]);
    let expected = "\
/                            Home  app/page.tsx
/pitch/good-american               app/pitch/good-american/page.tsx
/blog/[slug] (needs an example)        app/blog/[slug]/page.tsx
";
    assert_eq!((out.code, out.stderr.as_str()), (0, ""));
    let squeezed = |text: &str| {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(squeezed(&out.stdout), squeezed(expected));
    assert!(sandbox.run(&["site", "pages", "--all"]).stdout.contains("/api/hi (api)"));
    let pages = sandbox.run(&["site", "pages", "--json"]).json();
    assert_eq!(
        pages[0],
        json!({"path": "/", "kind": "page", "source": "file", "file": "app/page.tsx", "title": "Home", "example": null})
    );
    assert_eq!(pages[3]["kind"], "api");
    let unknown = sandbox.run(&["site", "pages", "wib"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("unknown site `wib`"), "{unknown:?}");
}

#[test]
fn examples_are_remembered_and_checked() {
    let sandbox = sandbox("next", NEXT);
    let out = sandbox.run(&["site", "pages", "web", "--example", "/blog/[slug]=one"]);
    assert!(out.code == 0 && out.stdout.contains("/blog/[slug] → /blog/one"), "{out:?}");
    assert_eq!(record(&sandbox)["examples"], json!({"/blog/[slug]": "/blog/one"}));
    for (example, code, told) in [
        ("/blog/[slug]=a/b", 2, "1 parameters"),
        ("/blog/[slug]=..", 2, "does not fit"),
        ("/blog/[slug]=/elsewhere", 2, "does not fit"),
        ("/blog/[slug]=%2e%2e", 2, "a name of dots leads elsewhere"),
        ("/blog/[slug]=/blog/%2E%2e", 2, "a name of dots leads elsewhere"),
        ("/blog/[slug]", 2, "no `=`"),
        ("/shop/[id]=1", 1, "its patterns: `/blog/[slug]`"),
        ("/pitch/good-american=1", 2, "without parameters"),
    ] {
        let out = sandbox.run(&["site", "pages", "--example", example]);
        assert!(out.code == code && out.stderr.contains(told) && out.stdout.is_empty(), "{example} {out:?}");
        assert_eq!(record(&sandbox)["examples"], json!({"/blog/[slug]": "/blog/one"}), "{example}");
    }
    let out = sandbox.run(&["site", "pages", "--json", "--example", "/blog/[slug]=two words"]).json();
    assert_eq!(out[2]["example"], "/blog/two%20words");
    let out = sandbox.run(&["site", "pages", "--example", "/blog/[slug]="]);
    assert!(out.stdout.contains("needs an example"), "{out:?}");
    assert_eq!(record(&sandbox)["examples"], json!({}));
}

#[test]
fn only_pages_that_changed_are_listed() {
    let sandbox = sandbox("next", NEXT);
    let out = sandbox.run(&["site", "pages", "--changed"]);
    assert!(out.code == 1 && out.stderr.contains("no git repository"), "{out:?}");
    git(&sandbox, &["init", "--quiet"]);
    assert_eq!(paths(&sandbox, &["--changed"]).len(), 4, "before the first commit all is new");
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "--quiet", "-m", "one"]);
    assert_eq!(sandbox.run(&["site", "pages", "--changed"]).stdout, "no page differs\n");
    sandbox.write("web/app/hero.tsx", "// new");
    sandbox.write("web/app/new/page.tsx", "");
    sandbox.write("web/README.md", "");
    assert_eq!(paths(&sandbox, &["--changed"]), ["/new", "/pitch/good-american"]);
    assert_eq!(
        paths(&sandbox, &["--changed", "web"]),
        ["/new", "/pitch/good-american"],
        "a site is no revision"
    );
    git(&sandbox, &["add", "-A"]);
    git(&sandbox, &["commit", "--quiet", "-m", "two"]);
    assert_eq!(paths(&sandbox, &["--changed"]), Vec::<String>::new());
    assert_eq!(paths(&sandbox, &["web", "--changed", "HEAD~1"]), ["/new", "/pitch/good-american"]);
    sandbox.write("web/app/layout.tsx", "");
    assert_eq!(paths(&sandbox, &["--changed"]).len(), 5, "a layout is around them all");
    for revision in ["nothing", "--output=x", "HEAD:web", ""] {
        let out = sandbox.run(&["site", "pages", "web", &format!("--changed={revision}")]);
        assert!(out.code == 1 && out.stderr.contains("unknown revision"), "{revision} {out:?}");
    }
    assert!(!sandbox.path("x").exists());
}

#[test]
fn a_page_is_selected_on_a_terminal() {
    let sandbox = sandbox("next", NEXT);
    for args in [&["site", "pages", "--select"][..], &["site", "pages", "--select", "--json"]] {
        let out = sandbox.run(args);
        assert!(out.code == 2 && out.stderr.contains("site url NAME PAGE"), "{out:?}");
    }
    for (keys, expected) in [
        ("pitch\r", json!("/pitch/good-american")),
        ("\x1b", json!("/pitch/good-american")),
        ("\x1b[H\r", json!("/")),
    ] {
        let terminal = Terminal::new(80, 24);
        let child = terminal.start(sandbox.command().args(["site", "pages", "--select"]));
        wait_for("a list", || terminal.printed().contains("Enter chooses"));
        terminal.press(keys);
        assert_eq!(reap(child), 0, "{keys:?}");
        assert_eq!(record(&sandbox)["page"], expected, "{keys:?}");
    }
    let out = sandbox.run(&["site", "pages"]);
    assert!(out.stdout.contains("app/page.tsx (selected)\n"), "{out:?}");
}

/// The last whole picture of a list on `terminal`, line by line.
fn drawn(terminal: &Terminal) -> Vec<String> {
    let text = terminal.printed();
    let last = text.rsplit_once("\x1b[H").map_or("", |(_, last)| last);
    console::strip_ansi_codes(last).lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_long_list_fits_a_narrow_terminal() {
    let wide = "日本語".repeat(20);
    let files: Vec<String> = (0..300).map(|at| format!("p{at:03}.html")).collect();
    let mut files: Vec<(&str, &str)> =
        files.iter().map(|file| (file.as_str(), "<title>題名 🚀</title>")).collect();
    let (last, long) = (format!("{wide}.html"), format!("p150-{}.html", "x".repeat(200)));
    files.extend([("index.html", ""), (last.as_str(), ""), (long.as_str(), "")]);
    let sandbox = sandbox("static", &files);
    let table: [(u16, u16, &[&str], Option<String>); 4] = [
        (30, 8, &["\x1b[F\r"], Some("/p299.html".to_owned())),
        (30, 8, &["p150-\r"], Some(format!("/{long}"))),
        (20, 6, &["日本\r"], Some(format!("/{}.html", "%E6%97%A5%E6%9C%AC%E8%AA%9E".repeat(20)))),
        (20, 6, &["p1", "\x1b", "\x1b"], None),
    ];
    for (columns, rows, keys, expected) in table {
        let terminal = Terminal::new(columns, rows);
        let child = terminal.start(sandbox.command().args(["site", "pages", "--select"]));
        wait_for("a list", || drawn(&terminal).iter().any(|line| line.starts_with("Enter chooses")));
        let lines = drawn(&terminal);
        let wide = |line: &String| console::measure_text_width(line);
        assert!(lines.len() <= usize::from(rows), "{lines:?}");
        assert!(lines.iter().all(|line| wide(line) <= usize::from(columns)), "{lines:?}");
        let before = fs::read_to_string(sandbox.path(".taskrun/sites/web.json")).unwrap();
        for key in keys {
            let seen = terminal.printed().len();
            terminal.press(key);
            wait_for("an answer", || terminal.printed().len() > seen);
        }
        assert_eq!(reap(child), 0, "{keys:?}");
        match expected {
            Some(page) => assert_eq!(record(&sandbox)["page"], page.as_str(), "{keys:?}"),
            None => assert_eq!(sandbox.read(".taskrun/sites/web.json"), before, "{keys:?}"),
        }
        wait_for("the terminal given back", || terminal.printed().contains("\x1b[?1049l"));
    }
}

#[test]
fn a_damaged_block_hides_no_other_page() {
    let sandbox = sandbox(
        "deco",
        &[
            (".deco/blocks/pages-a.json", r#"{"path":"/a","name":"A","sections":[]}"#),
            (".deco/blocks/pages-b.json", "{\n \"path\":"),
        ],
    );
    for args in [&["site", "pages"][..], &["site", "pages", "--json"]] {
        let out = sandbox.run(args);
        assert!(out.code == 0 && out.stdout.contains("/a"), "{out:?}");
        let told = "warning: the page of `.deco/blocks/pages-b.json` is left out: EOF while parsing a value at line 2 column 8\n";
        assert_eq!(out.stderr, told, "{out:?}");
    }
}

#[test]
fn a_page_that_is_missing_for_its_damaged_file_fails_the_check() {
    let Some(scene) = Scene::new() else { return };
    scene.site("web", "");
    scene
        .mount("web", &json!({"stack": "deco", "pages": "deco", "commands": {"dev": "node dev-server.mjs"}}));
    scene.sandbox.write("web/.deco/blocks/pages-a.json", r#"{"path":"/","name":"A","sections":[]}"#);
    let check = |args: &[&str]| {
        scene.sandbox.run(&[&["site", "check", "web", "--start", "--http", "--json"], args].concat())
    };
    assert_eq!(check(&[]).code, 0);
    scene.sandbox.write("web/.deco/blocks/pages-b.json", "{\n \"path\":");
    let out = check(&[]);
    let report = out.json();
    assert_eq!((out.code, &report["ok"], report["pages"].as_array().unwrap().len()), (1, &json!(false), 2));
    let missing = &report["pages"][1];
    assert_eq!(missing["file"], ".deco/blocks/pages-b.json");
    assert_eq!(missing["flaws"][0]["kind"], "file");
    assert!(missing["flaws"][0]["message"].as_str().unwrap().contains("line 2"), "{report}");
    assert_eq!(check(&["--page", "/"]).code, 0, "only that page is asked for");
}

#[test]
fn hostile_names_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = sandbox(
        "static",
        &[
            ("index.html", "<title>\x1b[2Jx\x07\u{9b}2J\x7f</title>"),
            ("a\nb\x1b[31m.html", ""),
            ("ü ß.html", ""),
        ],
    );
    let json = sandbox.run(&["site", "pages", "--json"]).stdout;
    assert!(!json.contains(|letter: char| letter.is_control() && letter != '\n'), "{json:?}");
    fs::write(sandbox.path("web").join(std::ffi::OsStr::from_bytes(b"\xff.html")), "").unwrap();
    std::os::unix::fs::symlink(".", sandbox.path("web/loop")).unwrap();
    let out = sandbox.run(&["site", "pages"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(!out.stdout.contains(['\x1b', '\x07']), "{out:?}");
    assert_eq!(out.stdout.lines().count(), 3, "{out:?}");
    assert_eq!(paths(&sandbox, &[]), ["/", "/%C3%BC%20%C3%9F.html", "/a%0Ab%1B%5B31m.html"]);
    let (home, shut) = (sandbox.path("web/index.html"), sandbox.path("web/shut"));
    assert!(home.is_file());
    fs::create_dir(&shut).unwrap();
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&shut).is_err() {
        let out = sandbox.run(&["site", "pages"]);
        assert!(out.code == 1 && out.stderr.contains("shut`"), "{out:?}");
    }
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_dir_all(sandbox.path("web")).unwrap();
    let out = sandbox.run(&["site", "pages"]);
    assert!(out.code == 1 && out.stderr.contains("web`"), "{out:?}");
}

#[test]
fn react_router_is_asked_and_read_roughly_where_it_fails() {
    let sandbox = sandbox(
        "react-router",
        &[("app/routes.ts", "export default [index('h.tsx'), route('rough', 'r.tsx')]")],
    );
    let notice = |text: &str| text.contains("read roughly from files such as `app/h.tsx`");
    let out = sandbox.run(&["site", "pages"]);
    assert!(out.code == 0 && notice(&out.stderr) && out.stdout.contains("/rough"), "{out:?}");
    let said = r#"[{"id":"root","path":"","file":"root.tsx","children":[{"index":true,"file":"h.tsx"},{"path":"exact/:id","file":"e.tsx"}]}]"#;
    let script = |text: String| {
        let path = sandbox.path("web/node_modules/.bin/react-router");
        sandbox.write("web/node_modules/.bin/react-router", text);
        fs::set_permissions(Path::new(&path), fs::Permissions::from_mode(0o755)).unwrap();
    };
    script(format!(
        "#!/bin/sh\n[ \"$*\" = 'routes --json' ] && [ -f app/routes.ts ] || exit 1\necho notice\necho '{said}'\n"
    ));
    let out = sandbox.run(&["site", "pages"]);
    assert!(out.code == 0 && out.stderr.is_empty() && out.stdout.contains("/exact/:id"), "{out:?}");
    assert_eq!(sandbox.run(&["site", "pages", "--json"]).json()[0]["source"], "command");
    for broken in ["exit 1", "echo '[{'", "echo null", "kill -9 $$"] {
        script(format!("#!/bin/sh\n{broken}\n"));
        let out = sandbox.run(&["site", "pages"]);
        assert!(out.code == 0 && notice(&out.stderr) && out.stdout.contains("/rough"), "{broken} {out:?}");
    }
}
