#!/usr/bin/env bash
# Builds the host and the counter, starts the host, calls the counter with the npm client `rivetkit`,
# and shows how to go on. Needs cargo (by rustup) and npm; leaves nothing behind but what it built.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
step() { printf '\n==> %s\n' "$*"; }

for tool in cargo npm; do
  command -v "$tool" >/dev/null || { echo "quickstart needs $tool: install it and run this again" >&2; exit 1; }
done

step "Installing the npm client rivetkit@2.3.19 from its lock file"
bash "$root/tests/js/install.sh"

step "Building the host (the first time takes some minutes)"
cargo build --release --manifest-path "$root/Cargo.toml" --target-dir "$root/target" --package rivet-host

step "Building the counter, a component"
# A toolchain that was there before may lack the target that rust-toolchain.toml names.
if command -v rustup >/dev/null; then (cd "$root" && rustup target add wasm32-wasip2); fi
(cd "$root/guest-examples/counter" &&
  cargo build --release --target wasm32-wasip2 --target-dir "$root/guest-examples/target")

host=$root/target/release/rivet-host
counter=$root/guest-examples/target/wasm32-wasip2/release/counter.wasm
data=$(mktemp -d)
pid=
stop() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
  rm -rf "$data"
}
trap stop EXIT

step "Starting the host"
"$host" run "$counter" --port 0 --data "$data/actors" --ready-file "$data/ready" &
pid=$!
until [ -s "$data/ready" ]; do
  kill -0 "$pid" 2>/dev/null || { echo "the host ended before it was ready" >&2; exit 1; }
  sleep 0.1
done

step "Calling the counter"
"$root/tests/js/node_modules/.bin/node" "$root/tests/js/quickstart.mjs" "$(cat "$data/ready")"

step "Stopping the host"
kill "$pid"
wait "$pid"
pid=

cat <<END

It works. To go on:
  ${host#"$PWD"/} run guest-examples/counter
      runs the counter on http://127.0.0.1:6420 until you press Ctrl-C
  npm install rivetkit@2.3.19
      then, in your program: createClient("http://127.0.0.1:6420").counter.getOrCreate("me").increment(1)
  guest-sdk/rust/README.md
      tells how to write an actor of your own
  bash tests/all.sh
      runs all tests
END
