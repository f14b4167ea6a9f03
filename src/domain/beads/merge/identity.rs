//! Which issue a line is about, beyond its id: two branches can give one id to two issues.

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::beads::text::Text;
use crate::system::clock;

/// What tells issues apart, borrowed from a line.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Head<'a> {
    #[serde(rename = "_type", default)]
    pub line_type: Text<'a>,
    #[serde(rename = "_schema", default)]
    pub schema: Text<'a>,
    #[serde(default)]
    pub id: Text<'a>,
    #[serde(default)]
    pub title: Text<'a>,
    #[serde(default)]
    pub created_at: Text<'a>,
    #[serde(default)]
    pub created_by: Text<'a>,
    #[serde(default)]
    pub updated_at: Text<'a>,
    /// Its title where that is no mark of it: see [`super::Side::forget_titles`].
    #[serde(skip)]
    pub called: Text<'a>,
}

impl Head<'_> {
    /// What people call it.
    pub fn name(&self) -> &str {
        if self.title.is_empty() { &self.called } else { &self.title }
    }

    /// The instant of its last change; what is missing or unreadable counts as oldest.
    pub fn updated(&self) -> Timestamp {
        instant(&self.updated_at)
    }

    /// The instant it was made.
    pub fn created(&self) -> Timestamp {
        instant(&self.created_at)
    }

    /// The instant it was made where that alone tells it from others: many are made in one second, none
    /// at the same fraction of it.
    fn exact(&self) -> Option<Timestamp> {
        Some(self.created()).filter(|at| at.subsec_nanosecond() != 0)
    }

    /// Whether both are the same issue, given that both have the same id. Of whole seconds, which
    /// some tools write, the title must decide.
    pub fn same(&self, other: &Head) -> bool {
        if let (Some(a), Some(b)) = (self.exact(), other.exact()) {
            return a == b;
        }
        self.title == other.title && self.is_near(other)
    }

    /// Whether both may have been made in the same second, by tools of which one writes no fractions.
    fn is_near(&self, other: &Head) -> bool {
        let (one, two) = (self.created(), other.created());
        one.as_second() == two.as_second() || whole(one).contains(&two) || whole(two).contains(&one)
    }

    /// Whether both are most likely versions of one issue, where no base tells: also a title may have
    /// changed, and the time is missing in what was written by hand.
    pub fn likely(&self, other: &Head) -> bool {
        let unknown = self.created_at.is_empty() || other.created_at.is_empty();
        let close = self.exact().is_none() || other.exact().is_none();
        let alike = close && self.is_near(other) && self.created_by == other.created_by;
        unknown || alike || self.same(other)
    }

    /// Whether nothing speaks for both being one issue: the id was given out a second time.
    pub fn foreign(&self, other: &Head) -> bool {
        self.created().as_second() != other.created().as_second() && self.title != other.title
    }

    /// Which of two issues came first; the same on every machine.
    pub fn rank(&self) -> (Timestamp, &str, &str) {
        (self.created(), &self.created_by, &self.title)
    }
}

/// What a tool that writes whole seconds may make of a time: cut off, or rounded.
pub fn whole(at: Timestamp) -> [Timestamp; 2] {
    let second = |more| Timestamp::from_second(at.as_second() + more).unwrap_or(at);
    [second(0), second(i64::from(at.subsec_nanosecond() >= 500_000_000))]
}

/// A time as files hold it, as an instant; the beginning of time where it cannot be read.
pub fn instant(text: &str) -> Timestamp {
    crate::domain::beads::instant::instant(text).unwrap_or(Timestamp::MIN)
}

/// The id that the issue gets which must give up `id`: a child stays a child of its parent, with a
/// number of six digits; another gets eight characters after its prefix. It follows from the issue
/// alone, so every merge on every machine finds the same.
pub fn derived(id: &str, head: &Head) -> String {
    let hash = match head.exact() {
        Some(at) => fingerprint(&[id, &at.as_nanosecond().to_string()]),
        None => fingerprint(&[id, &head.created().as_second().to_string(), &head.created_by, &head.title]),
    };
    if let Some((parent, _)) = id.rsplit_once('.') {
        return format!("{parent}.{}", 100_000 + hash % 900_000);
    }
    let prefix = id.rsplit_once('-').map_or(id, |(prefix, _)| prefix);
    format!("{prefix}-{}", clock::base36(hash, 8))
}

/// 64 bits of `parts`, the same for ever: what is derived from them is kept in files.
pub fn fingerprint(parts: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    // The low bits alone mix badly.
    hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn issues_are_told_apart_by_when_they_were_made() {
        let table = [
            (
                r#"{"created_at":"2026-01-01T00:00:00.000005Z","title":"a"}"#,
                r#"{"created_at":"2026-01-01T01:00:00.000005+01:00","title":"b"}"#,
                true,
            ),
            (
                r#"{"created_at":"2026-01-01T00:00:00.5Z","title":"a"}"#,
                r#"{"created_at":"2026-01-01T00:00:00.6Z","title":"a"}"#,
                false,
            ),
            (
                r#"{"created_at":"2026-01-01T00:00:00Z","title":"a"}"#,
                r#"{"created_at":"2026-01-01T00:00:00.6Z","title":"a"}"#,
                true,
            ),
            (
                r#"{"created_at":"2026-01-01T00:00:00Z","title":"a"}"#,
                r#"{"created_at":"2026-01-01T00:00:00Z","title":"b"}"#,
                false,
            ),
            (
                r#"{"created_at":"2026-01-01T00:00:00Z","title":"a"}"#,
                r#"{"created_at":"2026-01-01T00:00:01Z","title":"a"}"#,
                false,
            ),
            (r#"{"title":"a"}"#, r#"{"title":"a"}"#, true),
        ];
        for (a, b, same) in table {
            assert_eq!((head(a).same(&head(b)), head(b).same(&head(a))), (same, same), "{a} {b}");
        }
    }

    #[test]
    fn a_derived_id_is_of_the_same_make() {
        let a = head(r#"{"created_at":"2026-01-01T00:00:00.5Z","title":"a"}"#);
        // These are in people's files: they must never become others.
        assert_eq!(derived("bd-1.2", &a), "bd-1.507225");
        assert_eq!(derived("my-proj-1", &a), "my-proj-1mt7cz47");
        assert!(derived("odd", &a).starts_with("odd-"));
    }
}
