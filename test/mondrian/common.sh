# Sourced by the other scripts: packages, class paths, compiling. Needs bash and Debian 12.

# Java reads its arguments, and bash its strings, in the encoding of the locale.
export LC_ALL=C.UTF-8

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PORT=${PORT:-18090}
BIND=${BIND:-127.0.0.1}
RUN=${RUN_DIR:-$LAB/run/$PORT}
BUILD=${BUILD_DIR:-$LAB/build}
JARS=/usr/share/java
XMLA_URL=${XMLA_URL:-http://$BIND:$PORT/xmla}

# jar (without .jar) : Debian package. The first three are all the client needs.
NEEDED="
olap4j:libolap4j-java
olap4j-xmla:libolap4j-java
xercesImpl:libxerces2-java
mondrian:libmondrian-java
eigenbase-xom:libeigenbase-resgen-java
eigenbase-resgen:libeigenbase-resgen-java
eigenbase-properties:libeigenbase-farrago-java
commons-dbcp:libcommons-dbcp-java
commons-pool:libcommons-pool-java
commons-math:libcommons-math-java
commons-vfs2:libcommons-vfs-java
commons-collections3:libcommons-collections3-java
commons-logging:libcommons-logging-java
commons-io:libcommons-io-java
cup_runtime:cup
log4j-1.2:liblog4j1.2-java
hsqldb:libhsqldb-java
servlet-api:libservlet-api-java
jetty9-server:libjetty9-java
jetty9-servlet:libjetty9-java
jetty9-security:libjetty9-java
jetty9-http:libjetty9-java
jetty9-io:libjetty9-java
jetty9-util:libjetty9-java
"

die() {
    echo "error: $*" >&2
    exit 1
}

# Packages whose jar, or whose command, is not on this machine.
missing_packages() {
    local pair
    {
        for pair in $NEEDED; do
            [ -e "$JARS/${pair%%:*}.jar" ] || echo "${pair#*:}"
        done
        command -v javac >/dev/null && command -v java >/dev/null || echo default-jdk-headless
        command -v curl >/dev/null || echo curl
        [ "${WITH_X4R:-0}" = 0 ] || [ -e /usr/lib/R/site-library/X4R ] || echo r-other-x4r
        [ "${WITH_CHROMIUM:-0}" = 0 ] || command -v chromium >/dev/null || echo chromium
        [ "${WITH_CHROMIUM:-0}" = 0 ] || [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || echo fonts-dejavu-core
    } | sort -u
}

install_packages() {
    local packages as_root="" try
    packages=$(missing_packages | tr '\n' ' ')
    [ -n "${packages// /}" ] || return 0
    echo "These Debian packages are missing: $packages"
    command -v apt-get >/dev/null || die "no apt-get here; install them by hand"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || die "not root; run: apt-get install --no-install-recommends $packages"
        as_root="sudo -n"
    fi
    echo "Installing them (about 15 MB, with R 50 MB, with Chromium 100 MB; more if there is no JDK yet) ..."
    for try in 1 2; do
        # shellcheck disable=SC2086
        if $as_root apt-get -qq update && $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $packages >/dev/null; then
            break
        fi
        [ $try = 1 ] || die "apt-get failed"
    done
    packages=$(missing_packages | tr '\n' ' ')
    [ -z "${packages// /}" ] || die "still missing after the install: $packages"
}

# classpath NUMBER: the first NUMBER jars of the list, or all.
classpath() {
    local pair path="" count=0
    for pair in $NEEDED; do
        path+=:$JARS/${pair%%:*}.jar
        count=$((count + 1))
        [ "$count" != "${1:-}" ] || break
    done
    echo "${path#:}"
}

# Compiles when the sources, the JDK or the jars differ from last time.
compile() {
    local stamp
    stamp=$( (cd "$LAB" && find src -name '*.java' | LC_ALL=C sort | xargs cksum; javac -version; ls -lL "$JARS/mondrian.jar" "$JARS/olap4j-xmla.jar") 2>&1 | cksum)
    [ "$(cat "$BUILD/stamp" 2>/dev/null)" != "$stamp" ] || return 0
    mkdir -p "$(dirname "$BUILD")"
    local fresh
    fresh=$(mktemp -d "$BUILD.XXXXXX")
    # Built aside and moved into place, so that two scripts at once do no harm.
    find "$LAB/src" -name '*.java' -print0 | xargs -0 javac -nowarn -proc:none -encoding UTF-8 -d "$fresh" -cp "$(classpath)" \
        || { rm -rf "$fresh"; die "javac failed"; }
    java -cp "$fresh" lab.PatchMondrian "$JARS/mondrian.jar" "$fresh" || { rm -rf "$fresh"; die "could not patch Mondrian"; }
    echo "$stamp" >"$fresh/stamp"
    chmod 755 "$fresh"
    rm -rf "$BUILD"
    mv -T "$fresh" "$BUILD" 2>/dev/null || { rm -rf "$fresh"; [ -e "$BUILD/stamp" ] || die "no build"; }
}

# The pid of our server for this RUN directory, if it is running.
running_pid() {
    local pid
    pid=$(cat "$RUN/pid" 2>/dev/null) || return 1
    [ -n "$pid" ] && tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF -- "-Dlab.run=$RUN" || return 1
    echo "$pid"
}
