//! What can be wrong with rules.

use super::*;
use crate::domain::manual;

fn read(text: &str) -> Result<Rules> {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::at(dir.path().canonicalize().unwrap());
    store::make_dir(&workspace.templates_dir()).unwrap();
    let template =
        "title = '{{doc}} {{lang}}'\nargv = ['./x', '{{doc}}']\n[defaults]\nlang = 'en {{lang}}'\n";
    store::write(&workspace.templates_dir().join("t.toml"), store::SHARED, template.as_bytes()).unwrap();
    store::write(&workspace.templates_dir().join("bad.json"), store::SHARED, b"{\"x\": 1}").unwrap();
    store::write(&workspace.triggers(), store::SHARED, text.as_bytes()).unwrap();
    load(&Place::of(&workspace))
}

#[test]
fn all_that_can_be_wrong_is_told_with_its_line() {
    let task = "[rule.task]\nargv = ['x']";
    let rule = |more: &str| format!("[[rule]]\nname = 'a'\non = 'x'\n{more}\n{task}");
    let cron = |more: &str| format!("[[schedule]]\nname = 'a'\n{more}\n[schedule.task]\nargv = ['x']");
    let table = [
        ("rules = []".to_owned(), "line 1: unknown key `rules`"),
        ("[rule]\nname = 'a'".to_owned(), "line 1: `rule` must be a list of tables"),
        ("max_depth = 0".to_owned(), "line 1: `max_depth` must be a whole number from 1"),
        ("dedupe_for = '5'".to_owned(), "line 1: `5` is not a duration"),
        ("inject = 'yes'".to_owned(), "line 1: `inject` must be true or false"),
        (rule("colour = 1"), "line 4: unknown key `colour`"),
        (rule("").replace("'a'", "'../a'"), "line 2: `../a` is no name"),
        (rule("").replace("on = 'x'", ""), "line 1: rule `a` has no `on`"),
        (rule("").replace("'x'\n\n", "'*.x'\n"), "line 3: `*.x` is no type of event"),
        (rule("").replace("on = 'x'", "on = []"), "line 3: `on` must be a type of event"),
        (rule("").replace("on = 'x'", "on = ['a', '']"), "line 3: `` is no type of event"),
        (rule("when = 1"), "line 4: `when` must be a table"),
        (rule("when = {'a.b' = 1}"), "line 4: `a.b` does not begin with `$`"),
        (
            rule("[rule.when]\n'$.a' = 1\n'$.b' = {gtt = 1}"),
            "line 6: there is no condition `gtt`; did you mean `gt`?",
        ),
        (rule("when = {'$.a' = 2026-01-01}"), "line 4: write times as strings"),
        (rule("each = 'a'"), "line 4: `a` does not begin with `$`"),
        (rule("dedupe = 'x'"), "line 4: `dedupe` is the same for every event"),
        (rule("dedupe = '{{id}}'"), "line 4: `dedupe` may hold only paths"),
        (rule("max_depth = -1"), "line 4: `max_depth` must be a whole number"),
        (rule("template = 'none'"), "line 4: no template `none`"),
        (rule("template = 't'"), "line 5: `{{doc}}` has no value"),
        (rule("template = 't'\nset = {doc = '{{other}}'}"), "line 5: `set.doc` may hold only paths"),
        (rule("template = 't'\nset = {doc = '{{$.id}}', x = 'y'}"), "line 5: `set.x` is for a placeholder"),
        (rule("set = {'a b' = 'y'}"), "line 4: `set` names `a b`"),
        (rule("set = 1"), "line 4: `set` must be a table"),
        (rule("").replace("argv = ['x']", "title = 'x'"), "line 5: the rule's task says nothing to run"),
        (
            rule("").replace("argv = ['x']", "argv = ['sh', '-c', 'x {{$.a}}']"),
            "line 6: argument 2 of `argv` may hold no placeholder",
        ),
        (rule("").replace("argv = ['x']", "command = 'x {{$.a}}'"), "line 6: `command` is shell text"),
        (rule("").replace("argv", "argvv"), "line 6: a task has no field `argvv` here"),
        (format!("{}\n{}", rule(""), rule("")), "line 8: there are two by the name `a`"),
        (cron(""), "line 1: schedule `a` has no `cron`"),
        (cron("cron = '61 * * * *'"), "line 3: `cron`: `61` is no minute"),
        (cron("cron = '@daily'\ntz = 'Mars/Olympus'"), "line 4: `tz`: `Mars/Olympus` is no time zone"),
        (cron("cron = '@daily'\non = 'x'"), "line 4: unknown key `on`"),
        (
            cron("cron = '@daily'").replace("['x']", "['./x', '{{$.id}}']"),
            "line 5: `argv`: `{{$.id}}` has no value",
        ),
    ];
    for (text, expected) in table {
        let error = read(&text).unwrap_err();
        let said = error.to_string();
        let said = said.split("triggers.toml` ").nth(1).unwrap_or(&said);
        assert!(said.starts_with(expected), "{text}\n{said}");
        assert!(matches!(error.downcast_ref(), Some(Fault::Invalid { .. })), "{text}");
    }
    assert!(read("[[rule]\n").unwrap_err().to_string().contains("triggers.toml` line 1: "));
    let said = read(&rule("template = 'bad'")).unwrap_err().to_string();
    assert!(said.contains("bad.json`: a task has no field `x` here"), "{said}");
}

#[test]
fn a_template_gets_its_values_and_the_rules_own_fields() {
    let text = "[[rule]]\nname = 'a'\non = ['x', 'y.*']\ntemplate = 't'\nset = {doc = 'D-{{$.id}}'}\n\
                [rule.task]\nkey = '{{$.id}}'\n";
    let rules = read(text).unwrap();
    let event = serde_json::json!({"id": 7});
    let task = rules.rules[0].job.fill(&event).unwrap();
    let expected = serde_json::json!({"title": "D-7 en {{lang}}", "argv": ["./x", "D-7"], "key": "7"});
    assert_eq!(Value::Object(task), expected, "a default is taken as it is");
    let takes = |kind: &str| rules.rules[0].is_for(kind);
    let kinds = ["x", "y.z", "y.", "y", "xx"].map(takes);
    assert_eq!(kinds, [true, true, true, false, false]);
}

#[test]
fn every_key_is_in_the_manual() {
    let page = String::from_utf8(manual::triggers().roff).unwrap();
    for (table, keys) in KEYS {
        let head =
            if table.is_empty() { "\n.SS The file\n".to_owned() } else { format!("\n.SS [[{table}]]\n") };
        let (_, section) = page.split_once(&head).unwrap_or_else(|| panic!("no section {head}"));
        let section = section.split("\n.S").next().unwrap();
        for key in *keys {
            assert!(section.contains(&format!("\n.B {key}")), "`{key}` is not under {head}");
        }
    }
    for (field, _) in crate::domain::macp::template::fields::FIELDS {
        assert!(page.contains(&format!("\\fB{field}\\fR")), "the field `{field}` is not in the manual");
    }
}
