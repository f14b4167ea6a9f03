//! `site logs`, `site watch`: what is seen of a site while it is worked on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// A mounted site that nothing serves.
fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    sandbox.write("site/src/app.js", "1");
    assert_eq!(sandbox.run(&["site", "mount", "site", "--dev", "node server.js"]).code, 0);
    sandbox
}

/// A watch under way, whose lines are read one by one; they come or the test hangs until it is ended.
struct Watch {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watch {
    fn new(sandbox: &Sandbox) -> Self {
        let mut child = sandbox
            .command()
            .args(["site", "watch", "site", "--json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Option<Value> {
        let line = self.lines.next()?.unwrap();
        let mut change: Value = serde_json::from_str(&line).unwrap();
        assert!(change.as_object_mut().unwrap().remove("ts").is_some(), "{line}");
        Some(change)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_change_is_a_line_until_the_site_is_forgotten() {
    let sandbox = scene();
    let log = |text: &str| sandbox.write(".taskrun/sites/site.log", text);
    log("  Local: http://localhost:4301/\n");
    let mut watch = Watch::new(&sandbox);
    assert_eq!(watch.next(), Some(json!({"kind": "state", "state": "stopped", "url": null})));
    sandbox.write("site/src/app.js", "22");
    assert_eq!(watch.next(), Some(json!({"kind": "changed", "file": "src/app.js"})));
    sandbox.write("site/node_modules/x/index.js", "not looked at");
    sandbox.write("site/src/new.js", "1");
    assert_eq!(watch.next(), Some(json!({"kind": "added", "file": "src/new.js"})));
    std::fs::remove_file(sandbox.path("site/src/new.js")).unwrap();
    assert_eq!(watch.next(), Some(json!({"kind": "removed", "file": "src/new.js"})));
    log(
        "  Local: http://localhost:4301/\nGET / 200\n\u{1b}[36m[vite]\u{1b}[39m hmr update /src/app.js\nhalf a hmr upd",
    );
    assert_eq!(watch.next(), Some(json!({"kind": "server", "line": "[vite] hmr update /src/app.js"})));
    assert_eq!(sandbox.run(&["site", "unmount", "site"]).code, 0);
    assert_eq!(watch.next(), None);
    assert_eq!(watch.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_log_is_printed_as_it_is_stored() {
    let sandbox = scene();
    let none = sandbox.run(&["site", "logs"]);
    assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (0, "", "there is no log yet\n"));
    let told = sandbox.run(&["site", "logs", "--json"]).json();
    assert_eq!((&told["site"], &told["bytes"]), (&json!("site"), &Value::Null));
    sandbox.write(".taskrun/sites/site.log", "first\nünd last\n");
    assert_eq!(sandbox.run(&["site", "logs", "site"]).stdout, "first\nünd last\n");
    assert_eq!(sandbox.run(&["site", "logs", "--bytes", "9"]).stdout, "nd last\n");
    assert_eq!(
        sandbox.run(&["site", "logs", "--follow"]).stdout,
        "first\nünd last\n",
        "nothing serves it any more"
    );
    assert_eq!(sandbox.run(&["site", "logs", "--json"]).json()["bytes"], 16);
    assert_eq!(sandbox.run(&["site", "logs", "--json", "--follow"]).code, 2);
}
