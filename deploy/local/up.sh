#!/bin/sh
# Starts Mainstay on this machine: one Kafka broker, the topics, three services; all on loopback, 4 partitions.
#
#   up.sh [DIRECTORY]     default: var/local; everything it writes is below it
#
# BINARIES names the folder of the binaries (default: build/bin). Ports: MAINSTAY_KAFKA_PORTS (9092,9093),
# MAINSTAY_PORT (7401: gRPC of segmentation, the next two of cadence and notification), MAINSTAY_METRICS_PORT (9401).
# What runs already is left alone, so up.sh may be called again. down.sh stops exactly what this started.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
directory=${1:-$root/var/local}
binaries=${BINARIES:-$root/build/bin}
kafka_ports=${MAINSTAY_KAFKA_PORTS:-9092,9093}
port=${MAINSTAY_PORT:-7401}
metrics_port=${MAINSTAY_METRICS_PORT:-9401}
partitions=4
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
bootstrap=127.0.0.1:${kafka_ports%%,*}

runs() {  # pid file, binary
  [ -s "$1" ] && tr '\0' ' ' <"/proc/$(cat "$1")/cmdline" 2>/dev/null | grep -q -F "$2 "
}

if [ -s "$directory/kafka/broker-1.pid" ] && kill -0 "$(cat "$directory/kafka/broker-1.pid")" 2>/dev/null; then
  echo "kafka          runs already"
else
  "$root/deploy/kafka/start.sh" "$directory/kafka" "$kafka_ports" >/dev/null
  echo "kafka          $bootstrap"
fi
"$binaries/mainstay" topics apply --kafka "$bootstrap" --partitions "$partitions" >"$directory/topics.log" 2>&1 || {
  cat "$directory/topics.log" >&2
  exit 1
}
echo "topics         $(tail -n 1 "$directory/topics.log")"

place=0
for service in segmentation cadence notification; do
  listen=127.0.0.1:$((port + place))
  metrics=127.0.0.1:$((metrics_port + place))
  pid_file=$directory/$service.pid
  extra=
  # One machine: its own receivers may be reached.
  [ $service != notification ] || extra="--set allowed_cidrs=127.0.0.0/8"
  if runs "$pid_file" "$binaries/mainstay-$service"; then
    echo "$(printf '%-14s' $service) runs already"
  else
    # shellcheck disable=SC2086
    setsid "$binaries/mainstay-$service" --set "kafka_brokers=$bootstrap" --set "partitions=$partitions" \
      --set "state_directory=$directory/$service" --set "listen=$listen" --set "metrics_listen=$metrics" $extra \
      >"$directory/$service.out" 2>"$directory/$service.log" </dev/null &
    echo $! >"$pid_file"
    echo "$(printf '%-14s' $service) gRPC $listen, http://$metrics/metrics, log $directory/$service.log"
  fi
  place=$((place + 1))
done

place=0
for service in segmentation cadence notification; do
  waited=0
  until "$here/probe.py" "127.0.0.1:$((metrics_port + place))" /ready >"$directory/$service.ready" 2>&1; do
    if ! runs "$directory/$service.pid" "$binaries/mainstay-$service" || [ $waited -ge 300 ]; then
      echo "up.sh: $service did not become ready: $(cat "$directory/$service.ready")" >&2
      tail -n 5 "$directory/$service.log" "$directory/$service.out" >&2
      exit 1
    fi
    sleep 0.2
    waited=$((waited + 1))
  done
  place=$((place + 1))
done
cat <<TEXT

Ready. Any of the three answers everything; it passes on what belongs to another.
  export MAINSTAY_SERVER=127.0.0.1:$port
  $binaries/mainstay import FILE --book B
  $binaries/mainstay pareto --book B
  kcat -b $bootstrap -C -t mainstay.churn-risk -X isolation.level=read_committed -f '%h %s\n'
  $root/deploy/kafka/tool.sh groups --bootstrap-server $bootstrap --describe --group mainstay.cadence
make down stops it; the data stays in $directory.
TEXT
