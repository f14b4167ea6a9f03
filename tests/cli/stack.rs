//! `stack`: what the recorded projects are built on, what settings change, and files that mean no good.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use crate::sandbox::{Outcome, Sandbox};

/// A sandbox, and programs that are only there by name, so that nothing depends on what is installed.
fn sandbox(programs: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    for program in programs {
        let path = sandbox.root().join("home/bin").join(program);
        sandbox.write_home(&format!("bin/{program}"), "#!/bin/sh\nexit 1\n");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir_all(sandbox.root().join("home/bin")).unwrap();
    sandbox
}

fn run(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    Outcome::of(sandbox.command().env("PATH", sandbox.root().join("home/bin")).args(args))
}

fn fixtures() -> String {
    format!("{}/tests/fixtures/sites", env!("CARGO_MANIFEST_DIR"))
}

const MANAGERS: &[&str] = &["npm", "pnpm", "yarn", "bun", "deno"];

#[test]
fn the_recorded_projects_are_told_for_what_they_are() {
    let sandbox = sandbox(MANAGERS);
    let text = fs::read_to_string(format!("{}/expect.json", fixtures())).unwrap();
    let expect: Value = serde_json::from_str(&text).unwrap();
    let detect =
        |name: &str| run(&sandbox, &["stack", "detect", "--json", &format!("{}/{name}", fixtures())]);
    let mut seen = 0;
    for (name, expected) in
        expect.as_object().unwrap().iter().filter(|(_, expected)| expected["stack"].is_string())
    {
        let out = detect(name);
        assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{name}");
        let found = out.json();
        for (key, own) in [("stack", "stack"), ("pm", "package_manager"), ("default_port", "port")] {
            assert_eq!(found[own], expected[key], "{name}: {key}");
        }
        if expected["dev"].as_str().is_some_and(|dev| !dev.starts_with('(')) {
            assert_eq!(found["commands"]["dev"], expected["dev"], "{name}");
        }
        assert_eq!(found["candidates"][0]["stack"], found["stack"], "{name}");
        assert_eq!(found["candidates"][0]["reason"], found["reason"], "{name}");
        seen += 1;
    }
    for (name, stack) in expect["detect-only"].as_object().unwrap() {
        assert_eq!(detect(&format!("detect-only/{name}")).json()["stack"], *stack, "{name}");
        seen += 1;
    }
    for (name, stack) in expect["traps"].as_object().unwrap().iter().filter(|(_, stack)| stack.is_string()) {
        assert_eq!(detect(&format!("traps/{name}")).json()["stack"], *stack, "{name}");
        seen += 1;
    }
    assert!(seen > 20);
}

#[test]
fn traps_are_told_beside() {
    let sandbox = sandbox(MANAGERS);
    let detect = |name: &str, args: &[&str]| {
        run(&sandbox, &[&["stack", "detect", &format!("{}/traps/{name}", fixtures())], args].concat())
    };
    let found = detect("two-lockfiles", &["--json"]).json();
    assert!(["npm", "pnpm"].contains(&found["package_manager"].as_str().unwrap()), "{found}");
    let told = found["notices"][0].as_str().unwrap();
    assert!(told.starts_with("`pnpm-lock.yaml` and `package-lock.json` lie side by side"), "{told}");
    let text = detect("two-lockfiles", &[]);
    assert!(
        text.stderr.contains("lie side by side") && text.stdout.starts_with("vite: dependency vite"),
        "{text:?}"
    );

    let found = detect("script-hardcoded-port", &["--json"]).json();
    assert_eq!((&found["stack"], &found["port"]), (&json!("astro"), &json!(4400)));
    let found = detect("vite-and-storybook", &["--json"]).json();
    let names: Vec<&str> =
        found["candidates"].as_array().unwrap().iter().map(|one| one["stack"].as_str().unwrap()).collect();
    assert_eq!(names, ["vite", "storybook", "node"]);
    let wrapper = detect("script-wrapper", &["--explain"]).stdout;
    assert!(wrapper.contains("served by: npm run dev (it starts node, where the port"), "{wrapper}");
    assert!(wrapper.contains("package manager: npm (nothing names another)"), "{wrapper}");

    let broken = detect("bad-json", &["--json"]);
    let error = broken.json_error();
    assert_eq!((broken.code, &error["code"]), (2, &json!("invalid")), "{error}");
    let told = error["message"].as_str().unwrap();
    assert!(told.contains("bad-json/package.json`") && told.contains("line "), "{told}");
    let empty = detect("empty", &["--json"]);
    let nothing = json!({"install": null, "dev": null, "build": null, "check": null});
    let document = json!({"stack": null, "reason": null, "package_manager": null, "commands": nothing, "port": null,
        "candidates": [], "packages": [], "notices": []});
    assert_eq!((empty.code, empty.json()), (1, document));
    let empty = detect("empty", &["--explain"]);
    assert_eq!((empty.code, empty.stdout.as_str()), (1, ""));
    assert!(
        empty.stderr.contains("looked for: deco-fresh, ") && empty.stderr.contains("hint: "),
        "{empty:?}"
    );
    let none = run(&sandbox, &["stack", "detect", "no-such"]);
    assert!(none.code == 2 && none.stderr.contains("`no-such` is no directory"), "{none:?}");
}

#[test]
fn packages_of_a_monorepo_are_told_with_their_ports() {
    let sandbox = sandbox(MANAGERS);
    let root = format!("{}/monorepo", fixtures());
    let found = run(&sandbox, &["stack", "detect", "--json", &root]).json();
    let packages = json!([{"path": "apps/docs", "stack": "astro", "port": 4400},
        {"path": "apps/web", "stack": "next", "port": 3005}]);
    assert_eq!((&found["stack"], &found["packages"]), (&json!("monorepo"), &packages));
    let web = run(&sandbox, &["stack", "detect", "--json", &format!("{root}/apps/web")]).json();
    assert_eq!((&web["package_manager"], &web["port"]), (&json!("pnpm"), &json!(3005)));
    assert_eq!(web["commands"]["dev"], "pnpm run dev");
    let text = run(&sandbox, &["stack", "detect", &root]).stdout;
    assert!(text.contains("  apps/web: next :3005\n"), "{text}");
    // One that cannot be read does not hide the others.
    sandbox.write("package.json", "{\"workspaces\":[\"apps/*\"]}");
    sandbox.write(
        "apps/good/package.json",
        "{\"scripts\":{\"dev\":\"vite\"},\"dependencies\":{\"vite\":\"1\"}}",
    );
    sandbox.write("apps/bad/package.json", "{");
    let found = run(&sandbox, &["stack", "detect", "--json"]).json();
    assert_eq!(found["packages"], json!([{"path": "apps/good", "stack": "vite", "port": 5173}]));
    assert!(found["notices"][0].as_str().unwrap().contains("apps/bad"), "{found}");
}

#[test]
fn a_missing_package_manager_is_run_by_corepack_or_told() {
    for (programs, dev, told) in [
        (&["pnpm"][..], "pnpm run dev", None),
        (&["corepack"], "corepack pnpm run dev", Some("`pnpm` is not installed: `corepack` runs it")),
        (&[], "pnpm run dev", Some("`pnpm` is not installed")),
    ] {
        let sandbox = sandbox(programs);
        sandbox.write("package.json", "{\"packageManager\":\"pnpm@9.1.0\",\"scripts\":{\"dev\":\"vite\"}}");
        let found = run(&sandbox, &["stack", "detect", "--json"]).json();
        assert_eq!(found["commands"]["dev"], dev, "{programs:?}");
        assert_eq!(
            found["notices"].as_array().unwrap().first().and_then(Value::as_str),
            told,
            "{programs:?}"
        );
    }
}

#[test]
fn a_project_s_own_configuration_is_the_reason() {
    let sandbox = sandbox(MANAGERS);
    sandbox.write("package.json", "{\"scripts\":{\"dev\":\"next dev\"},\"dependencies\":{\"next\":\"15\"}}");
    let one =
        "{\"name\":\"web\",\"runtimeExecutable\":\"npm\",\"runtimeArgs\":[\"run\",\"dev\"],\"port\":3007}";
    sandbox.write(".claude/launch.json", format!("{{\"configurations\":[{one}]}}"));
    let found = run(&sandbox, &["stack", "detect", "--json"]).json();
    let reason = "dependency next in package.json, configuration web in .claude/launch.json";
    assert_eq!((&found["reason"], &found["port"]), (&json!(reason), &json!(3007)));
    sandbox.write(".claude/launch.json", format!("{{\"configurations\":[{one},{one}]}}"));
    let found = run(&sandbox, &["stack", "detect", "--json"]).json();
    assert_eq!(found["port"], 3000);
    assert!(found["notices"][0].as_str().unwrap().contains("has 2 configurations"), "{found}");
}

#[test]
fn settings_go_before_the_table_and_make_new_stacks() {
    let sandbox = sandbox(MANAGERS);
    let config = |name: &str| run(&sandbox, &["stack", "config", name, "--json"]);
    let plain = config("next").json();
    assert_eq!(plain["commands"]["dev"], "npm run dev");
    assert_eq!(
        (&plain["port"], &plain["pages"], &plain["out"]),
        (&json!(3000), &json!("next"), &json!(".next"))
    );
    let text = run(&sandbox, &["stack", "config", "mkdocs"]).stdout;
    assert!(
        text.starts_with("mkdocs\n  install        python3 -m pip") && text.contains("mkdocs serve\n"),
        "{text}"
    );
    let missing = run(&sandbox, &["stack", "config"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""));
    let unknown = config("nxet");
    assert!(unknown.code == 1 && unknown.stderr.contains("did you mean `next`?"), "{unknown:?}");

    assert_eq!(run(&sandbox, &["workspace", "init"]).code, 0);
    sandbox.write("package.json", "{\"dependencies\":{\"next\":\"15\"}}");
    sandbox.write(
        ".taskrun/config.toml",
        "[gates]\nnext = ['next gate']\n'*' = ['any gate']\n[stacks.next]\ndev = 'mine --dev'\nport = 4111\nport_flag = ['--listen', '{port}']\n\
         check = 'make check'\npages = 'static'\n[stacks.mine]\ndev = 'mine {host} {port}'\n",
    );
    let found = run(&sandbox, &["stack", "detect", "--json", "--explain"]).json();
    assert_eq!((&found["port"], &found["commands"]["dev"]), (&json!(4111), &json!("mine --dev")));
    assert_eq!(found["commands"]["check"], "make check");
    let text = run(&sandbox, &["stack", "detect", "--explain"]).stdout;
    assert!(
        text.contains("served by: mine --dev --listen 4300 (it starts mine, 4300 stands for a free port)"),
        "{text}"
    );
    let here = run(&sandbox, &["stack", "config", "--json"]).json();
    assert_eq!((&here["pages"], &here["binaries"]), (&json!("static"), &json!(["mine"])));
    assert_eq!(config("mine").json()["commands"]["dev"], "mine localhost 8000");
    // The gates of the loop are those of the stack that was found.
    let gates = |sandbox: &Sandbox| run(sandbox, &["gates", "list"]).stdout;
    assert!(
        gates(&sandbox).contains("next gate") && !gates(&sandbox).contains("any gate"),
        "{}",
        gates(&sandbox)
    );
    sandbox.write("package.json", "{}");
    assert!(gates(&sandbox).contains("any gate"), "{}", gates(&sandbox));

    for (text, told) in [
        ("[stacks.next]\nprot = 1\n", "line 2: unknown key `stacks.next.prot`"),
        ("[stacks.next]\nport = 70000\n", "line 2: `stacks.next.port`"),
        ("[stacks.next]\nport = 0\n", "has the port 0"),
        ("[stacks.next]\ndev = ' '\n", "has an empty command"),
        ("[stacks.'../x']\ndev = 'x'\n", "is no name of a stack"),
    ] {
        sandbox.write(".taskrun/config.toml", text);
        let out = config("next");
        assert!(out.code == 2 && out.stderr.contains(told) && out.stdout.is_empty(), "{text} {out:?}");
    }
}

#[test]
fn files_that_mean_no_good_end_in_one_error() {
    type Make<'m> = &'m dyn Fn(&Path);
    let huge = |path: &Path| fs::File::create(path).unwrap().set_len(100 << 20).unwrap();
    let deep = |path: &Path| fs::write(path, "[".repeat(1 << 20)).unwrap();
    let looped = |path: &Path| symlink("package.json", path).unwrap();
    let binary = |path: &Path| fs::write(path, b"{\n\"a\": \"\xff\"}").unwrap();
    let made: [(Make<'_>, &str); 4] = [
        (&huge, "has 104857600 bytes"),
        (&deep, "recursion limit exceeded at line 1"),
        (&looped, "failed to read `package.json`"),
        (&binary, "line 2 is not UTF-8"),
    ];
    for (make, told) in made {
        let sandbox = sandbox(&[]);
        make(&sandbox.path("package.json"));
        let out = run(&sandbox, &["stack", "detect", "--json"]);
        let error = out.json_error();
        assert_eq!((out.code, &error["code"]), (2, &json!("invalid")), "{error}");
        assert!(error["message"].as_str().unwrap().contains(told), "{error}");
    }
    for (file, text, told) in [
        ("Cargo.toml", "[package]\nname = ", "failed to parse `Cargo.toml` line 2"),
        ("pyproject.toml", "x", "failed to parse `pyproject.toml` line 1"),
        (
            "deno.json",
            "{\n\"imports\": [\n",
            "failed to parse `deno.json`: EOF while parsing a list at line 3",
        ),
        ("composer.json", "no", "failed to parse `composer.json`"),
    ] {
        let sandbox = sandbox(&[]);
        sandbox.write(file, text);
        let out = run(&sandbox, &["stack", "detect"]);
        assert!(out.code == 2 && out.stdout.is_empty() && out.stderr.contains(told), "{out:?}");
    }
}

#[test]
fn what_is_no_file_is_no_manifest_and_links_are_not_walked() {
    let sandbox = sandbox(MANAGERS);
    for name in ["package.json", "deno.json", "Cargo.toml", "mkdocs.yml"] {
        fs::create_dir(sandbox.path(name)).unwrap();
    }
    let made = std::process::Command::new("mkfifo").arg(sandbox.path("go.mod")).status().unwrap();
    assert!(made.success());
    sandbox.write("index.html", "");
    sandbox.write("requirements.txt", b"\xff\xfe\0flask");
    let found = run(&sandbox, &["stack", "detect", "--json"]).json();
    assert_eq!(found["candidates"][0]["stack"], "python", "{found}");
    assert_eq!(found["candidates"].as_array().unwrap().len(), 2, "{found}");

    let sandbox = Sandbox::new();
    sandbox.write("package.json", "{\"workspaces\":[\"**\"],\"scripts\":{\"dev\":\"vite\\u001b[31m\"}}");
    fs::create_dir(sandbox.path("a")).unwrap();
    symlink("..", sandbox.path("a/up")).unwrap();
    symlink("/", sandbox.path("a/all")).unwrap();
    sandbox.write(
        "node_modules/x/package.json",
        "{\"scripts\":{\"dev\":\"vite\"},\"dependencies\":{\"vite\":\"1\"}}",
    );
    let out = run(&sandbox, &["stack", "detect", "--json"]);
    assert_eq!((out.code, &out.json()["packages"]), (0, &json!([])), "{out:?}");
    let out = run(&sandbox, &["stack", "detect", "--explain"]);
    assert!(!out.stdout.contains('\u{1b}') && !out.stderr.contains('\u{1b}'), "{out:?}");
}

#[test]
fn stacks_are_listed_and_errors_name_the_nearest() {
    let sandbox = sandbox(MANAGERS);
    assert_eq!(sandbox.run(&["workspace", "init"]).code, 0);
    sandbox.write(
        ".taskrun/config.toml",
        "[stacks.turnip]\ndev = 'turnip dev'\nport = 4001\n[stacks.next]\nport = 3005\n",
    );
    let out = run(&sandbox, &["stack", "list", "--json"]);
    let known = out.json();
    let of = |name: &str| known.as_array().unwrap().iter().find(|one| one["stack"] == name).unwrap().clone();
    assert_eq!(of("next"), json!({"stack": "next", "port": 3005, "pages": "next", "source": "table"}));
    assert_eq!(of("turnip"), json!({"stack": "turnip", "port": 4001, "pages": null, "source": "settings"}));
    let text = run(&sandbox, &["stack", "list"]);
    assert_eq!(text.stdout.lines().count(), known.as_array().unwrap().len());
    assert!(text.stdout.lines().any(|line| line.split_whitespace().eq(["next", "3005", "next"])), "{text:?}");

    let table = [
        ("nextjs", "did you mean `next`"),
        ("Astro", "did you mean `astro`? "),
        ("turnips", "did you mean `turnip`"),
        ("react", "`react-router`"),
        ("qqqq", "hint: `taskrun stack list` names all"),
    ];
    for (name, expected) in table {
        let told = run(&sandbox, &["stack", "config", name]);
        assert!(told.code == 1 && told.stderr.contains(&format!("unknown stack `{name}`")), "{told:?}");
        assert!(told.stderr.contains(expected) && told.stderr.contains("`taskrun stack list`"), "{told:?}");
        assert!(told.stderr.len() < 200, "{told:?}");
    }
}
