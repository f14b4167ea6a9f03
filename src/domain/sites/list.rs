//! All sites of a workspace, each with how its server is.

use anyhow::Result;
use serde::Serialize;

use super::records::Damaged;
use super::server::{self, State, Status};
use super::site::in_order;
use super::{Site, Sites};
use crate::fault::Fault;
use crate::system::config::env;

/// A line of the list. The first fields are those of `site status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// How its server is.
    #[serde(flatten)]
    pub status: Status,
    /// Whether its folder is there.
    pub exists: bool,
    /// Whether it is the one that is meant where none is named, for the present directory lies in it.
    pub current: bool,
    /// What is wrong with its record, or that of its server, where that cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

impl Listed {
    /// `Running :8000`: how its server is, in words.
    pub fn word(&self) -> String {
        let at = self.status.port.map(|port| format!(" :{port}")).unwrap_or_default();
        match self.status.state {
            _ if self.damaged.is_some() => "Damaged".into(),
            State::Stopped if !self.exists => "Gone".into(),
            State::Stopped => "Stopped".into(),
            State::Starting | State::Listening => format!("Starting{at}"),
            State::Answering => format!("Failing{at}"),
            State::Ok => format!("Running{at}"),
        }
    }
}

/// The sites by name.
pub fn list(sites: &Sites) -> Result<Vec<Listed>> {
    let all = sites.all()?;
    let here = env::current_dir().and_then(|dir| Ok(dir.canonicalize()?)).ok();
    let current = here.as_ref().and_then(|dir| Site::around(&all, dir));
    // A server may take its time to answer; they are asked at once.
    let statuses: Vec<Result<Status>> = std::thread::scope(|scope| {
        let asked: Vec<_> = all.iter().map(|site| scope.spawn(|| server::status(sites, site))).collect();
        asked
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it could not be asked"))))
            .collect()
    });
    let listed = |(at, (site, status)): (usize, (&Site, Result<Status>))| {
        let (exists, current) = (site.path.is_dir(), current == Some(at));
        match status {
            // The others are told all the same.
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Invalid { .. })) => {
                let damaged = Some(error.to_string());
                Ok(Listed { status: server::unknown(site), exists, current, damaged })
            }
            status => Ok(Listed { status: status?, exists, current, damaged: None }),
        }
    };
    let mut rows: Vec<Listed> = all.iter().zip(statuses).enumerate().map(listed).collect::<Result<_>>()?;
    for Damaged { name, fault } in sites.damaged()? {
        let status = Status { name, ..Status::default() };
        rows.push(Listed { status, exists: false, current: false, damaged: Some(fault.to_string()) });
    }
    rows.sort_by(|one, other| in_order(&one.status.name, &other.status.name));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_in_words() {
        let table = [
            (State::Stopped, None, true, "Stopped"),
            (State::Stopped, None, false, "Gone"),
            (State::Starting, None, true, "Starting"),
            (State::Listening, Some(4301), true, "Starting :4301"),
            (State::Answering, Some(4301), true, "Failing :4301"),
            (State::Ok, Some(8000), true, "Running :8000"),
            (State::Ok, Some(8000), false, "Running :8000"),
        ];
        for (state, port, exists, expected) in table {
            let status = Status { state, port, ..Status::default() };
            assert_eq!(Listed { status, exists, current: false, damaged: None }.word(), expected);
        }
    }
}
