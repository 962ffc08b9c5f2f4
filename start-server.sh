#!/bin/sh
# Starts one server of the cluster: ./start-server.sh n0 [--config FILE] [--data-dir DIR]
root=$(cd "$(dirname "$0")" && pwd) || exit 1
main="$root/dist/src/cli/main.js"
[ -f "$main" ] || (cd "$root" && npm run --silent build) || exit 1
# Called from anywhere, it uses the configuration of this folder.
export GOSSIP_RAFT_CONFIG="${GOSSIP_RAFT_CONFIG:-$root/cluster-configuration.json}"
exec node --enable-source-maps "$main" server "$@"
