//! Rebuilds this crate when a migration is added: the macro that embeds them watches only the
//! files it already knows.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
