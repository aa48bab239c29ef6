// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors

//! Tells the program which tokio and rustc it was built with.
use std::process::Command;

fn main() {
    let manifest = std::fs::read_to_string("Cargo.toml").expect("Cargo.toml");
    let line = manifest.lines().find(|l| l.starts_with("tokio =")).expect("tokio");
    let tokio = line.split('"').nth(1).unwrap().trim_start_matches('=');
    let rustc = Command::new(std::env::var("RUSTC").unwrap()).arg("--version").output().expect("rustc");
    let rustc = String::from_utf8_lossy(&rustc.stdout);
    println!("cargo:rustc-env=TOKIO_VERSION={tokio}, {}", rustc.split(' ').take(2).collect::<Vec<_>>().join(" "));
}
