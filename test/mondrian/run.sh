#!/bin/bash
# npm run test:mondrian: Tilsyn in front of a real XML/A server, asked by real clients.
#
# Installs what is missing from Debian if it may (root, or sudo without a password), starts two Mondrian servers, runs
# every *.mondrian.ts beside this file, and stops what it started. Arguments go to node --test, such as
# --test-name-pattern; FILES chooses test files.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
PATH=$PWD/node_modules/.bin:$PATH

export MONDRIAN_PORT=${MONDRIAN_PORT:-18190} MONDRIAN_BASIC_PORT=${MONDRIAN_BASIC_PORT:-18191}

# Once for both servers and all clients, so that no two of them install or compile at the same time.
. "$here/common.sh"
WITH_X4R=1 install_packages
compile

stop() {
    PORT=$MONDRIAN_PORT "$here/stop.sh" >/dev/null || true
    PORT=$MONDRIAN_BASIC_PORT "$here/stop.sh" >/dev/null || true
}
trap stop EXIT
stop # A run that was killed may have left them, with yesterday's sources.
PORT=$MONDRIAN_PORT "$here/start.sh" >/dev/null
PORT=$MONDRIAN_BASIC_PORT AUTH=basic GZIP=1 "$here/start.sh" >/dev/null

# One file at a time: they read the same two servers' logs.
read -ra files <<<"${FILES:-$(echo "$here"/*.mondrian.ts)}"
node --test --test-concurrency=1 "$@" "${files[@]}"
