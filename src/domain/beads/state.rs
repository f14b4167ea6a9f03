//! Where an issue stands, in one word: what its status says, and what it waits for.

use serde::Serialize;

use super::graph::Graph;
use super::record::Record;

/// Where an issue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be started now.
    Ready,
    /// Somebody works on it.
    InProgress,
    /// It waits for another, or for a person.
    Blocked,
    /// It is put off, pinned, or no work for the queue.
    Aside,
    /// It is closed, or deleted.
    Done,
}

impl State {
    /// The state of `record`, which need not be in `graph`.
    pub fn of(graph: &Graph, record: &Record) -> Self {
        match record.status() {
            _ if record.is_done() => Self::Done,
            "closed" | "tombstone" => Self::Done,
            "in_progress" | "hooked" => Self::InProgress,
            "blocked" => Self::Blocked,
            _ if graph.is_ready(&record.id) => Self::Ready,
            _ if graph.is_blocked(&record.id) => Self::Blocked,
            _ => Self::Aside,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn each_stands_somewhere() {
        let table = [
            (r#""status":"open""#, State::Ready),
            (r#""status":"closed""#, State::Done),
            (r#""status":"tombstone""#, State::Done),
            (r#""status":"in_progress""#, State::InProgress),
            (r#""status":"hooked""#, State::InProgress),
            (r#""status":"blocked""#, State::Blocked),
            (r#""status":"deferred""#, State::Aside),
            (r#""status":"pinned""#, State::Aside),
            (r#""status":"waiting for rain""#, State::Aside),
            (r#""issue_type":"gate""#, State::Aside),
            (r#""dependencies":[{"depends_on_id":"o","type":"blocks"}]"#, State::Blocked),
            (r#""dependencies":[{"depends_on_id":"gone","type":"blocks"}]"#, State::Ready),
        ];
        let other = Record::parse(r#"{"id":"o"}"#).unwrap();
        for (fields, expected) in table {
            let line = format!(r#"{{"id":"a",{fields}}}"#);
            let record = Record::parse(&line).unwrap();
            let graph = Graph::new([&record, &other], Timestamp::UNIX_EPOCH);
            assert_eq!(State::of(&graph, &record), expected, "{fields}");
        }
    }
}
