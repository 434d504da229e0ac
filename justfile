# The same commands as the README's; none of them needs `just`.

# Show what there is.
default:
    @just --list

# Run components, or package directories: just run guest-examples/counter
run +components="guest-examples/counter":
    cargo run --release --package rivet-host -- run {{components}}

# Build everything, call the counter with the real client, stop.
quickstart:
    bash tests/quickstart.sh

# Run every check, as CI does.
test:
    bash tests/all.sh

# Build the page of the example chat-room into guest-examples/chat-room/web/dist.
chat-page:
    bash tests/js/install.sh guest-examples/chat-room/web
    cd guest-examples/chat-room/web && npm run build

# Measure the sandbox by itself, then the host beside its floors: calls, and events to many.
bench:
    cd guest-examples && cargo build --release --target wasm32-wasip2 --target-dir target
    cd tests/guests && cargo build --release --target wasm32-wasip2 --target-dir target
    cargo bench --package rivet-sandbox
    cargo bench --package rivet-tests --bench load
    cargo bench --package rivet-tests --bench fanout
    cargo bench --package rivet-tests --bench sleep
    cargo bench --package rivet-tests --bench alarms
    cargo bench --package rivet-tests --bench sql
    cargo bench --package rivet-tests --bench peers

# Format all sources.
fmt:
    cargo fmt --all
    cd guest-examples && cargo fmt --all
    cd tests/guests && cargo fmt --all
    cd tests/rust-client && cargo fmt --all

# Look for lint.
lint:
    cargo clippy --workspace --all-targets -- -D warnings
