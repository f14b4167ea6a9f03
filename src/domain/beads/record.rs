//! What the graph needs of one line, borrowed from it; everything else is skipped unread.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::customs::Class;
use super::instant::instant;
use super::scan::{Keep, Scanner};
use super::text::{List, Number, Text};

/// One line's fields that decide what is ready, in which order, and what a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Record<'a> {
    /// `_type`: absent in classic files, `issue` in newer ones, other words are not issues.
    #[serde(rename = "_type", default)]
    pub line_type: Text<'a>,
    /// `_schema`: only a header line has it.
    #[serde(rename = "_schema", default)]
    pub schema: Text<'a>,
    /// The id; empty where the line has none.
    #[serde(default)]
    pub id: Text<'a>,
    /// The title.
    #[serde(default)]
    pub title: Text<'a>,
    #[serde(default)]
    pub(super) status: Text<'a>,
    #[serde(default)]
    pub(super) priority: Option<Number>,
    #[serde(default)]
    pub(super) issue_type: Text<'a>,
    /// Who works on it, or nobody.
    #[serde(default)]
    pub assignee: Text<'a>,
    /// When it was made, as written.
    #[serde(default)]
    pub created_at: Text<'a>,
    /// When it last changed, as written.
    #[serde(default)]
    pub updated_at: Text<'a>,
    /// When it was closed, as written.
    #[serde(default)]
    pub closed_at: Text<'a>,
    /// Not ready before this time, as written.
    #[serde(default)]
    pub defer_until: Text<'a>,
    #[serde(default)]
    pub(super) labels: List<'a, Text<'a>>,
    #[serde(default)]
    pub(super) dependencies: List<'a, Edge<'a>>,
    #[serde(default)]
    pub(super) pinned: Option<bool>,
    #[serde(default)]
    pub(super) ephemeral: Option<bool>,
    #[serde(default)]
    pub(super) wisp: Option<bool>,
    /// How a status of the project's own is treated.
    #[serde(skip)]
    pub class: Class,
}

/// One dependency: the record's issue waits for, belongs to, or is related to `target`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Edge<'a> {
    /// `depends_on_id`.
    #[serde(rename = "depends_on_id", default)]
    pub target: Text<'a>,
    /// `type`, as written.
    #[serde(rename = "type", default)]
    pub kind: Text<'a>,
    #[serde(rename = "metadata", default)]
    pub(super) gate: AnyChildren,
}

impl Edge<'_> {
    /// Whether the target itself must be closed first.
    pub fn blocks(&self) -> bool {
        matches!(&*self.kind, "blocks" | "conditional-blocks")
    }

    /// Whether the target is the parent.
    pub fn is_parent(&self) -> bool {
        &*self.kind == "parent-child"
    }

    /// Whether the target's children must be closed first.
    pub fn waits_for_children(&self) -> bool {
        &*self.kind == "waits-for"
    }

    /// Of [`Edge::waits_for_children`]: one closed child is enough.
    pub fn any_child_will_do(&self) -> bool {
        self.gate.0
    }

    /// Whether it bears on what is ready at all.
    pub fn orders(&self) -> bool {
        self.blocks() || self.is_parent() || self.waits_for_children()
    }
}

impl<'a> Record<'a> {
    /// Reads one line; the error says what is wrong with it.
    pub fn parse(line: &'a str) -> serde_json::Result<Self> {
        Scanner::new(InLine).record(line)
    }

    /// [`Record::parse`] of whatever there is.
    pub(super) fn parse_slowly(line: &'a str) -> serde_json::Result<Self> {
        // An array would be taken for the fields in order.
        if !line.trim_start().starts_with('{') {
            return Err(serde::de::Error::custom("it does not start with `{`"));
        }
        serde_json::from_str(line)
    }

    /// Whether this line is an issue rather than a header, a memory or something newer.
    pub fn is_issue(&self) -> bool {
        !self.id.is_empty() && self.schema.is_empty() && matches!(&*self.line_type, "" | "issue")
    }

    /// The status; `open` where none is written.
    pub fn status(&self) -> &str {
        if self.status.is_empty() { "open" } else { &self.status }
    }

    /// The priority; 0 where none is written, as `bd` reads it.
    pub fn priority(&self) -> i64 {
        self.priority.map_or(0, |number| number.0)
    }

    /// The type; `task` where none is written.
    pub fn kind(&self) -> &str {
        if self.issue_type.is_empty() { "task" } else { &self.issue_type }
    }

    /// Whether one of the fields every reader expects is missing from the line.
    pub fn lacks_defaults(&self) -> bool {
        self.status.is_empty() || self.priority.is_none() || self.issue_type.is_empty()
    }

    /// The labels.
    pub fn labels(&self) -> &[Text<'a>] {
        &self.labels
    }

    /// The dependencies.
    pub fn edges(&self) -> &[Edge<'a>] {
        &self.dependencies
    }

    /// Whether it is kept out of the queue: a note or somebody's scratch.
    pub fn is_set_aside(&self) -> bool {
        [self.pinned, self.ephemeral, self.wisp].contains(&Some(true))
    }

    /// Whether it is only the mark of a deleted issue.
    pub fn is_tombstone(&self) -> bool {
        self.status() == "tombstone"
    }

    /// Whether nothing waits for it any more.
    pub fn is_settled(&self) -> bool {
        self.is_finished() || self.status() == "pinned"
    }

    /// Whether it is closed. A status of the project's own that says it is done is not enough for `bd`: what
    /// waits for such an issue goes on waiting.
    pub fn is_finished(&self) -> bool {
        self.status() == "closed"
    }

    /// Whether people take it for done: closed, or of a status of the project's own that says so.
    pub fn is_done(&self) -> bool {
        self.is_finished() || self.class == Class::Done
    }

    /// Whether a list leaves it out unless asked for all.
    pub fn is_put_away(&self) -> bool {
        self.is_done() || self.class == Class::Frozen
    }

    /// The instant it was made; what is missing or unreadable counts as oldest.
    pub fn created(&self) -> Timestamp {
        instant(&self.created_at).unwrap_or(Timestamp::MIN)
    }

    /// The instant of its last change; what is missing or unreadable counts as oldest.
    pub fn updated(&self) -> Timestamp {
        instant(&self.updated_at).unwrap_or(Timestamp::MIN)
    }

    /// The instant it was closed; what is missing or unreadable counts as oldest.
    pub fn closed(&self) -> Timestamp {
        instant(&self.closed_at).unwrap_or(Timestamp::MIN)
    }

    /// Whether it is put off beyond `now`.
    pub fn is_deferred(&self, now: Timestamp) -> bool {
        instant(&self.defer_until).is_some_and(|until| until > now)
    }

    /// The same, independent of the line it was read from.
    pub fn into_owned(self) -> Record<'static> {
        self.kept(&mut Apart)
    }

    /// The same, with its texts where `keep` puts them.
    pub(super) fn kept<'b>(self, keep: &mut impl Keep<'a, 'b>) -> Record<'b> {
        Record {
            line_type: keep.word(self.line_type),
            schema: keep.word(self.schema),
            id: keep.text(self.id),
            title: keep.text(self.title),
            status: keep.word(self.status),
            priority: self.priority,
            issue_type: keep.word(self.issue_type),
            assignee: keep.word(self.assignee),
            created_at: keep.text(self.created_at),
            updated_at: keep.text(self.updated_at),
            closed_at: keep.text(self.closed_at),
            defer_until: keep.text(self.defer_until),
            labels: List::owned(self.labels.iter().map(|label| keep.word(label.clone())).collect()),
            dependencies: List::owned(
                self.dependencies
                    .iter()
                    .map(|edge| Edge {
                        target: keep.word(edge.target.clone()),
                        kind: keep.word(edge.kind.clone()),
                        gate: edge.gate,
                    })
                    .collect(),
            ),
            pinned: self.pinned,
            ephemeral: self.ephemeral,
            wisp: self.wisp,
            class: self.class,
        }
    }
}

/// The texts stay in the line.
pub(super) struct InLine;

impl<'a> Keep<'a, 'a> for InLine {
    fn text(&mut self, text: Text<'a>) -> Text<'a> {
        text
    }
}

/// Each record has texts of its own.
struct Apart;

impl<'a> Keep<'a, 'static> for Apart {
    fn text(&mut self, text: Text<'a>) -> Text<'static> {
        Text::owned(&text)
    }
}

/// Whether a dependency's metadata says `"gate":"any-children"`; it is an object, or one in a string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AnyChildren(bool);

impl<'de> Deserialize<'de> for AnyChildren {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Gate;
        impl<'de> Visitor<'de> for Gate {
            type Value = AnyChildren;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                out.write_str("metadata")
            }
            fn visit_str<E>(self, text: &str) -> Result<AnyChildren, E> {
                if text.starts_with('{') && text.contains("gate") {
                    return Ok(serde_json::from_str(text).unwrap_or_default());
                }
                Ok(AnyChildren(false))
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<AnyChildren, M::Error> {
                let mut any = false;
                while let Some(key) = map.next_key::<Text>()? {
                    if &*key == "gate" {
                        any = &*map.next_value::<Text>()? == "any-children";
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(AnyChildren(any))
            }
            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<AnyChildren, S::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(AnyChildren(false))
            }
            fn visit_unit<E>(self) -> Result<AnyChildren, E> {
                Ok(AnyChildren(false))
            }
            fn visit_bool<E>(self, _: bool) -> Result<AnyChildren, E> {
                Ok(AnyChildren(false))
            }
            fn visit_i64<E>(self, _: i64) -> Result<AnyChildren, E> {
                Ok(AnyChildren(false))
            }
            fn visit_u64<E>(self, _: u64) -> Result<AnyChildren, E> {
                Ok(AnyChildren(false))
            }
            fn visit_f64<E>(self, _: f64) -> Result<AnyChildren, E> {
                Ok(AnyChildren(false))
            }
        }
        from.deserialize_any(Gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tolerates_what_tools_write() {
        let line = r#"{"id":"bd-1","title":"a\u003cb","assignee":null,"priority":1.0,"labels":null,
            "comments":[{"id":3},{"id":"x"}],"dependencies":[
              {"depends_on_id":"bd-2","type":"waits-for","metadata":"{\"gate\":\"any-children\"}"},
              {"depends_on_id":"bd-2","type":"waits-for","metadata":{"gate":"any-children"}},
              {"depends_on_id":"bd-2","type":"waits-for","metadata":"{}"}]}"#;
        let record = Record::parse(line).unwrap();
        assert_eq!((&*record.title, &*record.assignee, record.priority()), ("a<b", "", 1));
        assert_eq!((record.status(), record.kind()), ("open", "task"));
        let gates: Vec<bool> = record.edges().iter().map(Edge::any_child_will_do).collect();
        assert_eq!(gates, [true, true, false]);
        assert!(record.is_issue() && record.lacks_defaults());
    }

    #[test]
    fn times_are_instants() {
        let at =
            |text: &str| Record::parse(&format!(r#"{{"id":"a","created_at":"{text}"}}"#)).unwrap().created();
        assert_eq!(at("2026-01-01T02:00:00+02:00"), at("2026-01-01T00:00:00Z"));
        assert_eq!(at("soon"), Timestamp::MIN);
    }
}
