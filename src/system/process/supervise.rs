//! The supervisor.

use std::ffi::OsString;
use std::process::ExitCode;

/// Entry of the supervisor process.
pub fn main(_args: &[OsString]) -> ExitCode {
    ExitCode::SUCCESS
}
