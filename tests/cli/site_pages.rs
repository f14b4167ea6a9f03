//! `site pages`: what a site's files tell, examples, what changed, the selected page.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::bench::{reap, wait_for};
use crate::sandbox::Sandbox;
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
    assert!(unknown.code == 1 && unknown.stderr.contains("did you mean `web`?"), "{unknown:?}");
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

#[test]
fn hostile_names_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = sandbox(
        "static",
        &[("index.html", "<title>\x1b[2Jx\x07</title>"), ("a\nb\x1b[31m.html", ""), ("ü ß.html", "")],
    );
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
    fs::set_permissions(&shut, fs::Permissions::from_mode(0)).unwrap();
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
