//! Every recorded stream, torn and with lines lost: nothing panics, and nothing is complete that was not.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::domain::attempt::completion::{Ended, Verdict, judge};

/// Bytes at a stream's end that are cut one by one.
const CUT: usize = 4096;

/// Whether the loop would go on to the gates, had the process exited 0.
fn complete(reader: &dyn Reader) -> bool {
    judge(&Ended { code: Some(0), ..Ended::default() }, &reader.report()) == Verdict::Complete
}

fn feed<R: Reader>(reader: &mut R, text: &[u8]) {
    for line in text.split(|byte| *byte == b'\n') {
        reader.line(line);
    }
}

fn read<R: Reader + Clone>(new: &R, text: &[u8]) -> bool {
    let mut reader = new.clone();
    feed(&mut reader, text);
    reader.ended(Some(0), "");
    complete(&reader)
}

/// The recorded streams of one agent: name and bytes.
fn recorded(agent: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/agents").join(agent);
    let mut found: Vec<(String, Vec<u8>)> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "ndjson"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() >= 10, "{agent}: {} streams", found.len());
    found
}

/// Cuts a stream at every position of its last bytes: a torn line says nothing, and a stream that was
/// not complete never becomes so.
fn cut<R: Reader + Clone>(new: &R, name: &str, text: &[u8]) {
    let whole = read(new, text);
    let from = text.len().saturating_sub(CUT);
    let from = text[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut reader = new.clone();
    feed(&mut reader, &text[..from]);
    for line in text[from..].split_inclusive(|byte| *byte == b'\n') {
        let before = complete(&reader);
        for at in 0..line.len() {
            let mut torn = reader.clone();
            torn.line(&line[..at]);
            let same = serde_json::from_slice::<serde_json::Value>(&line[..at]).is_ok();
            assert!(
                complete(&torn) == before || (same && whole),
                "{name}: {:?}",
                String::from_utf8_lossy(&line[..at])
            );
            assert!(whole || !complete(&torn), "{name} is complete when cut");
        }
        reader.line(line.trim_ascii_end());
    }
    assert_eq!(complete(&reader), whole, "{name}");
}

/// Leaves out each line once. Words that nobody heard cannot be missed, so a stream whose last words are
/// left out may end with earlier ones; nothing else may make it complete.
fn drop_each<R: Reader + Clone>(new: &R, name: &str, text: &[u8]) {
    let whole = read(new, text);
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    for lost in 0..lines.len() {
        let mut reader = new.clone();
        for (_, line) in lines.iter().enumerate().filter(|(at, _)| *at != lost) {
            reader.line(line);
        }
        reader.ended(Some(0), "");
        let mut alone = new.clone();
        let says = alone.line(lines[lost]).iter().any(|signal| matches!(signal, Signal::Message(_)));
        assert!(whole || says || !complete(&reader), "{name} without line {}", lost + 1);
    }
}

fn hold<R: Reader + Clone>(new: &R, agent: &str) {
    for (name, text) in recorded(agent) {
        cut(new, &format!("{agent}/{name}"), &text);
        drop_each(new, &format!("{agent}/{name}"), &text);
    }
}

#[test]
fn claude_streams_torn() {
    hold(&claude::Stream::default(), "claude");
}

/// Lines of all recorded streams of an agent, to be shuffled.
fn lines(agent: &str) -> Vec<Vec<u8>> {
    let whole = recorded(agent);
    let mut lines: Vec<Vec<u8>> =
        whole.iter().flat_map(|(_, text)| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec)).collect();
    lines.retain(|line| line.len() < 2000);
    lines
}

/// Any lines in any order, some bytes changed: survived, and complete only with a terminal event.
fn survives<R: Reader + Clone>(new: &R, lines: &[Vec<u8>], picks: &[(usize, usize, u8)]) {
    let mut reader = new.clone();
    for (pick, at, byte) in picks {
        let mut line = lines[pick % lines.len()].clone();
        if let Some(place) = line.get_mut(*at) {
            *place = *byte;
        }
        reader.line(&line);
        reader.oversized(&line[..line.len().min(*at)]);
        let _ = (reader.busy(), reader.report());
    }
    reader.ended(Some(1), "words");
    let report = reader.report();
    assert!(report.usd.is_none_or(|usd| usd.is_finite() && usd >= 0.0), "{report:?}");
}

proptest! {
    #[test]
    fn any_order_of_changed_lines_is_survived(
        picks in prop::collection::vec((any::<usize>(), 0usize..400, any::<u8>()), 1..40),
    ) {
        survives(&claude::Stream::default(), &lines("claude"), &picks);
    }
}
