//! `state/inbox-N.ndjson`: tasks that were submitted, edited or removed since `tasks.json` was written, a line for each change,
//! so that a change is there as a whole or not at all.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// A line of it.
#[derive(Debug, Deserialize)]
pub struct Line<'l> {
    /// Definitions of new tasks.
    #[serde(default, borrow)]
    submit: Vec<&'l RawValue>,
    /// Fields that were set.
    #[serde(default)]
    pub edit: Vec<Edit>,
    /// Ids of tasks that are no more.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Fields of one task that were set.
#[derive(Debug, Clone, PartialEq, Deserialize, serde::Serialize)]
pub struct Edit {
    /// Which.
    pub id: String,
    /// The new values; null removes the field.
    pub set: Map<String, Value>,
    /// The values before, as far as there were some.
    pub was: Map<String, Value>,
}

impl<'l> Line<'l> {
    /// Reads one.
    pub fn read(line: &'l [u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(line)
    }

    /// The definitions and where they lie in the line.
    pub fn submits<'s>(&'s self, line: &'l [u8]) -> impl Iterator<Item = (Range<usize>, &'l [u8])> + 's {
        let base = line.as_ptr() as usize;
        self.submit.iter().map(move |text| {
            let text = text.get().as_bytes();
            let start = text.as_ptr() as usize - base;
            (start..start + text.len(), text)
        })
    }
}

/// Writes a line, and says where in it each definition lies.
pub fn line(
    submits: &[Vec<u8>],
    edits: &[Edit],
    removes: &[String],
) -> serde_json::Result<(Vec<u8>, Vec<Range<usize>>)> {
    let mut line = b"{\"submit\":[".to_vec();
    let mut places = Vec::with_capacity(submits.len());
    for (at, text) in submits.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        places.push(line.len()..line.len() + text.len());
        line.extend_from_slice(text);
    }
    line.push(b']');
    if !edits.is_empty() {
        line.extend_from_slice(b",\"edit\":");
        serde_json::to_writer(&mut line, edits)?;
    }
    if !removes.is_empty() {
        line.extend_from_slice(b",\"remove\":");
        serde_json::to_writer(&mut line, removes)?;
    }
    line.extend_from_slice(b"}\n");
    Ok((line, places))
}

/// A task on one line, with a space behind `,` and `:`, as people write it.
pub fn text(task: &Map<String, Value>) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, Spaced);
    serde::Serialize::serialize(task, &mut writer)?;
    Ok(out)
}

/// One line, loosely set.
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }
}

/// A hash that is the same for ever.
pub fn hash(id: &str) -> u64 {
    id.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
