//! `macp validate`

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;

use crate::commands::Context;
use crate::domain::macp::schema::files::Kind;
use crate::domain::macp::{Place, validate};
use crate::exit::Exit;
use crate::ui::one_line;

/// Check the queue's files, or others, against MACP's schemas
///
/// Names file, line and field of all that is wrong; the exit code is 1 then. Of the queue all that a drain would refuse is
/// told too: circles, paths that lead out, two tasks with one result.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files to check (`-` is standard input); none are all files of the queue
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the files are, where their names and contents do not tell
    #[arg(long = "as", value_name = "KIND", requires = "files")]
    kind: Option<Word>,
}

/// A kind of file.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Word {
    /// One task
    Task,
    /// `tasks.json`
    Tasks,
    /// Lines of `events.ndjson`
    Event,
    /// A result
    Result,
    /// `config.json`
    Config,
}

impl From<Word> for Kind {
    fn from(word: Word) -> Self {
        match word {
            Word::Task => Self::Task,
            Word::Tasks => Self::Tasks,
            Word::Event => Self::Event,
            Word::Result => Self::Result,
            Word::Config => Self::Config,
        }
    }
}

pub(super) fn run(args: &Args, place: Result<Place>, context: &Context) -> Result<Exit> {
    let report = if args.files.is_empty() {
        validate::queue(&place?)?
    } else {
        validate::files(&args.files, args.kind.map(Kind::from))?
    };
    let valid = report.problems.is_empty();
    let document = json!({"valid": valid, "files": report.files, "problems": report.problems});
    context.ui.result(&document, || text(&report))?;
    Ok(if valid { Exit::Done } else { Exit::Failed })
}

fn text(report: &validate::Report) -> String {
    let mut text = String::new();
    for found in &report.problems {
        let _ = write!(text, "{} line {}: ", one_line(&found.file.display().to_string()), found.line);
        if let Some(task) = &found.task {
            let short: String = task.chars().take(60).collect();
            let _ = write!(text, "task `{}`: ", one_line(&short));
        }
        if !found.field.is_empty() {
            let _ = write!(text, "`{}` ", one_line(&found.field));
        }
        let _ = writeln!(text, "{}", one_line(&found.message));
    }
    let count: usize = report.files.iter().map(|file| file.count).sum();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (files, problems) = (report.files.len(), report.problems.len());
    let _ = writeln!(
        text,
        "{problems} problem{} in {count} document{} of {files} file{}",
        plural(problems),
        plural(count),
        plural(files)
    );
    text
}
