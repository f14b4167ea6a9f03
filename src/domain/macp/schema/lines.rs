//! In which line of a JSON text something is: the text is read in place, so that nothing is guessed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Where the lines of a text begin.
pub struct Lines<'t> {
    text: &'t str,
    ends: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Of `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect() }
    }

    /// The line, from 1, in which a part of the text begins.
    pub fn of(&self, part: &str) -> usize {
        let at = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.ends.partition_point(|end| *end < at) + 1
    }

    /// The line of what a JSON pointer names in `part`, or of the last of it that is there.
    pub fn find(&self, part: &'t str, pointer: &str) -> usize {
        let mut here = part;
        for name in pointer.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            match inner(here, &name) {
                Some(found) => here = found,
                None => break,
            }
        }
        self.of(here)
    }
}

/// The value in an object or array by its name or number.
fn inner<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    if text.starts_with('[') {
        return items(text)?.into_iter().nth(name.parse().ok()?).map(RawValue::get);
    }
    let mut found = None;
    let _ = fields(text, |field, value| {
        if field == name {
            found = Some(value.get());
        }
    });
    found
}

/// The items of an array.
pub fn items(text: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(text).ok()
}

/// Shows every field of an object, those that are there twice too.
fn fields<'t>(text: &'t str, each: impl FnMut(&str, &'t RawValue)) -> serde_json::Result<()> {
    struct Fields<F>(F);
    impl<'t, F: FnMut(&str, &'t RawValue)> Visitor<'t> for Fields<F> {
        type Value = ();
        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("an object")
        }
        fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(Name(name)) = map.next_key()? {
                let value: &'t RawValue = map.next_value()?;
                (self.0)(&name, value);
            }
            Ok(())
        }
    }
    serde_json::Deserializer::from_str(text).deserialize_map(Fields(each))
}

/// A name that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// The tasks of a `tasks.json`, as they stand there: an object with `tasks`, or a bare array.
pub fn tasks(text: &str) -> Option<Vec<&RawValue>> {
    let text = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    if text.starts_with('[') {
        return items(text);
    }
    let mut found = None;
    fields(text, |name, value| {
        if name == "tasks" {
            found = items(value.get());
        }
    })
    .ok()?;
    found
}

/// The lines in which tasks begin, by id.
pub fn of_tasks(text: &str) -> HashMap<String, usize> {
    #[derive(Deserialize)]
    struct Id<'t> {
        #[serde(borrow)]
        id: Cow<'t, str>,
    }
    let lines = Lines::new(text);
    let mut all = HashMap::new();
    for task in tasks(text).unwrap_or_default() {
        if let Ok(Id { id }) = serde_json::from_str(task.get()) {
            all.insert(id.into_owned(), lines.of(task.get()));
        }
    }
    all
}
