//! Whether an attempt is complete: pure decisions over the final message and the agent's end.

/// What a final message promises by its last non-empty line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Promise {
    /// No tag alone on the last non-empty line outside a code fence.
    #[default]
    None,
    /// `<promise>COMPLETE</promise>`
    Complete,
    /// `<promise>BLOCKED: why</promise>`
    Blocked(String),
    /// `<promise>FAILED: why</promise>`
    Failed(String),
}
