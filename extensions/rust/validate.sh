#!/bin/sh
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo --version
printf 'fn main() { println!("works") }\n' >"$work/works.rs"
rustc -o "$work/works" "$work/works.rs"
"$work/works"
