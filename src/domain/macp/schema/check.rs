//! Checks a document against a schema that was read.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Map, Number, Value};

use super::read::below;
use super::{Arrays, At, Format, Node, Numbers, Objects, Problem, Schema, Texts, Type};

/// More is not told of one document.
const MOST_PROBLEMS: usize = 100;
/// Steps after which a schema that multiplies its own work is given up.
const MOST_STEPS: u64 = 20_000_000;

/// One check under way.
struct Check<'s> {
    schema: &'s Schema,
    steps: u64,
}

/// Where a value is: names from the root, kept as a chain so that nothing is built for what is valid.
#[derive(Clone, Copy)]
enum Way<'w> {
    Root,
    Name(&'w Way<'w>, &'w str),
    Item(&'w Way<'w>, usize),
}

impl Way<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Name(way, name) => below(&way.pointer(), name),
            Self::Item(way, at) => format!("{}/{at}", way.pointer()),
        }
    }
}

pub(super) fn check(schema: &Schema, document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = Check { schema, steps: 0 };
    check.value(0, document, Way::Root, &mut problems);
    if check.steps > MOST_STEPS {
        let message = "could not be checked: the schema asks for too much".to_owned();
        problems.push(Problem { pointer: String::new(), message });
    }
    problems
}

impl Check<'_> {
    fn value(&mut self, at: At, value: &Value, way: Way<'_>, problems: &mut Vec<Problem>) {
        self.steps += 1;
        if problems.len() >= MOST_PROBLEMS || self.steps > MOST_STEPS {
            return;
        }
        let node = &self.schema.nodes[at];
        let mut say = |message: String| problems.push(Problem { pointer: way.pointer(), message });
        if node.never {
            return say("must not be there".into());
        }
        if !node.types.is_empty() && !node.types.iter().any(|kind| kind.fits(value)) {
            let words: Vec<&str> = node.types.iter().map(|kind| kind.word()).collect();
            return say(format!("is {}, not {}", shown(value), words.join(" or ")));
        }
        if let Some(values) = &node.one_of_values
            && !values.iter().any(|one| same(one, value))
        {
            let known: Vec<String> = values.iter().take(12).map(shown).collect();
            return say(format!("is {}, none of {}", shown(value), known.join(", ")));
        }
        match value {
            Value::String(text) => node.text.check(text, &mut say),
            Value::Number(number) => node.number.check(number, &mut say),
            Value::Array(list) => self.array(&node.array, list, way, problems),
            Value::Object(map) => self.object(&node.object, map, way, problems),
            Value::Null | Value::Bool(_) => {}
        }
        self.mixed(node, value, way, problems);
    }

    /// What is wrong with it by one subschema, apart from the rest.
    fn apart(&mut self, at: At, value: &Value, way: Way<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.value(at, value, way, &mut problems);
        problems
    }

    fn array(&mut self, wanted: &Arrays, list: &[Value], way: Way<'_>, problems: &mut Vec<Problem>) {
        let mut say = |message: String| problems.push(Problem { pointer: way.pointer(), message });
        count(list.len(), "item", wanted.min, wanted.max, &mut say);
        if wanted.unique
            && let Some(twice) = repeated(list)
        {
            say(format!("holds {} twice", shown(twice)));
        }
        for (at, item) in list.iter().enumerate() {
            if let Some(node) = wanted.first.get(at).copied().or(wanted.rest) {
                self.value(node, item, Way::Item(&way, at), problems);
            }
        }
        if let Some((node, least, most)) = wanted.contains {
            let fits = |item: &&Value| self.apart(node, item, way).is_empty();
            let found = list.iter().filter(fits).count() as u64;
            if found < least || most.is_some_and(|most| found > most) {
                let most = most.map_or(String::new(), |most| format!(" and at most {most}"));
                let message =
                    format!("holds {found} items of the kind it must hold at least {least}{most} of");
                problems.push(Problem { pointer: way.pointer(), message });
            }
        }
    }

    fn object(
        &mut self,
        wanted: &Objects,
        map: &Map<String, Value>,
        way: Way<'_>,
        problems: &mut Vec<Problem>,
    ) {
        let mut say = |message: String| problems.push(Problem { pointer: way.pointer(), message });
        count(map.len(), "field", wanted.min, wanted.max, &mut say);
        for name in wanted.required.iter().filter(|name| !map.contains_key(*name)) {
            say(format!("lacks `{name}`"));
        }
        for (name, with) in wanted.dependent.iter().filter(|(name, _)| map.contains_key(name)) {
            for other in with.iter().filter(|other| !map.contains_key(*other)) {
                say(format!("lacks `{other}`, which goes with `{name}`"));
            }
        }
        for (name, at) in &wanted.known {
            if let Some(value) = map.get(name) {
                self.value(*at, value, Way::Name(&way, name), problems);
            }
        }
        for (name, value) in map {
            if let Some(at) = wanted.names {
                self.value(at, &Value::String(name.clone()), Way::Name(&way, name), problems);
            }
            let mut known = wanted.other.is_some() && wanted.known.iter().any(|(one, _)| one == name);
            for (_, at) in wanted.like.iter().filter(|(pattern, _)| pattern.regex.is_match(name)) {
                known = true;
                self.value(*at, value, Way::Name(&way, name), problems);
            }
            if let (false, Some(at)) = (known, wanted.other) {
                self.value(at, value, Way::Name(&way, name), problems);
            }
        }
    }

    fn mixed(&mut self, node: &Node, value: &Value, way: Way<'_>, problems: &mut Vec<Problem>) {
        let mixed = &node.mixed;
        for at in &mixed.all {
            self.value(*at, value, way, problems);
        }
        if let Value::Object(map) = value {
            for (_, at) in node.object.then.iter().filter(|(name, _)| map.contains_key(name)) {
                self.value(*at, value, way, problems);
            }
        }
        if mixed.any_given {
            self.any(&mixed.any, value, way, problems);
        }
        if !mixed.one.is_empty() {
            let fits = mixed.one.iter().filter(|at| self.apart(**at, value, way).is_empty()).count();
            if fits == 0 {
                self.any(&mixed.one, value, way, problems);
            } else if fits > 1 {
                let message = format!("fits {fits} of its forms; it may fit one only");
                problems.push(Problem { pointer: way.pointer(), message });
            }
        }
        if mixed.not.is_some_and(|at| self.apart(at, value, way).is_empty()) {
            problems.push(Problem { pointer: way.pointer(), message: "is just what it must not be".into() });
        }
        if let Some((when, then, other)) = mixed.when {
            let branch = if self.apart(when, value, way).is_empty() { then } else { other };
            if let Some(at) = branch {
                self.value(at, value, way, problems);
            }
        }
    }

    /// One of the forms must fit; else what is wrong by the one that comes nearest: whose fault lies deepest.
    fn any(&mut self, forms: &[At], value: &Value, way: Way<'_>, problems: &mut Vec<Problem>) {
        let mut nearest: Option<Vec<Problem>> = None;
        let depth = |found: &[Problem]| found.iter().map(|one| one.pointer.matches('/').count()).max();
        for at in forms {
            let found = self.apart(*at, value, way);
            if found.is_empty() {
                return;
            }
            if nearest.as_ref().is_none_or(|best| depth(&found) > depth(best)) {
                nearest = Some(found);
            }
        }
        let found = nearest.unwrap_or_default();
        if depth(&found) > Some(way.pointer().matches('/').count()) {
            return problems.extend(found);
        }
        let why: Vec<String> = found.into_iter().map(|one| one.message).collect();
        let message = format!("fits none of the {} forms it may have: {}", forms.len(), why.join("; "));
        problems.push(Problem { pointer: way.pointer(), message });
    }
}

impl Texts {
    fn check(&self, text: &str, say: &mut dyn FnMut(String)) {
        if self.min.is_some() || self.max.is_some() {
            count(text.chars().count(), "character", self.min, self.max, say);
        }
        if let Some(pattern) = &self.pattern
            && !pattern.regex.is_match(text)
        {
            say(format!("is {}, which does not fit the pattern `{}`", shown_text(text), pattern.text));
        }
        match self.format {
            Some(Format::DateTime) if !is_date_time(text) => {
                say(format!("is {}, not a time such as 2026-01-31T12:00:00Z", shown_text(text)));
            }
            Some(Format::Date) if text.len() != 10 || text.parse::<jiff::civil::Date>().is_err() => {
                say(format!("is {}, not a date such as 2026-01-31", shown_text(text)));
            }
            _ => {}
        }
    }
}

impl Numbers {
    fn check(&self, number: &Number, say: &mut dyn FnMut(String)) {
        let rules = [
            (&self.min, Ordering::Less, false, "the least is"),
            (&self.max, Ordering::Greater, false, "the most is"),
            (&self.above, Ordering::Less, true, "it must be more than"),
            (&self.below, Ordering::Greater, true, "it must be less than"),
        ];
        for (limit, wrong, or_equal, words) in rules {
            let Some(limit) = limit else { continue };
            let order = compare(number, limit);
            if order == wrong || (or_equal && order == Ordering::Equal) {
                say(format!("is {number}; {words} {limit}"));
            }
        }
        if let Some(by) = &self.multiple
            && !is_multiple(number, by)
        {
            say(format!("is {number}, not a multiple of {by}"));
        }
    }
}

impl Type {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
            Self::Integer => match value {
                Value::Number(number) => {
                    whole(number).is_some() || number.as_f64().is_some_and(|x| x.fract() == 0.0)
                }
                _ => false,
            },
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }
}

fn count(found: usize, what: &str, min: Option<u64>, max: Option<u64>, say: &mut dyn FnMut(String)) {
    let found = found as u64;
    let many = if found == 1 { "" } else { "s" };
    if let Some(min) = min.filter(|min| found < *min) {
        say(format!("has {found} {what}{many}; the least is {min}"));
    }
    if let Some(max) = max.filter(|max| found > *max) {
        say(format!("has {found} {what}{many}; the most is {max}"));
    }
}

/// A value for a message: short, and never a screenful.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => shown_text(text),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "an object".into(),
        other => other.to_string(),
    }
}

fn shown_text(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{:?}", short + dots)
}

fn whole(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

fn compare(a: &Number, b: &Number) -> Ordering {
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return a.cmp(&b);
    }
    let float = |number: &Number| number.as_f64().unwrap_or(f64::NAN);
    float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal)
}

fn is_multiple(number: &Number, by: &Number) -> bool {
    if let (Some(number), Some(by)) = (whole(number), whole(by)) {
        return by != 0 && number % by == 0;
    }
    let times = number.as_f64().unwrap_or(f64::NAN) / by.as_f64().unwrap_or(f64::NAN);
    // 0.3 / 0.1 is not quite 3.
    times.is_finite() && (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

/// JSON's equality: numbers by their value.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Ordering::Equal,
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same(value, other)))
        }
        (a, b) => a == b,
    }
}

/// An item that is there twice. Strings, which are most, are found by hashing.
fn repeated(list: &[Value]) -> Option<&Value> {
    let mut texts = HashSet::new();
    let mut others: Vec<&Value> = Vec::new();
    for item in list {
        let twice = match item {
            Value::String(text) => !texts.insert(text.as_str()),
            other => {
                let twice = others.iter().any(|one| same(one, other));
                others.push(other);
                twice
            }
        };
        if twice {
            return Some(item);
        }
    }
    None
}

/// RFC 3339: a date, `T`, a time with seconds, `Z` or an offset.
fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00";
    let fits = |(byte, wanted): (&u8, &u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        b'T' => matches!(byte, b'T' | b't'),
        other => byte == other,
    };
    if bytes.len() <= shape.len() || !bytes.iter().zip(shape).all(fits) {
        return false;
    }
    let rest = &text[shape.len()..];
    let zone = rest
        .strip_prefix('.')
        .map_or(rest, |rest| rest.trim_start_matches(|char: char| char.is_ascii_digit()));
    let offset = |zone: &[u8]| {
        zone.len() == 6
            && matches!(zone[0], b'+' | b'-')
            && zone[3] == b':'
            && [1, 2, 4, 5].iter().all(|at| zone[*at].is_ascii_digit())
    };
    (matches!(zone, "Z" | "z") || offset(zone.as_bytes()))
        && !rest.starts_with(".Z")
        && text.parse::<jiff::Timestamp>().is_ok()
}
