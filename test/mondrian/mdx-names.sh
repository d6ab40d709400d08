#!/bin/bash
# The names olap4j's MDX parser finds in statements; MdxNames.java tells how they go in and come out.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
install_packages >&2
compile >&2
exec java -Dfile.encoding=UTF-8 -cp "$BUILD:$(classpath 3)" lab.MdxNames
