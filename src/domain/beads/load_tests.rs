//! A file read in pieces and by several threads is what it is when read at once.

use std::fmt::Write;
use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::domain::beads::table::Table;

/// The table of a file, as text: what counts, what is said, and the bytes it would be written as.
fn shown(table: Result<Table, anyhow::Error>) -> String {
    let table = match table {
        Ok(table) => table,
        Err(error) => return format!("{error} | {:?}", error.downcast_ref::<Fault>().and_then(Fault::hint)),
    };
    let mut out = String::new();
    for record in table.records() {
        let _ = writeln!(out, "{record:?}\n{}", table.json(record).unwrap());
    }
    let mut bytes = Vec::new();
    table.write(&mut bytes).unwrap();
    format!("{out}{:?}\n{}", table.notices(), String::from_utf8(bytes).unwrap())
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn loaded(bytes: &[u8], size: usize, threads: usize) -> String {
    let file = file(bytes);
    let source = Source::open(file.path()).unwrap();
    let mut arenas: Vec<Bump> = (0..threads).map(|_| Bump::new()).collect();
    shown(Table::load(source, &mut arenas, size, "f"))
}

const LINES: [&str; 12] = [
    "{\"id\":\"a\",\"title\":\"old\",\"updated_at\":\"2026-01-01T00:00:00Z\"}\n",
    "{\"id\":\"a\",\"title\":\"new\",\"updated_at\":\"2026-02-01T00:00:00Z\",\"labels\":[\"l\",\"l\"]}\r\n",
    "{\"id\":\"b\",\"status\":\"closed\",\"dependencies\":[{\"depends_on_id\":\"a\",\"type\":\"blocks\"}]}\n",
    "{\"_schema\":\"beads-jsonl/1\"}\n",
    "{\"_type\":\"memory\",\"key\":\"k\"}\n",
    "\n",
    " \t\r\n",
    "{\"id\":\"ü-1\",\"title\":\"日本語 \\u003c🚀\"}\n",
    "{\t\"id\":\"tab\"}\n",
    "{\"id\":\"c\"}",
    "{\"id\":\"c\",\"title\":\"cut o",
    "<<<<<<< ours\n",
];

proptest! {
    #[test]
    fn pieces_and_threads_change_nothing(picked in prop::collection::vec(0..LINES.len(), 0..12), size in 1_usize..40, threads in 1_usize..5) {
        let text: String = picked.iter().map(|at| LINES[*at]).collect();
        prop_assert_eq!(loaded(text.as_bytes(), size, threads), shown(Table::parse(&text, "f")));
    }

    #[test]
    fn every_byte_of_a_file_is_in_one_share(text in "[a-z\n]{0,80}", count in 1_u64..6) {
        for source in [Source::Text(&text), Source::open(file(text.as_bytes()).path()).unwrap()] {
            let shares = source.shares(0..source.len(), count).unwrap();
            let ends: Vec<u64> = shares.iter().map(|share| share.end).collect();
            let starts: Vec<u64> = shares.iter().map(|share| share.start).collect();
            prop_assert_eq!(starts[0], 0);
            prop_assert_eq!(&starts[1..], &ends[..ends.len() - 1]);
            prop_assert_eq!(ends[ends.len() - 1], text.len() as u64);
            let before = |at: u64| text.as_bytes()[usize::try_from(at).unwrap() - 1];
            prop_assert!(starts[1..].iter().all(|start| before(*start) == b'\n'));
        }
    }
}

#[test]
fn the_first_bad_line_is_named_whoever_reads_it() {
    let good = "{\"id\":\"a\"}\n";
    for (bad, says) in [
        (&b"{\"id\":\n"[..], "is not a JSON object"),
        (b"{\"id\":\"\xff\"}\n", "is not UTF-8"),
        (b"=======\n", "is a merge conflict marker"),
    ] {
        for before in [0, 1, 5, 30] {
            let head = good.repeat(before);
            let bytes = [head.as_bytes(), bad, good.repeat(3).as_bytes(), bad, good.as_bytes()].concat();
            for (size, threads) in [(7, 4), (64, 2), (1 << 20, 1)] {
                let error = loaded(&bytes, size, threads);
                assert!(error.contains(&format!("`f` line {} {says}", before + 1)), "{error}");
            }
        }
    }
    let marked = loaded(b"\xef\xbb\xbf{\"id\":\"a\"}\n{\"id\":\"b\"}\n", 4, 3);
    assert!(marked.contains("line 1 starts with a byte order mark"), "{marked}");
}

#[test]
fn what_is_looked_for_is_found_in_every_share() {
    let text = "a line\n".repeat(2 << 20);
    let file = file(text.as_bytes());
    let source = Source::open(file.path()).unwrap();
    let lines = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).count();
    assert_eq!(gather(&source, 0..source.len(), lines, |a, b| a + b).unwrap(), 2 << 20);
    assert_eq!(gather(&source, 7..21, lines, |a, b| a + b).unwrap(), 2);
}

#[test]
fn a_line_may_be_longer_than_any_piece() {
    let long = format!("{{\"id\":\"long\",\"description\":\"{}\"}}\n", "ten bytes\\n".repeat(1 << 20));
    let text = format!("{{\"id\":\"a\"}}\n{long}{{\"id\":\"b\"}}");
    for (size, threads) in [(1 << 16, 3), (1 << 20, 2)] {
        assert_eq!(loaded(text.as_bytes(), size, threads), shown(Table::parse(&text, "f")));
    }
    assert_eq!(loaded(b"", 7, 3), shown(Table::parse("", "f")));
}
