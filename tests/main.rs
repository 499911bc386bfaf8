//! The end-to-end tests: the real program on both engines, the sandbox as its upstream.
//!
//! Each module is a promise to someone; the kit in `testkit` starts what they need.

mod commands;
mod connect;
mod customers;
mod demo;
mod deploy;
mod execute;
mod executions;
mod frozen;
mod grants;
mod keys;
mod limits;
mod oauth;
mod outage;
mod problems;
mod refresh;
mod renewing;
mod shutdown;
mod tenancy;
mod tokens;
