#!/bin/sh
# Starts the client server: ./start-client.sh [PORT] [--config FILE]
root=$(cd "$(dirname "$0")" && pwd) || exit 1
main="$root/dist/src/cli/main.js"
[ -f "$main" ] || (cd "$root" && npm run --silent build) || exit 1
exec node --enable-source-maps "$main" client "$@"
