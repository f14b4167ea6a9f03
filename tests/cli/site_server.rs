//! What is known of a dev server, and what is not believed: its record, its port, whose its processes are.

use std::fs::{self, File};
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::wait_for;
use crate::site_scene::{ByHand, Other, Scene, ask, free_port, lives, until};
use crate::terminal::Terminal;

const RECORD: &str = ".taskrun/sites/shop.server.json";

#[test]
fn a_port_that_was_asked_for_at_mounting_is_not_changed_in_silence() {
    let Some(scene) = Scene::new() else { return };
    let other = Other::new();
    let me = format!("port {} is held by pid {} (`", other.port, std::process::id());
    scene.site("shop", "--name shop");
    fs::remove_file(scene.sandbox.path(".taskrun/sites/shop.json")).unwrap();
    let port = other.port.to_string();
    let mount = ["mount", "shop", "--dev", "node dev-server.mjs --name shop", "--port", &port];
    assert_eq!(scene.run(&mount).code, 0);
    let out = scene.run(&["start", "shop"]);
    assert_eq!((out.code, &*out.stdout), (1, ""), "{out:?}");
    for part in [
        &format!("`shop` was mounted with `--port {port}`, and {me}"),
        "`taskrun site start shop --port 0`",
        "`taskrun site unmount shop`",
    ] {
        assert!(out.stderr.contains(part), "{part}: {out:?}");
    }
    assert_eq!(scene.status("shop")["state"], "stopped");
    // Any port for once; its own stays its own.
    let out = scene.run(&["start", "shop", "--port", "0", "--json"]);
    assert_eq!(out.code, 0, "{out:?}");
    assert_ne!(out.json()["port"], other.port);
    assert!(out.stderr.contains("this time") && out.stderr.contains(&me), "{out:?}");
    assert_eq!(scene.run(&["start", "shop", "--port", "0"]).code, 0, "that one is found");
    assert_eq!(scene.run(&["stop", "shop"]).code, 0);
    assert_eq!(scene.run(&["start", "shop"]).code, 1);
    let free = free_port();
    scene.change("shop.json", |site| {
        site["port"] = json!(free);
        site["mounted_port"] = json!(free);
    });
    let out = scene.run(&["start", "shop", "--json"]);
    assert_eq!((out.json()["port"].clone(), &*out.stderr), (json!(free), ""));
}

#[test]
fn a_remembered_port_that_is_taken_is_told() {
    let Some(scene) = Scene::new() else { return };
    let other = Other::new();
    scene.site("shop", "");
    scene.change("shop.json", |site| site["port"] = json!(other.port));
    let out = scene.run(&["start", "shop", "--json"]);
    let says = format!(
        "note: `shop` is served on port {} this time: its own, port {} is held by pid {} (`",
        out.json()["port"],
        other.port,
        std::process::id()
    );
    assert!(out.code == 0 && out.stderr.starts_with(&says), "{says}: {out:?}");
}

#[test]
fn a_server_that_others_can_reach_is_told() {
    let Some(scene) = Scene::new() else { return };
    for (name, host, exposed) in [("inner", "127.0.0.1", false), ("outer", "0.0.0.0", true)] {
        scene.site(name, &format!("--host {host}"));
        let out = scene.run(&["start", name, "--json"]);
        let started = out.json();
        let listens = format!("{host}:{}", started["port"]);
        assert_eq!((&started["exposed"], &started["listens"]), (&json!(exposed), &json!([listens])));
        assert_eq!(started["owner"], started["pid"]);
        for out in [out, scene.run(&["status", name])] {
            let says = format!("note: the server of `{name}` listens on `{listens}`, which other machines");
            assert_eq!(out.stderr.contains(&says), exposed, "{out:?}");
            assert_eq!(out.stderr.lines().count(), usize::from(exposed), "{out:?}");
        }
    }
}

#[test]
fn a_damaged_record_of_a_server_is_moved_aside_and_its_server_ended() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--wrap");
    scene.site("other", "");
    let kept = scene.start("other");
    let large = " ".repeat(2 << 20);
    let foreign = || {
        let mut record: Value = serde_json::from_str(&scene.sandbox.read(RECORD)).unwrap();
        let other: Value =
            serde_json::from_str(&scene.sandbox.read(".taskrun/sites/other.server.json")).unwrap();
        record["mark"] = other["mark"].clone();
        record["leader"] = other["leader"].clone();
        record.to_string()
    };
    for (text, says) in [
        (Some("{\"version\":1,\n"), "shop.server.json` line 2: EOF"),
        (Some("{\"version\":\"x\"}"), "shop.server.json` line 1: invalid type"),
        (Some(large.as_str()), "is too large"),
        (None, "its server is one of `"),
    ] {
        let started = scene.start("shop");
        let text = text.map_or_else(foreign, str::to_owned);
        scene.sandbox.write(RECORD, &text);
        for verb in ["status", "start", "stop"] {
            let out = scene.run(&[verb, "shop"]);
            assert_eq!((out.code, &*out.stdout), (2, ""), "{verb}: {out:?}");
            assert!(out.stderr.contains(says), "{says}: {out:?}");
            assert!(out.stderr.contains("hint: `taskrun site prune` moves it aside"), "{out:?}");
            assert_eq!(scene.sandbox.read(RECORD), text);
        }
        let listed = scene.run(&["list", "--json"]).json();
        assert!(listed[1]["damaged"].as_str().unwrap().contains(says), "{listed}");
        assert_eq!(listed[0]["state"], "ok", "the others are told all the same");
        let pruned = scene.run(&["prune", "--json"]);
        assert!(pruned.code == 0 && pruned.stderr.contains("moved aside, to `"), "{pruned:?}");
        assert_eq!(pruned.json()[0]["reason"], "what was known of it cannot be read");
        assert_eq!(scene.sandbox.read(&format!("{RECORD}.damaged")), text);
        assert!(!lives(&started["pid"]) && ask(started["port"].as_u64().unwrap(), "GET").is_empty());
        assert_eq!(scene.status("shop")["state"], "stopped");
    }
    assert_eq!(scene.status("other"), kept);
    // What a newer taskrun wrote is left as it is, and its server too; the others are pruned.
    let started = scene.start("shop");
    scene.sandbox.write(RECORD, "{\"version\":9}");
    let pruned = scene.run(&["prune"]);
    assert_eq!((pruned.code, &*pruned.stdout), (0, "nothing to end\n"), "{pruned:?}");
    assert_eq!(pruned.stderr.matches("has version 9").count(), 1, "{pruned:?}");
    assert_eq!(scene.sandbox.read(RECORD), "{\"version\":9}");
    let line = scene.run(&["status", "shop"]).stderr;
    let line = line.split('`').find(|part| part.starts_with("mv ")).unwrap().to_owned();
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    assert_eq!(scene.start("shop")["pid"], started["pid"], "it is found by its mark");
}

#[cfg(target_os = "linux")]
#[test]
fn a_record_that_names_somebody_elses_process_is_not_believed() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    let mut innocent = ByHand::start(&scene.sandbox.path(""), &["sleep", "300"]);
    scene.start("shop");
    let record: Value = serde_json::from_str(&scene.sandbox.read(RECORD)).unwrap();
    assert_eq!(scene.run(&["stop"]).code, 0);
    let holder =
        json!({"pid": innocent.pid(), "start": start_of(innocent.pid()), "boot": record["leader"]["boot"]});
    for (adopted, stop) in [(false, &["stop"][..]), (true, &["stop", "--force"])] {
        let mut forged = record.clone();
        (forged["leader"], forged["owners"], forged["adopted"]) =
            (holder.clone(), json!([holder]), json!(adopted));
        for write in [&["status"][..], stop, &["prune"]] {
            scene.sandbox.write(RECORD, forged.to_string());
            let out = scene.run(write);
            assert_eq!(out.code, 0, "{out:?}");
            assert!(innocent.lives(), "{adopted} {write:?}: {out:?}");
        }
        // A server that is really there is ended, and only that.
        scene.start("shop");
        let mut half: Value = serde_json::from_str(&scene.sandbox.read(RECORD)).unwrap();
        half["leader"] = holder.clone();
        scene.sandbox.write(RECORD, half.to_string());
        let port = half["port"].as_u64().unwrap();
        assert_eq!(scene.run(&["stop"]).code, 0);
        assert!(innocent.lives() && ask(port, "GET").is_empty());
    }
    // A forged record does not make a server by hand one of ours.
    let port = free_port();
    let mut by_hand = scene.by_hand("shop", &["--name", "shop", "--port", &port.to_string()]);
    until("it answers", || !ask(port.into(), "GET").is_empty());
    let holder =
        json!({"pid": by_hand.pid(), "start": start_of(by_hand.pid()), "boot": record["leader"]["boot"]});
    let mut forged = record.clone();
    (forged["leader"], forged["owners"], forged["port"]) = (holder.clone(), json!([holder]), json!(port));
    scene.sandbox.write(RECORD, forged.to_string());
    let out = scene.run(&["stop"]);
    assert!(out.code == 1 && out.stderr.contains("which taskrun did not start"), "{out:?}");
    assert!(by_hand.lives());
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_hides_from_its_parents_is_ended_or_named() {
    let Some(scene) = Scene::new() else { return };
    // In a session of its own with nothing of its environment, its parent still there.
    scene.site("seen", "--escape --bare --after 600000");
    let started = scene.start("seen");
    assert_ne!(started["owner"], started["pid"]);
    assert_eq!(scene.run(&["stop", "seen"]).code, 0);
    assert!(!lives(&started["owner"]) && ask(started["port"].as_u64().unwrap(), "GET").is_empty());
    // With an environment of nothing.
    scene.site("empty", "");
    scene.change("empty.json", |site| {
        site["recipe"]["commands"]["dev"] = json!("env -i PATH=\"$PATH\" node dev-server.mjs");
    });
    let started = scene.start("empty");
    assert_eq!(scene.status("empty"), started);
    assert_eq!(scene.run(&["stop", "empty"]).code, 0);
    assert!(ask(started["port"].as_u64().unwrap(), "GET").is_empty());
    // Its parent gone, in the site's folder and elsewhere: nothing but what is written down tells it from one started by hand.
    for (name, dir) in [("orphan", "."), ("away", "/")] {
        let server = scene.sandbox.path(&format!("{name}/dev-server.mjs"));
        scene.site(name, "");
        let line = format!("cd {dir} && node {} --escape --bare --after 600000", server.display());
        scene.change(&format!("{name}.json"), |site| site["recipe"]["commands"]["dev"] = json!(line));
        let started = scene.start(name);
        let group = format!("-{}", started["pid"]);
        assert!(Command::new("kill").args(["-9", "--", &group]).status().unwrap().success());
        until("those of its group are gone", || scene.status(name)["adopted"] == true);
        let now = scene.status(name);
        assert_eq!(
            (&now["adopted"], &now["owner"], &now["port"]),
            (&json!(true), &started["owner"], &started["port"])
        );
        let out = scene.run(&["stop", name]);
        let says = format!("pid {} (`", started["owner"]);
        assert!(out.code == 1 && out.stderr.contains(&says) && out.stderr.contains("--force"), "{out:?}");
        assert!(lives(&started["owner"]), "{name}");
        assert_eq!(scene.run(&["stop", name, "--force"]).code, 0);
        assert!(!lives(&started["owner"]), "{name}");
    }
}

#[test]
fn one_whose_first_process_is_gone_is_named_by_one_that_lives() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--wrap");
    let started = scene.start("shop");
    assert_ne!(started["owner"], started["pid"]);
    assert!(Command::new("kill").args(["-9", &started["pid"].to_string()]).status().unwrap().success());
    until("it is gone", || !lives(&started["pid"]));
    let left = scene.status("shop");
    assert_eq!((&left["pid"], &left["owner"]), (&started["owner"], &started["owner"]));
    let stopped = scene.run(&["stop"]).stdout;
    assert!(stopped.starts_with(&format!("shop: stopped (pid {});", started["owner"])), "{stopped}");
}

#[test]
fn another_start_is_named_while_it_is_waited_for() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--mute");
    let lock = scene.sandbox.path(".taskrun/sites/shop.lock");
    let held = File::options().create(true).truncate(false).write(true).open(lock).unwrap();
    held.lock().unwrap();
    let out = scene.run(&["start", "shop", "--timeout", "200ms"]);
    let says = format!("another start or stop of `shop` is under way, by pid {} (`", std::process::id());
    assert!(out.code == 75 && out.stderr.contains(&says), "{out:?}");
    assert!(out.stderr.contains("`taskrun site status shop` tells how far it is"), "{out:?}");
    let terminal = Terminal::new(200, 24);
    let mut command = scene.sandbox.command();
    let mut start = terminal.start(command.args(["site", "start", "shop", "--timeout", "20s"]));
    wait_for("who is waited for is told", || terminal.printed().contains(&says));
    drop(held);
    // Its server is there, and another start waits for it.
    wait_for("it is started", || scene.log("shop").contains("Ready"));
    let status = scene.status("shop");
    let second = Terminal::new(200, 24);
    let mut command = scene.sandbox.command();
    let mut again = second.start(command.args(["site", "start", "shop", "--timeout", "20s"]));
    let says = format!("another start is under way, its server is pid {}", status["pid"]);
    wait_for("that is told", || second.printed().contains(&says));
    assert_eq!(scene.run(&["stop", "shop"]).code, 0);
    assert_eq!(start.wait().unwrap().code(), Some(1));
    assert_eq!(again.wait().unwrap().code(), Some(1));
}

#[test]
fn a_late_one_is_told_with_what_was_seen_of_it() {
    let Some(scene) = Scene::new() else { return };
    scene.site("mute", "--mute");
    scene.site("deaf", "");
    scene.site("broken", "--status 503");
    let deaf = "import net from 'node:net';\nconsole.log('all is well');\nnet.createServer(() => {}).listen(process.env.PORT, '127.0.0.1');\n";
    scene.sandbox.write("deaf/dev-server.mjs", deaf);
    let out = scene.run(&["start", "mute", "--timeout", "500ms"]);
    assert!(out.code == 75 && out.stderr.contains("it listens nowhere; it printed last:\n"), "{out:?}");
    assert!(out.stderr.contains("\n  Ready in 12 ms"), "{out:?}");
    let out = scene.run(&["start", "deaf", "--timeout", "1s", "--json"]);
    let says = format!(
        "it listens on port {}, and does not answer HTTP there; it printed last:\n  all is well",
        out.json()["port"]
    );
    assert!(out.code == 75 && out.stderr.contains(&says), "{out:?}");
    let out = scene.run(&["start", "broken"]);
    assert!(out.code == 0 && out.stdout.contains("answering, with an error"), "{out:?}");
}

#[test]
fn sites_are_listed_as_people_count() {
    let Some(scene) = Scene::new() else { return };
    for name in ["web10", "web2", "web1"] {
        scene.mount(name, &json!({"stack": "x"}));
    }
    let listed = scene.run(&["list", "--json"]).json();
    let names: Vec<&str> =
        listed.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["web1", "web2", "web10"]);
    let out = scene.run(&["status"]);
    assert!(out.stderr.contains("There are `web1`, `web2` and `web10`"), "{out:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_known_before_a_reboot_means_nothing() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "");
    let started = scene.start("shop");
    assert_eq!(scene.run(&["stop"]).code, 0);
    let innocent = ByHand::start(&scene.sandbox.path("shop"), &["sleep", "300"]);
    let boot = "11111111-2222-3333-4444-555555555555";
    let holder = json!({"pid": innocent.pid(), "start": start_of(innocent.pid()), "boot": boot});
    let record = json!({"version": 1, "leader": holder, "mark": "", "asked": started["port"], "port": started["port"],
        "owners": [holder], "adopted": true, "since": started["since"]});
    for (verb, says) in
        [("status", "shop: stopped\n"), ("stop", "shop: not running\n"), ("prune", "nothing to end\n")]
    {
        scene.sandbox.write(RECORD, record.to_string());
        let out = scene.run(&[verb]);
        assert_eq!((out.code, &*out.stdout), (0, says), "{out:?}");
    }
    assert!(!scene.sandbox.path(RECORD).exists(), "it is forgotten");
    scene.sandbox.write(RECORD, record.to_string());
    assert_eq!(scene.start("shop")["port"], started["port"]);
    assert!(lives(&json!(innocent.pid())));
}

#[cfg(target_os = "linux")]
fn start_of(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().split_ascii_whitespace().nth(19).unwrap().parse().unwrap()
}
