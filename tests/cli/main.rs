//! The commands through the real binary, with real git, real processes and real files.

#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)] // tests touch the world directly

mod agent;
mod agent_prompt;
mod agent_runs;
mod beads;
mod beads_bd;
mod beads_branches;
mod beads_claims;
mod beads_closing;
mod beads_exchange;
mod beads_files;
mod beads_hands;
mod beads_ids;
mod beads_large;
mod beads_merge;
mod beads_plan;
mod beads_real;
mod beads_same;
mod beads_sources;
mod beads_storm;
mod beads_together;
mod beads_worktrees;
mod bench;
mod branch;
mod config;
mod everywhere;
mod loops;
mod loops_budget;
mod loops_callers;
mod loops_control;
mod loops_git;
mod loops_hostile;
mod loops_money;
mod loops_provider;
mod loops_sessions;
mod loops_signals;
mod loops_storm;
mod loops_streams;
mod loops_traps;
mod manual;
mod sandbox;
mod skill;
mod terminal;
mod workspace;
