//! taskrun: closed-loop agent development at the shell.
//!
//! Who may know whom, downward only (`tests/architecture.rs` holds it):
//!
//! ```text
//! cli, commands   what you type: arguments, one call into domain, outcome → exit
//! domain          what it means: types, decisions, the steps of an operation
//! system          what it touches: files, locks, processes, git, environment
//! ```
//!
//! `ui` and `exit` belong to the top; `fault` is a leaf that every layer may use.

pub mod cli;
pub mod commands;
pub mod domain;
pub mod exit;
pub mod fault;
pub mod system;
pub mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program on `args` (the program's own name first) and returns its exit code.
///
/// A supervisor process (see [`system::process::supervise`]) is this same binary and is told
/// apart, like one that becomes a child with a terminal, before anything else is set up.
pub fn run(args: &[OsString]) -> ExitCode {
    if args.get(1).is_some_and(|word| word == system::process::SUPERVISE) {
        return system::process::supervise::main(&args[2..]);
    }
    if args.get(1).is_some_and(|word| word == system::process::pty::TERMINAL) {
        return system::process::pty::main(&args[2..]);
    }
    ExitCode::from(cli::dispatch(args).code())
}
