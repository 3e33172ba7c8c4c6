#!/bin/sh
# Stops what up.sh started, and nothing else: a process is stopped only if its number is in DIRECTORY and it is one of
# our binaries. The data stays.
#
#   down.sh [DIRECTORY]   default: var/local
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
directory=$(cd "${1:-$root/var/local}" 2>/dev/null && pwd) || exit 0

is_ours() {  # pid, service
  tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q "mainstay-$2 .*state_directory=$directory/$2 "
}

for service in notification cadence segmentation; do
  [ -s "$directory/$service.pid" ] || continue
  pid=$(cat "$directory/$service.pid")
  if is_ours "$pid" $service; then kill "$pid" 2>/dev/null || true; fi
done
for service in notification cadence segmentation; do
  [ -s "$directory/$service.pid" ] || continue
  pid=$(cat "$directory/$service.pid")
  waited=0
  while is_ours "$pid" $service; do
    if [ $waited -ge 300 ]; then kill -9 "$pid" 2>/dev/null || true; fi
    sleep 0.1
    waited=$((waited + 1))
  done
  rm -f "$directory/$service.pid"
done
if [ -d "$directory/kafka" ]; then "$root/deploy/kafka/stop.sh" "$directory/kafka"; fi
