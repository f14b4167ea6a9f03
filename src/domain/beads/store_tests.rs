//! What other programs do to the file while we have it open.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use super::*;

fn store(text: &str) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::init(&Workspace::at(dir.path().to_owned()), None).unwrap().0;
    store::write(store.file(), 0o644, text.as_bytes()).unwrap();
    (dir, store)
}

const TEXT: &str = "{\"id\":\"a\",\"title\":\"one\"}\n{\"id\":\"b\",\"title\":\"two\"}\n";

fn opened(store: &Store) -> File {
    OpenOptions::new().write(true).open(store.file()).unwrap()
}

fn is_busy<T>(result: Result<T>) -> bool {
    let error = result.err().unwrap();
    let says = error.to_string();
    matches!(error.downcast_ref(), Some(Fault::Busy { .. })) && says.contains("another program changed")
}

#[test]
fn a_line_that_is_gone_or_another_is_an_error() {
    let (_dir, store) = store(TEXT);
    store
        .view(|table| {
            assert_eq!(table.issue("b")?.title, "two");
            opened(&store).write_all_at(b"{\"id\":\"c\"", 25).unwrap();
            assert!(is_busy(table.issue("b")));
            assert_eq!(table.issue("a")?.title, "one");
            store::shorten(store.file(), 30)?;
            assert!(is_busy(table.issue("b")) && is_busy(table.json(table.get("b").unwrap())));
            store::shorten(store.file(), 3)?;
            assert!(is_busy(table.issue("a")));
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_others_wrote_meanwhile_is_never_written_over() {
    let (_dir, store) = store(TEXT);
    let cut = store.change(|table| {
        table.edit("a", |line| line.set("priority", "1"))?;
        store::shorten(store.file(), 26)
    });
    assert!(is_busy(cut));
    assert_eq!(store::read_text(store.file()).unwrap().unwrap(), TEXT[..26]);

    store::write(store.file(), 0o644, TEXT.as_bytes()).unwrap();
    let replaced = store.change(|table| {
        table.edit("a", |line| line.set("priority", "1"))?;
        store::write(store.file(), 0o644, b"{\"id\":\"new\"}\n")
    });
    assert!(is_busy(replaced));
    assert_eq!(store::read_text(store.file()).unwrap().unwrap(), "{\"id\":\"new\"}\n");
    let left = std::fs::read_dir(store.dir()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().contains("tmp")));
}

#[test]
fn a_reader_sees_the_file_it_opened() {
    let (_dir, store) = store(TEXT);
    store
        .view(|table| {
            store.change(|table| table.edit("b", |line| line.set_text("title", "three")))?;
            assert_eq!(table.issue("b")?.title, "two");
            Ok(())
        })
        .unwrap();
    assert_eq!(store.issue("b").unwrap().title, "three");
}
