//! The real agents, each worked by the real binary, against a model that does what the test says.
//!
//! They run where `TASKRUN_AGENTS` names a folder that `tests/agents/install.sh` has filled; elsewhere
//! each of these tests says on standard error that it was skipped. All of them stay on the loopback.

#![cfg(target_os = "linux")] // what is left of a run is looked for in /proc
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)] // tests touch the world directly

#[allow(dead_code)] // the tests of the command line use the rest
#[path = "../cli/bench.rs"]
mod bench;
mod cases;
mod rows;
#[allow(dead_code)] // the same
#[path = "../cli/sandbox.rs"]
mod sandbox;
mod server;
mod server_alone;
mod trial;

/// The cases, each as a test of one agent.
macro_rules! agents {
    ($($agent:ident)*) => { $(
        mod $agent {
            agents!(@ $agent
                works_two_tasks_and_is_accounted_for_to_the_cent
                waits_for_a_rate_limit_without_counting_an_attempt
                ends_the_run_when_its_key_is_refused
                gives_up_on_a_broken_provider
                goes_on_after_a_reset_connection
                goes_on_after_a_closed_connection
                is_not_done_without_the_marker
                is_not_done_by_a_quoted_marker
                leaves_nothing_behind_when_it_is_ended_in_a_tool
                does_a_step_of_a_mission
            );
        }
    )* };
    (@ $agent:ident $($case:ident)*) => { $(
        #[test]
        fn $case() {
            if let Some(trial) = crate::trial::Trial::of(stringify!($agent), stringify!($case)) {
                crate::cases::$case(&trial);
            }
        }
    )* };
}

agents!(claude codex opencode gemini);

#[test]
fn the_folder_of_agents_is_filled() {
    let Some(folder) = trial::folder() else { return };
    let found: Vec<_> = rows::ROWS.iter().filter(|row| row.program(&folder).exists()).collect();
    assert!(!found.is_empty(), "`{}` holds no agent: fill it with tests/agents/install.sh", folder.display());
}
