#!/bin/bash
# Runs MDX through X4R, Simba's XML/A client for R (gSOAP underneath):
#   x4r-query.sh [--user NAME:WORD] 'MDX' ...
# One run is one XML/A session. Needs the Debian package r-other-x4r (30 MB
# with R), which no other script here needs; it is not installed for you.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

user=
if [ "${1:-}" = --user ]; then
    user=$2
    shift 2
fi
[ $# -gt 0 ] || die "usage: x4r-query.sh [--user NAME:WORD] 'MDX' ..."
[ -e /usr/lib/R/site-library/X4R ] || die "run: apt-get install --no-install-recommends r-other-x4r"
export XMLA_URL
export X4R_USER=${user%%:*} X4R_PASSWORD=
case $user in *:*) X4R_PASSWORD=${user#*:} ;; esac
exec Rscript --vanilla "$LAB/src/x4r-query.R" "$@"
