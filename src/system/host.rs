//! Which machine this is, and which process ids mean something on it.

use std::fs;

use serde::{Deserialize, Serialize};

/// A place where a process id names one process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// Its name in the network.
    pub name: String,
    /// What the system itself goes by, where it has such an id.
    pub machine: String,
    /// The space its process ids are of: a container has one of its own.
    pub pids: String,
}

impl Host {
    /// Here.
    pub fn here() -> Self {
        let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let pids = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            machine: machine.trim().to_owned(),
            pids: pids.to_string_lossy().into_owned(),
        }
    }

    /// Whether it is the same machine, whatever container.
    pub fn is_machine(&self, other: &Self) -> bool {
        self.name == other.name && self.machine == other.machine
    }
}
