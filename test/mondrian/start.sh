#!/bin/bash
# Starts a Mondrian XML/A server with synthetic data and prints its address.
#
#   PORT=18090        port                    BIND=127.0.0.1   address
#   AUTH=none|basic   HTTP Basic with roles   GZIP=0|1         compress answers on request
#   HEAP=256m         Java heap               START_TIMEOUT=60 seconds
#   RUN_DIR, BUILD_DIR                        where to write (default run/$PORT, build)
#
# Run again while it is up, it only prints the address.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

AUTH=${AUTH:-none}
GZIP=${GZIP:-0}
case $AUTH in none | basic) ;; *) die "AUTH must be none or basic" ;; esac
case $GZIP in 0 | 1) ;; *) die "GZIP must be 0 or 1" ;; esac
case $PORT in '' | *[!0-9]*) die "PORT must be a number" ;; esac

if pid=$(running_pid); then
    echo "already running (pid $pid)" >&2
    echo "$XMLA_URL"
    exit 0
fi

install_packages >&2
compile

mkdir -p "$RUN"
rm -f "$RUN/ready" "$RUN/pid" "$RUN/access.log" "$RUN/mdx.log"
cd "$LAB/etc" # Mondrian looks for mondrian.properties in its working directory
setsid java -Xmx"${HEAP:-256m}" -Dfile.encoding=UTF-8 \
    -Dlab.run="$RUN" -Dlab.schema="$LAB/schema/kommunedata.xml" \
    -Dlab.bind="$BIND" -Dlab.port="$PORT" -Dlab.auth="$AUTH" -Dlab.gzip="$GZIP" \
    -Dlog4j.configuration="file:$LAB/etc/log4j.properties" \
    -cp "$BUILD:$(classpath)" lab.Server </dev/null >"$RUN/server.log" 2>&1 &
pid=$!
echo "$pid" >"$RUN/pid"

give_up() {
    echo "--- end of $RUN/server.log" >&2
    tail -n 20 "$RUN/server.log" >&2
    kill "$pid" 2>/dev/null || true
    rm -f "$RUN/pid" "$RUN/ready"
    die "$1"
}

deadline=$((SECONDS + ${START_TIMEOUT:-60}))
until [ -e "$RUN/ready" ]; do
    kill -0 "$pid" 2>/dev/null || give_up "the server stopped while starting"
    [ $SECONDS -lt $deadline ] || give_up "not up after ${START_TIMEOUT:-60} s"
    sleep 0.1
done

# Loads the schema, and shows that every row is there.
user=()
[ "$AUTH" = none ] || user=(--user revisor:revisor)
export XMLA_URL
answer=$("$LAB/xmla.sh" "${user[@]}" execute 'SELECT {[Measures].[Antal]} ON COLUMNS FROM [Borger]' 2>&1) || give_up "no answer: $answer"
grep -q '>20000</Value>' <<<"$answer" || give_up "unexpected answer: $answer"
echo "$XMLA_URL"
