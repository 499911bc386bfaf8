//! What the sandbox promises: its content, its refusals, its failure modes, its control door.

mod content;
mod control;
mod faults;
mod files;
mod kit;
mod oauth;
mod pages_of_lists;
mod refusals;
mod versions;
mod writes;
