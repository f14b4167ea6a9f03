//! `mission review`

use anyhow::Result;
use console::style;
use serde_json::{Value, json};

use super::picture;
use crate::commands::Context;
use crate::commands::words::parse_note;
use crate::domain::missions::diff::Diff;
use crate::domain::missions::review::{self, Gate};
use crate::domain::missions::{Mission, Shelf};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::system::interrupt;
use crate::ui::fit::{bytes, prose};
use crate::ui::{many_lines, one_line};

/// Look at what waits for a person, and decide
///
/// Prints the artifact and what people changed of it, and asks: approve, edit, send back with a note, or quit. Without a terminal
/// nothing is asked: `--approve` or `--send-back` decides, `--edit` runs the editor. What the agent wrote is kept in the
/// mission's `runs/` when it is edited. Exit code 4 says that nothing is decided.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The mission
    #[arg(value_name = "ID")]
    id: String,
    /// Open the artifact in `$VISUAL` or `$EDITOR` first; saved only if the editor exits 0
    #[arg(long)]
    edit: bool,
    /// Approve it: the mission goes on
    #[arg(long)]
    approve: bool,
    /// Send it back: the agent does it again and is told this
    #[arg(long, value_name = "NOTE", value_parser = parse_note, allow_hyphen_values = true, conflicts_with = "approve")]
    send_back: Option<String>,
    /// A word to keep with the approval
    #[arg(long, value_name = "TEXT", value_parser = parse_note, allow_hyphen_values = true, requires = "approve")]
    note: Option<String>,
    /// Print what people last changed of what an agent wrote, and nothing else
    #[arg(long, conflicts_with_all = ["edit", "approve", "send_back", "note"])]
    diff: bool,
}

/// What somebody said when asked.
enum Said {
    Approve,
    Edit,
    SendBack,
    Quit,
}

pub(super) fn run(args: &Args, shelf: &Shelf, context: &Context) -> Result<Exit> {
    interrupt::install()?;
    if args.diff {
        let (name, diff) = review::last_edit(shelf, &args.id)?;
        let (lines, unseen) = told(&diff);
        let document = json!({"artifact": name, "diff": lines, "unseen": unseen});
        context.ui.result(&document, || changes(&name, &diff))?;
        return Ok(Exit::Done);
    }
    let gate = Gate::open(shelf, &args.id)?;
    let decides = args.approve || args.send_back.is_some();
    let asks = !decides && context.ui.can_ask() && !context.ui.json();
    if !decides && !asks && !args.edit {
        return Err(Fault::usage(
            "nobody can be asked here what to decide",
            "say it: `--approve`, or `--send-back NOTE`; `--edit` opens `$EDITOR`",
        ));
    }
    if asks && !args.edit {
        context.ui.text(&picture_of(&gate, context)?);
    }
    let edited = args.edit && gate.edit(shelf)?;
    if asks {
        return ask(&gate, shelf, context);
    }
    let after = if decides {
        Some(gate.decide(shelf, args.send_back.as_deref(), args.note.as_deref())?)
    } else {
        None
    };
    let diff = gate.diff()?;
    context.ui.result(&document(&gate, edited, &diff, after.as_ref()), || {
        let diff = if args.edit { changes(&gate.artifact, &diff) } else { String::new() };
        [diff, after.as_ref().map(|after| went(&gate, after)).unwrap_or_default()].concat()
    })?;
    if after.is_none() {
        context.ui.progress("nothing is decided yet: `--approve`, or `--send-back NOTE`");
    }
    Ok(Exit::Done)
}

/// Asks until something is decided, or nothing is to be.
fn ask(gate: &Gate, shelf: &Shelf, context: &Context) -> Result<Exit> {
    let ui = &context.ui;
    loop {
        let diff = gate.diff()?;
        if diff != Diff::Same {
            ui.text(&format!("\n{}", changes(&gate.artifact, &diff)));
        }
        let after = match choice(context)? {
            Said::Approve => gate.decide(shelf, None, None)?,
            Said::SendBack => match ui.ask("what is to be done better?")?.filter(|note| !note.is_empty()) {
                Some(note) => gate.decide(shelf, Some(&note), None)?,
                None => continue,
            },
            Said::Edit => {
                match gate.edit(shelf) {
                    Ok(true) => {}
                    Ok(false) => ui.progress("nothing was changed"),
                    Err(error) if matches!(error.downcast_ref(), Some(Fault::Interrupted { .. })) => {
                        return Err(error);
                    }
                    // Whoever sits here can still decide, or use another editor.
                    Err(error) => ui.error(&error),
                }
                continue;
            }
            Said::Quit => {
                ui.progress("nothing is decided");
                return Ok(Exit::Human);
            }
        };
        ui.text(&went(gate, &after));
        return Ok(Exit::Done);
    }
}

fn choice(context: &Context) -> Result<Said> {
    loop {
        let answer = context.ui.ask("[a]pprove, [e]dit, [s]end back with a note, [q]uit?")?;
        match answer.as_deref().map(str::to_lowercase).as_deref() {
            Some("a" | "approve") => return Ok(Said::Approve),
            Some("e" | "edit") => return Ok(Said::Edit),
            Some("s" | "send back") => return Ok(Said::SendBack),
            Some("q" | "quit") | None => return Ok(Said::Quit),
            Some(_) => context.ui.progress("a, e, s or q"),
        }
    }
}

/// The head and the artifact, as they are shown to who decides.
fn picture_of(gate: &Gate, context: &Context) -> Result<String> {
    let (text, cut, size) = gate.text()?;
    let columns = context.ui.fit();
    let head = format!(
        "{}: {}, {}",
        one_line(&gate.mission.title),
        picture::step_of(&gate.mission, &gate.workflow),
        one_line(&gate.step().name)
    );
    let rule = "─".repeat(columns.unwrap_or(80));
    let text = many_lines(&text);
    let text = match columns.filter(|_| gate.artifact.ends_with(".md")) {
        Some(columns) => prose(&text, columns),
        None => text,
    };
    let rest = match cut {
        true => format!(
            "\n… this is its beginning; `taskrun mission artifact get {} {}` prints all {}",
            gate.mission.mission_id,
            one_line(&gate.artifact),
            bytes(size)
        ),
        false => String::new(),
    };
    let named = format!("{} ({})", one_line(&gate.artifact), bytes(size));
    Ok(format!("{}\n{named}\n{rule}\n{text}{rest}\n{rule}", style(head).bold()))
}

/// What people changed, coloured by line.
fn changes(name: &str, diff: &Diff) -> String {
    let name = one_line(name);
    match diff {
        Diff::Same => format!("{name} is as the agent wrote it\n"),
        Diff::Unseen(why) => format!("{name} was changed, but cannot be shown: {why}\n"),
        Diff::Lines(lines) => {
            let coloured = |line: &str| match line.as_bytes().first() {
                Some(b'+') => style(line).green().to_string(),
                Some(b'-') => style(line).red().to_string(),
                Some(b'@') => style(line).cyan().to_string(),
                _ => line.to_owned(),
            };
            many_lines(lines).lines().map(|line| coloured(line) + "\n").collect()
        }
    }
}

/// Where the mission went.
fn went(gate: &Gate, after: &Mission) -> String {
    let at = gate.workflow.steps.get(after.current_step);
    let to = match at {
        Some(step) if after.current_step <= gate.index => format!("sent back to {}", one_line(&step.name)),
        Some(step) => {
            format!("approved; {} is next, {}", picture::step_of(after, &gate.workflow), one_line(&step.name))
        }
        None => "approved; the mission is completed".into(),
    };
    let next = picture::next(after).map(|next| format!("\n{next}")).unwrap_or_default();
    format!("{to}{next}\n")
}

/// What changed, where it can be shown, and where it cannot, why.
fn told(diff: &Diff) -> (Option<&str>, Option<&str>) {
    match diff {
        Diff::Same => (None, None),
        Diff::Lines(lines) => (Some(lines), None),
        Diff::Unseen(why) => (None, Some(why)),
    }
}

fn document(gate: &Gate, edited: bool, diff: &Diff, after: Option<&Mission>) -> Value {
    let (lines, unseen) = told(diff);
    json!({
        "mission_id": gate.mission.mission_id,
        "step_id": gate.step().step_id,
        "artifact": gate.artifact,
        "edited": edited,
        "diff": lines,
        "unseen": unseen,
        "decided": after.is_some(),
        "mission": after.unwrap_or(&gate.mission),
    })
}
