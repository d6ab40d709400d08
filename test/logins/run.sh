#!/bin/bash
# npm run test:logins: logins as real clients make them, through Tilsyn, to servers that check them.
#
# Installs what is missing from Debian if it may (root, or sudo without a password), then runs every *.logins.ts beside
# this file, each of which starts what it needs on free ports and stops it. Arguments go to node --test; FILES chooses
# test files, and TILSYN_LOGINS=200x500 how many users log in by NTLM and how much each of them asks.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
PATH=$PWD/node_modules/.bin:$PATH:/usr/sbin

missing() {
    command -v krb5kdc >/dev/null || echo krb5-kdc
    command -v kadmin.local >/dev/null || echo krb5-admin-server
    command -v kinit >/dev/null || echo krb5-user
    command -v slapd >/dev/null || echo slapd
    command -v ldapadd >/dev/null || echo ldap-utils
    command -v curl >/dev/null || echo curl
    /usr/bin/python3 -c 'import gssapi' 2>/dev/null || echo python3-gssapi
}

packages=$(missing | tr '\n' ' ')
if [ -n "${packages// /}" ]; then
    as_root=""
    [ "$(id -u)" = 0 ] || as_root="sudo -n"
    echo "Installing: $packages"
    # Debian would start the servers it installs; ours are started by the tests.
    $as_root apt-get -qq update
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends $packages >/dev/null
fi

read -ra files <<<"${FILES:-$(echo "$here"/*.logins.ts)}"
node --test --test-concurrency=1 "$@" "${files[@]}"
