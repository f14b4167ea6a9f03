//! Text that fits so many columns of a terminal: cut, padded or wrapped by what its letters take up
//! there, not by how many they are. What comes in holds no escape sequences (see [`super::one_line`]).

use std::borrow::Cow;

/// Columns that `text` takes up.
pub fn wide(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { console::measure_text_width(text) }
}

/// `text`, its end replaced by `…` where it is wider than `columns`.
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    // Letters may take up nothing, but not without end.
    let most = text.char_indices().nth(columns.saturating_mul(8).max(64)).map_or(text.len(), |(at, _)| at);
    if most == text.len() && wide(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else { return Cow::Borrowed("") };
    let ends: Vec<usize> = text[..most].char_indices().map(|(at, _)| at).chain([most]).collect();
    let fitting = ends.partition_point(|end| wide(&text[..*end]) <= room);
    let kept = &text[..ends[fitting.saturating_sub(1)]];
    Cow::Owned(format!("{}…", kept.trim_end_matches(['\u{200d}', ' '])))
}

/// `text` cut or filled up to exactly `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut text = cut(text, columns).into_owned();
    text.extend(std::iter::repeat_n(' ', columns.saturating_sub(wide(&text))));
    text
}

/// `999 B`, `1.2 kB`, `100.0 MB`: a size for people.
pub fn bytes(size: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| size >= *unit) {
        // Cut, not rounded: 999.99 kB is not yet 1000.0 kB.
        Some((unit, name)) => format!("{}.{} {name}", size / unit, size % unit * 10 / unit),
        None => format!("{size} B"),
    }
}

/// The words of `line` in lines of at most `columns`, where they can be parted: an address that is
/// longer stays whole, so that it can be copied. The first begins with `first`, the others with `rest`.
pub fn wrap(line: &str, columns: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut now = first.to_owned();
    let mut empty = true;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!empty);
        if !empty && wide(&now) + gap + wide(word) > columns {
            lines.push(std::mem::replace(&mut now, rest.to_owned()));
            empty = true;
        }
        if !empty {
            now.push(' ');
        }
        empty = false;
        if word.is_ascii() {
            now.push_str(word);
            continue;
        }
        // Many languages do without spaces.
        let mut used = wide(&now);
        for char in word.chars() {
            let takes = wide(char.encode_utf8(&mut [0; 4]));
            if used + takes > columns && used > wide(rest) {
                lines.push(std::mem::replace(&mut now, rest.to_owned()));
                used = wide(rest);
            }
            now.push(char);
            used += takes;
        }
    }
    lines.push(now);
    lines
}

/// Markdown with its long lines wrapped: items of lists hang below their mark, quotes keep theirs, and
/// code and tables stay as they are.
pub fn prose(text: &str, columns: usize) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut fence: Option<String> = None;
    let mut listed = false;
    for line in text.lines() {
        let bare = line.trim_start();
        if let Some(open) = &fence {
            if bare.starts_with(open.as_str()) {
                fence = None;
            }
            out.push(line.to_owned());
            continue;
        }
        fence = fence_of(bare);
        let lead = &line[..line.len() - bare.len()];
        let mark = mark(bare);
        let code = !listed && mark == 0 && (lead.starts_with("    ") || lead.contains('\t'));
        if fence.is_some() || code || bare.starts_with('|') || wide(line) <= columns && !line.contains('\t') {
            out.push(line.to_owned());
        } else {
            let lead = lead.replace('\t', "    ");
            let body = bare[mark..].replace('\t', " ");
            let first = format!("{lead}{}", &bare[..mark]);
            let quote = bare.starts_with('>');
            let rest = if quote { first.clone() } else { " ".repeat(wide(&first)) };
            out.extend(wrap(&body, columns, &first, &rest));
        }
        listed = !bare.is_empty() && (mark > 0 || listed && !lead.is_empty()) || bare.is_empty() && listed;
    }
    out.join("\n")
}

/// The fence that opens a block of code on this line.
fn fence_of(bare: &str) -> Option<String> {
    let mark = bare.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let fence: String = bare.chars().take_while(|char| *char == mark).collect();
    // ```code``` on one line opens nothing.
    let opens = fence.len() >= 3 && !bare[fence.len()..].contains('`');
    opens.then_some(fence)
}

/// Bytes of what marks an item or a quote, its space included; 0 where nothing does.
fn mark(bare: &str) -> usize {
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &bare[digits..];
    let marks: &[&str] = if digits > 0 {
        &[". ", ") "]
    } else {
        &["- [ ] ", "- [x] ", "- [X] ", "* [ ] ", "* [x] ", "- ", "* ", "+ ", "> "]
    };
    marks.iter().find(|mark| rest.starts_with(**mark)).map_or(0, |mark| digits + mark.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_place_and_the_next_unit() {
        let table = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1299, "1.2 kB"),
            (999_999, "999.9 kB"),
            (104_857_600, "104.8 MB"),
            (u64::MAX, "18446744073.7 GB"),
        ];
        for (size, expected) in table {
            assert_eq!(bytes(size), expected);
        }
    }

    #[test]
    fn cut_by_columns() {
        let table = [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("ab cd", 4, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("a🚀b", 3, "a…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("👩\u{200d}💻👩\u{200d}💻", 3, "👩\u{200d}💻…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("", 0, ""),
        ];
        for (text, columns, expected) in table {
            assert_eq!(cut(text, columns), expected, "{text} in {columns}");
            assert!(wide(&cut(text, columns)) <= columns, "{text} in {columns}");
            assert_eq!(wide(&pad(text, columns)), columns, "{text} in {columns}");
        }
        let heap = format!("a{}", "\u{301}".repeat(1 << 20));
        assert!(cut(&heap, 10).len() < 1000);
        assert_eq!(cut(&"x".repeat(5 << 20), 10), "xxxxxxxxx…");
    }

    #[test]
    fn lines_are_wrapped_and_code_is_not() {
        let table = [
            ("one two three", "one two\nthree"),
            ("one\ntwo", "one\ntwo"),
            ("- one two three", "- one two\n  three"),
            ("- [ ] one two", "- [ ] one\n      two"),
            ("  10. one two", "  10. one\n      two"),
            ("- a\n    - one two", "- a\n    - one\n      two"),
            ("- a\n\n    one two three", "- a\n\n    one\n    two\n    three"),
            ("> one two three", "> one two\n> three"),
            (
                "```sh\none two three four\n```\none two three",
                "```sh\none two three four\n```\none two\nthree",
            ),
            ("~~~\n``` one two three\n~~~~\n- one two 3", "~~~\n``` one two three\n~~~~\n- one two\n  3"),
            ("    one two three", "    one two three"),
            ("\tone two three", "\tone two three"),
            ("| one | two | three |", "| one | two | three |"),
            ("see https://example.org/long now", "see\nhttps://example.org/long\nnow"),
            ("日本語日本語", "日本語日\n本語"),
            ("- 日本語日本語", "- 日本語\n  日本語"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(prose(text, 9), expected, "{text}");
        }
        assert_eq!(prose("one two three", 1000), "one two three");
    }
}
