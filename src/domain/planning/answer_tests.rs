//! Answers that are plans, and answers that are not.

use serde_json::{Value, json};

use super::*;

fn plan() -> Value {
    json!({"epic": {"title": "Ship", "description": "All of it"}, "tasks": [
        {"key": "a", "title": "Build", "acceptance": ["it runs"], "priority": 1},
        {"key": "b", "title": "Test", "type": "chore", "acceptance": ["green"], "priority": 2, "depends_on": ["a"]}]})
}

fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut plan = plan();
    change(&mut plan);
    plan.to_string()
}

#[test]
fn a_plan_is_found_bare_fenced_and_in_prose() {
    let plan = plan().to_string();
    let pretty = serde_json::to_string_pretty(&self::plan()).unwrap();
    for text in [
        plan.clone(),
        format!("```json\n{pretty}\n```"),
        format!("Here it is, with {{care}} and {{}}:\n{plan}\nThat is {{\"all\":1}}."),
        format!("{{{{{{ {plan}"),
    ] {
        let read = read(&text, None, &[]).unwrap();
        assert_eq!(
            (read.tasks.len(), read.tasks[1].depends_on[0].as_str(), read.tasks[0].kind.as_str()),
            (2, "a", "task")
        );
    }
    let read =
        read(&with(|plan| _ = plan.as_object_mut().unwrap().remove("epic")), Some("There"), &[]).unwrap();
    assert_eq!(read.epic.title, "There");
}

#[test]
fn texts_cannot_steer_a_terminal() {
    let text = with(|plan| {
        plan["tasks"][0]["title"] = json!("\u{1b}]0;x\u{7}Build\n\u{1b}[2J it");
        plan["tasks"][0]["acceptance"] = json!(["a\u{1b}[31m", " "]);
    });
    let plan = read(&text, None, &[]).unwrap();
    assert_eq!(
        (plan.tasks[0].title.as_str(), &plan.tasks[0].acceptance[..]),
        ("]0;x Build [2J it", &["a[31m".to_owned()][..])
    );
}

#[test]
fn all_that_is_wrong_is_told() {
    let many = with(|plan| {
        let task = |at: usize| json!({"key": format!("k{at}"), "title": format!("T{at}"), "acceptance": ["x"], "priority": 1});
        plan["tasks"] = (0..=MOST).map(task).collect();
    });
    let table: Vec<(String, &str)> = vec![
        ("I could not do it.".into(), "no complete JSON object with `tasks`"),
        (plan().to_string().replace("]}", ""), "no complete JSON object"),
        (format!("{} {}", plan(), plan()), "more than one plan"),
        ("{\"tasks\":1}".into(), "the plan: invalid type"),
        (with(|plan| plan["extra"] = json!(1)), "unknown field `extra`"),
        (with(|plan| plan["tasks"][0]["dependson"] = json!([])), "task 1: unknown field `dependson`"),
        (with(|plan| plan["tasks"] = json!([])), "`tasks` is empty"),
        (many, "201 tasks are too many"),
        (with(|plan| _ = plan.as_object_mut().unwrap().remove("epic")), "`epic` is missing"),
        (with(|plan| plan["epic"]["title"] = json!(" ")), "the epic: `title` is empty"),
        (with(|plan| plan["tasks"][0]["title"] = json!("\n")), "task `a`: `title` is empty"),
        (with(|plan| plan["epic"]["title"] = json!("\u{200b}\u{feff}")), "the epic: `title` is empty"),
        (with(|plan| plan["tasks"][0]["title"] = json!("\u{200b} \u{2060}")), "task `a`: `title` is empty"),
        (with(|plan| plan["tasks"][0]["acceptance"] = json!(["\u{200b}"])), "`acceptance` is empty"),
        (with(|plan| plan["tasks"][0]["title"] = json!("x".repeat(501))), "longer than 500 bytes"),
        (
            with(|plan| plan["tasks"][1]["title"] = json!("BUILD!")),
            "task `b`: there is another task `BUILD!`",
        ),
        (with(|plan| plan["tasks"][1]["key"] = json!("a")), "task `a`: the key is there twice"),
        (with(|plan| plan["tasks"][1]["key"] = json!("$(x) y")), "task 2: `key` must be a short word"),
        (with(|plan| plan["tasks"][0]["acceptance"] = json!([" "])), "`acceptance` is empty"),
        (
            with(|plan| _ = plan["tasks"][0].as_object_mut().unwrap().remove("acceptance")),
            "missing field `acceptance`",
        ),
        (with(|plan| plan["tasks"][0]["priority"] = json!(5)), "`priority` 5 is not 0 to 4"),
        (with(|plan| plan["tasks"][0]["priority"] = json!("high")), "task 1: invalid type: string"),
        (with(|plan| plan["tasks"][0]["type"] = json!("epic")), "`type` must be one of"),
        (with(|plan| plan["tasks"][0]["depends_on"] = json!(["z"])), "depends on `z`, which is no key"),
        (with(|plan| plan["tasks"][0]["depends_on"] = json!(["a"])), "wait for each other: a → a"),
        (with(|plan| plan["tasks"][0]["depends_on"] = json!(["b"])), "wait for each other: a → b → a"),
        (with(|plan| plan["tasks"][0]["description"] = json!("x".repeat(40_000))), "a text is longer than"),
        ("{".repeat(1 << 20), "too many braces"),
        ("{\"a\":".repeat(1000), "no complete JSON object"),
        (plan().to_string().replace("\"tasks\"", "\"tasks\":[],\"tasks\""), "duplicate field `tasks`"),
    ];
    for (text, expected) in table {
        let wrong = read(&text, None, &[]).unwrap_err().join("\n");
        assert!(wrong.contains(expected), "{expected}: {wrong}");
    }
    let wrong = read(&plan().to_string(), Some("Ship"), &["test".into()]).unwrap_err();
    assert_eq!(wrong, ["task `b`: there is another task `Test`"]);
}
