//! What can be told from settings and routes that are program code, without running it: words, texts and how they nest.

use regex_lite::Regex;

/// A word of JavaScript or TypeScript, comments left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name, a number or `...`.
    Word(String),
    /// A text without its quotes.
    Text(String),
    /// Anything else, a sign at a time.
    Sign(char),
}

impl Token {
    /// Whether it is that sign.
    pub fn is(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }

    /// Whether it is that word.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }

    /// Its text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The words of a program.
pub fn tokens(code: &str) -> Vec<Token> {
    let letters: Vec<char> = code.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied();
        match letter {
            '/' if next == Some('/') => {
                at += letters[at..].iter().take_while(|letter| **letter != '\n').count()
            }
            '/' if next == Some('*') => {
                let end = letters[at + 2..].windows(2).position(|two| two == ['*', '/']);
                at = end.map_or(letters.len(), |end| at + end + 4);
            }
            '"' | '\'' | '`' => at = quoted(&letters, at, &mut tokens),
            '.' if letters[at..].starts_with(&['.', '.', '.']) => {
                tokens.push(Token::Word("...".into()));
                at += 3;
            }
            _ if is_part(letter) => {
                let word: String = letters[at..].iter().take_while(|letter| is_part(**letter)).collect();
                at += word.chars().count();
                tokens.push(Token::Word(word));
            }
            _ => {
                if !letter.is_whitespace() {
                    tokens.push(Token::Sign(letter));
                }
                at += 1;
            }
        }
    }
    tokens
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn quoted(letters: &[char], start: usize, tokens: &mut Vec<Token>) -> usize {
    let quote = letters[start];
    let mut text = String::new();
    let mut at = start + 1;
    while let Some(&letter) = letters.get(at) {
        match letter {
            '\\' => {
                text.extend(letters.get(at + 1));
                at += 1;
            }
            _ if letter == quote => break,
            // An apostrophe in markup is no text.
            '\n' if quote != '`' => return start + 1,
            _ => text.push(letter),
        }
        at += 1;
    }
    tokens.push(Token::Text(text));
    at + 1
}

/// Where the bracket that opens at `open` closes; the end where it never does.
pub fn close(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Settings written as code: `name: value` wherever it stands.
#[derive(Debug, Default)]
pub struct Settings {
    tokens: Vec<Token>,
}

impl Settings {
    /// Reads them.
    pub fn of(code: &str) -> Self {
        Self { tokens: tokens(code) }
    }

    /// Whether that word or text stands anywhere in them.
    pub fn mentions(&self, part: &str) -> bool {
        self.tokens.iter().any(|token| match token {
            Token::Word(word) | Token::Text(word) => word.contains(part),
            Token::Sign(_) => false,
        })
    }

    /// The text that `name` is set to.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.value(name)?.first()?.text()
    }

    /// Whether `name` is set to `true`, or to `false`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.value(name)?.first()? {
            Token::Word(word) if word == "true" => Some(true),
            Token::Word(word) if word == "false" => Some(false),
            _ => None,
        }
    }

    /// The texts in the list that `name` is set to.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let value = self.value(name)?;
        value.first().filter(|token| token.is('['))?;
        Some(value[..close(value, 0)].iter().filter_map(Token::text).collect())
    }

    /// The settings in the braces that `name` is set to.
    pub fn table(&self, name: &str) -> Option<Self> {
        let value = self.value(name)?;
        value.first().filter(|token| token.is('{'))?;
        Some(Self { tokens: value[..close(value, 0)].to_vec() })
    }

    fn value(&self, name: &str) -> Option<&[Token]> {
        let named = |two: &[Token]| {
            let own = two[0].is_word(name) || two[0].text() == Some(name);
            own && two[1].is(':')
        };
        let at = self.tokens.windows(2).position(named)?;
        Some(&self.tokens[at + 2..])
    }
}

/// The arguments of each call of `name(`, where they are texts alone: `setInputDirectory("src")`.
pub fn called<'t>(settings: &'t Settings, name: &str) -> Option<&'t str> {
    let at = settings.tokens.windows(2).position(|two| two[0].is_word(name) && two[1].is('('))?;
    settings.tokens.get(at + 2)?.text()
}

/// What a file of code takes from others: the texts behind `from`, `import` and `require`, and those that styles and pages
/// name.
pub fn imports(text: &str) -> Vec<String> {
    const FORMS: &str = r#"(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|@import\s+(?:url\()?|@use\s+|\b(?:src|href)\s*=\s*)["']([^"'\n]+)["']"#;
    let Ok(forms) = Regex::new(FORMS) else { return Vec::new() };
    forms.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_over_comments_and_texts() {
        let settings = Settings::of(
            "// basePath: '/no'\n/* trailingSlash: false */ export default { basePath: \"/docs\", url: 'http://x', \
             trailingSlash: true, pageExtensions: ['page.tsx', `mdx`], nested: { \"base\": `/in` }, x: don't }",
        );
        assert_eq!(settings.text("basePath"), Some("/docs"));
        assert_eq!(settings.flag("trailingSlash"), Some(true));
        assert_eq!(settings.list("pageExtensions").unwrap(), ["page.tsx", "mdx"]);
        assert_eq!(settings.table("nested").unwrap().text("base"), Some("/in"));
        assert_eq!((settings.text("missing"), settings.list("basePath")), (None, None));
        assert!(settings.mentions("mdx") && !settings.mentions("/no"));
        for odd in ["", "{", "a: '", "a: \"\\", "/*", "a: [", "`", "'\n'"] {
            let _ = (Settings::of(odd).list("a"), Settings::of(odd).text("a"));
        }
        assert_eq!(called(&Settings::of("c.setInputDirectory('src')"), "setInputDirectory"), Some("src"));
    }

    #[test]
    fn imports_are_found_in_each_spelling() {
        let text = "import A from './a'\nimport './b.css'\nconst c = require(\"../c\")\nimport(`x`)\n\
                    export { d } from '@/d'; const e = import('./e')\n<link href=\"/style.css\"> @import url('./f.css')";
        assert_eq!(imports(text), ["./a", "./b.css", "../c", "@/d", "./e", "/style.css", "./f.css"]);
    }
}
