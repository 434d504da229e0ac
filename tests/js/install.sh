#!/usr/bin/env bash
# Installs the npm clients and the Node that runs them, at the versions of the lock file; a no-op when done.
# Not `npm ci`: optional packages of rivetkit's server side, for other platforms, are missing from the lock
# file wherever the registry did not have them, and `npm ci` refuses such a lock file.
set -euo pipefail
cd "$(dirname "$0")"
stamp=node_modules/.installed
if cmp -s package-lock.json "$stamp"; then exit 0; fi
npm install --no-save
# The npm package `node` brings Node itself by its install script, the only one that may run.
npm rebuild node --ignore-scripts=false
node_modules/.bin/node --version
cp package-lock.json "$stamp"
