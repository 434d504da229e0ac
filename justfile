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

# Measure the sandbox by itself, then the host beside its floors.
bench:
    cd guest-examples && cargo build --release --target wasm32-wasip2 --target-dir target
    cargo bench --package rivet-sandbox
    cargo bench --package rivet-tests --bench load

# Format all sources.
fmt:
    cargo fmt --all
    cd guest-examples && cargo fmt --all
    cd tests/guests && cargo fmt --all
    cd tests/rust-client && cargo fmt --all

# Look for lint.
lint:
    cargo clippy --workspace --all-targets -- -D warnings
