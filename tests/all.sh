#!/usr/bin/env bash
# Runs every check of the repository. Installs what the checks need where it is missing, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
started=$SECONDS
step() { printf '\n==> [%3d s] %s\n' $((SECONDS - started)) "$*"; }

# The tests share a target directory with the host that they start.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
# Workspaces of their own: what they hold compiles to wasm, or must stay out of the host's lock file.
wasm_workspaces="guest-examples tests/guests"
workspaces="$wasm_workspaces tests/rust-client"

missing=""
command -v strace >/dev/null || missing="$missing strace"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
  missing="$missing chromium"
# For the guest in C.
for package in clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -n "$missing" ]; then
  step "Installing$missing"
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root=sudo; fi
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of names
  $as_root apt-get install -y -qq --no-install-recommends $missing
fi

# A toolchain that was there before may lack the targets that rust-toolchain.toml names.
rustup target add wasm32-wasip1 wasm32-wasip2

if ! cargo component --version 2>/dev/null | grep -q ' 0\.21\.1'; then
  step "Installing cargo-component 0.21.1 (takes some minutes)"
  CARGO_TARGET_DIR="$CARGO_TARGET_DIR/cargo-component" \
    cargo install cargo-component --version 0.21.1 --locked --quiet
fi

step "Installing the npm packages"
for directory in tests/js tests/browser tests/guests/js guest-examples/chat-room/web; do
  bash tests/js/install.sh $directory
done

step "Formatting"
cargo fmt --all --check
for workspace in $workspaces; do
  (cd "$workspace" && cargo fmt --all --check)
done

step "Lints"
cargo clippy --workspace --all-targets -- -D warnings
for workspace in $wasm_workspaces; do
  (cd "$workspace" && cargo clippy --target wasm32-wasip2 --target-dir target -- -D warnings)
done
(cd tests/rust-client && cargo clippy --target-dir target -- -D warnings)

# In one command with the tests: by itself the host would be built with fewer features of what it depends on,
# wasmtime among them, and so all of that twice.
step "Building the host and the tests"
cargo build --workspace --bins --tests
export RIVET_HOST_BIN="$CARGO_TARGET_DIR/debug/rivet-host"

step "Tests"
cargo test --workspace

step "Tests of the examples, natively"
(cd guest-examples && cargo test --target-dir target)

step "All checks passed"
