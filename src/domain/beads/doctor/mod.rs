//! What is wrong with a store, and how it is mended: nothing is dropped, and nothing is written without
//! being asked for.

mod conflict;
mod duplicates;
mod edges;
mod fields;
mod rows;
mod twins;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::driver::{Driver, State};
use super::store::Store;
use crate::fault::Fault;
use crate::system::git::{Repo, Stages};
use crate::system::{clock, store};
use rows::Rows;

/// What [`Store::doctor`] found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file that was looked at.
    pub path: String,
    /// Whether nothing is left that is wrong.
    pub ok: bool,
    /// What was found, in the order in which it is mended.
    pub findings: Vec<Finding>,
    /// Where lines were moved that could not stay.
    pub aside: Option<PathBuf>,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable word for it.
    pub code: &'static str,
    /// `problem`, or `info` for what harms nobody.
    pub severity: Severity,
    /// Lines of the file, where they can be told.
    pub lines: Vec<usize>,
    /// The issues it is about.
    pub ids: Vec<String>,
    /// What it is.
    pub message: String,
    /// What `--fix` does about it; nothing where a person must decide.
    pub fix: Option<String>,
    /// Whether that was done.
    pub fixed: bool,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// To be mended.
    Problem,
    /// Good to know.
    Info,
}

impl Finding {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Problem,
            lines: Vec::new(),
            ids: Vec::new(),
            message: message.into(),
            fix: None,
            fixed: false,
        }
    }

    fn info(self) -> Self {
        Self { severity: Severity::Info, ..self }
    }

    fn at(self, lines: impl IntoIterator<Item = usize>) -> Self {
        Self { lines: lines.into_iter().filter(|line| *line > 0).collect(), ..self }
    }

    fn about(self, ids: &[&str]) -> Self {
        Self { ids: ids.iter().map(|id| (*id).to_owned()).collect(), ..self }
    }

    fn mended(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }
}

/// A file that was looked through and, in memory, mended.
struct Examined {
    findings: Vec<Finding>,
    bytes: Vec<u8>,
    aside: Vec<Vec<u8>>,
}

/// Looks through the bytes of an `issues.jsonl`, and what git has still to merge into it; pure.
fn examine(bytes: &[u8], stages: Option<&Stages>) -> Examined {
    let found = mend(bytes, stages);
    if stages.is_none() || found.bytes != bytes {
        return found;
    }
    // All of both sides is there already: only git does not know it.
    let mut settled = mend(bytes, None);
    let open = found.findings.into_iter().find(|finding| finding.code == conflict::UNMERGED);
    settled.findings.push(open.filter(|finding| finding.fix.is_none()).unwrap_or_else(conflict::settled));
    settled
}

fn mend(bytes: &[u8], stages: Option<&Stages>) -> Examined {
    let mut rows = Rows::read(bytes);
    if !rows.is_newer() {
        conflict::resolve(&mut rows, stages);
        duplicates::join(&mut rows);
        twins::part(&mut rows);
        fields::correct(&mut rows);
        edges::check(&mut rows);
    }
    let (findings, bytes, aside) = rows.finish();
    Examined { findings, bytes, aside }
}

impl Store {
    /// Looks for what is wrong and, with `fix`, mends what can be mended without a person.
    pub fn doctor(&self, fix: bool) -> Result<Report> {
        let _lock = if fix { Some(self.lock()?) } else { None };
        let bytes = match fs::read(self.file()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            other => other.with_context(|| format!("failed to read `{}`", self.file().display()))?,
        };
        let Examined { mut findings, bytes: mended, aside } = examine(&bytes, self.stages().as_ref());
        let mut kept = None;
        if fix && mended != bytes {
            store::sweep(self.dir());
            kept = self.move_aside(&aside)?;
            store::write(self.file(), store::SHARED, &mended)?;
        }
        self.surroundings(fix, &mut findings);
        for finding in &mut findings {
            finding.fixed |= fix && finding.fix.is_some();
        }
        let left = |finding: &Finding| finding.severity == Severity::Problem && !finding.fixed;
        let ok = !findings.iter().any(left);
        Ok(Report { path: self.file().display().to_string(), ok, findings, aside: kept })
    }

    /// What git has still to merge into the file, as far as git can be asked.
    fn stages(&self) -> Option<Stages> {
        let file = fs::canonicalize(self.dir()).ok()?.join(self.file().file_name()?);
        Repo::find(file.parent()?).ok()??.stages(&file).ok()?
    }

    /// What is wrong around the file: who owns it, who merges it, whether it can be written.
    fn surroundings(&self, fix: bool, findings: &mut Vec<Finding>) {
        if fs::metadata(self.dir()).is_ok_and(|meta| meta.permissions().readonly()) {
            let message = format!("`{}` is read-only: no task can be changed", self.dir().display());
            findings.push(Finding::new("read-only", message));
        }
        if self.is_dolt() {
            let message = "`bd` keeps these issues in a database of its own; this file is its export";
            findings.push(Finding::new("owned-by-bd", message).info());
        }
        if let Err(error) = self.merging(fix, findings) {
            let message = format!("how git merges the file cannot be told: {error:#}");
            findings.push(Finding::new("git", message).info());
        }
    }

    fn merging(&self, fix: bool, findings: &mut Vec<Finding>) -> Result<()> {
        let Some(mut driver) = Driver::inspect(self.file())? else { return Ok(()) };
        let finding = match driver.state() {
            State::Installed => return Ok(()),
            State::NoAttribute => Finding::new(
                "no-merge-attribute",
                "`.gitattributes` does not say how git merges tasks: branches conflict line by line",
            )
            .mended("adds a line to `.gitattributes` and sets git's merge driver"),
            State::NoCommand => Finding::new(
                "no-merge-driver",
                format!(
                    "`merge.{}.driver` is not set in this clone: git merges tasks as text",
                    driver.name()
                ),
            )
            .mended("sets it in the repository's git settings"),
            State::OldCommand => Finding::new(
                "old-merge-driver",
                format!(
                    "`merge.{}.driver` is of an older taskrun: where it cannot run, only our side is left",
                    driver.name()
                ),
            )
            .info()
            .mended("sets it anew in the repository's git settings"),
            State::Gone { how, program } => Finding::new(
                "merge-driver-gone",
                format!(
                    "git merges tasks by {how}, but `{program}` is not there: it would keep our side alone. \
                     Install it, or `git config --unset merge.{}.driver` and `taskrun beads init`",
                    driver.name()
                ),
            ),
            State::Other(how) => {
                findings
                    .push(Finding::new("other-merge-driver", format!("git merges tasks by {how}")).info());
                return Ok(());
            }
        };
        findings.push(finding);
        if fix {
            driver.install()?;
        }
        Ok(())
    }

    /// Writes lines that cannot stay beside the file, where git does not see them.
    fn move_aside(&self, lines: &[Vec<u8>]) -> Result<Option<PathBuf>> {
        if lines.is_empty() {
            return Ok(None);
        }
        self.ignore_rejected()?;
        let mut bytes = Vec::new();
        for line in lines {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        let stamp = clock::now().strftime("%Y%m%dT%H%M%S").to_string();
        for number in 1..1000 {
            let more = if number == 1 { String::new() } else { format!("-{number}") };
            let path = self.dir().join(format!("rejected-{stamp}{more}.jsonl"));
            if store::create_new(&path, store::PRIVATE, &bytes)? {
                return Ok(Some(path));
            }
        }
        Err(Fault::refused("there are too many `rejected-*.jsonl` in `.beads`", "move them away"))
    }

    fn ignore_rejected(&self) -> Result<()> {
        const PATTERN: &str = "rejected-*.jsonl";
        let path: &Path = &self.dir().join(".gitignore");
        let text = store::read_text(path)?.unwrap_or_default();
        if text.lines().any(|line| line == PATTERN) {
            return Ok(());
        }
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        store::write(path, store::SHARED, format!("{text}{gap}{PATTERN}\n").as_bytes())
    }
}

#[cfg(test)]
#[path = "../doctor_tests.rs"]
mod tests;
