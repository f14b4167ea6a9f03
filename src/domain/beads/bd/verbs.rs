//! Each verb in the spelling of each version: what is wanted → the arguments of `bd`.
//!
//! Values are joined to their flags (`--title=…`) and ids come after `--`, so that no text of anybody's
//! is taken for an option.

use super::version::Dialect;
use crate::domain::beads::change::Update;
use crate::domain::beads::create::New;

/// Longest text that is handed over as an argument; a longer one goes by standard input.
const ARGUMENT: usize = 64 << 10;

/// What `bd` is to do.
#[derive(Debug, Clone)]
pub enum Verb<'a> {
    /// Make a store, from the `issues.jsonl` that is there or empty.
    Init { prefix: Option<&'a str>, from_file: bool },
    /// Name what is ready.
    Ready,
    /// Name all issues.
    List,
    /// Show whole issues.
    Show(&'a [String]),
    /// Make an issue; `parent` and `deps` (kind, id) as resolved.
    Create { new: &'a New, parent: Option<&'a str>, deps: &'a [(String, String)] },
    /// Change issues.
    Update { ids: &'a [String], update: &'a Update },
    /// Take an issue that nobody has, all or nothing.
    Claim(&'a str),
    /// Close issues.
    Close { ids: &'a [String], reason: Option<&'a str> },
    /// Open closed issues again.
    Reopen(&'a [String]),
    /// Say something about an issue.
    Comment { id: &'a str, author: &'a str, text: &'a str },
    /// Make one issue depend on another.
    AddDep { issue: &'a str, target: &'a str, kind: &'a str },
    /// End a dependency.
    RemoveDep { issue: &'a str, target: &'a str },
    /// Bring `issues.jsonl` up to date (classic).
    Flush,
    /// Print every issue as a line.
    Export,
    /// Take over the lines on standard input.
    Import,
}

/// A command line for `bd`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Call {
    /// What comes after the program's name.
    pub args: Vec<String>,
    /// What it reads.
    pub input: String,
}

impl Call {
    fn new(words: &[&str]) -> Self {
        Self { args: words.iter().map(|word| (*word).to_owned()).collect(), input: String::new() }
    }

    fn flag(mut self, name: &str, value: &str) -> Self {
        self.args.push(format!("--{name}={value}"));
        self
    }

    fn flag_if(self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value { self.flag(name, value) } else { self }
    }

    fn word_if(mut self, word: &str, wanted: bool) -> Self {
        self.args.extend(wanted.then(|| word.to_owned()));
        self
    }

    fn values<'a>(mut self, name: &str, values: impl IntoIterator<Item = &'a String>) -> Self {
        self.args.extend(values.into_iter().map(|value| format!("--{name}={}", listed(value))));
        self
    }

    /// A description that is long, or that `bd` would take for the name of standard input.
    fn description(mut self, text: Option<&str>) -> Self {
        match text {
            Some(text) if text == "-" || text.len() > ARGUMENT => {
                text.clone_into(&mut self.input);
                self.flag("body-file", "-")
            }
            other => self.flag_if("description", other),
        }
    }

    fn ids<'a>(mut self, ids: impl IntoIterator<Item = &'a str>) -> Self {
        self.args.push("--".into());
        self.args.extend(ids.into_iter().map(str::to_owned));
        self
    }
}

/// A value of a flag that `bd` splits at commas and unquotes as CSV.
fn listed(value: &str) -> String {
    if value.contains([',', '"']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

/// The command line of `verb` for `dialect`.
pub fn call(verb: &Verb, dialect: Dialect) -> Call {
    let dolt = dialect == Dialect::Dolt;
    match verb {
        Verb::Init { prefix, from_file } => Call::new(&["init", "-q", "--skip-hooks"])
            .word_if("--skip-agents", dolt)
            .word_if("--skip-merge-driver", !dolt)
            .word_if("--from-jsonl", *from_file)
            .flag_if("prefix", *prefix),
        Verb::Ready => Call::new(&["ready", "--json", "--limit=0"]),
        Verb::List => Call::new(&["list", "--json", "--all", "--limit=0"]).word_if("--flat", dolt),
        Verb::Show(ids) => Call::new(&["show", "--json"]).ids(ids.iter().map(String::as_str)),
        Verb::Create { new, parent, deps } => create(new, *parent, deps, dolt),
        Verb::Update { ids, update } => change(update).ids(ids.iter().map(String::as_str)),
        Verb::Claim(id) => Call::new(&["update", "--json", "--claim"]).ids([*id]),
        Verb::Close { ids, reason } => {
            Call::new(&["close", "--json"]).flag_if("reason", *reason).ids(ids.iter().map(String::as_str))
        }
        Verb::Reopen(ids) => Call::new(&["reopen", "--json"]).ids(ids.iter().map(String::as_str)),
        Verb::Comment { id, author, text } => {
            Call::new(&["comments", "add", "--json"]).flag("author", author).ids([*id, *text])
        }
        Verb::AddDep { issue, target, kind } => {
            Call::new(&["dep", "add", "--json"]).flag("type", kind).ids([*issue, *target])
        }
        Verb::RemoveDep { issue, target } => Call::new(&["dep", "remove", "--json"]).ids([*issue, *target]),
        Verb::Flush => Call::new(&["sync", "--flush-only"]),
        Verb::Export => Call::new(&["export"]),
        // The classic one reads standard input unless told otherwise, and takes no `-`.
        Verb::Import if dolt => Call::new(&["import", "-"]),
        Verb::Import => Call::new(&["import"]),
    }
}

fn create(new: &New, parent: Option<&str>, deps: &[(String, String)], dolt: bool) -> Call {
    let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
    // A bare id is one that must be closed first. `blocks:ID` is not: 1.x reads it the other way round.
    let deps: Vec<String> = deps
        .iter()
        .map(|(kind, id)| if kind == "blocks" { id.clone() } else { format!("{kind}:{id}") })
        .collect();
    let estimate = new.estimate.map(|minutes| minutes.to_string());
    Call::new(&["create", "--json"])
        .flag("title", &new.title)
        .flag("type", &new.kind)
        .flag("priority", &new.priority.to_string())
        .description(some(&new.description).as_deref())
        .flag_if("design", some(&new.design).as_deref())
        .flag_if("acceptance", some(&new.acceptance).as_deref())
        .flag_if("parent", parent)
        .word_if("--no-inherit-labels", dolt && parent.is_some())
        .values("deps", &deps)
        .values("labels", &new.labels)
        .flag_if("assignee", some(&new.assignee).as_deref())
        .flag_if("estimate", estimate.as_deref())
        .flag_if("actor", some(&new.author).as_deref())
}

fn change(update: &Update) -> Call {
    let priority = update.priority.map(|priority| priority.to_string());
    Call::new(&["update", "--json"])
        .flag_if("status", update.status.as_deref())
        .flag_if("title", update.title.as_deref())
        .description(update.description.as_deref())
        .flag_if("priority", priority.as_deref())
        .flag_if("notes", update.notes.as_deref())
        .flag_if("acceptance", update.acceptance.as_deref())
        .flag_if("assignee", update.assignee.as_deref())
        .values("add-label", &update.add_labels)
        .values("remove-label", &update.remove_labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(verb: &Verb, dialect: Dialect) -> String {
        call(verb, dialect).args.join(" ")
    }

    #[test]
    fn each_version_is_spoken_to_in_its_own_words() {
        let ids = ["a-1".to_owned(), "a-2".to_owned()];
        let table = [
            (
                Verb::Init { prefix: Some("x"), from_file: true },
                "init -q --skip-hooks --skip-merge-driver --from-jsonl --prefix=x",
                "init -q --skip-hooks --skip-agents --from-jsonl --prefix=x",
            ),
            (Verb::Ready, "ready --json --limit=0", "ready --json --limit=0"),
            (Verb::List, "list --json --all --limit=0", "list --json --all --limit=0 --flat"),
            (Verb::Show(&ids), "show --json -- a-1 a-2", "show --json -- a-1 a-2"),
            (
                Verb::Close { ids: &ids, reason: Some("-x") },
                "close --json --reason=-x -- a-1 a-2",
                "close --json --reason=-x -- a-1 a-2",
            ),
            (Verb::Claim("a-1"), "update --json --claim -- a-1", "update --json --claim -- a-1"),
            (
                Verb::Comment { id: "a-1", author: "me", text: "--text" },
                "comments add --json --author=me -- a-1 --text",
                "comments add --json --author=me -- a-1 --text",
            ),
            (
                Verb::AddDep { issue: "a-1", target: "a-2", kind: "related" },
                "dep add --json --type=related -- a-1 a-2",
                "dep add --json --type=related -- a-1 a-2",
            ),
            (Verb::Import, "import", "import -"),
        ];
        for (verb, classic, dolt) in table {
            assert_eq!(words(&verb, Dialect::Classic), classic);
            assert_eq!(words(&verb, Dialect::Dolt), dolt);
        }
    }

    #[test]
    fn what_must_be_closed_first_is_a_bare_id() {
        let new = New { title: "--json".into(), kind: "task".into(), priority: 1, ..New::default() };
        let deps = [("blocks".to_owned(), "a-1".to_owned()), ("related".to_owned(), "a-2".to_owned())];
        let verb = Verb::Create { new: &new, parent: Some("a"), deps: &deps };
        let classic =
            "create --json --title=--json --type=task --priority=1 --parent=a --deps=a-1 --deps=related:a-2";
        assert_eq!(words(&verb, Dialect::Classic), classic);
        let dolt = "create --json --title=--json --type=task --priority=1 --parent=a --no-inherit-labels \
                    --deps=a-1 --deps=related:a-2";
        assert_eq!(words(&verb, Dialect::Dolt), dolt);
    }

    #[test]
    fn texts_that_do_not_fit_go_by_standard_input() {
        for text in ["-".to_owned(), "x".repeat(ARGUMENT + 1)] {
            let update = Update { description: Some(text.clone()), ..Update::default() };
            let made = call(&Verb::Update { ids: &[], update: &update }, Dialect::Dolt);
            assert_eq!((made.args.join(" "), made.input), ("update --json --body-file=- --".into(), text));
        }
        let update = Update { add_labels: vec!["a\"b".into(), "c".into()], ..Update::default() };
        let made = call(&Verb::Update { ids: &[], update: &update }, Dialect::Classic);
        assert_eq!(made.args[2..4], ["--add-label=\"a\"\"b\"", "--add-label=c"]);
    }
}
