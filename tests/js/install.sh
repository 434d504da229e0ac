#!/usr/bin/env bash
# Installs npm packages at the versions of the lock file: those of the directory given, else the npm clients and the
# Node that runs them. A no-op when done.
# Not `npm ci`: optional packages of rivetkit's server side, for other platforms, are missing from the lock
# file wherever the registry did not have them, and `npm ci` refuses such a lock file.
set -euo pipefail
cd "${1:-$(dirname "$0")}"
stamp=node_modules/.installed
if cmp -s package-lock.json "$stamp"; then exit 0; fi
npm install --no-save
if [ -d node_modules/node ]; then
  # The npm package `node` brings Node itself by its install script, the only one that may run.
  npm rebuild node --ignore-scripts=false
  node_modules/.bin/node --version
fi
cp package-lock.json "$stamp"
