//! `site start`, `stop`, `status`: one server, on its own port, that is ready when it answers.

use serde_json::{Value, json};

use crate::sandbox::Outcome;
use crate::site_scene::{Other, Scene, ask, free_port, lives, until};

#[test]
fn a_site_is_served_known_and_ended() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    assert_eq!(scene.status("shop")["state"], "stopped");
    let started = scene.start("shop");
    let (port, pid) = (started["port"].as_u64().unwrap(), &started["pid"]);
    assert_eq!(started["state"], "ok");
    assert_eq!(started["url"], format!("http://localhost:{port}"));
    assert_eq!(started["adopted"], false);
    assert!((4300..=4999).contains(&port), "{started}");
    assert!(ask(port, "GET").ends_with("<h1>shop</h1>"));
    assert_eq!(scene.status("shop"), started);
    // Once more: the same server.
    assert_eq!(scene.start("shop"), started);
    let refused = scene.run(&["start", "shop", "--port", &free_port().to_string()]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains(&format!("`shop` is served already, on port {port} instead of")),
        "{refused:?}"
    );
    let human = scene.run(&["status"]);
    assert_eq!(human.stdout, format!("shop: ok http://localhost:{port} (pid {pid})\n"));
    let stopped = scene.run(&["stop", "shop"]);
    assert_eq!(
        (stopped.code, &*stopped.stdout),
        (0, &*format!("shop: stopped (pid {pid}); port {port} is free\n"))
    );
    assert!(!lives(pid) && ask(port, "GET").is_empty());
    assert_eq!(scene.status("shop")["state"], "stopped");
    assert_eq!(scene.run(&["stop", "shop"]).stdout, "shop: not running\n");
    // The port is remembered.
    assert_eq!(scene.start("shop")["port"], port);
}

#[test]
fn a_server_gets_its_environment_and_nothing_of_a_run() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--name shop");
    scene.change("shop.json", |site| site["env"] = json!({"COLOUR": "red"}));
    let mut command = scene.sandbox.command();
    command.args(["site", "start", "--json"]);
    command.env("CI", "1").env("FORCE_COLOR", "0").env("TASKRUN_RUN", "r-1");
    let started = Outcome::of(&mut command).json();
    let log = scene.log("shop");
    let line = log.lines().find_map(|line| line.strip_prefix("env ")).unwrap();
    let env: Value = serde_json::from_str(line).unwrap();
    let port = started["port"].to_string();
    assert_eq!(env, json!({"PORT": port, "BROWSER": "none", "NO_COLOR": "1", "COLOUR": "red"}));
    let file = scene.sandbox.path(".taskrun/sites/shop.log");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn starts_at_the_same_time_make_one_server() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--delay 300");
    let start = || Outcome::of(&mut start_command(&scene));
    let all: Vec<Outcome> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let first = all[0].json();
    for one in &all {
        assert_eq!((one.code, one.json()), (0, first.clone()));
    }
    assert_eq!(scene.log("shop").matches("Local:").count(), 1);
    let stopped = scene.run(&["stop"]);
    assert_eq!(stopped.code, 0, "{stopped:?}");
    assert_ne!(start().json()["pid"], first["pid"]);
}

fn start_command(scene: &Scene) -> std::process::Command {
    let mut command = scene.sandbox.command();
    command.args(["site", "start", "--json"]);
    command
}

#[test]
fn one_that_ends_is_told_with_its_last_words_and_a_way_out() {
    let Some(scene) = Scene::new() else { return };
    let other = Other::new();
    let (taken, me) = (other.port, std::process::id());
    let table = [
        ("--exit 0", "ended with code 0 before it answered", "something is wrong", "site logs"),
        (
            "--exit 1 --says \"Cannot_find_module_'left-pad'\"",
            "code 1",
            "Cannot find module",
            "`left-pad` is not installed: run `npm ci`",
        ),
        ("--exit 1 --says You_need:_requires_Node_>=99", "code 1", "requires Node", "another version"),
        (
            "--exit 1 --says Missing_script:_dev",
            "code 1",
            "Missing script",
            "mount it again with `--dev COMMAND`",
        ),
    ];
    for (at, (flags, how, says, hint)) in table.into_iter().enumerate() {
        let name = format!("site{at}");
        scene.site(&name, flags);
        scene.change(&format!("{name}.json"), |site| site["recipe"]["commands"]["install"] = json!("npm ci"));
        let out = scene.run(&["start", &name]);
        assert_eq!((out.code, &*out.stdout), (1, ""), "{out:?}");
        for part in [how, says, hint] {
            assert!(out.stderr.contains(part), "{part}: {out:?}");
        }
        assert!(!out.stderr.contains("[31m"), "{out:?}");
        assert_eq!(scene.status(&name)["state"], "stopped");
    }
    // A program that is not there, and a port that somebody else has.
    scene.mount("none", &json!({"stack": "x", "commands": {"dev": "no-such-server dev", "install": "true"}}));
    let out = scene.run(&["start", "none"]);
    assert!(out.code == 1 && out.stderr.contains("`no-such-server` is not installed: run `true`"), "{out:?}");
    scene.site("taken", &format!("--port {taken}"));
    let out = scene.run(&["start", "taken"]);
    assert!(out.code == 1 && out.stderr.contains("EADDRINUSE"), "{out:?}");
    assert!(out.stderr.contains(&format!("hint: port {taken} is held by pid {me} (`")), "{out:?}");
    scene.change("taken.json", |site| {
        site["recipe"]["program"] = json!({"has_port": true, "own_port": taken});
    });
    let out = scene.run(&["start", "taken"]);
    assert!(out.code == 1 && out.stderr.contains("it is fixed there"), "{out:?}");
    let out = scene.run(&["start", "site0", "--port", &taken.to_string()]);
    assert!(out.code == 1 && out.stderr.contains(&format!("port {taken} is held by pid {me}")), "{out:?}");
    let out = scene.run(&["start", "site0", "--port", "6000"]);
    assert!(out.code == 2 && out.stderr.contains("browsers do not open pages on port 6000"), "{out:?}");
    scene.mount("empty", &json!({"stack": "x"}));
    let out = scene.run(&["start", "empty"]);
    assert!(out.code == 2 && out.stderr.contains("has no command that serves it"), "{out:?}");
    std::fs::remove_dir(scene.sandbox.path("empty")).unwrap();
    let out = scene.run(&["start", "empty"]);
    assert!(out.code == 1 && out.stderr.contains("the folder of `empty` is gone"), "{out:?}");
}

#[test]
fn one_that_never_listens_is_left_running_and_told_apart() {
    let Some(scene) = Scene::new() else { return };
    scene.site("slow", "--mute");
    let out = scene.run(&["start", "--timeout", "1s", "--json"]);
    assert_eq!(out.code, 75, "{out:?}");
    let status = out.json();
    assert_eq!(
        (&status["state"], &status["port"], &status["url"]),
        (&json!("starting"), &json!(null), &json!(null))
    );
    assert!(out.stderr.contains("`slow` is still starting after 1"), "{out:?}");
    assert!(lives(&status["pid"]), "its line `Ready in 12 ms` is no answer, and no reason to end it");
    assert_eq!(scene.status("slow"), status);
    let again = scene.run(&["start", "--timeout", "300ms", "--json"]);
    assert_eq!((again.code, again.json()), (75, status.clone()));
    assert_eq!(scene.run(&["stop"]).code, 0);
    assert!(!lives(&status["pid"]));
}

#[test]
fn ctrl_c_ends_what_was_started() {
    let Some(scene) = Scene::new() else { return };
    scene.site("slow", "--wrap --mute");
    let start = start_command(&scene).stdout(std::process::Stdio::null()).spawn().unwrap();
    until("it is started", || scene.log("slow").contains("Ready"));
    let status = scene.status("slow");
    let pid = rustix::process::Pid::from_child(&start);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let out = start.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(130));
    assert!(!lives(&status["pid"]));
    assert_eq!(scene.status("slow")["state"], "stopped");
}

#[test]
fn what_it_depends_on_is_installed_when_asked() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "");
    let install =
        |line: &str| scene.change("shop.json", |site| site["recipe"]["commands"]["install"] = json!(line));
    install("echo no such registry; exit 4");
    let out = scene.run(&["start", "--install"]);
    assert!(
        out.code == 1 && out.stderr.contains("ended with code 4") && out.stderr.contains("no such registry"),
        "{out:?}"
    );
    install("echo yes > installed");
    assert_eq!(scene.run(&["start", "--install"]).code, 0);
    assert_eq!(scene.sandbox.read("shop/installed"), "yes\n");
}

#[test]
fn a_server_outlives_the_run_that_started_it() {
    let Some(scene) = Scene::new() else { return };
    scene.site("shop", "--wrap");
    let gate = format!("{} site start", env!("CARGO_BIN_EXE_taskrun"));
    scene.sandbox.write(".taskrun/config.toml", format!("[gates]\n\"*\" = [{gate:?}]\n"));
    let out = scene.sandbox.run(&["gates", "run"]);
    assert_eq!(out.code, 0, "{out:?} {}", scene.log("shop"));
    assert_eq!(scene.status("shop")["state"], "ok");
}
