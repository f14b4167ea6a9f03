//! `macp trigger`

use std::path::PathBuf;

use anyhow::Result;

use crate::commands::Context;
use crate::domain::macp::Place;
use crate::domain::macp::trigger::delivery::{self, Delivery, Form};
use crate::domain::macp::trigger::{self, Report, Request};
use crate::exit::Exit;
use crate::ui::one_line;

/// Submit what rules say to events
///
/// Reads events, as JSON: one document, a list, or one a line, each with a `type`. For each, every rule of
/// `.taskrun/triggers.toml` that it fits submits a task: all of them, or none where something is wrong. Lines that begin
/// with `!mosaic-task` are tasks themselves, where the rules allow that. `man taskrun-triggers` documents the rules.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to read; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Take what is read as what an event of this type carries: it becomes `$.payload`
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,
    /// The event's id (`$.id`), such as what a webhook calls its delivery, for `dedupe`
    #[arg(long, value_name = "ID", requires = "event")]
    id: Option<String>,
    /// The variable that holds the secret with which what is read was signed
    #[arg(long, value_name = "VAR", requires = "signature")]
    secret_env: Option<String>,
    /// The signature of what is read: HMAC-SHA256 in hex, as in `X-Hub-Signature-256`
    #[arg(long, value_name = "S", requires = "secret_env")]
    signature: Option<String>,
    /// How the signature is written
    #[arg(long, value_name = "FORM", value_enum, default_value = "github", requires = "signature")]
    signature_format: SignatureFormat,
    /// Show what would be submitted, and submit nothing
    #[arg(long)]
    dry_run: bool,
    /// Check the rules and their templates, and read no events
    #[arg(long, conflicts_with_all = ["event", "secret_env", "dry_run"])]
    check: bool,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum SignatureFormat {
    /// `sha256=HEX`, or HEX alone
    Github,
    /// `t=SECONDS,v1=HEX`, which holds for five minutes
    Stripe,
}

pub(super) fn run(args: &Args, place: &Place, context: &Context) -> Result<Exit> {
    if args.check {
        let checked = trigger::check(place)?;
        checked.warnings.iter().for_each(|warning| context.ui.warn(warning));
        context.ui.result(&checked, || checked.text())?;
        return Ok(Exit::Done);
    }
    let form = match args.signature_format {
        SignatureFormat::Github => Form::Hex,
        SignatureFormat::Stripe => Form::Timed,
    };
    let signed = args.secret_env.as_deref().zip(args.signature.as_deref());
    let delivery = delivery::read(&args.file, signed.map(|(secret, signature)| (secret, signature, form)))?;
    let Delivery { text, source } = &delivery;
    let event = args.event.as_deref().map(|kind| (kind, args.id.as_deref()));
    let request = Request { text, source, event, dry_run: args.dry_run };
    let report = trigger::run(place, &request)?;
    for told in report.warnings() {
        context.ui.warn(&told);
    }
    context.ui.result(&report, || text_of(&report))?;
    Ok(if report.is_too_much() { Exit::Later } else { Exit::Done })
}

fn text_of(report: &Report) -> String {
    let verb = if report.dry_run { "would submit" } else { "submitted" };
    let mut lines = Vec::new();
    for one in &report.submitted {
        let rule = one.rule.as_deref().map(|rule| format!(" (rule {rule})")).unwrap_or_default();
        lines.push(format!(
            "line {}: {}: {verb} {}{rule}",
            one.line,
            one_line(&one.event),
            one_line(&one.task)
        ));
        if let Some(task) = &one.definition {
            lines.push(format!("  {}", one_line(&task.to_string())));
        }
    }
    for one in &report.deduped {
        let event = one_line(&one.event);
        lines.push(format!("line {}: {event}: {} is there already (rule {})", one.line, one.task, one.rule));
    }
    if lines.is_empty() && report.cut.is_empty() {
        lines.push(match report.ignored {
            0 => "there is no event: nothing to do".to_owned(),
            1 => "no rule is for this event".to_owned(),
            count => format!("no rule is for {count} events"),
        });
    }
    lines.join("\n")
}
