//! The provider's side of OAuth: its pages, its tokens, and what it does wrong on request.

mod door;
mod families;
mod faults;
mod kit;
mod pages;
mod settings;
mod sharing;
mod tokens;
