//! JSON Schema (2020-12), as far as tasks, results and MACP's own files need it: read once, checked often.
//!
//! Keywords that say nothing about validity are ignored, as the specification has it; those that would and that are not
//! known here are refused by name, so that nothing passes that was never looked at.

mod check;
pub mod files;
pub mod lines;
mod read;

use std::collections::HashSet;

use anyhow::Result;
use serde_json::Value;

use crate::fault::Fault;

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Where, as a JSON pointer; the whole document is the empty one.
    pub pointer: String,
    /// What.
    pub message: String,
}

impl Problem {
    /// The name of the field, dotted: `quality_gates.0.command`; empty for the whole document.
    pub fn field(&self) -> String {
        let parts = self.pointer.split('/').skip(1);
        parts.map(|part| part.replace("~1", "/").replace("~0", "~")).collect::<Vec<_>>().join(".")
    }
}

/// A schema that was read.
#[derive(Debug, Clone)]
pub struct Schema {
    nodes: Vec<Node>,
}

/// Which node of a schema.
type At = usize;

/// One schema or subschema; the root is the first.
#[derive(Debug, Clone, Default)]
struct Node {
    /// `false`: nothing is valid.
    never: bool,
    types: Vec<Type>,
    one_of_values: Option<Vec<Value>>,
    text: Texts,
    number: Numbers,
    array: Arrays,
    object: Objects,
    mixed: Mixed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

#[derive(Debug, Clone, Default)]
struct Texts {
    min: Option<u64>,
    max: Option<u64>,
    pattern: Option<Pattern>,
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    DateTime,
    Date,
}

/// A pattern and its text; it may match anywhere.
#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    regex: regex_lite::Regex,
}

#[derive(Debug, Clone, Default)]
struct Numbers {
    min: Option<serde_json::Number>,
    max: Option<serde_json::Number>,
    above: Option<serde_json::Number>,
    below: Option<serde_json::Number>,
    multiple: Option<serde_json::Number>,
}

#[derive(Debug, Clone, Default)]
struct Arrays {
    first: Vec<At>,
    rest: Option<At>,
    contains: Option<(At, u64, Option<u64>)>,
    min: Option<u64>,
    max: Option<u64>,
    unique: bool,
}

#[derive(Debug, Clone, Default)]
struct Objects {
    known: Vec<(String, At)>,
    like: Vec<(Pattern, At)>,
    other: Option<At>,
    names: Option<At>,
    required: Vec<String>,
    dependent: Vec<(String, Vec<String>)>,
    then: Vec<(String, At)>,
    min: Option<u64>,
    max: Option<u64>,
}

/// What applies to the same value.
#[derive(Debug, Clone, Default)]
struct Mixed {
    all: Vec<At>,
    any: Vec<At>,
    one: Vec<At>,
    any_given: bool,
    not: Option<At>,
    when: Option<(At, Option<At>, Option<At>)>,
}

impl Schema {
    /// Reads one that refers to itself only. Errors: [`Fault::Invalid`] naming the keyword and where it is.
    pub fn parse(schema: &Value) -> Result<Self> {
        Self::parse_with(schema, &[])
    }

    /// The same where it may refer to others by their file names.
    pub fn parse_with(schema: &Value, others: &[(&str, &Value)]) -> Result<Self> {
        let read = read::Reader::new(schema, others).read().and_then(Schema::ends);
        read.map_err(|Problem { pointer, message }| {
            let place = if pointer.is_empty() { "it".to_owned() } else { format!("`{pointer}`") };
            Fault::invalid(format!("a schema that cannot be used: {place} {message}"), "mend the schema")
        })
    }

    /// All that is wrong with a document, as far as one can follow it; nothing where it is valid.
    pub fn check(&self, document: &Value) -> Vec<Problem> {
        check::check(self, document)
    }

    /// One that nothing is valid by.
    fn nothing() -> Self {
        Self { nodes: vec![Node { never: true, ..Node::default() }] }
    }

    /// That no subschema applies itself to the same value again, for this would have no end.
    fn ends(self) -> Result<Self, Problem> {
        let mut done = HashSet::new();
        for start in 0..self.nodes.len() {
            // Depth first without recursion: on the way down a node is `open`, on the way up it is done.
            let (mut open, mut stack) = (HashSet::new(), vec![(start, false)]);
            while let Some((at, up)) = stack.pop() {
                if up {
                    open.remove(&at);
                    done.insert(at);
                } else if !done.contains(&at) {
                    if !open.insert(at) {
                        let message = "refers to itself without end".to_owned();
                        return Err(Problem { pointer: String::new(), message });
                    }
                    stack.push((at, true));
                    stack.extend(
                        self.nodes[at]
                            .mixed
                            .parts()
                            .chain(self.nodes[at].object.in_place())
                            .map(|at| (at, false)),
                    );
                }
            }
        }
        Ok(self)
    }
}

impl Mixed {
    fn parts(&self) -> impl Iterator<Item = At> {
        let lists = self.all.iter().chain(&self.any).chain(&self.one).chain(&self.not).copied();
        let when = self.when.iter().flat_map(|(when, then, other)| [Some(*when), *then, *other]);
        lists.chain(when.flatten())
    }
}

impl Objects {
    fn in_place(&self) -> impl Iterator<Item = At> {
        self.then.iter().map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests;
