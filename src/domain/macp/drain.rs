//! Works the queue: takes what is next, runs it, judges it, records it.
