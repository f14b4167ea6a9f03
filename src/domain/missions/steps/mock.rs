//! A step that nobody does: its input, with a header, becomes its output.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::super::stand::Stand;
use super::super::workflow::Step;
use super::{Came, Running, artifact_at, input_at};
use crate::fault::Fault;
use crate::system::store;

/// What is copied where.
pub(super) struct Ready {
    step: String,
    input: Option<PathBuf>,
    output: Option<PathBuf>,
}

pub(super) fn ready(stand: &Stand<'_>, step: &Step) -> Result<Ready> {
    let input = step.input_artifact.as_deref().map(|name| input_at(stand, step, name)).transpose()?;
    let output = step.output_artifact.as_deref().map(|name| artifact_at(&stand.folder, name)).transpose()?;
    if let Some(link) = output.as_ref().filter(|path| path.is_symlink()) {
        return Err(Fault::refused(format!("`{}` is a link", link.display()), "remove it"));
    }
    Ok(Ready { step: step.step_id.clone(), input, output })
}

impl Ready {
    /// Copies, without holding what it copies.
    pub(super) fn run(&self, running: &mut Running) -> Result<Came> {
        let header =
            format!("MOCK of the step `{}`: no agent was started, this is its input.\n\n", self.step);
        running.line(header.trim_end());
        if let Some(output) = &self.output {
            let input = self
                .input
                .as_ref()
                .map(|path| File::open(path).with_context(|| format!("failed to read `{}`", path.display())));
            let input = input.transpose()?;
            store::replace_by(output, store::SHARED, |draft| {
                draft.write_all(header.as_bytes())?;
                let Some(input) = &input else { return Ok(()) };
                draft.copy(input, 0..input.metadata()?.len())
            })?;
        }
        Ok(Came::well())
    }
}
