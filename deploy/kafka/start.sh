#!/bin/sh
# Starts Apache Kafka (KRaft, one or three brokers) on loopback for development and tests.
#
#   start.sh DIRECTORY PORTS [--version V] [--prepare | --run N] [--set name=value]...
#
# PORTS: two a broker, its own and its controller's, e.g. 9092,9093 or 9092,9093,9094,9095,9096,9097.
# Everything it writes is below DIRECTORY; jars are cached in KAFKA_CACHE (default: build/kafka). Prints the bootstrap
# addresses when the brokers have started. stop.sh DIRECTORY stops them.
#   --prepare  only writes configuration and formats the storage
#   --run N    becomes broker N (1..) of a prepared directory, in the foreground
# Exit code 77: java, Maven or the jars cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"

[ $# -ge 2 ] || { sed -n '2,13p' "$0" >&2; exit 2; }
directory=$1
ports=$2
shift 2
prepare_only=no
run=
extra=
while [ $# -gt 0 ]; do
  case $1 in
    --version) KAFKA_VERSION=$2; shift 2 ;;
    --prepare) prepare_only=yes; shift ;;
    --run) run=$2; shift 2 ;;
    --set) extra="$extra$2
"; shift 2 ;;
    *) echo "start.sh: unknown option $1" >&2; exit 2 ;;
  esac
done
find_kafka

if [ -n "$run" ]; then
  # shellcheck disable=SC2086
  exec java $KAFKA_JVM "$log_option" -cp "$jars/*" kafka.Kafka "$directory/server-$run.properties"
fi

# shellcheck disable=SC2046
set -- $(echo "$ports" | tr ',' ' ')
case $# in
  2) brokers=1 ;;
  6) brokers=3 ;;
  *) echo "start.sh: two ports for one broker, six for three" >&2; exit 2 ;;
esac
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
voters=
bootstrap=
n=0
for port in "$@"; do
  n=$((n + 1))
  case $((n % 2)) in
    1) bootstrap="$bootstrap,127.0.0.1:$port" ;;
    0) voters="$voters,$((n / 2))@127.0.0.1:$port" ;;
  esac
done
bootstrap=${bootstrap#,}
voters=${voters#,}

write_properties() {  # number, port, controller port
  {
    echo "process.roles=broker,controller"
    echo "node.id=$1"
    echo "controller.quorum.voters=$voters"
    echo "listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3"
    echo "controller.listener.names=CONTROLLER"
    echo "inter.broker.listener.name=PLAINTEXT"
    echo "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"
    echo "log.dirs=$directory/data-$1"
    echo "auto.create.topics.enable=false"
    echo "default.replication.factor=$brokers"
    echo "offsets.topic.replication.factor=$brokers"
    echo "transaction.state.log.replication.factor=$brokers"
    echo "transaction.state.log.min.isr=$(((brokers + 1) / 2))"
    echo "offsets.topic.num.partitions=4"
    echo "transaction.state.log.num.partitions=4"
    echo "group.initial.rebalance.delay.ms=0"
    echo "message.max.bytes=12582912"
    echo "replica.fetch.max.bytes=12582912"
    if [ "${KAFKA_VERSION%%.*}" -ge 4 ]; then
      echo "share.coordinator.state.topic.replication.factor=$brokers"
      echo "share.coordinator.state.topic.min.isr=$(((brokers + 1) / 2))"
    fi
    printf '%s' "$extra"
  } >"$directory/server-$1.properties"
}

cluster=$directory/cluster-id
# 16 random bytes as Kafka writes them; none may begin with a dash.
[ -s "$cluster" ] || echo "M$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 2-22)" >"$cluster"
number=1
while [ $number -le $brokers ]; do
  write_properties $number "$1" "$2"
  shift 2
  kafka_java kafka.tools.StorageTool format -t "$(cat "$cluster")" -c "$directory/server-$number.properties" \
    --ignore-formatted >"$directory/format-$number.log" 2>&1 || { cat "$directory/format-$number.log" >&2; exit 1; }
  number=$((number + 1))
done
[ $prepare_only = no ] || { echo "$bootstrap"; exit 0; }

number=1
while [ $number -le $brokers ]; do
  # shellcheck disable=SC2086
  setsid java $KAFKA_JVM "$log_option" -cp "$jars/*" kafka.Kafka "$directory/server-$number.properties" \
    >"$directory/broker-$number.log" 2>&1 </dev/null &
  echo $! >"$directory/broker-$number.pid"
  number=$((number + 1))
done
number=1
while [ $number -le $brokers ]; do
  pid=$(cat "$directory/broker-$number.pid")
  waited=0
  until grep -q 'Kafka Server started' "$directory/broker-$number.log"; do
    if ! kill -0 "$pid" 2>/dev/null || [ $waited -ge 600 ]; then
      echo "start.sh: broker $number did not start; see $directory/broker-$number.log" >&2
      "$here/stop.sh" "$directory"
      exit 1
    fi
    sleep 0.1
    waited=$((waited + 1))
  done
  number=$((number + 1))
done
echo "$bootstrap"
