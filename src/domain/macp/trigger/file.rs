//! `.taskrun/triggers.toml` as people write it. All that is wrong with it is told with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::condition::Condition;
use super::rules::{Job, Rule, Rules, Schedule, occasion};
use super::seen::digest;
use crate::domain::macp::cron::Cron;
use crate::domain::macp::place::Place;
use crate::domain::macp::template::blueprint::{Blueprint, Flaw};
use crate::domain::macp::template::path::Path;
use crate::domain::macp::template::text::Text;
use crate::domain::macp::template::{self, MANUAL};
use crate::domain::macp::worktree_names;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;
use crate::system::document::{Document, shown};
use crate::system::{clock, config, store};

/// Every key, by the table it is in; a test holds the manual to them.
pub const KEYS: &[(&str, &[&str])] = &[
    ("", &["max_depth", "max_per_hour", "dedupe_for", "inject", "rule", "schedule"]),
    (
        "rule",
        &["name", "on", "when", "each", "dedupe", "max_depth", "max_per_hour", "template", "set", "task"],
    ),
    ("schedule", &["name", "cron", "tz", "template", "set", "task"]),
];

/// How many tasks may lie behind one, unless the file says otherwise.
const MAX_DEPTH: u64 = 3;
/// How many tasks a rule may submit in an hour, unless the file says otherwise.
const MAX_PER_HOUR: u64 = 10_000;
/// How long a key is remembered, unless the file says otherwise.
const DEDUPE_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// Reads the file, and the templates it names.
pub fn load(place: &Place) -> Result<Rules> {
    let file = Workspace::at(place.root().to_owned()).triggers();
    let Some(text) = store::read_text(&file)? else {
        return Err(Fault::usage(format!("there are no rules: `{}` is missing", shown(&file)), MANUAL));
    };
    let document = Document::parse(&text, &file, MANUAL)?;
    let map: Map<String, Value> = document.read()?;
    let reader = Reader { document, place };
    let read = |flaw: Flaw| reader.flaw(&flaw);
    check_keys("", &map, &[]).map_err(read)?;
    let max_depth = number(&map, "max_depth").map_err(read)?.unwrap_or(MAX_DEPTH);
    let max_per_hour = number(&map, "max_per_hour").map_err(read)?.unwrap_or(MAX_PER_HOUR);
    let mut all = Rules {
        dedupe_for: time(&map, "dedupe_for").map_err(read)?.unwrap_or(DEDUPE_FOR),
        inject: switch(&map, "inject").map_err(read)?,
        rules: Vec::new(),
        schedules: Vec::new(),
        file,
    };
    let mut names = BTreeSet::new();
    for (kind, at, table) in tables(&map).map_err(read)? {
        let at = at.to_string();
        let below = |flaw: Flaw| reader.flaw(&flaw.below(&[kind, &at]));
        check_keys(kind, table, &[]).map_err(below)?;
        let name = name(kind, table, &mut names).map_err(below)?;
        let job = reader.job(kind, &at, table)?;
        if kind == "rule" {
            all.rules.push(rule(name, table, (max_depth, max_per_hour), job).map_err(below)?);
        } else {
            all.schedules.push(schedule(name, table, job).map_err(below)?);
        }
    }
    Ok(all)
}

struct Reader<'a> {
    document: Document<'a>,
    place: &'a Place,
}

impl Reader<'_> {
    fn flaw(&self, flaw: &Flaw) -> anyhow::Error {
        self.document.fault(self.document.offset(&flaw.at), &flaw.message, &flaw.hint)
    }

    /// `template`, `set` and `task` of one table together.
    fn job(&self, kind: &str, at: &str, table: &Map<String, Value>) -> Result<Job> {
        let below = |flaw: Flaw| self.flaw(&flaw.below(&[kind, at]));
        let set = template::names(table.get("set").cloned(), "set").map_err(below)?;
        let text = |(name, text): (String, String)| match Text::parse(&text) {
            Ok(text) if text.names().next().is_none() => Ok((name, text)),
            Ok(_) => Err(Flaw::new(
                &["set", &name],
                format!("`set.{name}` may hold only paths, as `{{{{$.id}}}}`"),
                MANUAL,
            )),
            Err(why) => Err(Flaw::new(&["set", &name], why, MANUAL)),
        };
        let mut set: BTreeMap<String, Text> =
            set.into_iter().map(text).collect::<Result<_, _>>().map_err(below)?;
        let mut task = Blueprint::default();
        if let Some(name) = string(table, "template").map_err(below)? {
            let template = template::load(self.place, &name).map_err(|error| match error.downcast_ref() {
                Some(Fault::NotFound { message, hint }) => below(Flaw::new(&["template"], message, hint)),
                _ => error,
            })?;
            task = template.task;
            for (name, value) in template.defaults {
                let value = Text::parse(&value.replace("{{", "{{\"{{\"}}")).map_err(anyhow::Error::msg)?;
                set.entry(name).or_insert(value);
            }
        }
        match table.get("task") {
            None => {}
            Some(Value::Object(map)) => {
                let own = Blueprint::parse(map).map_err(|flaw| below(flaw.below(&["task"])))?;
                task = task.with(own);
            }
            Some(_) => return Err(below(Flaw::new(&["task"], "`task` must be a table", MANUAL))),
        }
        check_job(kind, &task, &set).map_err(below)?;
        Ok(Job { task, set })
    }
}

fn check_job(kind: &str, task: &Blueprint, set: &BTreeMap<String, Text>) -> Result<(), Flaw> {
    if !task.says_what() {
        let message = format!("the {kind}'s task says nothing to run");
        return Err(Flaw::new(&["task"], message, "give it `argv`, `command` or `brief`, or a `template`"));
    }
    let wanted = task.names();
    if let Some(missing) = wanted.iter().find(|name| !set.contains_key(*name)) {
        let message = format!("`{{{{{missing}}}}}` has no value");
        return Err(Flaw::new(&["task"], message, format!("add `set = {{ {missing} = \"…\" }}`")));
    }
    if let Some(strange) = set.keys().find(|name| !wanted.contains(*name)) {
        let message = format!("`set.{strange}` is for a placeholder that is not there");
        return Err(Flaw::new(
            &["set", strange],
            message,
            format!("write `{{{{{strange}}}}}`, or remove it"),
        ));
    }
    Ok(())
}

fn rule(
    name: String,
    table: &Map<String, Value>,
    (max_depth, max_per_hour): (u64, u64),
    job: Job,
) -> Result<Rule, Flaw> {
    let on = match table.get("on") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(list)) if !list.is_empty() && list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Some(_) => return Err(Flaw::new(&["on"], "`on` must be a type of event, or a list of them", MANUAL)),
        None => {
            return Err(Flaw::new(&[], format!("rule `{name}` has no `on`"), "name the type of its events"));
        }
    };
    let strange =
        |on: &&String| on.is_empty() || on.trim_end_matches('*').contains('*') || on.ends_with("**");
    if let Some(strange) = on.iter().find(strange) {
        let message = format!("`{strange}` is no type of event: `*` can only stand at the end");
        return Err(Flaw::new(&["on"], message, "write `document.*`, or give a list"));
    }
    let mut when = Vec::new();
    match table.get("when") {
        None => {}
        Some(Value::Object(map)) => {
            for (path, value) in map {
                let flaw = |why| Flaw::new(&["when", path], why, MANUAL);
                when.push((Path::parse(path).map_err(flaw)?, Condition::parse(value).map_err(flaw)?));
            }
        }
        Some(_) => {
            return Err(Flaw::new(&["when"], "`when` must be a table of paths and conditions", MANUAL));
        }
    }
    let path = |text: String| Path::parse(&text).map_err(|why| Flaw::new(&["each"], why, MANUAL));
    let key = |text: String| match Text::parse(&text) {
        Ok(text) if text.names().next().is_some() => {
            Err("`dedupe` may hold only paths, as `{{$.id}}`".into())
        }
        Ok(text) if text.is_fixed() => {
            Err("`dedupe` is the same for every event; use a path, as `{{$.id}}`".into())
        }
        other => other,
    };
    let key = |text: String| key(text).map_err(|why: String| Flaw::new(&["dedupe"], why, MANUAL));
    Ok(Rule {
        on,
        when,
        each: string(table, "each")?.map(path).transpose()?,
        dedupe: string(table, "dedupe")?.map(key).transpose()?,
        max_depth: number(table, "max_depth")?.unwrap_or(max_depth),
        max_per_hour: number(table, "max_per_hour")?.unwrap_or(max_per_hour),
        job,
        name,
    })
}

fn schedule(name: String, table: &Map<String, Value>, job: Job) -> Result<Schedule, Flaw> {
    let Some(text) = string(table, "cron")? else {
        return Err(Flaw::new(
            &[],
            format!("schedule `{name}` has no `cron`"),
            "write `cron = \"*/5 * * * *\"`",
        ));
    };
    let cron = Cron::parse(&text).map_err(|why| Flaw::new(&["cron"], format!("`cron`: {why}"), MANUAL))?;
    let zone = string(table, "tz")?.unwrap_or_else(|| "UTC".into());
    let tz = if zone == "UTC" { Ok(TimeZone::UTC) } else { TimeZone::get(&zone) };
    let tz = tz.map_err(|_| {
        let hint = "write it as `Europe/Berlin`; the system's time zones (package `tzdata`) must be there";
        Flaw::new(&["tz"], format!("`tz`: `{zone}` is no time zone that is known here"), hint)
    })?;
    let sample = occasion(&name, jiff::Timestamp::UNIX_EPOCH, &tz);
    job.fill(&sample).map_err(|flaw| {
        let message = format!("{}; a schedule has `$.name`, `$.time`, `$.local` and `$.date`", flaw.message);
        Flaw { message, ..flaw }.below(&["task"])
    })?;
    Ok(Schedule { name, text, cron, zone, tz, job })
}

/// A rule or a schedule: its kind, its place, itself.
type Entry<'a> = (&'static str, usize, &'a Map<String, Value>);

/// Every one of the file.
fn tables(map: &Map<String, Value>) -> Result<Vec<Entry<'_>>, Flaw> {
    let mut all = Vec::new();
    for kind in ["rule", "schedule"] {
        let wrong = || {
            Flaw::new(&[kind], format!("`{kind}` must be a list of tables"), format!("write `[[{kind}]]`"))
        };
        let Some(value) = map.get(kind) else { continue };
        for (at, table) in value.as_array().ok_or_else(wrong)?.iter().enumerate() {
            all.push((kind, at, table.as_object().ok_or_else(wrong)?));
        }
    }
    Ok(all)
}

/// Its name; a rule without one goes by what it waits for, a schedule by all that it says.
fn name(kind: &str, table: &Map<String, Value>, others: &mut BTreeSet<String>) -> Result<String, Flaw> {
    let Some(name) = string(table, "name")? else {
        let told = match (kind, table.get("on")) {
            ("rule", Some(Value::String(on))) => worktree_names::slug(on),
            _ => format!("{kind}-{}", &digest(kind, &Value::from(table.clone()).to_string())[..8]),
        };
        let first = if template::is_plain(&told) { told } else { kind.to_owned() };
        let again = (2..).map(|number| format!("{first}-{number}"));
        let free = std::iter::once(first.clone()).chain(again).find(|name| !others.contains(name));
        let name = free.unwrap_or(first);
        others.insert(name.clone());
        return Ok(name);
    };
    if !template::is_plain(&name) {
        let hint = "use letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 64";
        return Err(Flaw::new(&["name"], format!("`{name}` is no name"), hint));
    }
    if !others.insert(name.clone()) {
        return Err(Flaw::new(
            &["name"],
            format!("there are two by the name `{name}`"),
            "rename one of them",
        ));
    }
    Ok(name)
}

fn check_keys(kind: &str, table: &Map<String, Value>, at: &[&str]) -> Result<(), Flaw> {
    let known = KEYS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, keys)| *keys);
    let Some(strange) = table.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let near = config::nearest(strange, known.iter().copied());
    let hint = near.map_or_else(|| MANUAL.to_owned(), |near| format!("did you mean `{near}`?"));
    Err(Flaw::new(&[at, &[strange]].concat(), format!("unknown key `{strange}`"), hint))
}

fn string(table: &Map<String, Value>, key: &str) -> Result<Option<String>, Flaw> {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let wrong = || Flaw::new(&[key], format!("`{key}` must be a string that is not empty"), MANUAL);
    table.get(key).map(|value| text(value).ok_or_else(wrong)).transpose()
}

fn number(table: &Map<String, Value>, key: &str) -> Result<Option<u64>, Flaw> {
    let wrong = || Flaw::new(&[key], format!("`{key}` must be a whole number from 1"), MANUAL);
    table.get(key).map(|value| value.as_u64().filter(|n| *n > 0).ok_or_else(wrong)).transpose()
}

fn switch(table: &Map<String, Value>, key: &str) -> Result<bool, Flaw> {
    let wrong = || Flaw::new(&[key], format!("`{key}` must be true or false"), MANUAL);
    table.get(key).map_or(Ok(false), |value| value.as_bool().ok_or_else(wrong))
}

fn time(table: &Map<String, Value>, key: &str) -> Result<Option<Duration>, Flaw> {
    let read = |text: String| clock::parse_duration(&text).map_err(|why| Flaw::new(&[key], why, MANUAL));
    string(table, key)?.map(read).transpose()
}

#[cfg(test)]
mod tests;
