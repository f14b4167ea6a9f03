//! Values as files write them, compared by what they mean.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use super::identity::{fingerprint, instant};
use crate::domain::beads::line::quote;
use crate::domain::beads::text::Text;

/// Where a line keeps since when a field is what it is, where that is earlier than its `updated_at`:
/// the merge that joined an older change with a newer one wrote it, for merges to come.
pub const TIMES: &str = "merge_times";

/// What stands in one line, member by member.
pub struct Version<'a> {
    pub members: BTreeMap<Text<'a>, &'a RawValue>,
    /// The instant of its last change.
    pub updated: Timestamp,
    times: BTreeMap<String, (String, String)>,
}

/// A value, or several that belong together; nothing for what is empty.
pub type Meaning = Vec<Option<String>>;

impl<'a> Version<'a> {
    /// Reads a line that is known to be an issue; the empty line has no members.
    pub fn parse(text: &'a str) -> Self {
        let members: BTreeMap<Text, &RawValue> = serde_json::from_str(text).unwrap_or_default();
        let get = |key: &str| members.get(&Text::borrowed(key)).map(|raw| raw.get());
        let updated = get("updated_at").and_then(|raw| serde_json::from_str::<Text>(raw).ok());
        let updated = updated.map_or(Timestamp::MIN, |text| instant(&text));
        let times = get(TIMES).and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default();
        Self { members, updated, times }
    }

    /// The value of `key` as written; nothing for what is empty.
    pub fn raw(&self, key: &str) -> Option<&'a str> {
        self.written(key).filter(|raw| !matches!(*raw, "null" | "\"\"" | "[]"))
    }

    /// The value of `key` as written, be it empty.
    pub fn written(&self, key: &str) -> Option<&'a str> {
        self.members.get(&Text::borrowed(key)).map(|raw| raw.get())
    }

    /// What the values of `keys` mean.
    pub fn meaning(&self, keys: &[&str]) -> Meaning {
        keys.iter().map(|key| self.raw(key).map(|raw| canonical(raw).into_owned())).collect()
    }

    /// Since when `field` means `meaning`, as far as the line says so itself.
    pub fn noted(&self, field: &str, meaning: &Meaning) -> Option<Timestamp> {
        let (time, mark) = self.times.get(field)?;
        // Somebody changed the field since: then it is as new as the line.
        if *mark != self::mark(meaning) { None } else { time.parse().ok() }
    }

    /// Since when `field` means `meaning`: the last change, where the line does not say otherwise.
    pub fn since(&self, field: &str, meaning: &Meaning) -> Timestamp {
        self.noted(field, meaning).unwrap_or(self.updated)
    }
}

/// The member [`TIMES`] for these fields.
pub fn times(fields: &BTreeMap<String, (Timestamp, Meaning)>) -> String {
    let entry = |(field, (time, meaning)): (&String, &(Timestamp, Meaning))| {
        format!("{}:[\"{time}\",\"{}\"]", quote(field), mark(meaning))
    };
    format!("{{{}}}", fields.iter().map(entry).collect::<Vec<_>>().join(","))
}

fn mark(meaning: &Meaning) -> String {
    let parts: Vec<&str> = meaning.iter().map(|value| value.as_deref().unwrap_or_default()).collect();
    format!("{:08x}", fingerprint(&parts) & 0xffff_ffff)
}

/// The JSON `raw` in one spelling: tools escape and space differently.
pub fn canonical(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    let plain = !bytes.contains(&b'\\')
        && (bytes.first() == Some(&b'"') || bytes.iter().all(u8::is_ascii_alphanumeric));
    if plain {
        return Cow::Borrowed(raw);
    }
    serde_json::from_str::<Value>(raw).map_or(Cow::Borrowed(raw), |value| Cow::Owned(value.to_string()))
}

/// Whether two lines say the same.
pub fn alike(one: &str, other: &str) -> bool {
    one == other
        || matches!(
            (serde_json::from_str::<Value>(one), serde_json::from_str::<Value>(other)),
            (Ok(one), Ok(other)) if one == other
        )
}
