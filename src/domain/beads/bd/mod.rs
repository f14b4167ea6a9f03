//! The real `bd` behind `[beads] backend = "bd"`, and beside a store that one keeps in a database.
//!
//! [`verbs`] spells each verb for each version, [`answer`] reads what comes back, [`Bd`] runs it. The
//! steps of each of [`Store`](super::Store)'s operations are in `ops`; what is exchanged between
//! `issues.jsonl` and a database in `exchange`.

mod answer;
mod close;
mod content;
mod exchange;
mod lift;
mod ops;
mod run;
mod sync;
mod synced;
mod verbs;
mod version;

pub use run::Bd;
