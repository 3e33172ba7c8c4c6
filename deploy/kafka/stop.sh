#!/bin/sh
# Stops the brokers that start.sh started for DIRECTORY, and nothing else: a process is stopped only if its number is
# in DIRECTORY and its command line names DIRECTORY's configuration.
#
#   stop.sh DIRECTORY
set -eu
[ $# = 1 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
directory=$(cd "$1" 2>/dev/null && pwd) || exit 0

is_ours() {  # pid, number
  tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q -F "$directory/server-$2.properties"
}

for file in "$directory"/broker-*.pid; do
  [ -e "$file" ] || continue
  number=${file##*/broker-}
  number=${number%.pid}
  pid=$(cat "$file")
  if is_ours "$pid" "$number"; then kill "$pid" 2>/dev/null || true; fi
done
for file in "$directory"/broker-*.pid; do
  [ -e "$file" ] || continue
  number=${file##*/broker-}
  number=${number%.pid}
  pid=$(cat "$file")
  waited=0
  while is_ours "$pid" "$number"; do
    # A clean stop takes a second or two; without its controllers a broker waits for ever.
    if [ $waited -ge 200 ]; then kill -9 "$pid" 2>/dev/null || true; fi
    sleep 0.1
    waited=$((waited + 1))
  done
  rm -f "$file"
done
