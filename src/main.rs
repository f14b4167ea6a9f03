//! argv in, exit code out.

fn main() -> std::process::ExitCode {
    taskrun::run(&std::env::args_os().collect::<Vec<_>>())
}
