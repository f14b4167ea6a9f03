//! `prd.json`: user stories with acceptance criteria and a `passes` flag.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::batch::{self, Draft};
use super::super::blank::is_blank;
use super::super::create::New;
use super::super::text::Text;
use super::{Sheet, Wanted, body, broken, entitle, wrong};

/// The document; what is not named here is not about stories.
#[derive(Deserialize, Default)]
struct Document<'a> {
    #[serde(borrow, default, alias = "name", alias = "title")]
    project: Text<'a>,
    #[serde(borrow, default, rename = "branchName")]
    branch: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, rename = "userStories", alias = "user_stories", alias = "stories")]
    stories: Vec<Story<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Story<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
    #[serde(borrow, default)]
    as_a: Text<'a>,
    #[serde(borrow, default)]
    i_want: Text<'a>,
    #[serde(borrow, default)]
    so_that: Text<'a>,
    #[serde(borrow, default, alias = "acceptance_criteria")]
    acceptance_criteria: Many<'a>,
    #[serde(default)]
    priority: Value,
    #[serde(default)]
    passes: Option<bool>,
    #[serde(borrow, default)]
    notes: Many<'a>,
    #[serde(borrow, default, alias = "depends_on", alias = "dependencies", alias = "blockedBy")]
    depends_on: Many<'a>,
    #[serde(borrow, default, alias = "tags")]
    labels: Many<'a>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// One text, a list of them, or nothing.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Many<'a> {
    #[default]
    None,
    One(#[serde(borrow)] Text<'a>),
    Several(#[serde(borrow)] Vec<Text<'a>>),
}

impl Many<'_> {
    fn texts(&self) -> Vec<String> {
        let texts: Vec<String> = match self {
            Self::None => Vec::new(),
            Self::One(text) => vec![text.to_string()],
            Self::Several(texts) => texts.iter().map(|text| text.to_string()).collect(),
        };
        texts.into_iter().filter(|text| !text.trim().is_empty()).collect()
    }
}

/// Reads the stories of the file `name`. Below `epic`, or below an epic of their own, which comes first.
/// `key` is what tells the file from others where it has no name of its own.
pub fn read(text: &str, (name, key): (&str, &str), own_epic: bool) -> Result<Sheet> {
    let document: Result<Document, _> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map(|stories| Document { stories, ..Document::default() })
    } else {
        serde_json::from_str(text)
    };
    let document = document.map_err(|error| broken(name, &error))?;
    let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".json");
    let titled = [&*document.project, &*document.branch, stem];
    let project = titled.into_iter().find(|text| !text.trim().is_empty()).unwrap_or("prd");
    let named = [&*document.branch, &*document.project].into_iter().find(|text| !text.trim().is_empty());
    let scope = format!("prd:{}", named.map_or_else(|| unnamed(key, &document.stories), super::item::slug));
    let mut sheet = Sheet { scope: Some(format!("{scope}#")), ..Sheet::default() };
    let offset = usize::from(own_epic);
    if own_epic {
        sheet.wanted.push(epic(&document, project, &scope));
    }
    let levels = levels(name, &document.stories)?;
    let known = known(name, &document.stories)?;
    for (at, story) in document.stories.iter().enumerate() {
        let place = format!("`{name}` story `{}`", &*story.id);
        let mut draft = draft(story, levels[at].1);
        draft.place.clone_from(&place);
        draft.external_ref = format!("{scope}#{}", &*story.id);
        draft.parent = own_epic.then_some(0);
        for other in story.depends_on.texts() {
            let Some(&other_at) = known.get(other.trim()) else {
                let what = format!("depends on `{other}`, which is not among the stories");
                return Err(wrong(name, &format!("story `{}`", &*story.id), &what));
            };
            draft.waits_for.push(other_at + offset);
        }
        if is_blank(&story.title) {
            return Err(wrong(name, &format!("story `{}`", &*story.id), "has no title"));
        }
        entitle(&mut draft, &story.title, &mut sheet.notices);
        sheet.wanted.push(Wanted { draft, ..Wanted::default() });
    }
    refuse_circles(name, &sheet)?;
    order(&mut sheet, &levels, offset);
    Ok(sheet)
}

/// What tells stories without a project from others: where they lie, else which they are.
fn unnamed(key: &str, stories: &[Story]) -> String {
    if !key.is_empty() {
        return key.to_owned();
    }
    let stories = stories.iter().map(|story| format!("{}: {}\n", &*story.id, &*story.title));
    format!("stdin-{}", super::digest(&stories.collect::<String>()))
}

/// Where each story is, by its id.
fn known<'a>(name: &str, stories: &'a [Story]) -> Result<HashMap<&'a str, usize>> {
    let mut known = HashMap::new();
    for (at, story) in stories.iter().enumerate() {
        let id = story.id.trim();
        if id.is_empty() || id.chars().any(char::is_control) {
            return Err(wrong(name, &format!("story {}", at + 1), "has no `id` that could be used"));
        }
        if known.insert(id, at).is_some() {
            return Err(wrong(name, &format!("story {}", at + 1), &format!("the id `{id}` is there twice")));
        }
    }
    Ok(known)
}

fn epic(document: &Document, project: &str, scope: &str) -> Wanted {
    let mut description = body(&document.description);
    if !document.branch.trim().is_empty() {
        let gap = if description.is_empty() { "" } else { "\n\n" };
        let _ = write!(description, "{gap}Branch: `{}`", document.branch.trim());
    }
    let all_pass =
        !document.stories.is_empty() && document.stories.iter().all(|story| story.passes == Some(true));
    let new = New {
        title: super::title(project).0,
        kind: "epic".into(),
        priority: 2,
        description,
        ..New::default()
    };
    let closed = all_pass.then(|| "Every story passes".to_owned());
    let draft = Draft { new, closed, external_ref: scope.to_owned(), ..Draft::default() };
    Wanted { draft, ..Wanted::default() }
}

fn draft(story: &Story, priority: i64) -> Draft {
    let mut description = body(&story.description);
    if !story.i_want.trim().is_empty() {
        let gap = if description.is_empty() { "" } else { "\n\n" };
        let who = if story.as_a.trim().is_empty() { "user" } else { story.as_a.trim() };
        let _ = write!(description, "{gap}As a {who}, I want {}", story.i_want.trim());
        if !story.so_that.trim().is_empty() {
            let _ = write!(description, ", so that {}", story.so_that.trim());
        }
        description.push('.');
    }
    let criteria = story.acceptance_criteria.texts();
    // A continued line is indented, so that each criterion stays one item.
    let criteria = criteria.iter().map(|text| format!("- {}", body(text).replace('\n', "\n  ")));
    let metadata = if story.rest.is_empty() {
        String::new()
    } else {
        format!("{{\"prd\":{}}}", Value::Object(story.rest.clone()))
    };
    let new = New {
        kind: "task".into(),
        priority,
        description,
        acceptance: criteria.collect::<Vec<_>>().join("\n"),
        labels: story.labels.texts(),
        ..New::default()
    };
    let closed = (story.passes == Some(true)).then(|| "The story passes".to_owned());
    Draft { new, notes: body(&story.notes.texts().join("\n")), metadata, closed, ..Draft::default() }
}

/// For each story where it comes in the file's own order, and its priority here: as it is where all fit into
/// 0 to 4, else in as many steps as there are, the order kept.
fn levels(name: &str, stories: &[Story]) -> Result<Vec<(i64, i64)>> {
    let mut given = Vec::with_capacity(stories.len());
    for story in stories {
        let Ok(number) = number(&story.priority) else {
            let what = format!("`{}` is not a priority", story.priority);
            return Err(wrong(name, &format!("story `{}`", &*story.id), &what));
        };
        given.push(number);
    }
    let distinct: BTreeSet<i64> = given.iter().flatten().copied().collect();
    let fits = distinct.iter().all(|number| (0..=4).contains(number));
    let level = |number: i64| {
        if fits {
            return number;
        }
        let rank = distinct.range(..number).count();
        let count = distinct.len();
        let level = if count > 5 { rank * 5 / count } else { rank + usize::from(count < 5) };
        i64::try_from(level).unwrap_or(4).min(4)
    };
    Ok(given.iter().map(|given| given.map_or((i64::MAX, 2), |number| (number, level(number)))).collect())
}

fn number(value: &Value) -> Result<Option<i64>, ()> {
    match value {
        Value::Null => Ok(None),
        #[allow(clippy::cast_possible_truncation)] // saturates, which keeps the order
        Value::Number(number) => Ok(number.as_i64().or_else(|| number.as_f64().map(|number| number as i64))),
        Value::String(word) => super::item::priority(word).map(Some).ok_or(()),
        _ => Err(()),
    }
}

fn refuse_circles(name: &str, sheet: &Sheet) -> Result<()> {
    let drafts: Vec<Draft> = sheet.wanted.iter().map(|wanted| wanted.draft.clone()).collect();
    let Some(circle) = batch::circle(&drafts) else { return Ok(()) };
    let ids = circle.iter().map(|&at| drafts[at].external_ref.rsplit('#').next().unwrap_or_default());
    Err(wrong(
        name,
        "`dependsOn`",
        &format!("the stories wait for each other: {}", ids.collect::<Vec<_>>().join(" → ")),
    ))
}

/// Makes the order of the file that of `ready`: of equal priority the first in the file is the oldest.
fn order(sheet: &mut Sheet, levels: &[(i64, i64)], offset: usize) {
    let mut sorted: Vec<usize> = (0..levels.len()).collect();
    sorted.sort_by_key(|&at| (levels[at].0, at));
    for (rank, at) in sorted.into_iter().enumerate() {
        sheet.wanted[at + offset].draft.rank = Some(rank);
    }
}
