//! `site preview`: its page, its data and its orders, by HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::site_scene::{Scene, lives, until};

/// A preview under way, ended when dropped.
struct Preview {
    child: Child,
    port: u16,
    /// `/__taskrun/TOKEN/`
    path: String,
}

impl Preview {
    fn new(scene: &Scene, args: &[&str]) -> Self {
        let mut command = scene.sandbox.command();
        command.args(["site", "preview"]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let rest = url.trim().strip_prefix("http://localhost:").unwrap_or_else(|| panic!("{url}"));
        let (port, path) = rest.split_once('/').unwrap();
        Self { child, port: port.parse().unwrap(), path: format!("/{path}") }
    }

    /// Status, head and body of the answer.
    fn ask(&self, method: &str, path: &str, fields: &str, body: &str) -> (u16, String, String) {
        let host = if fields.contains("Host:") {
            String::new()
        } else {
            format!("Host: localhost:{}\r\n", self.port)
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\n{host}{fields}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }

    fn own(&self, what: &str) -> String {
        format!("{}{what}", self.path)
    }

    fn state(&self) -> Value {
        let (status, head, body) = self.ask("GET", &self.own("state"), "", "");
        assert_eq!(status, 200, "{head}");
        serde_json::from_str(&body).unwrap()
    }

    fn end(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const EVIL: &str = "</script><img src=x onerror=alert(1)>\u{202e}";

#[test]
fn the_page_shows_a_site_and_ends_what_it_started() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    write_tasks(&scene);
    let mut preview = Preview::new(&scene, &["shop", "--page", "/about"]);
    until("it runs and its log is told", || {
        let state = preview.state();
        state["server"]["state"] == "ok"
            && state["server"]["busy"] == false
            && state["log"]["lines"].as_array().is_some_and(|lines| !lines.is_empty())
    });
    let state = preview.state();
    let server = &state["server"];
    let port = server["port"].as_u64().unwrap();
    assert_eq!((&server["words"], &server["busy"]), (&json!(format!("Running :{port}")), &json!(false)));
    assert_eq!(state["site"]["name"], "shop");
    assert_eq!(state["pages"]["selected"], "/about");
    let tasks = &state["tasks"];
    assert_eq!((&tasks["list"][0]["title"], &tasks["list"][0]["glyph"]), (&json!(EVIL), &json!("○")));
    assert_eq!(
        (&tasks["list"][1]["glyph"], &tasks["list"][1]["words"]),
        (&json!("◐"), &json!("in progress"))
    );
    // Only what has changed is told again.
    let rev = state["rev"].as_u64().unwrap();
    scene.sandbox.write(".beads/issues.jsonl", "");
    let (_, _, news) = preview.ask("GET", &preview.own(&format!("state?since={rev}")), "", "");
    let news: Value = serde_json::from_str(&news).unwrap();
    assert!(news["rev"].as_u64().unwrap() > rev && news["site"].is_null(), "{news}");
    // The page of the command line is only the first one.
    until("the pages are told", || {
        preview.state()["pages"]["list"].as_array().is_some_and(|list| !list.is_empty())
    });
    assert_eq!(preview.ask("POST", &preview.own("page"), "", "/").0, 204);
    until("another one is selected", || preview.state()["pages"]["selected"] == "/");
    // The site is beside it, under the same origin.
    assert!(preview.ask("GET", "/", "", "").2.contains("<h1>shop</h1>"));
    let pid = scene.status("shop")["pid"].clone();
    assert!(lives(&pid));
    assert_eq!(preview.end(), 130);
    assert!(!lives(&pid));
    assert!(!scene.log("shop").contains(&preview.path));
}

#[test]
fn a_server_that_somebody_asked_for_meanwhile_outlives_the_preview() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    for again in [false, true] {
        let mut preview = Preview::new(&scene, &["shop"]);
        until("it is served", || preview.state()["server"]["state"] == "ok");
        if again {
            assert_eq!(scene.sandbox.run(&["site", "stop", "shop"]).code, 0);
        }
        assert_eq!(scene.sandbox.run(&["site", "start", "shop"]).code, 0);
        let pid = scene.status("shop")["pid"].clone();
        assert_eq!(preview.end(), 130);
        assert!(lives(&pid), "started again: {again}");
        assert_eq!(scene.sandbox.run(&["site", "stop", "shop"]).code, 0);
    }
}

#[test]
fn only_who_has_the_token_gets_in() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    scene.start("shop");
    let mut preview = Preview::new(&scene, &[]);
    let (status, head, page) = preview.ask("GET", &preview.path, "", "");
    assert_eq!(status, 200, "{head}");
    let policy = head.lines().find(|line| line.starts_with("Content-Security-Policy")).unwrap();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2, "{page}");
    assert!(!page.contains("innerHTML") && !page.contains("https://") && !page.contains("{nonce}"));
    assert!(!preview.ask("GET", &preview.path, "", "").2.contains(nonce));

    let token = preview.path.trim_matches('/').split('/').nth(1).unwrap().to_owned();
    assert_eq!(token.len(), 32);
    let table = [
        ("GET", "/__taskrun/".to_owned(), "", 404),
        ("GET", "/__taskrun/state".to_owned(), "", 404),
        ("GET", format!("/__taskrun/{}/state", "0".repeat(32)), "", 404),
        ("POST", format!("/__taskrun/{}/stop", "0".repeat(32)), "", 404),
        ("GET", format!("/__taskrun/{token}"), "", 302),
        ("GET", preview.own("else"), "", 404),
        ("GET", preview.own("stop"), "", 405),
        ("POST", preview.own("state"), "", 405),
        ("POST", preview.own("trouble"), "", 405),
        ("GET", preview.own("state?since=x"), "", 400),
        ("POST", preview.own("stop"), "Origin: http://evil.example\r\n", 403),
        ("POST", preview.own("stop"), "Sec-Fetch-Site: cross-site\r\n", 403),
        ("POST", preview.own("stop"), "Origin: null\r\n", 403),
        ("GET", preview.path.clone(), "Host: evil.example\r\n", 421),
        ("POST", preview.own("stop"), "Host: evil.example\r\n", 421),
        ("POST", preview.own("page"), "", 400),
    ];
    for (method, path, fields, expected) in table {
        assert_eq!(preview.ask(method, &path, fields, "/nowhere").0, expected, "{method} {path} {fields}");
    }
    assert_eq!(scene.status("shop")["state"], "ok");
    // It was there before, and stays.
    assert_eq!(preview.end(), 130);
    assert_eq!(scene.status("shop")["state"], "ok");
}

#[test]
fn a_server_is_started_and_stopped_from_the_page() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    scene.start("shop");
    let preview = Preview::new(&scene, &["shop"]);
    let origin = format!("Origin: http://localhost:{}\r\n", preview.port);
    assert_eq!(preview.ask("POST", &preview.own("stop"), &origin, "").0, 200);
    until("it is stopped", || {
        let server = &preview.state()["server"];
        server["words"] == "Stopped" && server["busy"] == false
    });
    assert_eq!(scene.status("shop")["state"], "stopped");
    assert_eq!(preview.ask("GET", "/", "", "").0, 502);
    assert_eq!(preview.ask("POST", &preview.own("start"), "", "").0, 200);
    until("it runs again", || preview.state()["server"]["state"] == "ok");
    let before = scene.status("shop")["pid"].clone();
    until("it is restarted", || preview.ask("POST", &preview.own("restart"), "", "").0 == 200);
    until("another one runs", || {
        let server = &preview.state()["server"];
        server["state"] == "ok" && server["busy"] == false && scene.status("shop")["pid"] != before
    });
    assert!(!lives(&before));
}

#[test]
fn a_site_that_does_not_start_says_why() {
    let Some(scene) = Scene::new() else { return };
    scene.mount("shop", &json!({"stack": "node", "commands": {"dev": "echo '<b>no</b> module'; exit 3"}}));
    let preview = Preview::new(&scene, &["shop"]);
    until("it has failed", || preview.state()["server"]["error"].is_string());
    assert_eq!(preview.state()["server"]["words"], "The dev server could not be started");
    let last = json!("<b>no</b> module");
    until("its log is told", || {
        preview.state()["log"]["lines"].as_array().is_some_and(|lines| lines.contains(&last))
    });
    assert_eq!(preview.ask("GET", "/", "", "").0, 502);
}

#[test]
fn a_server_that_ends_by_itself_says_how() {
    let Some(scene) = Scene::new() else { return };
    let server = "require('http').createServer((q, a) => q.url === '/exit' ? process.exit(3) : a.end('up'))\
        .listen(process.env.PORT, '127.0.0.1')";
    scene.sandbox.write("shop/server.js", server);
    scene.mount("shop", &json!({"stack": "node", "commands": {"dev": "node server.js"}}));
    let preview = Preview::new(&scene, &["shop"]);
    until("it runs", || {
        preview.state()["server"]["state"] == "ok" && preview.state()["server"]["busy"] == false
    });
    assert_eq!(preview.ask("GET", "/exit", "", "").0, 502);
    until("its end is told", || {
        preview.state()["server"]["words"] == "The dev server ended with exit code 3"
    });
}

#[test]
fn the_frames_page_is_told_why_it_cannot_be_read() {
    let Some(scene) = Scene::new() else { return };
    let server = "require('http').createServer((q, a) => a.writeHead(302, {Location: q.url}).end())\
        .listen(process.env.PORT, '127.0.0.1')";
    scene.sandbox.write("shop/server.js", server);
    scene.mount("shop", &json!({"stack": "node", "commands": {"dev": "node server.js"}}));
    let preview = Preview::new(&scene, &["shop"]);
    until("it runs", || preview.state()["server"]["state"] == "ok");
    for _ in 0..20 {
        assert_eq!(preview.ask("GET", "/a", "Sec-Fetch-Dest: iframe\r\n", "").0, 302);
    }
    let (status, _, told) = preview.ask("GET", &preview.own("trouble"), "", "");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((status, &told["kind"]), (200, &json!("redirects")), "{told}");
    assert_eq!(preview.ask("GET", "/__taskrun/trouble", "", "").0, 404);
}

#[test]
fn the_address_alone_starts_the_site_and_leaves_it() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    let out = scene.run(&["preview", "shop", "--url", "--page", "/a b"]);
    let port = scene.status("shop")["port"].clone();
    assert_eq!((out.code, out.stdout), (0, format!("http://localhost:{port}/a%20b\n")));
    assert_eq!(out.stderr.matches("`/a b` is no known page of `shop`").count(), 1, "{}", out.stderr);
    // Only looked at: the page that was selected stays.
    assert_eq!(scene.run(&["url", "shop"]).stdout, format!("http://localhost:{port}/\n"));
    for args in [&["preview", "--full"][..], &["preview", "--url", "--open"], &["preview", "--port", "0"]] {
        assert_eq!(scene.run(args).code, 2, "{args:?}");
    }
    assert_eq!(scene.run(&["preview", "nobody"]).code, 1);
}

/// Two tasks, one with a title that would like to be more.
fn write_tasks(scene: &Scene) {
    let issue = |id: &str, title: &str, status: &str| {
        json!({"id": id, "title": title, "status": status, "priority": 2, "issue_type": "task",
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"})
        .to_string()
    };
    let all = [issue("bd-1", EVIL, "open"), issue("bd-2", "Two", "in_progress")].join("\n");
    scene.sandbox.write(".beads/issues.jsonl", all + "\n");
}

#[test]
fn one_question_is_held_and_the_others_come_again() {
    let Some(scene) = Scene::new() else { return };
    scene.mount("shop", &json!({"stack": "node", "commands": {"dev": "exit 3"}}));
    let preview = Preview::new(&scene, &["shop"]);
    until("it has failed", || preview.state()["server"]["error"].is_string());
    std::thread::scope(|scope| {
        let ask = || {
            let rev = preview.state()["rev"].as_u64().unwrap();
            let (_, _, body) = preview.ask("GET", &preview.own(&format!("state?since={rev}")), "", "");
            serde_json::from_str::<Value>(&body).unwrap()
        };
        let held = scope.spawn(move || while ask()["again"] == 2000 {});
        until("one is held and another is not", || {
            preview.state()["again"] == 2000 && ask()["again"] == 2000
        });
        scene.sandbox.write(".beads/issues.jsonl", "{}\n");
        held.join().unwrap();
    });
}

#[test]
fn the_last_preview_ends_what_one_has_started() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    let mut first = Preview::new(&scene, &["shop"]);
    until("it runs", || first.state()["server"]["state"] == "ok" && first.state()["server"]["busy"] == false);
    let mut second = Preview::new(&scene, &["shop"]);
    let pid = scene.status("shop")["pid"].clone();
    first.end();
    assert!(lives(&pid));
    assert_eq!(second.state()["server"]["state"], "ok");
    second.end();
    assert!(!lives(&pid));
}
