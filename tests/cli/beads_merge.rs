//! The merge driver: installed, and what it does in single cases.
