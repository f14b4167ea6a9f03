//! `loop run --site`: the site is served while agents work on it, its check is a gate, and they hear of what they broke.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, kill, reap, wait_for};

/// A dev server in miniature: pages are put together from parts, and a part that is not sound is an error in its log.
const SERVER: &str = r#"
import http.server, os, pathlib, re
ROOT = pathlib.Path(__file__).parent
def part(name):
    text = (ROOT / name).read_text()
    if text.count('<section') != text.count('</section'):
        raise SyntaxError(f'<section> of {name} is not closed')
    return text
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split('?')[0].lstrip('/') or 'index.html'
        file = ROOT / path
        if file.suffix != '.html' or not file.is_file():
            return self.send_error(404)
        try:
            text = re.sub(r'<!-- part (\S+) -->', lambda found: part(found[1]), file.read_text()).encode()
        except SyntaxError:
            self.send_error(500)
            raise
        self.send_response(200)
        self.send_header('content-type', 'text/html; charset=utf-8')
        self.send_header('content-length', str(len(text)))
        self.end_headers()
        if self.command == 'GET':
            self.wfile.write(text)
    do_HEAD = do_GET
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
"#;

const PAGE: &str = "<!doctype html><html lang=en><head><meta charset=utf-8><title>Home</title></head><body><h1>Home</h1></body></html>";

/// Counts its calls in `$N` and keeps each prompt.
const COUNTS: &str = "N=$(($(cat \"$ASIDE/n\" 2>/dev/null || echo 0) + 1)); echo $N > \"$ASIDE/n\"; cat > \"$ASIDE/prompt-$N\"";

fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
    if !there {
        eprintln!("skipped: no {program} here");
    }
    there
}

/// A bench with the site `pitch` in `web/`, which a server of python's serves.
struct Scene {
    bench: Bench,
}

impl Scene {
    fn new(agent: &str) -> Option<Self> {
        if !has("python3") {
            return None;
        }
        let bench = Bench::new(&format!("{COUNTS}\n{agent}"));
        bench.sandbox.write("web/server.py", SERVER);
        bench.sandbox.write("web/index.html", PAGE);
        bench.tasks(&["bd-1"]);
        let dev = "python3 server.py";
        let args = ["site", "mount", "web", "--name", "pitch", "--stack", "static", "--dev", dev, "--json"];
        let mounted = bench.sandbox.run(&args);
        assert_eq!(mounted.code, 0, "{mounted:?}");
        Some(Self { bench })
    }

    fn status(&self) -> Value {
        self.bench.sandbox.run(&["site", "status", "pitch", "--json"]).json()
    }

    fn state(&self) -> String {
        self.status()["state"].as_str().unwrap().to_owned()
    }

    fn prompt(&self, number: usize) -> String {
        self.bench.lines(&format!("prompt-{number}")).join("\n")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.bench.sandbox.run(&["site", "stop", "pitch", "--force"]);
    }
}

fn gate(bench: &Bench) -> String {
    let me = fs::canonicalize(env!("CARGO_BIN_EXE_taskrun")).unwrap();
    let preview = bench.run(&["--site", "pitch", "--dry-run", "--json"]).json();
    let gate = preview["gates"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    assert_eq!(gate, format!("{} -C . site check pitch", me.display()));
    gate
}

#[test]
fn a_broken_part_makes_the_gate_red_and_its_error_reaches_the_next_prompt() {
    let page = "printf '<!doctype html><html lang=en><head><meta charset=utf-8><title>Pitch</title></head><body><!-- part \
                hero.part --></body></html>' > web/pitch.html";
    let part = "[ $N = 1 ] && printf '<section><h1>Broken</h1>' > web/hero.part || \
                printf '<section><h1>Ours</h1></section>' > web/hero.part";
    let Some(scene) = Scene::new(&format!("{page}\n{part}\n{DONE}")) else { return };
    let bench = &scene.bench;
    let gate = gate(bench);
    let (out, events) = bench.events(&["--site", "pitch"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_eq!(bench.status("bd-1"), "closed");
    let gates: Vec<_> = events.iter().filter(|event| event["type"] == "gate.finished").collect();
    assert_eq!(gates.len(), 2, "{gates:#?}");
    for (result, passed) in gates.iter().zip([false, true]) {
        assert_eq!((&result["command"], &result["passed"]), (&json!(gate), &json!(passed)), "{result}");
    }
    let first = scene.prompt(1);
    let told = "Its sources lie in `web` (stack `static`). It is served at http://localhost:";
    assert!(first.contains("## The site `pitch`") && first.contains(told), "{first}");
    assert!(first.contains("\n- `/`: `index.html`") && !first.contains("pitch.html"), "{first}");
    assert!(first.contains(&format!("- `{gate}`")) && !first.contains("## Errors"), "{first}");
    let second = scene.prompt(2);
    assert!(second.contains("`/pitch.html`: `pitch.html`"), "the new page: {second}");
    let (_, errors) = second.split_once("## Errors that its dev server has printed since").unwrap();
    let (errors, previous) = errors.split_once("## The attempt before this one").unwrap();
    assert!(errors.contains("Traceback (most recent call last):"), "{second}");
    assert_eq!(errors.matches("SyntaxError: <section> of hero.part is not closed").count(), 1, "{second}");
    assert!(!errors.contains("GET /"), "only errors: {errors}");
    assert!(previous.contains("/pitch.html") && previous.contains("500"), "{second}");
    // Started by the run, and gone with it.
    assert!(out.stderr.contains("started the site `pitch` at http://localhost:"), "{out:?}");
    assert_eq!(scene.state(), "stopped");
    let pages = bench.sandbox.run(&["site", "pages", "pitch", "--json"]).json();
    let paths: Vec<_> = pages.as_array().unwrap().iter().map(|page| page["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["/", "/pitch.html"]);
}

#[test]
fn looking_ahead_tells_the_truth_and_starts_nothing() {
    let Some(scene) = Scene::new(DONE) else { return };
    let bench = &scene.bench;
    let looked = bench.run(&["--site", "pitch", "--dry-run"]);
    assert!(looked.stdout.contains("site      pitch, would be started: python3 server.py\n"), "{looked:?}");
    assert!(looked.stdout.contains(" site check pitch\n"), "{looked:?}");
    assert_eq!(bench.run(&["--site", "pitch", "--dry-run", "--json"]).json()["site"], "pitch");
    let prompt = bench.run(&["--site", "pitch", "--print-prompt"]);
    assert!(prompt.stdout.contains("at a URL that is told here when it is known"), "{prompt:?}");
    assert!(prompt.stdout.contains("- `/`: `index.html`"), "{prompt:?}");
    assert_eq!(scene.state(), "stopped");
    assert!(!bench.sandbox.path(".taskrun/sites/pitch.log").exists());
    let started = bench.sandbox.run(&["site", "start", "pitch", "--json"]).json();
    let url = started["url"].as_str().unwrap();
    let looked = bench.run(&["--site", "pitch", "--dry-run"]);
    assert!(looked.stdout.contains(&format!("site      pitch, served at {url}\n")), "{looked:?}");
    assert!(
        bench.run(&["--site", "pitch", "--print-prompt"]).stdout.contains(&format!("served at {url} while"))
    );
}

#[test]
fn an_unknown_site_is_told_before_anything_is_claimed() {
    let Some(scene) = Scene::new(DONE) else { return };
    let bench = &scene.bench;
    let out = bench.run(&["--site", "pich"]);
    assert_eq!(out.code, 1, "{out:?}");
    assert!(out.stderr.contains("`pich`"), "{out:?}");
    assert!(bench.lines("n").is_empty() && bench.history().is_empty());
    assert!(!bench.sandbox.path(".taskrun/loop.json").exists());
}

#[test]
fn a_site_that_does_not_start_ends_the_run_before_anything_is_claimed() {
    let Some(scene) = Scene::new(DONE) else { return };
    let bench = &scene.bench;
    bench.sandbox.write("web/server.py", "raise SystemExit('no such thing')");
    let out = bench.run(&["--site", "pitch"]);
    assert_ne!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("no such thing"), "{out:?}");
    assert_eq!((bench.status("bd-1"), bench.lines("n").len()), ("open".into(), 0));
}

#[test]
fn a_server_that_was_there_stays_and_one_that_dies_comes_back() {
    // The agent ends it, as nobody should.
    let me = env!("CARGO_BIN_EXE_taskrun");
    let agent = format!("[ $N = 1 ] && '{me}' site stop pitch >&2\n{DONE}");
    let Some(scene) = Scene::new(&agent) else { return };
    let bench = &scene.bench;
    bench.tasks(&["bd-2"]);
    bench.sandbox.run(&["site", "start", "pitch"]);
    let before = scene.status();
    let out = bench.run(&["--site", "pitch", "--task", "bd-2"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("is served at http://localhost:"), "{out:?}");
    // It was ended by the agent and started again by the run, so it is the run's.
    assert_eq!(scene.state(), "stopped");
    bench.sandbox.run(&["site", "start", "pitch"]);
    let before = (before["port"].clone(), scene.status()["pid"].clone());
    let out = bench.run(&["--site", "pitch"]);
    assert_eq!(out.code, 0, "{out:?}");
    let after = scene.status();
    assert_eq!(
        (&after["port"], &after["pid"]),
        (&before.0, &before.1),
        "the same port, and the same process"
    );
    assert_eq!(scene.state(), "ok");
}

#[test]
fn ctrl_c_ends_a_server_that_the_run_has_started() {
    let Some(scene) = Scene::new("touch \"$ASIDE/working\"; sleep 60") else { return };
    let bench = &scene.bench;
    let run = bench.start(&["--site", "pitch"]);
    wait_for("the agent works", || bench.aside("working").exists());
    assert_eq!(scene.state(), "ok");
    kill(run.id(), "INT");
    assert_eq!(reap(run), 130);
    assert_eq!(scene.state(), "stopped");
    assert_eq!(bench.status("bd-1"), "open");
}

#[test]
fn a_killed_run_leaves_its_server_and_the_next_one_takes_it() {
    let Some(scene) = Scene::new(
        "[ $N = 1 ] && { touch \"$ASIDE/working\"; sleep 60; }\necho '<promise>COMPLETE</promise>'",
    ) else {
        return;
    };
    let bench = &scene.bench;
    let mut run = bench.start(&["--site", "pitch"]);
    wait_for("the agent works", || bench.aside("working").exists());
    let before = scene.status();
    assert_eq!(before["state"], "ok");
    run.kill().unwrap();
    run.wait().unwrap();
    let out = bench.run(&["--site", "pitch"]);
    assert_eq!(out.code, 0, "{out:?}");
    let after = scene.status();
    assert_eq!((&after["pid"], &after["port"]), (&before["pid"], &before["port"]), "never two");
}
