"""Reads a topic to its end with confluent-kafka, read_committed, and decodes each record with a CloudEvents SDK.

Usage: read_cloud_events.py BROKERS TOPIC; one JSON line a record.
"""

import json
import sys

import confluent_kafka
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event


def main():
    brokers, topic = sys.argv[1:]
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": "reader", "enable.partition.eof": True,
        "isolation.level": "read_committed", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, 30).topics[topic].partitions
    consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in partitions])
    ended = set()
    while len(ended) < len(partitions):
        message = consumer.poll(30)
        if message is None:
            sys.exit("nothing for 30 s")
        if message.error():
            if message.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                sys.exit(str(message.error()))
            ended.add(message.partition())
            continue
        event = from_binary_event(KafkaMessage(dict(message.headers()), message.key(), message.value()))
        print(json.dumps({"id": event.get_id(), "type": event.get_type(), "source": event.get_source(),
                          "subject": event.get_subject(), "time": event.get_time().isoformat(),
                          "book": event.get_extension("partitionkey"), "data": event.get_data()}))
    consumer.close()


if __name__ == "__main__":
    main()
