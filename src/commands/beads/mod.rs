//! `beads init|create|ready|list|show|update|claim|close|reopen|dep|comment|sync|import|export|plan|stats|board|doctor
//! |merge-driver`

mod change;
mod claim;
mod create;
mod dep;
mod doctor;
mod export;
mod import;
mod list;
mod merge_driver;
mod plan;
pub mod rows;
mod show;
mod stats;
mod sync;

use anyhow::Result;
use clap::Subcommand;

use crate::commands::words::Words;
use crate::commands::{Context, board};
use crate::domain::beads::{self, Issue, Question, Store, Table};
use crate::domain::workspace::{Workspace, start_dir};
use crate::exit::Exit;
use crate::ui::one_line;

/// Keep tasks and what they wait for in `.beads/issues.jsonl`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make `.beads/issues.jsonl` in this directory, and have git merge it task by task; what is there stays
    Init {
        /// What new ids begin with [default: that of the existing ids, else `bd`]
        #[arg(short, long, value_name = "PREFIX")]
        prefix: Option<String>,
    },
    /// Make a task and print its id
    Create(create::Args),
    /// List what can be started now, in the order a loop takes it
    Ready(list::ReadyArgs),
    /// List the tasks that are not closed
    List(list::Args),
    /// Show whole tasks
    Show {
        /// Their ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Change tasks: all of those named, or none
    Update(change::UpdateArgs),
    /// Take a task to work on; of many that try, exactly one gets it
    Claim(claim::Args),
    /// Close tasks and print what became ready
    Close(change::CloseArgs),
    /// Open closed tasks again
    Reopen {
        /// Their ids
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
    },
    /// Add, remove and show dependencies
    #[command(subcommand)]
    Dep(dep::Command),
    /// Say something about a task
    Comment {
        /// Its id
        id: String,
        /// What to say; `-` reads it from standard input
        #[arg(allow_hyphen_values = true, value_parser = Words)]
        text: String,
        /// In whose name [default: `BEADS_ACTOR`, git's `user.name`, or the login name]
        #[arg(long = "as", value_name = "WHO")]
        author: Option<String>,
    },
    /// Commit `.beads/`, and nothing else, to git
    Sync(sync::Args),
    /// Find what is wrong with the tasks' file, and mend it
    ///
    /// Looks for lines that cannot be read, unfinished merges, several lines of one task, tasks that wait for
    /// each other, dependencies on what is not there, times that do not fit the status, and whether git knows
    /// in this clone how to merge tasks. The exit code is 1 while something is wrong. Without `--fix` nothing is
    /// written.
    ///
    /// `--fix` drops nothing: lines that cannot stay, or are overruled by a newer line of the same task, are
    /// kept in `.beads/rejected-….jsonl`, which git ignores; an unfinished merge is finished as
    /// `merge-driver` would have; the newest dependency of a circle, and one that names a parent that is not
    /// there, become `related`.
    Doctor(doctor::Args),
    /// Merge two branches' tasks, one by one; git runs this by itself
    ///
    /// It does so at every merge, rebase, cherry-pick and pull where both sides changed tasks, once `beads
    /// init` has installed it: a line in `.gitattributes`, to be committed, and `merge.beads.driver` in the
    /// settings of the repository and all its work trees. A clone does not get the latter: `beads init` or
    /// `beads doctor --fix` sets it there; until then git merges tasks as text. Where `bd` or somebody
    /// else has that name, it is called `merge.taskrun.driver`, and a file that has another `merge` attribute
    /// keeps it. The command is plain `taskrun` where `PATH` finds this program, else its full path.
    ///
    /// Tasks are matched by id and merged field by field. What one side changed is taken; where both changed a
    /// field, the side counts whose task has the later `updated_at` (the larger value where both are the same).
    /// That time is kept in `merge_times` where the merged task as a whole is newer, so the newest change also
    /// wins the next merge. The status goes together with its times and reasons. Labels, dependencies and
    /// comments are united, and what one side removed is gone; of two comments with one number the later
    /// gets another. A removed line that the other side changed stays. A tombstone is a status: the later
    /// change of the status counts, and other changes are merged into it. Circles that arise are named and
    /// left to `beads doctor`.
    ///
    /// Two tasks that two branches made under one id both stay: the one made first keeps it, the other gets an
    /// id that follows from the task itself (a child a number of six digits, others eight characters), and the
    /// ids, parents, dependencies and comments of its branch follow; words in texts do not.
    ///
    /// Branches that left one commit end up with the same tasks in whatever order they are merged. Lines that
    /// cannot be read are left at the end between conflict markers, with exit code 1; a file with conflict
    /// markers, or of a newer format, is merged as text.
    MergeDriver(merge_driver::Args),
    /// Take tasks over from a file: Beads, user stories, a checklist, GitHub; all of them, or none
    ///
    /// Lines of Beads are merged by id: the latest `updated_at` wins, labels, dependencies and comments of both sides
    /// are kept, new lines are taken byte for byte.
    ///
    /// Everything else is known again by its `external_ref`: a second import brings over what has changed in the file
    /// since the first, leaves alone what was changed here, makes what is new, and brings nothing back that was
    /// deleted here. What is no longer in the file stays, and is told.
    ///
    /// `prd.json`: each story becomes a task below an epic of the project's name. A story that passes is closed; one that
    /// is closed here stays so until the file says something else than before. Priorities outside 0 to 4 are spread over
    /// them, and `beads ready` keeps the order of the file.
    ///
    /// Markdown: each `- [ ] item` becomes a task, what is indented below it its part, and an item with parts or a
    /// heading with items an epic. Read in an item: `(P1)`, `#label`, `@who`, `(depends on: Title, #2, bd-a3)`, where
    /// `#2` is the second item; below it: its description, `Depends on: …`, and what follows `Acceptance criteria:`.
    ///
    /// GitHub: the output of `gh issue list --json
    /// number,title,body,state,stateReason,labels,assignees,url,createdAt,updatedAt,closedAt,comments,milestone,author`.
    Import(import::Args),
    /// Write tasks out: as lines, JSON, a checklist, a table, a graph
    ///
    /// `jsonl` without a filter is the whole store, byte for byte. `md` can be imported again. In `csv` a cell that a
    /// spreadsheet would take for a formula begins with `'`.
    Export(export::Args),
    /// Have an agent break a goal into an epic with tasks
    Plan(Box<plan::Args>),
    /// Count the tasks by status, type, priority and age, and how fast they are closed
    Stats,
    /// Show every task in the column it is in
    Board(board::Args),
}

/// Runs one of them.
pub fn run(command: Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Init { prefix } => init(prefix.as_deref(), context),
        Command::Create(args) => create::run(args, context),
        Command::Ready(args) => list::ready(args, context),
        Command::List(args) => list::list(&args, context),
        Command::Show { ids } => show::run(&ids, context),
        Command::Update(args) => change::update(args, context),
        Command::Claim(args) => claim::run(args, context),
        Command::Close(args) => change::close(&args, context),
        Command::Reopen { ids } => change::reopen(&ids, context),
        Command::Dep(command) => dep::run(command, context),
        Command::Comment { id, text, author } => comment(&id, &text, author, context),
        Command::Sync(args) => sync::run(&args, context),
        Command::Doctor(args) => doctor::run(&args, context),
        Command::MergeDriver(args) => merge_driver::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::Export(args) => export::run(args, context),
        Command::Plan(args) => plan::run(&args, context),
        Command::Stats => stats::run(context),
        Command::Board(args) => board::run(&args, context),
    }
}

fn init(prefix: Option<&str>, context: &Context) -> Result<Exit> {
    let workspace = Workspace::at(start_dir(context.global.workspace.as_deref())?);
    let (store, init) = Store::init(&workspace, prefix)?;
    notices(&store, context);
    if prefix.is_some_and(|prefix| prefix.trim_end_matches('-') != init.prefix) {
        context.ui.notice(&format!("new ids begin with `{}`, as the existing ones do", init.prefix));
    }
    for note in &init.notes {
        context.ui.notice(note);
    }
    context.ui.result(&init, || init.path.clone())?;
    Ok(Exit::Done)
}

fn comment(id: &str, text: &str, author: Option<String>, context: &Context) -> Result<Exit> {
    let (workspace, store) = open(context)?;
    let author = author.unwrap_or_else(|| beads::who(workspace.root()));
    let issue = store.comment(id, &author, &text_or_stdin(text)?)?;
    notices(&store, context);
    let document: serde_json::Value = serde_json::from_str(&issue.json)?;
    let comment = document["comments"].as_array().and_then(|comments| comments.last());
    context.ui.result(&comment, || format!("commented on {}", one_line(&issue.id)))?;
    Ok(Exit::Done)
}

/// The workspace and its store.
fn open(context: &Context) -> Result<(Workspace, Store)> {
    let workspace = context.workspace()?;
    let store = Store::open(&workspace)?;
    if context.ui.verbose() {
        context.ui.progress(&format!("tasks are kept in `{}`", store.file().display()));
    }
    Ok((workspace, store))
}

/// Looks at the store and passes on what it has to say about itself.
pub fn view<T>(context: &Context, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
    let store = open(context)?.1;
    store.survey(|table| {
        notices(&store, context);
        look(table)
    })
}

/// [`view`] for what `bd` has a command of its own for.
fn ask<T>(question: Question, context: &Context, look: impl FnOnce(&Table) -> Result<T>) -> Result<T> {
    let store = open(context)?.1;
    let seen = store.ask(question, look)?;
    notices(&store, context);
    Ok(seen)
}

fn notices(store: &Store, context: &Context) {
    for notice in store.take_notices() {
        context.ui.notice(&notice);
    }
}

/// Prints a JSON array of whole issues, each on a line of its own, as they come.
fn array<T: AsRef<str>>(items: impl IntoIterator<Item = Result<T>>, context: &Context) -> Result<()> {
    context.ui.stream(|out| {
        let mut gap = "\n";
        out.write_all(b"[")?;
        for item in items {
            let item = item?;
            out.write_all(gap.as_bytes())?;
            out.write_all(item.as_ref().as_bytes())?;
            gap = ",\n";
        }
        Ok(out.write_all(if gap == "\n" { b"]\n" } else { b"\n]\n" })?)
    })
}

/// Prints whole issues: an array of them with `--json`, else one line each by `text`.
fn print(issues: &[Issue], context: &Context, text: impl Fn(&Issue) -> String) -> Result<()> {
    if context.ui.json() {
        return array(issues.iter().map(|issue| Ok(&issue.json)), context);
    }
    context.ui.text(&issues.iter().map(|issue| text(issue) + "\n").collect::<String>());
    Ok(())
}

/// `-` stands for standard input.
pub(crate) fn text_or_stdin(text: &str) -> Result<String> {
    if text == "-" { Ok(std::io::read_to_string(std::io::stdin())?) } else { Ok(text.to_owned()) }
}

/// `0` to `4`, or `P0` to `P4`.
fn priority(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix(['P', 'p']).unwrap_or(text);
    let number = digits.parse().ok().filter(|number| (0..=4).contains(number));
    number.ok_or_else(|| "a priority is 0 (the most urgent) to 4, or P0 to P4".to_owned())
}
