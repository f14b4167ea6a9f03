//! What real dev servers do, one trap after the other.

use serde_json::{Value, json};

use crate::site_scene::{ByHand, Other, Scene, ask, free_port, lives, until};

#[test]
fn a_wrapper_script_is_found_on_the_port_that_it_took() {
    let Some(scene) = Scene::new() else { return };
    scene.site("wrapped", "--wrap --any --delay 200 --name wrapped");
    let status = scene.start("wrapped");
    let port = status["port"].as_u64().unwrap();
    assert!(ask(port, "GET").ends_with("<h1>wrapped</h1>"));
    assert!(scene.log("wrapped").contains(&format!("http://localhost:{port}/")));
    scene.run(&["stop"]);
    let out = scene.run(&["start", "--port", &free_port().to_string()]);
    assert!(out.code == 1 && out.stderr.contains("its command decides on the port"), "{out:?}");
    assert_eq!(scene.status("wrapped")["state"], "stopped");
}

#[test]
fn somebody_else_who_answers_on_its_port_is_not_taken_for_it() {
    let Some(scene) = Scene::new() else { return };
    let other = Other::new();
    // The remembered port is taken: it is served on another one.
    scene.site("shop", "--name shop");
    scene.change("shop.json", |site| site["port"] = json!(other.port));
    assert_eq!(scene.status("shop")["state"], "stopped");
    let port = scene.start("shop")["port"].as_u64().unwrap();
    assert_ne!(port, u64::from(other.port));
    assert!(ask(port, "GET").ends_with("<h1>shop</h1>"));
    assert!(
        scene.sandbox.read(".taskrun/sites/shop.json").contains(&other.port.to_string()),
        "it comes back"
    );
    // The port of its own command is taken: it goes on to the next ones.
    scene.site("plus", &format!("--name plus --port {} --plus", other.port));
    let port = scene.start("plus")["port"].as_u64().unwrap();
    assert_ne!(port, u64::from(other.port));
    assert!(ask(port, "GET").ends_with("<h1>plus</h1>"));
    assert!(ask(other.port.into(), "GET").ends_with("other"));
}

#[test]
fn flags_are_added_where_they_are_known_and_never_twice() {
    let Some(scene) = Scene::new() else { return };
    let own = free_port();
    let port = json!(["--port", "{port}"]);
    let table = [
        // A known program: flags at its end, behind a `--` for npm only.
        (json!({"program": {"dashes": 0}}), "", "argv --port PORT --host 127.0.0.1".to_owned()),
        (json!({"program": {"dashes": 1}}), "", "argv -- --port PORT --host 127.0.0.1".to_owned()),
        // One that nobody knows: only `PORT`.
        (json!({"program": {}}), "--other", "argv --other".to_owned()),
        // One with a port of its own.
        (
            json!({"program": {"dashes": 0, "has_port": true, "own_port": own}}),
            "--port OWN",
            format!("argv --port {own} --host 127.0.0.1"),
        ),
    ];
    for (at, (recipe, flags, expected)) in table.into_iter().enumerate() {
        let name = format!("site{at}");
        scene.site(&name, &flags.replace("OWN", &own.to_string()));
        scene.change(&format!("{name}.json"), |site| {
            site["recipe"]["port_flag"] = port.clone();
            site["recipe"]["host_flag"] = json!(["--host", "{host}"]);
            site["recipe"]["program"] = recipe["program"].clone();
        });
        let status = scene.start(&name);
        let got = status["port"].to_string();
        let log = scene.log(&name);
        assert_eq!(log.lines().next(), Some(&*expected.replace("PORT", &got)), "{recipe}");
    }
}

#[test]
fn a_socket_for_reloading_is_not_the_site() {
    let Some(scene) = Scene::new() else { return };
    for (name, flags) in [
        ("first", "--reload --delay 300"),
        ("json", "--reload --reload-json --delay 300"),
        ("elsewhere", "--reload --reload-json --any --delay 300"),
    ] {
        scene.site(name, flags);
        let status = scene.start(name);
        assert!(ask(status["port"].as_u64().unwrap(), "GET").ends_with("<h1>site</h1>"), "{name}: {status}");
        assert_eq!(scene.status(name)["port"], status["port"]);
    }
}

#[test]
fn a_broken_page_is_an_answer_and_head_is_not_asked() {
    let Some(scene) = Scene::new() else { return };
    for (name, flags, state) in [
        ("broken", "--status 500", "answering"),
        ("missing", "--status 404", "answering"),
        ("moved", "--status 308", "ok"),
        ("no-head", "--no-head", "ok"),
        ("api", "--json", "ok"),
        ("slow", "--slow 1500", "ok"),
    ] {
        scene.site(name, flags);
        assert_eq!(scene.start(name)["state"], state, "{name}");
        assert_eq!(scene.status(name)["state"], state, "{name}");
    }
    let port = scene.status("no-head")["port"].as_u64().unwrap();
    assert!(ask(port, "HEAD").starts_with("HTTP/1.1 405"));
}

#[test]
fn a_server_outlives_its_first_process_and_is_ended_with_it() {
    let Some(scene) = Scene::new() else { return };
    // Killed behind our back, as npm is by people.
    scene.site("killed", "--wrap");
    let status = scene.start("killed");
    kill(&status["pid"]);
    until("it is gone", || !lives(&status["pid"]));
    let left = scene.status("killed");
    assert_eq!(left["state"], "ok");
    assert!(lives(&left["pid"]), "{left}");
    assert_eq!(scene.start("killed")["port"], status["port"], "no second one is started");
    let stopped = scene.run(&["stop", "killed", "--json"]).json();
    assert_eq!((&stopped["state"], &stopped["port"]), (&json!("stopped"), &status["port"]));
    assert!(ask(status["port"].as_u64().unwrap(), "GET").is_empty());
    // Gone by itself, before and after the first answer.
    for (name, flags) in [("early", "--leave --after 100 --delay 400"), ("late", "--leave --after 600")] {
        scene.site(name, flags);
        let status = scene.start(name);
        assert_eq!(status["state"], "ok");
        assert_eq!(scene.run(&["stop", name]).code, 0);
        assert!(ask(status["port"].as_u64().unwrap(), "GET").is_empty(), "{name}");
    }
    // Gone, with the server in a session of its own and without its mark.
    scene.site("escaped", "--escape --after 1500");
    let status = scene.start("escaped");
    until("its first process is gone", || !lives(&status["pid"]));
    assert_eq!(scene.status("escaped")["state"], "ok");
    assert_eq!(scene.run(&["stop", "escaped"]).code, 0);
    assert!(ask(status["port"].as_u64().unwrap(), "GET").is_empty());
}

#[test]
fn one_that_does_not_listen_to_reason_is_killed() {
    let Some(scene) = Scene::new() else { return };
    scene.site("stubborn", "--wrap --stubborn");
    let status = scene.start("stubborn");
    assert_eq!(scene.run(&["stop"]).code, 0);
    assert!(!lives(&status["pid"]) && ask(status["port"].as_u64().unwrap(), "GET").is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_pid_that_is_somebody_elses_by_now_is_let_be() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "");
    let mut innocent = ByHand::start(&scene.sandbox.path(""), &["sleep", "300"]);
    scene.start("shop");
    let record: Value = serde_json::from_str(&scene.sandbox.read(".taskrun/sites/shop.server.json")).unwrap();
    assert_eq!(scene.run(&["stop"]).code, 0);
    let start = start_of(innocent.pid());
    let (boot, pid) = (record["leader"]["boot"].clone(), innocent.pid());
    // Its start differs; its boot differs; it is a zombie.
    let holder = ByHand::start(&scene.sandbox.path(""), &["sh", "-c", "sleep 0 & exec sleep 300"]);
    let mut zombie = None;
    until("there is a zombie", || {
        zombie = child_of(holder.pid());
        zombie.is_some_and(|pid| !lives(&json!(pid)))
    });
    let zombie = zombie.unwrap();
    for leader in [
        json!({"pid": pid, "start": start - 1, "boot": boot}),
        json!({"pid": pid, "start": start, "boot": "11111111-2222-3333-4444-555555555555"}),
        json!({"pid": zombie, "start": start_of(zombie), "boot": boot}),
    ] {
        let mut record = record.clone();
        record["leader"] = leader.clone();
        record["owners"] = json!([leader]);
        scene.sandbox.write(".taskrun/sites/shop.server.json", record.to_string());
        assert_eq!(scene.status("shop")["state"], "stopped", "{leader}");
        assert_eq!(scene.run(&["stop"]).stdout, "shop: not running\n");
        scene.sandbox.write(".taskrun/sites/shop.server.json", record.to_string());
        assert_eq!(scene.start("shop")["state"], "ok");
        assert_eq!(scene.run(&["stop"]).code, 0);
    }
    assert!(innocent.lives());
    for (text, says) in [("{\"version\":1", "line 1"), ("{\"version\":99}", "has version 99")] {
        scene.sandbox.write(".taskrun/sites/shop.server.json", text);
        let out = scene.run(&["start"]);
        assert!(
            out.code == 2 && out.stderr.contains("shop.server.json`") && out.stderr.contains(says),
            "{out:?}"
        );
        assert_eq!(scene.sandbox.read(".taskrun/sites/shop.server.json"), text);
    }
    std::fs::remove_file(scene.sandbox.path(".taskrun/sites/shop.server.json")).unwrap();
}

#[test]
fn a_server_started_by_hand_is_found_and_not_ended_by_mistake() {
    let Some(scene) = Scene::new() else { return };
    // By the same command, whatever its port.
    scene.site("shop", "--name shop");
    let port = free_port();
    let mut by_hand = scene.by_hand("shop", &["--name", "shop", "--port", &port.to_string()]);
    until("it answers", || !ask(port.into(), "GET").is_empty());
    let found = scene.status("shop");
    assert_eq!(
        (&found["state"], &found["port"], &found["adopted"]),
        (&json!("ok"), &json!(port), &json!(true))
    );
    let started = scene.start("shop");
    assert_eq!((&started["pid"], &started["adopted"]), (&json!(by_hand.pid()), &json!(true)));
    let refused = scene.run(&["stop"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("which taskrun did not start") && refused.stderr.contains("--force"),
        "{refused:?}"
    );
    assert!(by_hand.lives());
    assert_eq!(scene.run(&["stop", "--force"]).code, 0);
    until("it has ended", || !by_hand.lives());
    // By its port; by what Next.js leaves.
    for (name, lock) in [("remembered", false), ("next", true)] {
        scene.mount(name, &json!({"stack": "next", "commands": {"dev": "next dev"}}));
        let port = free_port();
        let by_hand = scene.by_hand(name, &["--port", &port.to_string()]);
        until("it answers", || !ask(port.into(), "GET").is_empty());
        assert_eq!(scene.status(name)["state"], "stopped", "something else that is served from there");
        if lock {
            let text = json!({"pid": by_hand.pid(), "port": port, "hostname": "localhost"});
            scene.sandbox.write(&format!("{name}/.next/dev/lock"), text.to_string());
        } else {
            scene.change(&format!("{name}.json"), |site| site["port"] = json!(port));
        }
        assert_eq!(scene.start(name)["pid"], by_hand.pid());
        drop(by_hand);
        until("that is seen", || scene.status(name)["state"] == "stopped");
    }
}

/// Starts its words in the background beside a child of its own, and stays.
const LAUNCHER: &str = "import { spawn } from 'node:child_process';
spawn('sleep', ['300'], { stdio: 'ignore' });
spawn(process.argv[2], process.argv.slice(3), { stdio: 'ignore' });
setInterval(() => {}, 1000);
";

#[cfg(target_os = "linux")]
#[test]
fn who_launched_a_server_by_hand_lives_on_when_it_is_ended() {
    let Some(scene) = Scene::new() else { return };
    let launched = |name: &str, argv: &dyn Fn(&str) -> Vec<String>| {
        scene.site(name, "");
        scene
            .sandbox
            .write(&format!("{name}/package.json"), r#"{"scripts": {"dev": "node dev-server.mjs --x"}}"#);
        scene.sandbox.write(&format!("{name}/agent.mjs"), LAUNCHER);
        scene.change(&format!("{name}.json"), |site| {
            site["recipe"]["commands"]["dev"] = json!("npm run dev");
        });
        let port = free_port();
        let argv = argv(&port.to_string());
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let mut launcher = ByHand::start(&scene.sandbox.path(name), &argv);
        until("it answers", || !ask(port.into(), "GET").is_empty());
        let others = children_of(launcher.pid());
        let found = scene.start(name);
        assert_eq!((&found["adopted"], &found["port"]), (&json!(true), &json!(port)), "{found}");
        assert_ne!(found["pid"], launcher.pid());
        let command = found["command"].as_str().unwrap();
        assert!(command.starts_with("node dev-server.mjs --x"), "{found}");
        let refused = scene.run(&["stop", name]);
        let says = format!("by pid {} (`{command}`)", found["pid"]);
        assert!(refused.code == 1 && refused.stderr.contains(&says), "{refused:?}");
        assert_eq!(scene.run(&["stop", name, "--force"]).code, 0);
        assert!(ask(port.into(), "GET").is_empty());
        assert!(launcher.lives(), "{name}");
        let left: Vec<u32> = others.into_iter().filter(|pid| lives(&json!(pid))).collect();
        assert_eq!(left.len(), 1, "its other child");
        end(left[0]);
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    launched("agent", &|port| words(&format!("node agent.mjs node dev-server.mjs --x --port {port}")));
    launched("shell", &|port| {
        let line = format!("sleep 300 & PORT={port} node dev-server.mjs --x; exec sleep 1000");
        vec!["sh".into(), "-c".into(), line]
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_started_by_hand_with_the_words_of_the_script_is_found() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "");
    scene.sandbox.write("shop/package.json", r#"{"scripts": {"dev": "node dev-server.mjs --any"}}"#);
    scene.change("shop.json", |site| site["recipe"]["commands"]["dev"] = json!("npm run dev"));
    let by_hand = scene.by_hand("shop", &["--any"]);
    until("it is found", || scene.status("shop")["state"] == "ok");
    let found = scene.start("shop");
    assert_eq!((&found["adopted"], &found["pid"]), (&json!(true), &json!(by_hand.pid())));
}

#[test]
fn what_nobody_knows_of_any_more_is_pruned() {
    let Some(scene) = Scene::new() else { return };
    assert_eq!(scene.run(&["prune"]).stdout, "nothing to end\n");
    for name in ["kept", "headless", "gone"] {
        scene.site(name, "--wrap");
        scene.start(name);
    }
    let port = |name: &str| scene.status(name)["port"].as_u64().unwrap();
    let (headless, gone, earlier) = (port("headless"), port("gone"), free_port());
    kill(&scene.status("headless")["pid"]);
    std::fs::remove_file(scene.sandbox.path(".taskrun/sites/gone.json")).unwrap();
    let mark = format!("TASKRUN_SITE={}#00000000", scene.sandbox.path(".taskrun/sites/kept.json").display());
    let server = scene.sandbox.path("kept/dev-server.mjs");
    let (server, at) = (server.to_str().unwrap(), earlier.to_string());
    let _left = ByHand::start(&scene.sandbox.root(), &["env", &mark, "node", server, "--port", &at]);
    until("it answers", || !ask(earlier.into(), "GET").is_empty());
    let pruned = scene.run(&["prune", "--json"]).json();
    let mut said: Vec<String> =
        pruned.as_array().unwrap().iter().map(|one| format!("{} {}", one["name"], one["reason"])).collect();
    said.sort();
    assert_eq!(
        said,
        [
            "\"gone\" \"its site is gone\"",
            "\"headless\" \"its first process is gone\"",
            "\"kept\" \"another server was started since\"",
        ]
    );
    for port in [headless, gone, earlier.into()] {
        assert!(ask(port, "GET").is_empty());
    }
    assert_eq!(scene.status("kept")["state"], "ok");
    assert_eq!(scene.run(&["prune"]).stdout, "nothing to end\n");
}

fn kill(pid: &Value) {
    end(u32::try_from(pid.as_u64().unwrap()).unwrap());
}

fn end(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_ascii_whitespace().nth(19).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
fn child_of(pid: u32) -> Option<u32> {
    children_of(pid).first().copied()
}

#[cfg(target_os = "linux")]
fn children_of(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}
