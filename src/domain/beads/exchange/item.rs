//! The words of one checklist item: title, priority, labels, assignee, what it waits for, its id.

/// What an item's text says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What is left when the rest is taken out.
    pub title: String,
    /// `P0` to `P4`.
    pub priority: Option<i64>,
    /// `#label`, `#"two words"`.
    pub labels: Vec<String>,
    /// `@who`.
    pub assignee: String,
    /// `(depends on …)`, each as written; these must be found.
    pub waits_for: Vec<String>,
    /// `depends on …` at the end, without brackets: may just be words of the title.
    pub perhaps: Option<Perhaps>,
    /// `<!-- bd-a3f -->`.
    pub id: Option<String>,
    /// `<!-- bd-a3f bug -->`.
    pub kind: Option<String>,
}

/// Words that name dependencies only if they name issues.
#[derive(Debug, PartialEq, Eq)]
pub struct Perhaps {
    /// The title without them.
    pub title: String,
    /// What they would name.
    pub names: String,
}

/// The beginnings of what an item waits for.
const WAITS: [&str; 6] = ["depends on", "dependson", "blocked by", "waits for", "requires", "after"];

/// Reads the text of an item after its box.
pub fn read(text: &str) -> Item {
    let mut item = Item::default();
    let mut rest = front(text.trim(), &mut item);
    while let Some(shorter) = back(rest, &mut item) {
        rest = shorter.trim_end();
    }
    item.labels.reverse();
    item.title = plain(rest);
    item.perhaps = perhaps(rest);
    item
}

/// A priority before the title: `P1: …`, `[P1] …`, `(P1) …`, `**P1** …`.
fn front<'t>(text: &'t str, item: &mut Item) -> &'t str {
    let Some((word, rest)) = text.split_once(char::is_whitespace) else { return text };
    let bare = word.trim_matches(['*', '[', ']', '(', ')', ':']);
    if bare.len() < word.len()
        && let Some(level) = level(bare)
    {
        item.priority = Some(level);
        return rest.trim_start();
    }
    text
}

/// Takes one more word that says something about the item off the end; `None` when there is none.
fn back<'t>(text: &'t str, item: &mut Item) -> Option<&'t str> {
    if let Some((rest, comment)) = text.strip_suffix("-->").and_then(|text| text.rsplit_once("<!--")) {
        let mut words = comment.split_whitespace();
        item.id = words.next().filter(|word| is_id(word)).map(str::to_owned);
        item.kind = words.next().filter(|_| item.id.is_some()).map(str::to_owned);
        return Some(rest);
    }
    if let Some((rest, inside)) = bracketed(text) {
        return group(inside, item).then_some(rest);
    }
    if let Some((rest, label)) = text.strip_suffix('"').and_then(|text| text.rsplit_once("#\""))
        && is_quotable(label)
        && rest.ends_with(char::is_whitespace)
    {
        item.labels.push(label.to_owned());
        return Some(rest);
    }
    let (rest, word) = text.rsplit_once(char::is_whitespace)?;
    if let Some(label) = word.strip_prefix('#').filter(|label| is_word(label)) {
        item.labels.push(label.to_owned());
    } else if let Some(who) = word.strip_prefix('@').filter(|who| is_word(who)) {
        who.clone_into(&mut item.assignee);
    } else {
        item.priority = Some(level_word(word)?);
    }
    Some(rest)
}

/// `… (inside)` or `… [inside]`, with something before it.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let open = match text.chars().next_back()? {
        ')' => '(',
        ']' => '[',
        _ => return None,
    };
    let close = if open == '(' { ')' } else { ']' };
    let mut depth = 0;
    for (at, char) in text.char_indices().rev() {
        depth += i32::from(char == close) - i32::from(char == open);
        if depth == 0 {
            let before = &text[..at];
            let apart = before.ends_with(char::is_whitespace) && !before.trim().is_empty();
            return apart.then(|| (before, &text[at + 1..text.len() - 1]));
        }
    }
    None
}

/// Reads `P1`, `depends on a, b`, or both with a comma between; says whether it is that and nothing else.
fn group(inside: &str, item: &mut Item) -> bool {
    let (first, more) = inside.split_once([',', ';']).unwrap_or((inside, ""));
    if let Some(level) = level(first.trim()) {
        item.priority = Some(level);
        return more.trim().is_empty() || group(more.trim(), item);
    }
    let Some(names) = waits(inside.trim()).filter(|names| !names.is_empty()) else { return false };
    // A single word like `after` is too common inside brackets to mean this.
    let means = inside.trim().contains(':') || !inside.trim().to_lowercase().starts_with("after");
    if means {
        item.waits_for.push(names.to_owned());
    }
    means
}

/// What follows `depends on` and the like, where the text begins so.
pub fn waits(text: &str) -> Option<&str> {
    let begins = |words: &&&str| {
        text.get(..words.len()).is_some_and(|start| start.eq_ignore_ascii_case(words))
            && !text[words.len()..].starts_with(char::is_alphanumeric)
    };
    let words = WAITS.iter().find(begins)?;
    Some(text[words.len()..].trim_start_matches([':', ' ', '\t']).trim_end_matches([' ', '.', '\t']))
}

/// `Title, depends on a and b`.
fn perhaps(text: &str) -> Option<Perhaps> {
    let lower = text.to_ascii_lowercase();
    let at = ["depends on", "blocked by"].iter().filter_map(|words| lower.rfind(words)).max()?;
    let names = waits(&text[at..])?.to_owned();
    let title = text[..at].trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '\t']);
    (!title.is_empty() && !names.is_empty()).then(|| Perhaps { title: plain(title), names })
}

/// The names in a list: `a, b and c`.
pub fn names(list: &str) -> Vec<String> {
    let parts = list.split([',', ';', '&']).flat_map(|part| part.split(" and "));
    parts.map(|part| bare(part).to_owned()).filter(|part| !part.is_empty()).collect()
}

/// A name without quotes and back-ticks.
pub fn bare(name: &str) -> &str {
    name.trim().trim_matches(['`', '"', '“', '”', '\''])
}

/// A title as it is compared: without case, marks and surplus spaces.
pub fn key(title: &str) -> String {
    let words = title.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The same for a name in a reference: `write-the-docs`; never empty, never long.
pub fn slug(title: &str) -> String {
    let slug = key(title).replace(' ', "-");
    match slug.char_indices().nth(60) {
        _ if slug.is_empty() => super::digest(title)[..8].to_owned(),
        Some((end, _)) => format!("{}-{}", &slug[..end], &super::digest(&slug)[..8]),
        None => slug,
    }
}

/// The priority that a word means: `P1`, `2`, `high`.
pub fn priority(word: &str) -> Option<i64> {
    match word.trim().to_lowercase().as_str() {
        "critical" | "urgent" | "highest" | "blocker" | "must" => Some(0),
        "high" | "should" => Some(1),
        "medium" | "normal" | "moderate" | "could" => Some(2),
        "low" | "minor" => Some(3),
        "lowest" | "trivial" | "someday" => Some(4),
        word => level(word).or_else(|| word.parse().ok().filter(|number| (0..=4).contains(number))),
    }
}

/// `P0` to `P4`.
fn level(word: &str) -> Option<i64> {
    let digit = word.strip_prefix(['P', 'p'])?;
    digit.parse().ok().filter(|level| digit.len() == 1 && (0..=4).contains(level))
}

/// Whether a word looks like an id of an issue.
pub fn is_id(word: &str) -> bool {
    let plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    word.split_once('-').is_some_and(|(prefix, rest)| !prefix.is_empty() && !rest.is_empty())
        && word.starts_with(|char: char| char.is_ascii_alphanumeric())
        && word.chars().all(plain)
}

/// Whether a word can be a label without quotes.
pub fn is_word(word: &str) -> bool {
    word.starts_with(char::is_alphabetic)
        && word.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | ':' | '/'))
}

/// Whether words can be a label in quotes.
pub fn is_quotable(words: &str) -> bool {
    let odd = |char: char| char == '"' || char == '\\' || char.is_control();
    !words.trim().is_empty() && words.trim() == words && !words.contains(odd) && !words.contains("<!--")
}

/// Markdown's escapes undone, and ours of a last word that is no priority: `\P1`.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.trim().chars();
    while let Some(char) = chars.next() {
        let rest = chars.as_str();
        let escapes = char == '\\'
            && (rest.starts_with(|char: char| char.is_ascii_punctuation()) || level_word(rest).is_some());
        out.push(if escapes { chars.next().unwrap_or(char) } else { char });
    }
    out
}

/// The priority that a word alone is taken for.
fn level_word(word: &str) -> Option<i64> {
    level(word).filter(|_| word.starts_with('P'))
}

/// A title with every mark escaped that could be taken for something else.
pub fn escaped(title: &str) -> String {
    let mut out = String::with_capacity(title.len() + 8);
    let last = title.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    for (at, char) in title.char_indices() {
        if char.is_ascii_punctuation() || (at == last && level_word(&title[at..]).is_some()) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(title: &str) -> Item {
        Item { title: title.into(), ..Item::default() }
    }

    #[test]
    fn what_an_item_says() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let table = [
            ("Write it", item("Write it")),
            ("Write it (P1)", Item { priority: Some(1), ..item("Write it") }),
            ("[P0] Write it", Item { priority: Some(0), ..item("Write it") }),
            ("P3: Write it", Item { priority: Some(3), ..item("Write it") }),
            ("Write it P4", Item { priority: Some(4), ..item("Write it") }),
            ("Support P5 (sometimes)", item("Support P5 (sometimes)")),
            ("Call foo()", item("Call foo()")),
            ("Tidy (after lunch)", item("Tidy (after lunch)")),
            (
                "Test it #ci #area:core @ann (P2, depends on: Write it, #3)",
                Item {
                    priority: Some(2),
                    labels: words(&["ci", "area:core"]),
                    assignee: "ann".into(),
                    waits_for: words(&["Write it, #3"]),
                    ..item("Test it")
                },
            ),
            ("Fix issue #12", item("Fix issue #12")),
            (
                "Say \"hi\" #\"two words\" #x #\"a, b\"",
                Item { labels: words(&["two words", "x", "a, b"]), ..item("Say \"hi\"") },
            ),
            (
                "Ship [Blocked by `bd-a3`] <!-- bd-x.1 bug -->",
                Item {
                    waits_for: words(&["`bd-a3`"]),
                    id: Some("bd-x.1".into()),
                    kind: Some("bug".into()),
                    ..item("Ship")
                },
            ),
            ("Keep \\#this \\(P1\\)", item("Keep #this (P1)")),
            ("Write it \\P4", item("Write it P4")),
            ("Hide <!-- a note -->", item("Hide")),
            (
                "Ship it - depends on bd-a3, bd-b1",
                Item {
                    perhaps: Some(Perhaps { title: "Ship it".into(), names: "bd-a3, bd-b1".into() }),
                    ..item("Ship it - depends on bd-a3, bd-b1")
                },
            ),
            ("List what it depends on", item("List what it depends on")),
            ("", item("")),
            ("(P1)", item("(P1)")),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_slugs_and_words() {
        assert_eq!(names("`bd-a`, B and “C”; #2"), ["bd-a", "B", "C", "#2"]);
        assert_eq!((slug("Write  the Docs!"), slug("日本 Ü").as_str()), ("write-the-docs".into(), "日本-ü"));
        assert!(slug("!?").len() == 8 && slug(&"x".repeat(500)).len() < 80);
        for (word, level) in [("P1", Some(1)), ("High", Some(1)), ("4", Some(4)), ("5", None), ("soon", None)]
        {
            assert_eq!(priority(word), level, "{word}");
        }
        for (word, is) in
            [("bd-a3f", true), ("a-b-c.1", true), ("note", false), ("-x", false), ("a-$x", false)]
        {
            assert_eq!(is_id(word), is, "{word}");
        }
        assert_eq!(read(&escaped("a (P1) #b <!-- bd-x -->")).title, "a (P1) #b <!-- bd-x -->");
    }
}
