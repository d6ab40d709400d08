#!/bin/bash
# npm run test:browser: a page in Chromium that asks a real XML/A server through Tilsyn.
#
# Installs what is missing from Debian if it may (root, or sudo without a password), starts a Mondrian with passwords and
# gzip, runs every *.browser.ts beside this file, and stops what it started. Arguments go to node --test. PICTURES names a
# folder to keep the screenshots in.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mondrian=$here/../mondrian
cd "$here/../.."
PATH=$PWD/node_modules/.bin:$PATH

# The one server serves both of the addresses that mondrian/lab.ts wants to know.
export MONDRIAN_PORT=${MONDRIAN_PORT:-18192}
export MONDRIAN_BASIC_PORT=$MONDRIAN_PORT

. "$mondrian/common.sh"
WITH_CHROMIUM=1 install_packages
compile

stop() {
    PORT=$MONDRIAN_PORT "$mondrian/stop.sh" >/dev/null || true
}
trap stop EXIT
stop # A run that was killed may have left it.
PORT=$MONDRIAN_PORT AUTH=basic GZIP=1 "$mondrian/start.sh" >/dev/null

node --test --test-concurrency=1 "$@" "$here"/*.browser.ts
