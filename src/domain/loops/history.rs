//! What was done and what it cost: receipts and logs of all runs.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::attempt::budget::Spend;
use crate::domain::attempt::receipt::Receipt;
use crate::domain::loops::postmortem;
use crate::domain::loops::state::State;
use crate::domain::workspace::Workspace;
use crate::fault::Fault;

/// Which attempts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only on this task.
    pub task: Option<String>,
    /// Only of this run.
    pub run: Option<String>,
    /// Only the last ones.
    pub limit: Option<usize>,
}

/// Every attempt on record, oldest first.
pub fn history(workspace: &Workspace, filter: &Filter) -> Result<Vec<Receipt>> {
    let mut found = VecDeque::new();
    postmortem::each(workspace, |receipt| {
        let wanted = filter.task.as_ref().is_none_or(|task| *task == receipt.task)
            && filter.run.as_ref().is_none_or(|run| *run == receipt.run);
        if wanted {
            found.push_back(receipt);
            if filter.limit.is_some_and(|limit| found.len() > limit) {
                found.pop_front();
            }
        }
    })?;
    Ok(found.into())
}

/// One agent's raw output.
#[derive(Debug, Serialize)]
pub struct Log {
    /// Iteration it belongs to.
    pub iteration: u64,
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// The raw outputs of a run (the last one without a name), in order.
pub fn logs(workspace: &Workspace, run: Option<&str>, iteration: Option<u64>) -> Result<Vec<Log>> {
    let run = match run {
        Some(run) => run.to_owned(),
        None => match State::read(workspace)? {
            Some(state) => state.run,
            None => return Ok(Vec::new()),
        },
    };
    // A run id is one name; anything else would lead out of the folder.
    let dir = workspace.run_dir(&run);
    if run.contains('/') || run.starts_with('.') || !dir.is_dir() {
        return Err(Fault::not_found(format!("there is no run `{run}`"), "see `taskrun loop history`"));
    }
    let mut logs = Vec::new();
    for entry in
        std::fs::read_dir(&dir).with_context(|| format!("failed to read `{}`", dir.display()))?.flatten()
    {
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        let (Some(number), Some("stdout")) = (stem, path.extension().and_then(|end| end.to_str())) else {
            continue;
        };
        if iteration.is_none_or(|wanted| wanted == number) {
            let bytes = entry.metadata().map_or(0, |meta| meta.len());
            logs.push(Log { iteration: number, path, bytes });
        }
    }
    logs.sort_by_key(|log| log.iteration);
    Ok(logs)
}

/// Copies a file to `out` in pieces.
pub fn copy(path: &Path, out: &mut dyn FnMut(&[u8])) -> Result<()> {
    let failed = || format!("failed to read `{}`", path.display());
    let mut file = File::open(path).with_context(failed)?;
    let mut block = vec![0; 64 << 10];
    loop {
        match file.read(&mut block).with_context(failed)? {
            0 => return Ok(()),
            count => out(&block[..count]),
        }
    }
}

/// How spend is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By task.
    Task,
    /// By epic.
    Epic,
    /// By agent.
    Agent,
    /// By model.
    Model,
    /// By UTC day.
    Day,
}

/// One sum.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Sum {
    /// The task, epic, agent, model or day; `-` for none.
    pub key: String,
    /// Attempts counted.
    pub attempts: u64,
    /// Those of them of which nobody knows what they cost; what is known of them is in `spend`.
    pub unknown: u64,
    /// What they spent.
    pub spend: Spend,
}

/// All that was spent.
#[derive(Debug, Clone, Serialize, PartialEq)]
pub struct Spent {
    /// Everything counted.
    pub total: Spend,
    /// Attempts counted.
    pub attempts: u64,
    /// Those of them of which nobody knows what they cost.
    pub unknown: u64,
    /// Its parts.
    pub by: Vec<Sum>,
}

/// Adds up what was spent, over all runs; `epic` leaves out what does not belong to it.
pub fn spent(workspace: &Workspace, by: By, epic: Option<&str>) -> Result<Spent> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let (mut total, mut attempts, mut unknown) = (Spend::nothing(), 0, 0);
    postmortem::each(workspace, |receipt| {
        if epic.is_some_and(|epic| receipt.epic.as_deref() != Some(epic) && receipt.task != epic) {
            return;
        }
        total.add(&receipt.spend);
        attempts += 1;
        unknown += u64::from(!receipt.spend.known);
        for (key, spend) in parts(&receipt, by) {
            let sum = sums.entry(key.clone()).or_insert_with(|| Sum {
                key,
                attempts: 0,
                unknown: 0,
                spend: Spend::nothing(),
            });
            sum.attempts += 1;
            sum.unknown += u64::from(!spend.known);
            sum.spend.add(&spend);
        }
    })?;
    Ok(Spent { total, attempts, unknown, by: sums.into_values().collect() })
}

/// Whose the spend of an attempt is: by agent and model also that of another one which judged it.
fn parts(receipt: &Receipt, by: By) -> Vec<(String, Spend)> {
    let own = key(receipt, by);
    let judge = receipt.judged.as_ref().and_then(|judged| match by {
        By::Agent => Some((judged.agent.clone(), judged.spend)),
        By::Model => Some((judged.model.clone().unwrap_or_else(|| "-".to_owned()), judged.spend)),
        By::Task | By::Epic | By::Day => None,
    });
    match judge.filter(|(key, _)| *key != own) {
        Some(judge) => vec![(own, receipt.worked()), judge],
        None => vec![(own, receipt.spend)],
    }
}

fn key(receipt: &Receipt, by: By) -> String {
    let none = || "-".to_owned();
    match by {
        By::Task => receipt.task.clone(),
        By::Epic => receipt.epic.clone().unwrap_or_else(none),
        By::Agent => receipt.agent.clone(),
        By::Model => receipt.model.clone().unwrap_or_else(none),
        By::Day => receipt.started_at.to_zoned(TimeZone::UTC).date().to_string(),
    }
}
