//! A skill out of the tree of its file, checked.

use std::collections::BTreeMap;

use super::fields::{Fields, Flaw, Read};
use super::node::{Node, Value};
use super::{ID_RULE, Prompts, Skill, Story, Variable, is_id, placeholders, stories};

/// The version of the format, where a file names one.
const VERSION: i64 = 1;

const GATE_RULE: &str = "a gate may hold no variable: its value would become code for a shell";
const GATE_HINT: &str = "let the gate be a script of the project, or a fixed command";

const SKILL: &[&str] = &[
    "version",
    "id",
    "name",
    "description",
    "stack",
    "user_stories",
    "quality_gates",
    "prompts",
    "variables",
];
const STORY: &[&str] = &["id", "title", "as_a", "i_want", "so_that", "acceptance_criteria", "depends_on"];
const PROMPTS: &[&str] = &["system", "task_template", "acceptance_criteria"];
const VARIABLE: &[&str] = &["default", "description"];

/// Reads a skill. Where it was `shown` before, it may carry what is only shown: from where it is.
pub fn skill(root: &Node, shown: bool) -> Read<Skill> {
    check_version(root)?;
    let known: Vec<&str> =
        SKILL.iter().copied().chain(["from", "path"].into_iter().filter(|_| shown)).collect();
    let fields = Fields::of(root, "", &known)?;
    let id = fields.required("id")?;
    if !is_id(&id) {
        return Err(fields.flaw("id", &format!("is `{id}`; {ID_RULE}")));
    }
    let stack = fields.required_texts("stack")?;
    if stack.is_empty() {
        return Err(fields.flaw("stack", "is empty; `[\"*\"]` is any"));
    }
    let (name, description) = (fields.line("name")?, fields.required("description")?);
    let variables = variables(&fields)?;
    let skill = Skill {
        id,
        name,
        description,
        stack,
        user_stories: user_stories(&fields, &variables)?,
        quality_gates: gates(&fields)?,
        prompts: prompts(&fields, &variables)?,
        variables,
    };
    Ok(skill)
}

/// A newer file may hold anything, so this comes before everything.
fn check_version(root: &Node) -> Read<()> {
    let Value::Table(rows) = &root.value else { return Ok(()) };
    match rows.iter().find(|(name, _)| name == "version") {
        None | Some((_, Node { value: Value::Whole(VERSION), .. })) => Ok(()),
        Some((_, Node { value: Value::Whole(version), at })) if *version > VERSION => {
            let message = format!("`version` is {version}; this taskrun knows {VERSION}");
            let hint = Some("use the newer taskrun it was written for".into());
            Err(Flaw { hint, ..Flaw::new(*at, message) })
        }
        Some((_, node)) => Err(Flaw::new(node.at, format!("`version` is not {VERSION}"))),
    }
}

fn variables(fields: &Fields<'_>) -> Read<BTreeMap<String, Variable>> {
    let rows = fields.table("variables")?.iter().map(|(name, node)| {
        if !placeholders::is_name(name) {
            let rule = "letters, digits and `_` are allowed, and no word that templates know already";
            return Err(Flaw::new(node.at, format!("variable `{name}`: {rule}")));
        }
        let own = Fields::of(node, format!("variable `{name}`: "), VARIABLE)?;
        let description = own.text("description")?.unwrap_or_default();
        Ok((name.clone(), Variable { default: own.text("default")?, description }))
    });
    rows.collect()
}

fn user_stories(fields: &Fields<'_>, variables: &BTreeMap<String, Variable>) -> Read<Vec<Story>> {
    let items = fields.items("user_stories")?;
    let mut read: Vec<Story> = Vec::new();
    let mut tables = Vec::new();
    let mut seen = BTreeMap::new();
    for (number, item) in items.iter().enumerate() {
        let (story, table) = story(item, number, variables)?;
        if seen.insert(story.id.clone(), number).is_some() {
            return Err(Flaw::new(table.at("id"), format!("two stories are `{}`", story.id)));
        }
        read.push(story);
        tables.push(table);
    }
    if let Some((number, unknown)) = stories::unknown_dependency(&read) {
        return Err(tables[number].flaw("depends_on", &format!("names `{unknown}`, which is no story here")));
    }
    if let Some(cycle) = stories::cycle(&read) {
        let names: Vec<&str> =
            cycle.iter().chain(cycle.first()).map(|number| read[*number].id.as_str()).collect();
        let message = format!("is a cycle: `{}`", names.join("` after `"));
        return Err(tables[cycle[0]].flaw("depends_on", &message));
    }
    Ok(read)
}

fn story<'n>(
    node: &'n Node,
    number: usize,
    variables: &BTreeMap<String, Variable>,
) -> Read<(Story, Fields<'n>)> {
    let fields = Fields::of(node, owner(node, number), STORY)?;
    let id = fields.line("id")?;
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err(fields.flaw("id", "may hold letters, digits, `-`, `_` and `.`"));
    }
    let story = Story {
        id,
        title: fields.line("title")?,
        as_a: fields.line("as_a")?,
        i_want: fields.line("i_want")?,
        so_that: fields.line("so_that")?,
        acceptance_criteria: fields.required_texts("acceptance_criteria")?,
        depends_on: fields.texts("depends_on")?.unwrap_or_default(),
    };
    if story.acceptance_criteria.is_empty() {
        return Err(fields.flaw("acceptance_criteria", "is empty; say what must hold in the end"));
    }
    let own = [
        ("title", &story.title),
        ("as_a", &story.as_a),
        ("i_want", &story.i_want),
        ("so_that", &story.so_that),
    ];
    let criteria = story.acceptance_criteria.iter().map(|text| ("acceptance_criteria", text));
    for (name, text) in own.into_iter().chain(criteria) {
        if let Some(flaw) = placeholders::flaw(text, variables, false) {
            return Err(fields.flaw(name, &flaw));
        }
    }
    Ok((story, fields))
}

/// What a story is called in errors: by its id, or by its number where it has none.
fn owner(node: &Node, number: usize) -> String {
    let rows = if let Value::Table(rows) = &node.value { rows.as_slice() } else { &[] };
    match rows.iter().find(|(name, _)| name == "id") {
        Some((_, Node { value: Value::Text(id), .. })) if !id.trim().is_empty() => format!("story `{id}`: "),
        _ => format!("story {}: ", number + 1),
    }
}

fn gates(fields: &Fields<'_>) -> Read<BTreeMap<String, Vec<String>>> {
    let gates: BTreeMap<_, _> = fields.lists("quality_gates")?.into_iter().collect();
    for (stack, commands) in &gates {
        if stack.trim().is_empty() {
            return Err(fields.flaw("quality_gates", "names a stack that is empty"));
        }
        if let Some(place) = commands.iter().find_map(|command| placeholders::first(command)) {
            let flaw = fields.flaw("quality_gates", &format!("for `{stack}` names `{place}`; {GATE_RULE}"));
            return Err(Flaw { hint: Some(GATE_HINT.into()), ..flaw });
        }
    }
    Ok(gates)
}

fn prompts(fields: &Fields<'_>, variables: &BTreeMap<String, Variable>) -> Read<Prompts> {
    let Some(node) = fields.get("prompts") else { return Ok(Prompts::default()) };
    let own = Fields::of(node, "prompts: ", PROMPTS)?;
    let text = |name: &str| {
        let text = own.text(name)?.unwrap_or_default();
        placeholders::flaw(&text, variables, true).map_or(Ok(text), |flaw| Err(own.flaw(name, &flaw)))
    };
    Ok(Prompts {
        system: text("system")?,
        task_template: text("task_template")?,
        acceptance_criteria: text("acceptance_criteria")?,
    })
}
