//! Checklists and the issues that are read from them.

use super::*;

fn sheet(text: &str) -> Result<Sheet> {
    let known = |id: &str| Some(id.to_owned()).filter(|id| id.starts_with("bd-"));
    let known = Known { exact: &|id| known(id).is_some(), any: &known };
    read(Checklist { text, name: "f.md", key: "f.md" }, known)
}

/// `reference parent kind priority state waits-for deps: title|description|acceptance`
fn shown(text: &str) -> Vec<String> {
    let show = |wanted: &Wanted| {
        let draft = &wanted.draft;
        let state = if draft.closed.is_some() { "closed" } else { "open" };
        let below = [&draft.new.description, &draft.new.acceptance].map(|text| text.replace('\n', "/"));
        format!(
            "{} {:?} {} {} {state} {:?} {:?}: {}|{}|{}",
            draft.external_ref.trim_start_matches("md:f.md#"),
            draft.parent.unwrap_or(99),
            draft.new.kind,
            draft.new.priority,
            draft.waits_for,
            draft.new.deps,
            draft.new.title,
            below[0],
            below[1]
        )
    };
    sheet(text).unwrap().wanted.iter().map(show).collect()
}

#[test]
fn a_checklist_becomes_issues() {
    let text = "# Ship it\nThe goal.\n\n- [x] Plan it (P0)\n- [ ] Build (P1) #core @ann\n  How to.\n  - [ ] Docs, depends on #1\n\
                - [ ] Test (depends on: Build, bd-x)\n  Blocked by: Plan it\n  **Acceptance criteria**\n  all green\n  - [x] Docs\n";
    assert_eq!(
        shown(text),
        [
            "ship-it 99 epic 2 open [] []: Ship it|The goal.|",
            "ship-it/plan-it 0 task 0 closed [] []: Plan it||",
            "ship-it/build 0 epic 1 open [] []: Build|How to.|",
            "ship-it/build/docs-depends-on-1 2 task 2 open [1] []: Docs||",
            "ship-it/test 0 epic 2 open [2, 1] [\"bd-x\"]: Test||all green",
            "ship-it/test/docs 4 task 2 closed [] []: Docs||",
        ]
    );
}

#[test]
fn notes_are_understood_in_many_spellings() {
    let table = [
        ("**Depends on:** A", "[0] []", "|"),
        ("**Blocked by**: A, bd-x.", "[0] [\"bd-x\"]", "|"),
        ("- depends on: A", "[0] []", "|"),
        ("- depends on A", "[] []", "- depends on A|"),
        ("Acceptance criteria: works", "[] []", "|works"),
        ("**Acceptance criteria:** works\n  too", "[] []", "|works/too"),
        ("### Acceptance criteria\n  works", "[] []", "|works"),
        ("Text\n  Acceptance criteria:\n  - [ ] one\n  - [x] two", "[] []", "Text|- one/- [x] two"),
        ("Text\n  Acceptance criteria:", "[] []", "Text/Acceptance criteria:|"),
        ("The acceptance criteria are strict", "[] []", "The acceptance criteria are strict|"),
    ];
    for (below, waits, texts) in table {
        let shown = shown(&format!("- [ ] A\n- [ ] B\n  {below}\n"));
        assert_eq!(shown[1..], [format!("b 99 task 2 open {waits}: B|{texts}")], "{below}");
    }
    // A heading with criteria is a story, done when they are ticked.
    let story = "## S\n**Acceptance criteria:**\n- [x] one\n- [x] two\n";
    assert_eq!(shown(story), ["s 99 task 2 closed [] []: S||- [x] one/- [x] two"]);
    assert!(shown(&story.replace("[x] two", "[ ] two"))[0].contains(" open "));
    let sheet = sheet("- [ ] a\n- [ ] \n- [ ] b").unwrap();
    assert_eq!((sheet.wanted.len(), sheet.notices.len()), (2, 1));
    assert!(sheet.notices[0].contains("line 2: the item has no title; it is left out"));
}

#[test]
fn titles_that_are_alike_are_told_apart() {
    let refs: Vec<String> = sheet("- [ ] a\n- [ ] A!\n- [ ] a")
        .unwrap()
        .wanted
        .into_iter()
        .map(|w| w.draft.external_ref)
        .collect();
    assert_eq!(refs, ["md:f.md#a", "md:f.md#a~2", "md:f.md#a~3"]);
    // A name that several have is the one beside it.
    let shown = shown("- [ ] A\n  - [ ] test\n- [ ] B\n  - [ ] test\n  - [ ] ship (after: test)");
    assert!(shown[4].contains("[3]"), "{shown:?}");
}

#[test]
fn words_that_only_look_like_dependencies_stay() {
    for title in
        ["Drop what depends on third-party code", "List what it depends on", "Fix bug that depends on locale"]
    {
        assert!(shown(&format!("- [ ] {title}"))[0].ends_with(&format!(": {title}||")));
    }
}

#[test]
fn bad_files_are_named() {
    let table = [
        ("# prose\n- no box", "`f.md` holds no checklist"),
        ("- [ ] \n", "`f.md` holds no checklist"),
        ("- [ ] a (depends on: b)", "`f.md` line 1: depends on `b`, which is neither"),
        ("- [ ] a (depends on: #7)", "line 1: depends on `#7`"),
        (
            "- [ ] x\n- [ ] a (depends on: b)\n- [ ] b (depends on: a)",
            "line 2: the items wait for each other: a → b → a",
        ),
    ];
    for (text, expected) in table {
        let error = sheet(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
