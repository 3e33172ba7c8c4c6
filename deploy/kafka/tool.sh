#!/bin/sh
# Runs one of Kafka's own programs.
#
#   tool.sh topics   --bootstrap-server A --list
#   tool.sh groups   --bootstrap-server A --describe --group mainstay.cadence
#   tool.sh CLASS    ARGUMENTS...
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/settings.sh"
[ $# -ge 1 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
find_kafka
case $1 in
  topics) class=org.apache.kafka.tools.TopicCommand ;;
  groups) class=org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
  configs) class=kafka.admin.ConfigCommand ;;
  *) class=$1 ;;
esac
shift
kafka_java "$class" "$@"
