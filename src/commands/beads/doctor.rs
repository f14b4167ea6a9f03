//! `beads doctor`

use std::fmt::Write;

use anyhow::Result;

use super::open;
use crate::commands::Context;
use crate::domain::beads::{Finding, Severity};
use crate::exit::Exit;
use crate::ui::one_line;

/// What to do about it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Mend what can be mended without a person
    #[arg(long)]
    fix: bool,
}

/// Looks, and mends when asked to.
pub fn run(args: &Args, context: &Context) -> Result<Exit> {
    let report = open(context)?.1.doctor(args.fix)?;
    context.ui.result(&report, || {
        let mut text: String = report.findings.iter().map(|finding| lines(finding, args.fix)).collect();
        if let Some(path) = &report.aside {
            let _ = writeln!(text, "kept aside: {}", one_line(&path.display().to_string()));
        }
        if text.is_empty() { format!("nothing wrong with {}", one_line(&report.path)) } else { text }
    })?;
    if !args.fix && report.findings.iter().any(|finding| finding.fix.is_some()) {
        context.ui.notice("`taskrun beads doctor --fix` mends what says `fix`");
    }
    Ok(if report.ok { Exit::Done } else { Exit::Failed })
}

fn lines(finding: &Finding, fix: bool) -> String {
    let severity = match finding.severity {
        Severity::Problem if finding.fixed => "mended",
        Severity::Problem => "problem",
        Severity::Info => "info",
    };
    let numbers: Vec<String> = finding.lines.iter().map(ToString::to_string).collect();
    let place = match numbers.len() {
        0 => String::new(),
        1 => format!(" (line {})", numbers[0]),
        _ => format!(" (lines {})", numbers.join(", ")),
    };
    let mut text = format!("{severity}  {}{place}: {}\n", finding.code, one_line(&finding.message));
    if let Some(how) = &finding.fix {
        let _ = writeln!(text, "    {}: {}", if fix { "done" } else { "fix" }, one_line(how));
    }
    text
}
