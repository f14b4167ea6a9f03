//! How much an agent that is asked once may cost and take.

use std::time::Duration;

use crate::commands::loops::run::money;
use crate::domain::attempt::budget::Budget;
use crate::system::clock;

/// Limits of one command.
#[derive(Debug, clap::Args)]
pub struct Limits {
    /// Spend at most this much in USD
    #[arg(long, value_name = "USD", value_parser = money, allow_negative_numbers = true)]
    budget_usd: Option<f64>,
    /// Use at most this many tokens
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), allow_negative_numbers = true)]
    budget_tokens: Option<u64>,
    /// End the agent after this time (90s, 30m, 2h)
    #[arg(long, value_name = "TIME", value_parser = clock::parse_duration)]
    max_time: Option<Duration>,
    /// Keep a limit in USD as well as may be with an agent that does not say what it costs
    #[arg(long)]
    pub allow_unknown_cost: bool,
}

impl Limits {
    /// What they mean for a run.
    pub fn budget(&self) -> Budget {
        Budget { usd: self.budget_usd, tokens: self.budget_tokens, time: self.max_time, ..Budget::default() }
    }
}
