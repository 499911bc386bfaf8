//! The files of `openapi/connectors`, compiled in; `build.rs` finds them.

/// File name and text of each, by name.
pub(crate) const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
