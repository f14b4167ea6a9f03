//! Bad skills: one clear error each, and nothing is changed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::sandbox::Sandbox;
use crate::skill::skill;

const HEAD: &str = "id = 'bad'\nname = 'Bad'\ndescription = 'd'\nstack = ['*']\n";

fn story(id: &str, rest: &str) -> String {
    format!("[[user_stories]]\nid = '{id}'\ntitle = 't'\nas_a = 'a'\ni_want = 'b'\nso_that = 'c'\n{rest}\n")
}

/// Everything below `dir`, to be compared.
fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.to_string_lossy().into_owned();
        match entry.symlink_metadata().unwrap() {
            meta if meta.is_dir() => found.extend(tree(&entry)),
            meta if meta.is_file() => found.push((name, fs::read(&entry).unwrap())),
            _ => found.push((name, Vec::new())),
        }
    }
    found.sort();
    found
}

/// `get` and, where the file may come from elsewhere, `register` end in this error, `list` in a warning; nothing changes.
fn refused(sandbox: &Sandbox, file: &str, message: &str, hint: &str) {
    sandbox.write(".taskrun/skills/good.toml", skill("good", "*"));
    sandbox.write(".taskrun/.gitignore", "");
    let before = tree(&sandbox.root());
    let got = sandbox.run(&["skill", "get", "bad"]);
    assert_eq!((got.code, got.stdout.as_str()), (2, ""), "{file}: {got:?}");
    let lines: Vec<&str> = got.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{file}: one error and one hint: {got:?}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(message), "{file}: {message}: {got:?}");
    assert!(lines[1].starts_with("hint: ") && lines[1].contains(hint), "{file}: {hint}: {got:?}");
    let listed = sandbox.run(&["skill", "list"]);
    assert!(listed.stdout.lines().any(|line| line.starts_with("good")), "{file}: {listed:?}");
    assert_eq!((listed.code, listed.stderr.lines().count()), (0, 1), "{file}: {listed:?}");
    assert!(listed.stderr.starts_with("warning: ") && listed.stderr.contains(message), "{file}: {listed:?}");
    assert_eq!(tree(&sandbox.root()), before, "{file}");
}

/// [`refused`], and `register` says the same of the file elsewhere.
fn refused_everywhere(name: &str, text: &[u8], message: &str, hint: &str) {
    let sandbox = Sandbox::new();
    sandbox.write(&format!(".taskrun/skills/{name}"), text);
    refused(&sandbox, name, message, hint);
    let elsewhere = Sandbox::new();
    elsewhere.write(".taskrun/config.toml", "");
    elsewhere.write(name, text);
    let before = tree(&elsewhere.root());
    let told = elsewhere.run(&["skill", "register", name]);
    assert_eq!((told.code, told.stdout.as_str()), (2, ""), "{name}: {told:?}");
    assert!(told.stderr.contains(message) && told.stderr.contains(name), "{name}: {message}: {told:?}");
    assert_eq!(tree(&elsewhere.root()), before, "{name}");
}

#[test]
fn each_bad_toml_is_one_error() {
    let table = [
        ("id = \n".into(), "line 1: ", "correct it"),
        (HEAD.replace("'Bad'", "7"), "line 2: `name`: expected text, found a number", "skill new"),
        (HEAD.replace("['*']", "'*'"), "line 4: `stack`: expected a list of texts, found text", ""),
        (HEAD.replace("['*']", "[]"), "line 4: `stack` is empty", ""),
        (HEAD.replace("name = 'Bad'\n", ""), "line 1: `name` is missing", ""),
        (format!("{HEAD}stroies = 1\n"), "line 5: unknown field `stroies`", "known are `version`, `id`"),
        (
            format!("{HEAD}user_storys = 1\n"),
            "line 5: unknown field `user_storys`",
            "did you mean `user_stories`?",
        ),
        (format!("{HEAD}user_stories = ['a']\n"), "line 5: story 1: expected a table, found text", ""),
        (
            format!("version = 2\nwhat = 1\n{HEAD}"),
            "line 1: `version` is 2; this taskrun knows 1",
            "newer taskrun",
        ),
        (format!("{HEAD}[quality_gates]\n'*' = ['']\n"), "line 6: `quality_gates.*` holds an empty text", ""),
        (
            format!("{HEAD}[quality_gates]\nrust = [\"a\\u0000\"]\n"),
            "`quality_gates.rust` holds a NUL character",
            "",
        ),
        (
            format!("{HEAD}[quality_gates]\nrust = ['true', 'grep -q \"{{{{ x }}}}\" *']\n[variables.x]\n"),
            "`quality_gates` for `rust` names `{{ x }}`; a gate may hold no variable: its value would become code for a shell",
            "let the gate be a script of the project, or a fixed command",
        ),
        (
            format!("{HEAD}[prompts]\nsystem = '{{{{ tsk.id }}}}'\n"),
            "line 6: prompts: `system` names `tsk`; did you mean `task`?",
            "",
        ),
        (
            format!("{HEAD}[prompts]\nsystem = '{{{{ task.id'\n"),
            "line 6: prompts: `system` is no template",
            "",
        ),
        (format!("{HEAD}[variables.task]\n"), "line 5: variable `task`: ", ""),
        (
            format!("{HEAD}[variables.a]\ndefualt = ''\n"),
            "line 6: variable `a`: unknown field `defualt`",
            "`default`",
        ),
        (HEAD.replace("'bad'", "'a/b'"), "line 1: `id` is `a/b`; letters, digits", ""),
    ];
    for (text, message, hint) in table {
        refused_everywhere("bad.toml", text.as_bytes(), message, hint);
    }
}

#[test]
fn each_bad_story_is_one_error() {
    let (one, criteria) =
        (|rest: &str| HEAD.to_owned() + &story("US-1", rest), "acceptance_criteria = ['d']");
    let two = |first: &str, second: &str| {
        one(&format!("{criteria}\n{first}")) + &story("US-2", &format!("{criteria}\n{second}"))
    };
    let table = [
        (one(""), "line 5: story `US-1`: `acceptance_criteria` is missing", ""),
        (one("acceptance_criteria = []"), "line 11: story `US-1`: `acceptance_criteria` is empty", ""),
        (
            one("acceptance_criteria = ['a', ' ']"),
            "story `US-1`: `acceptance_criteria` holds an empty text",
            "",
        ),
        (
            one("acceptance_criteria = ['a', 1]"),
            "`acceptance_criteria`: expected texts only, found a number",
            "",
        ),
        (
            one(&format!("{criteria}\ndepend_on = []")),
            "line 12: story `US-1`: unknown field `depend_on`",
            "`depends_on`",
        ),
        (
            one(criteria).replace("'t'", "\"a\\nb\""),
            "line 7: story `US-1`: `title` has more than one line",
            "",
        ),
        (
            one(criteria).replace("'t'", "'Build {{ waht }}'"),
            "line 7: story `US-1`: `title` names `waht`, which is not among",
            "",
        ),
        (one(criteria) + &story("US-1", criteria), "line 13: two stories are `US-1`", ""),
        (two("depends_on = ['US-9']", ""), "line 12: story `US-1`: `depends_on` names `US-9`", ""),
        (
            two("depends_on = ['US-2']", "depends_on = ['US-1']"),
            "line 12: story `US-1`: `depends_on` is a cycle: `US-1` after `US-2` after `US-1`",
            "",
        ),
    ];
    for (text, message, hint) in table {
        refused_everywhere("bad.toml", text.as_bytes(), message, hint);
    }
}

#[test]
fn each_bad_json_and_agent_skill_is_one_error() {
    let json = |rest: &str| {
        format!("{{\n\"id\": \"bad\", \"name\": \"n\", \"description\": \"d\",\n\"stack\": [\"*\"]{rest}}}")
    };
    let story = "\"id\": \"US-1\", \"title\": \"t\", \"asA\": \"a\", \"iWant\": \"b\", \"soThat\": \"c\"";
    let table = [
        ("bad.json", json(",}"), "line 3: ", "correct it"),
        ("bad.json", "[]".into(), "line 1: expected a table, found a list", ""),
        ("bad.json", json(",\n\"name\": \"m\""), "line 4: `name` stands twice", ""),
        ("bad.json", json(",\n\"userStorys\": []"), "line 4: unknown field `userStorys`", "`user_stories`"),
        (
            "bad.json",
            json(&format!(",\n\"userStories\": [\n{{{story}}}]")),
            "line 5: story `US-1`: `acceptance_criteria` is missing",
            "",
        ),
        (
            "bad.json",
            json(",\"userStories\": [],\n\"user_stories\": []"),
            "line 4: `userStories` and `user_stories` are the same field",
            "",
        ),
        (
            "bad.json",
            json(",\n\"prompts\": {\"taskTemplate\": true}"),
            "line 4: prompts: `task_template`: expected text, found true or false",
            "",
        ),
        ("bad/SKILL.md", "# no head\n".into(), "line 1: no front matter", "begin the file with"),
        ("bad/SKILL.md", "---\nname: bad\n---\nb\n".into(), "line 2: `description` is missing", ""),
        (
            "bad/SKILL.md",
            "---\nname: bad\ndescription: [a]\n---\nb\n".into(),
            "line 3: `description` is no plain text",
            "",
        ),
    ];
    for (name, text, message, hint) in table {
        refused_everywhere(name, text.as_bytes(), message, hint);
    }
}

#[test]
fn what_is_no_text_or_too_much_is_refused() {
    refused_everywhere("bad.toml", b"id = 'bad'\nname = '\xff'\n", "bad.toml` line 2 is not UTF-8", "UTF-8");
    let large = format!("{HEAD}#{}\n", "x".repeat(10 << 20));
    refused_everywhere(
        "bad.toml",
        large.as_bytes(),
        "is too large for a skill: 11 MiB; 1 MiB is allowed",
        "keep data",
    );
    let inline = Sandbox::new();
    inline.write(".taskrun/config.toml", "");
    let told = inline.run(&["skill", "register", "--inline", "{\"id\": 1}", "--json"]);
    assert_eq!(
        told.json_error()["message"],
        "failed to parse `--inline` line 1: `id`: expected text, found a number"
    );
    let told = inline.run(&["skill", "register", "none.toml"]);
    assert_eq!((told.code, told.stderr.contains("there is no such file")), (2, true), "{told:?}");
}

#[test]
fn what_is_no_file_of_its_own_is_refused() {
    let make = |at: &dyn Fn(&Path)| {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.path(".taskrun/skills")).unwrap();
        at(&sandbox.path(".taskrun/skills"));
        sandbox
    };
    let directory = make(&|dir| fs::create_dir(dir.join("bad.toml")).unwrap());
    refused(&directory, "directory", "bad.toml`: it is a directory", "");
    let ring = make(&|dir| {
        symlink("bad.json", dir.join("other")).unwrap();
        symlink("other", dir.join("bad.json")).unwrap();
    });
    refused(&ring, "circle", "failed to read `.taskrun/skills/bad.json`: ", "");
    let dangling = make(&|dir| symlink("nowhere", dir.join("bad.toml")).unwrap());
    refused(&dangling, "dangling", "bad.toml`: there is no such file", "");
    let pipe = make(&|dir| {
        let status = std::process::Command::new("mkfifo").arg(dir.join("bad.toml")).status().unwrap();
        assert!(status.success());
    });
    refused(&pipe, "pipe", "bad.toml`: it is not a regular file", "");
    let other = make(&|dir| fs::write(dir.join("bad.toml"), skill("good", "*")).unwrap());
    refused(
        &other,
        "id",
        "bad.toml` line 1: its id is `good`, but the file is named for `bad`",
        "rename the file or change the id",
    );
    let three = make(&|dir| {
        fs::write(dir.join("bad.toml"), HEAD).unwrap();
        fs::write(dir.join("bad.json"), "{}").unwrap();
        fs::create_dir(dir.join("bad")).unwrap();
        fs::write(dir.join("bad/SKILL.md"), "").unwrap();
    });
    let names =
        "`.taskrun/skills/bad/SKILL.md` and `.taskrun/skills/bad.json` and `.taskrun/skills/bad.toml`";
    let said = format!("more than one file is the skill `bad`: {names}");
    refused(&three, "three", &said, "keep one of them");
    let sandbox = Sandbox::new();
    sandbox.write(".taskrun/skills", "a file");
    let listed = sandbox.run(&["skill", "list"]);
    assert_eq!((listed.code, listed.stderr.lines().count()), (0, 1), "{listed:?}");
}
