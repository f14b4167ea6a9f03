//! `loop run --site`: the site is served while agents work on it, its check is a gate, and they hear of what they broke.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, kill, reap, wait_for};

/// A dev server in miniature: pages are put together from parts, and a part that is not sound is an error in its log.
pub const SERVER: &str = r"
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
";

const PAGE: &str = "<!doctype html><html lang=en><head><meta charset=utf-8><title>Home</title></head><body><h1>Home</h1></body></html>";

/// Counts its calls in `$N` and keeps each prompt.
pub const COUNTS: &str = "N=$(($(cat \"$ASIDE/n\" 2>/dev/null || echo 0) + 1)); echo $N > \"$ASIDE/n\"; cat > \"$ASIDE/prompt-$N\"";

pub fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
    if !there {
        eprintln!("skipped: no {program} here");
    }
    there
}

/// A bench with the site `pitch` in `web/`, which a server of python's serves.
pub struct Scene {
    pub bench: Bench,
}

impl Scene {
    pub fn new(agent: &str) -> Option<Self> {
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

    pub fn status(&self) -> Value {
        self.bench.sandbox.run(&["site", "status", "pitch", "--json"]).json()
    }

    pub fn state(&self) -> String {
        self.status()["state"].as_str().unwrap().to_owned()
    }

    pub fn prompt(&self, number: usize) -> String {
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
fn a_site_that_does_not_start_is_for_agents_to_put_right() {
    let Some(scene) = Scene::new(&format!("cp web/mended.py web/server.py\n{DONE}")) else { return };
    let bench = &scene.bench;
    bench.sandbox.write("web/mended.py", SERVER);
    bench.sandbox.write("web/server.py", "raise SystemExit('no such thing')");
    let out = bench.run(&["--site", "pitch"]);
    assert_eq!((out.code, bench.status("bd-1").as_str()), (0, "closed"), "{out:?}");
    assert!(out.stderr.contains("the site `pitch` cannot be started, which agents are told"), "{out:?}");
    assert!(out.stderr.contains("no such thing"), "{out:?}");
    let prompt = scene.prompt(1);
    assert!(prompt.contains("cannot be started") && prompt.contains("no such thing"), "{prompt}");
    assert_eq!(scene.state(), "stopped", "what the run has started goes with it");
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
fn a_skill_is_worked_in_the_folder_of_the_site_which_remembers_its_epic() {
    let Some(scene) = Scene::new(DONE) else { return };
    let bench = &scene.bench;
    let skill = "id = 'sweep'\nname = 'Sweep'\ndescription = 'd'\nstack = ['static']\n[[user_stories]]\nid = 'S-1'\n\
                 title = 'Sweep it'\nas_a = 'a'\ni_want = 'b'\nso_that = 'c'\nacceptance_criteria = ['clean']\n\
                 [quality_gates]\nstatic = ['test -f index.html']\nrust = ['false']\n";
    bench.sandbox.write(".taskrun/skills/sweep.toml", skill);
    bench.sandbox.write("Cargo.toml", "");
    let (out, events) = bench.events(&["--skill", "sweep", "--site", "pitch"]);
    assert_eq!(out.code, 0, "{out:?}");
    let gates = events.iter().filter(|event| event["type"] == "gate.started");
    let gates: Vec<_> = gates.map(|event| event["command"].as_str().unwrap()).collect();
    assert_eq!(gates[1..], ["cd web || exit; test -f index.html"]);
    let epic = bench.history()[0]["epic"].clone();
    let record: Value = serde_json::from_str(&bench.sandbox.read(".taskrun/sites/pitch.json")).unwrap();
    assert_eq!(record["epic"], epic);
    // Another skill's does not take its place.
    bench
        .sandbox
        .write(".taskrun/skills/dust.toml", skill.replace("sweep", "dust").replace("static", "next"));
    let out = bench.run(&["--skill", "dust", "--site", "pitch", "--no-gates"]);
    assert!(out.stderr.contains("the skill `dust` is not for sites of the stack `static`"), "{out:?}");
    let record: Value = serde_json::from_str(&bench.sandbox.read(".taskrun/sites/pitch.json")).unwrap();
    assert_eq!(record["epic"], epic);
}

#[test]
fn pages_are_pictured_before_and_after_each_agent() {
    let work = "sed -i.bak 's/<h1>Home/<h1 style=\"background:navy\">House/' web/index.html; cp web/index.html web/new.html";
    let Some(scene) = Scene::new(&format!("{work}\n{DONE}")) else { return };
    let bench = &scene.bench;
    bench.config("[site]\nscreenshots = true\n");
    let (out, events) = bench.events(&["--site", "pitch"]);
    if out.stderr.contains("no browser was found") {
        eprintln!("skipped: no Chromium here");
        return;
    }
    assert_eq!(out.code, 0, "{out:?}");
    let noted = events.iter().find(|event| event["type"] == "beside.noted").unwrap();
    assert_eq!((&noted["by"], &noted["iteration"]), (&json!("site pitch"), &json!(1)), "{noted}");
    let text = noted["text"].as_str().unwrap();
    assert!(text.starts_with("2 of 2 pages look different: /new.html (new), / ("), "{text}");
    let changed = noted["data"]["changed"].as_array().unwrap();
    let share = changed[1]["share"].as_f64().unwrap();
    assert!(share > 0.001 && share < 0.9, "{noted}");
    for side in ["before", "after"] {
        let dir = Path::new(noted["data"][side].as_str().unwrap());
        assert!(dir.starts_with(bench.sandbox.path(".taskrun/runs")), "{noted}");
        let picture = fs::read(dir.join(changed[1][side].as_str().unwrap())).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{side}");
    }
    let kept = &bench.history()[0]["noted"][0];
    assert_eq!((&kept["text"], &kept["data"]), (&noted["text"], &noted["data"]));
}

/// What the scripted agent makes of the landing page, in three attempts and more.
const LANDING: &str = r#"
cat > web/landing.html <<'E'
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Rye: bread by tomorrow morning</title>
    <style>
      body { margin: 0; font: 20px/1.5 Georgia, serif; color: #2b2117; background: #fbf6ec }
      section { max-width: 32rem; margin: 0 auto; padding: 4rem 2rem }
      .hero { max-width: none; text-align: center; background: #7a3b12; color: #fff }
      a { display: inline-block; padding: .6rem 1.4rem; background: #ffd27a; color: #2b2117 }
    </style>
  </head>
  <body><div id="root"></div><script type="module" src="/src/landing.jsx"></script></body>
</html>
E
section='<section className="hero"><h1>Bread by tomorrow morning</h1><p>A starter, and three steps.</p><a href="/">Begin</a></section>'
case $N in
  1) body="<main>$section" ;;
  2) body="<main><section><h1>[placeholder: headline]</h1></section></main>" ;;
  *) body="<main>$section<section><h2>How it works</h2><p>Mix, wait, bake.</p></section></main>" ;;
esac
printf 'import { createRoot } from "react-dom/client";\nfunction Landing() {\n  return %s;\n}\ncreateRoot(document.getElementById("root")).render(<Landing />);\n' "$body" > web/src/landing.jsx
echo "round $N" >> web/rounds.txt
"#;

/// The site of that name with its tools, as `tests/sites/install.sh` put it below `TASKRUN_SITES`.
pub fn real(name: &str) -> Option<PathBuf> {
    let dir = std::env::var_os("TASKRUN_SITES").map(|dir| PathBuf::from(dir).join(name));
    let dir = dir.filter(|dir| dir.join("node_modules").is_dir());
    if dir.is_none() {
        eprintln!("skipped: no {name} below TASKRUN_SITES");
    }
    dir
}

#[test]
fn a_landing_page_is_built_on_a_vite_site() {
    let Some(vite) = real("vite") else { return };
    let bench = Bench::new(&format!("{COUNTS}\n{LANDING}\n{DONE}"));
    let copied = Command::new("cp").arg("-R").arg(vite).arg(bench.sandbox.path("web")).status().unwrap();
    assert!(copied.success());
    bench.sandbox.write("web/.gitignore", "node_modules\ndist\n");
    bench.config("[site]\nscreenshots = true\n");
    bench.commit_all();
    let mounted = bench.sandbox.run(&["site", "mount", "web", "--name", "pitch", "--json"]);
    assert_eq!(mounted.code, 0, "{mounted:?}");
    assert_eq!(mounted.json()["stack"], "vite", "{mounted:?}");
    let scene = Scene { bench };
    let bench = &scene.bench;
    let offered = bench.sandbox.run(&["skill", "list", "--site", "pitch", "--json"]).json();
    assert!(offered.as_array().unwrap().iter().any(|skill| skill["id"] == "landing-page"), "{offered}");
    let applied = bench.sandbox.run(&["skill", "apply", "landing-page", "--set", "path=/landing.html"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    let (out, events) = bench.events(&["--skill", "landing-page", "--site", "pitch"]);
    assert_eq!(out.code, 0, "{out:?}");
    let finished: Vec<_> = events.iter().filter(|event| event["type"] == "gate.finished").collect();
    let gates: Vec<_> = finished.iter().map(|event| event["passed"].as_bool().unwrap()).collect();
    // Its check and the build of each story; the first time the check was red.
    assert_eq!((gates.len(), gates.iter().filter(|passed| !**passed).count(), gates[0]), (11, 1, false));
    assert_eq!(finished[2]["command"], "cd web || exit; npm run build");
    let second = scene.prompt(2);
    let (_, errors) = second.split_once("## Errors that its dev server has printed since").unwrap();
    let (errors, previous) = errors.split_once("## The attempt before this one").unwrap();
    assert!(errors.contains("[vite]") && errors.contains("src/landing.jsx"), "{second}");
    assert!(previous.contains("/landing.html") && previous.contains("landing.jsx"), "{second}");
    assert!(!scene.prompt(3).contains("## Errors"), "{}", scene.prompt(3));
    let pages = bench.sandbox.run(&["site", "pages", "pitch", "--json"]).json();
    let page = pages.as_array().unwrap().iter().find(|page| page["path"] == "/landing.html").unwrap();
    assert_eq!(page["file"], "landing.html");
    assert_eq!(scene.state(), "stopped");
    let checked = bench.sandbox.run(&["site", "check", "pitch", "--start", "--json"]);
    assert_eq!((checked.code, &checked.json()["ok"]), (0, &json!(true)), "{checked:?}");
    shown(bench, &checked.json());
}

/// The page in a picture, where there is a browser; kept where `TASKRUN_SHOTS` says.
fn shown(bench: &Bench, checked: &Value) {
    if checked["browser"].is_null() {
        return;
    }
    let dir = bench.aside("shots");
    let dir_word = dir.to_str().unwrap();
    let args = ["site", "check", "pitch", "--start", "--page", "/landing.html", "--screenshots", dir_word];
    let out = bench.sandbox.run(&args);
    assert_eq!(out.code, 0, "{out:?}");
    let picture = fs::read(dir.join("landing.html.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5_000, "{}", picture.len());
    if let Some(kept) = std::env::var_os("TASKRUN_SHOTS") {
        fs::write(PathBuf::from(kept).join("landing.png"), picture).unwrap();
    }
    let noted = bench.history()[0]["noted"].clone();
    assert!(noted[0]["text"].as_str().unwrap().contains("/landing.html (new)"), "{noted}");
}
