//! Who wins, what is kept and what is sent.

use super::*;

const OURS: &str = r#"{"id":"a","title":"t","zzz":1e3,"status":"open","priority":1,"issue_type":"task","created_at":"2026-01-01T00:00:00.2Z","updated_at":"2026-01-02T00:00:00.3Z","labels":["l"],"dependencies":[{"depends_on_id":"x","type":"blocks","thread_id":"q"},{"depends_on_id":"x","type":"related"}],"comments":[{"id":1,"author":"a","text":"said","created_at":"2026-01-01T00:00:00.4Z"},{"id":2,"author":"a","text":"said","created_at":"2026-01-01T00:00:00.3Z"}],"metadata":{"b":1,"a":1e3}}"#;
/// The same after `bd import`, which keeps one edge of a pair.
const THEIRS: &str = r#"{"_type":"issue","id":"a","title":"t","status":"open","priority":1,"issue_type":"task","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z","metadata":{"a":1000,"b":1},"labels":["l"],"dependencies":[{"depends_on_id":"x","type":"blocks","metadata":"{}"}],"comments":[{"id":"u","author":"a","text":"said","created_at":"2026-01-01T00:00:00Z"}],"dependency_count":1,"comment_count":1}"#;

fn terms(export: bool) -> Terms {
    Terms { typed: false, dolt: Some("2026-06-01T00:00:00Z".parse().unwrap()), export }
}

fn known() -> Pairs {
    let pair = Pair { file: OURS.into(), bd: THEIRS.into() };
    Pairs { any: true, pairs: [("a".to_owned(), pair)].into() }
}

fn exchange(ours: &str, theirs: &str, pairs: &Pairs) -> Exchange {
    Exchange::new(ours, theirs, pairs, terms(false)).unwrap()
}

fn ids(exchange: &Exchange) -> (Vec<&str>, Vec<&str>) {
    (
        exchange.taken.iter().map(String::as_str).collect(),
        exchange.give.iter().map(|(id, _)| id.as_str()).collect(),
    )
}

#[test]
fn what_bd_rewrites_is_no_change() {
    let found = exchange(OURS, THEIRS, &known());
    assert_eq!((ids(&found), found.text.as_str(), found.said.len()), ((vec![], vec![]), OURS, 0));
    let line = |text: &str| text.to_owned() + "\n";
    let after = found.after_giving([&line(THEIRS), &line(THEIRS)], true, &known());
    assert_eq!(after, known());
    assert_eq!(found.after_taking(THEIRS), known());
}

#[test]
fn each_field_goes_its_own_way() {
    let ours =
        OURS.replace("\"open\"", "\"closed\"").replace("[\"l\"]", "[\"l\",\"m\"]").replace("02T00", "03T00");
    let theirs = THEIRS
        .replace("\"priority\":1", "\"priority\":0")
        .replace("[\"l\"]", "[\"n\"]")
        .replace("\"depends_on_id\":\"x\"", "\"depends_on_id\":\"y\"")
        .replace("02T00", "04T00");
    let found = exchange(&ours, &theirs, &known());
    let now: Value = serde_json::from_str(&found.text).unwrap();
    assert_eq!((&now["status"], &now["priority"], &now["zzz"]), (&"closed".into(), &0.into(), &1e3.into()));
    assert_eq!(now["labels"], serde_json::json!(["m", "n"]));
    let edges: Vec<&Value> =
        now["dependencies"].as_array().unwrap().iter().map(|edge| &edge["depends_on_id"]).collect();
    assert_eq!(edges, ["x", "y"], "the related one, which bd never had, stays");
    assert_eq!(now["comments"].as_array().unwrap().len(), 2);
    assert_eq!(ids(&found), (vec!["a"], vec!["a"]));
    assert!(found.said.is_empty(), "{:?}", found.said);
    // Both change one field: the later one counts, and it is said.
    let title = |text: &str, to: &str| text.replace("\"title\":\"t\"", &format!("\"title\":\"{to}\""));
    let found = exchange(&title(&ours, "here"), &title(&theirs, "there"), &known());
    assert!(found.text.contains("\"title\":\"there\""));
    assert_eq!(found.said, ["`a` was changed on both sides: `title` as `bd` has it counts"]);
}

#[test]
fn deletions_are_deletions() {
    let found = exchange(OURS, "", &known());
    assert_eq!((found.text.as_str(), found.said.len()), ("", 1));
    let found = exchange(&OURS.replace("\"priority\":1", "\"priority\":3"), "", &known());
    assert_eq!((ids(&found).1, found.said.len()), (vec!["a"], 1), "{:?}", found.said);
    let found = exchange("", THEIRS, &known());
    assert_eq!((found.text.as_str(), found.deleted.as_slice()), ("", &["a".to_owned()][..]));
    let dead = OURS.replace("\"open\"", "\"tombstone\"");
    let found = exchange(&dead, THEIRS, &known());
    assert_eq!(
        (&found.text, found.deleted.as_slice(), ids(&found).1),
        (&dead, &["a".to_owned()][..], vec![])
    );
    // An export only lags behind.
    let found = Exchange::new("", THEIRS, &known(), terms(true)).unwrap();
    assert_eq!((ids(&found), found.deleted.len()), ((vec!["a"], vec![]), 0));
}

#[test]
fn without_a_base_sets_are_united_and_the_newer_value_counts() {
    let theirs = THEIRS
        .replace("\"title\":\"t\"", "\"title\":\"new\"")
        .replace("[\"l\"]", "[\"m\"]")
        .replace("02T00", "05T00");
    let found = exchange(OURS, &theirs, &Pairs::default());
    let now: Value = serde_json::from_str(&found.text).unwrap();
    assert_eq!((&now["title"], &now["labels"]), (&"new".into(), &serde_json::json!(["l", "m"])));
    assert_eq!(found.said.len(), 1);
    // Of an export the newer side counts altogether.
    let found = Exchange::new(OURS, &theirs, &Pairs::default(), terms(true)).unwrap();
    let now: Value = serde_json::from_str(&found.text).unwrap();
    assert_eq!((&now["title"], &now["labels"]), (&"new".into(), &serde_json::json!(["m"])));
    assert_eq!(ids(&found).1, [""; 0]);
}

#[test]
fn one_id_for_two_issues_is_told_apart() {
    let ours = "{\"id\":\"e.1\",\"title\":\"here\",\"created_at\":\"2026-01-01T00:00:00.1Z\"}\n\
                {\"id\":\"e.1.1\",\"title\":\"below\",\"created_at\":\"2026-01-01T00:00:02.1Z\"}\n";
    let theirs =
        "{\"_type\":\"issue\",\"id\":\"e.1\",\"title\":\"there\",\"created_at\":\"2026-01-01T00:00:00Z\"}\n";
    let found = exchange(ours, theirs, &Pairs { any: true, ..Pairs::default() });
    let side = Side::parse(&found.text);
    let mut titles: Vec<(String, String)> =
        side.heads().map(|head| (head.title.to_string(), head.id.to_string())).collect();
    titles.sort();
    assert_eq!(titles.len(), 3, "{} {:?}", found.text, found.said);
    assert_eq!(titles[2], ("there".to_owned(), "e.1".to_owned()));
    let new = &titles[1].1;
    assert!(new.starts_with("e.") && new != "e.1" && titles[0].1 == format!("{new}.1"), "{titles:?}");
    assert_eq!(
        found.said,
        [format!("`e.1` was made twice, here and in `bd`: the one made here, `here`, is now `{new}`")]
    );
}

#[test]
fn giving_repeats_no_comment_and_names_what_must_go() {
    let ours = r#"{"id":"a","title":"t","labels":["l"],"updated_at":"2026-03-01T00:00:00Z","comments":[{"id":1,"author":"a","text":"known","created_at":"2026-01-01T00:00:00.7Z"},{"id":2,"author":"a","text":"new","created_at":"2026-01-01T00:00:00.7Z"}]}"#;
    let theirs = r#"{"_type":"issue","id":"a","title":"t","labels":["l","m"],"updated_at":"2026-02-01T00:00:00Z","dependencies":[{"depends_on_id":"x","type":"blocks"}],"comments":[{"id":"u","author":"a","text":"known","created_at":"2026-01-01T00:00:01Z"}]}"#;
    let found = exchange(ours, theirs, &Pairs::equal(theirs));
    assert_eq!(found.drop_labels, [("a".to_owned(), vec!["m".to_owned()])]);
    assert_eq!(found.drop_deps, [("a".to_owned(), "x".to_owned())]);
    let line: Value = serde_json::from_str(found.give[0].1.text()).unwrap();
    assert_eq!(line["comments"][0]["id"], "u");
    assert_eq!(line["comments"][0]["created_at"], "2026-01-01T00:00:01Z");
    assert_eq!(line["comments"][1]["id"].as_str().unwrap().len(), 36);
    assert_eq!(line["comments"][1]["created_at"], "2026-01-01T00:00:01Z");
}

#[test]
fn what_bd_does_not_export_is_given_once() {
    let ours = "{\"id\":\"a\",\"ephemeral\":true}\n";
    let found = exchange(ours, "", &Pairs::default());
    let pairs = found.after_giving(["", ""], true, &Pairs::default());
    let again = exchange(ours, "", &pairs);
    assert_eq!((ids(&found).1, ids(&again).1, again.text.as_str()), (vec!["a"], vec![], ours));
    assert_eq!(again.after_giving(["", ""], true, &pairs), pairs);
}
