//! The commands through the real binary, with real git, real processes and real files.
