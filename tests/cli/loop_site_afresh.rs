//! `loop run --site`, where what the server reads when it starts is changed, where it dies, and where a run is killed beside it.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Bench, DONE, wait_for};
use crate::loop_site::{COUNTS, SERVER, Scene, has, real};

/// A dev server that has settings, goes on with its old ones where it cannot read new ones, and says so.
const WITH_SETTINGS: &str = r"
import fs from 'node:fs';
import http from 'node:http';
const file = new URL('./app.config.json', import.meta.url);
const read = () => JSON.parse(fs.readFileSync(file, 'utf8')).title;
let title = read();
let text = fs.readFileSync(file, 'utf8');
setInterval(() => {
  const now = fs.readFileSync(file, 'utf8');
  if (now === text) return;
  text = now;
  try {
    title = read();
    console.log('[app] server restarted.');
  } catch (error) {
    console.log(`failed to load config from ${file.pathname}\n${error}\n[app] server restart failed`);
  }
}, 20);
http.createServer((ask, answer) => {
  const found = ask.url === '/';
  answer.writeHead(found ? 200 : 404, { 'content-type': 'text/html' });
  answer.end(`<!doctype html><html lang=en><title>${title}</title><h1>${title}</h1></html>`);
}).listen(Number(process.env.PORT), '127.0.0.1');
";

/// The site `pitch` with a server that has settings.
fn with_settings(agent: &str) -> Option<Scene> {
    if !has("node") {
        return None;
    }
    let bench = Bench::new(&format!("{COUNTS}\n{agent}\n{DONE}"));
    bench.sandbox.write("web/serve.mjs", WITH_SETTINGS);
    bench.sandbox.write("web/app.config.json", "{\"title\": \"Home\"}");
    bench.tasks(&["bd-1"]);
    let args = ["site", "mount", "web", "--name", "pitch", "--stack", "vite", "--dev", "node serve.mjs"];
    let mounted = bench.sandbox.run(&args);
    assert_eq!(mounted.code, 0, "{mounted:?}");
    Some(Scene { bench })
}

fn of_kind<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

fn passed(events: &[Value]) -> Vec<bool> {
    of_kind(events, "gate.finished").iter().map(|event| event["passed"] == true).collect()
}

#[test]
fn settings_that_a_server_would_not_start_with_make_the_gate_red() {
    // The server goes on with the old ones and answers as before.
    let Some(scene) = with_settings(
        "[ $N = 1 ] && echo '{\"title\": ' > web/app.config.json || echo '{\"title\": \"New\"}' > web/app.config.json",
    ) else {
        return;
    };
    let bench = &scene.bench;
    let (out, events) = bench.events(&["--site", "pitch"]);
    assert_eq!((out.code, bench.status("bd-1").as_str()), (0, "closed"), "{out:?}");
    assert_eq!(passed(&events), [false, true], "{events:#?}");
    let noted = of_kind(&events, "beside.noted");
    let text = "the server of `pitch` does not start any more: `app.config.json` changed";
    assert_eq!((&noted[0]["by"], &noted[0]["text"]), (&json!("site pitch"), &json!(text)), "{noted:?}");
    assert_eq!(noted[0]["data"], json!({"changed": ["app.config.json"], "started": false}));
    let second = scene.prompt(2);
    let (now, before) = second.split_once("## The attempt before this one").unwrap();
    assert!(now.contains("Its dev server cannot be started") && now.contains("SyntaxError: "), "{second}");
    assert!(before.contains("the server of `pitch` ended with code 1 before it answered"), "{second}");
    assert!(before.contains("SyntaxError: ") && before.contains("the run then starts it again"), "{second}");
    assert!(!second.contains("site start"), "agents start no server: {second}");
    assert_eq!(scene.state(), "stopped");
}

#[test]
fn a_file_that_nobody_knows_a_server_reads_makes_the_gate_red_too() {
    let Some(scene) = with_settings("[ $N = 1 ] && echo '{' > shared.json || echo '{}' > shared.json") else {
        return;
    };
    let bench = &scene.bench;
    let reads = "import shared from '../shared.json' with { type: 'json' };\n";
    bench.sandbox.write("web/serve.mjs", format!("{reads}{WITH_SETTINGS}"));
    bench.sandbox.write("shared.json", "{}");
    let (out, events) = bench.events(&["--site", "pitch"]);
    assert_eq!((out.code, bench.status("bd-1").as_str()), (0, "closed"), "{out:?}");
    assert_eq!(passed(&events), [false, true], "{events:#?}");
    let noted = of_kind(&events, "beside.noted");
    assert_eq!(noted[0]["text"], "the server of `pitch` does not start any more", "{noted:?}");
}

#[test]
fn a_change_that_a_server_starts_with_is_looked_at_with_a_new_one() {
    let Some(scene) =
        with_settings("echo '{\"title\": \"New\"}' > web/app.config.json; rm -f web/x; touch web/y.css")
    else {
        return;
    };
    let (out, events) = scene.bench.events(&["--site", "pitch"]);
    assert_eq!((out.code, passed(&events).as_slice()), (0, &[true][..]), "{out:?}");
    let noted = of_kind(&events, "beside.noted");
    assert_eq!(noted[0]["text"], "the server of `pitch` was started afresh: `app.config.json` changed");
    assert_eq!(noted.len(), 1, "{noted:?}");
}

#[test]
fn a_server_of_a_persons_goes_on_and_what_it_says_counts() {
    let wait = "until tail -n 1 .taskrun/sites/pitch.log | grep -q \"$says\"; do sleep 0.05; done";
    let agent = format!(
        "[ $N = 1 ] && {{ echo '{{' > web/app.config.json; says='restart failed'; }} || \
         {{ echo '{{\"title\": \"New\"}}' > web/app.config.json; says=restarted; }}\n{wait}"
    );
    let Some(scene) = with_settings(&agent) else { return };
    let bench = &scene.bench;
    let started = bench.sandbox.run(&["site", "start", "pitch", "--json"]).json();
    let (out, events) = bench.events(&["--site", "pitch"]);
    assert_eq!((out.code, passed(&events).as_slice()), (0, &[false, true][..]), "{out:?}");
    let noted = of_kind(&events, "beside.noted");
    let text = noted[0]["text"].as_str().unwrap();
    assert!(
        text.contains("was there before this run and goes on")
            && text.ends_with(": `app.config.json` changed"),
        "{text}"
    );
    let second = scene.prompt(2);
    let (_, before) = second.split_once("## The attempt before this one").unwrap();
    assert!(before.contains("restart: it could not start anew with what was changed"), "{second}");
    assert!(before.contains("failed to load config from") && before.contains("SyntaxError"), "{second}");
    assert_eq!(scene.status()["pid"], started["pid"], "it is not the run's to end");
}

#[test]
fn a_program_of_the_sites_own_that_is_broken_does_not_close_a_task() {
    // It runs on as it was read; its file is named by the dev command.
    let agent =
        format!("[ $N = 1 ] && echo 'def' >> web/server.py || cp web/mended.py web/server.py\n{DONE}");
    let Some(scene) = Scene::new(&agent) else { return };
    scene.bench.sandbox.write("web/mended.py", SERVER);
    let (out, events) = scene.bench.events(&["--site", "pitch"]);
    assert_eq!((out.code, passed(&events).as_slice()), (0, &[false, true][..]), "{out:?}");
    assert!(scene.prompt(2).contains("SyntaxError"), "{}", scene.prompt(2));
}

#[test]
fn a_vite_site_with_a_broken_configuration_stays_open() {
    let Some(vite) = real("vite") else { return };
    let agent = "[ $N = 1 ] && { cp web/vite.config.js \"$ASIDE/kept\"; echo 'export default { plugins: [' > web/vite.config.js; } || \
                 cp \"$ASIDE/kept\" web/vite.config.js";
    let bench = Bench::new(&format!("{COUNTS}\n{agent}\n{DONE}"));
    let copied = Command::new("cp").arg("-R").arg(vite).arg(bench.sandbox.path("web")).status().unwrap();
    assert!(copied.success());
    bench.sandbox.write("web/.gitignore", "node_modules\ndist\n");
    bench.tasks(&["bd-1"]);
    assert_eq!(bench.sandbox.run(&["site", "mount", "web", "--name", "pitch"]).code, 0);
    let scene = Scene { bench };
    let (out, events) = scene.bench.events(&["--site", "pitch"]);
    assert_eq!(
        (out.code, passed(&events).as_slice()),
        (0, &[false, true][..]),
        "{out:?} {}",
        scene.prompt(2)
    );
    let second = scene.prompt(2);
    assert!(
        second.contains("Its dev server cannot be started") && second.contains("vite.config.js:2:0"),
        "{second}"
    );
}

#[test]
fn a_killed_run_leaves_its_server_and_the_next_one_takes_and_ends_it() {
    let hang = "[ -e \"$ASIDE/hang\" ] && { touch \"$ASIDE/working\"; sleep 60; }";
    let seen = "cp .taskrun/sites/pitch.server.json \"$ASIDE/seen\"";
    let Some(scene) = Scene::new(&format!("{hang}\n{seen}\n{DONE}")) else { return };
    let bench = &scene.bench;
    bench.tasks(&["bd-2"]);
    let killed = |task: &str| {
        fs::write(bench.aside("hang"), "").unwrap();
        let mut run = bench.start(&["--site", "pitch", "--task", task]);
        wait_for("the agent works", || bench.aside("working").exists());
        let status = scene.status();
        assert_eq!(status["state"], "ok");
        run.kill().unwrap();
        run.wait().unwrap();
        fs::remove_file(bench.aside("hang")).unwrap();
        fs::remove_file(bench.aside("working")).unwrap();
        status["pid"].clone()
    };
    let left = killed("bd-1");
    let out = bench.run(&["--site", "pitch", "--task", "bd-1"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert!(out.stderr.contains("by a run that is gone; it is stopped with this one"), "{out:?}");
    let seen: Value = serde_json::from_slice(&fs::read(bench.aside("seen")).unwrap()).unwrap();
    assert_eq!(seen["leader"]["pid"], left, "never two");
    assert_eq!(scene.state(), "stopped", "who takes it ends it");
    // One that a person asks for after that is the person's.
    let left = killed("bd-2");
    let started = bench.sandbox.run(&["site", "start", "pitch", "--json"]).json();
    assert_eq!(started["pid"], left);
    assert_eq!(bench.run(&["--site", "pitch", "--task", "bd-2"]).code, 0);
    assert_eq!((&scene.status()["pid"], scene.state().as_str()), (&left, "ok"), "a person's stays");
}
