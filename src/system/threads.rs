//! What is done side by side, on a few threads.

use std::thread;

/// So many threads are worth having; at most 4.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// Does `work` on every one of `parts` at once, the first here; the results in that order. Panics are passed on.
pub fn at_once<P: Send, T: Send>(parts: Vec<P>, work: impl Fn(P) -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let mut parts = parts.into_iter();
        let first = parts.next();
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let first = first.map(work);
        let others = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        first.into_iter().chain(others).collect()
    })
}
