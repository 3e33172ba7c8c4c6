"""Writes touch events with a CloudEvents SDK and confluent-kafka, with headers of its own beside the SDK's.

Usage: touch_producer.py BROKERS TOPIC BOOK CLIENT COUNT TIME; prints the partition of each.
"""

import datetime
import sys

import confluent_kafka
from cloudevents.core.bindings.kafka import to_binary_event
from cloudevents.core.v1.event import CloudEvent


def main():
    brokers, topic, book, client, count, time = sys.argv[1:]
    # The partitioner of Java's client; librdkafka's own default differs.
    producer = confluent_kafka.Producer({"bootstrap.servers": brokers, "partitioner": "murmur2_random"})
    partitions = []
    for number in range(int(count)):
        attributes = {"id": f"python-{number}", "source": "python", "type": "mainstay.touch.Touched.v1",
                      "specversion": "1.0", "time": datetime.datetime.fromisoformat(time), "partitionkey": book,
                      "subject": client, "datacontenttype": "application/json"}
        data = {"repId": "py", "role": "SALES", "channel": "MEETING", "direction": "OUTBOUND", "minutes": 7}
        message = to_binary_event(CloudEvent(attributes, data))
        headers = [*message.headers.items(), ("retries", b"0"), ("bytes", b"\xff\x00")]
        producer.produce(topic, key=message.key, value=message.value, headers=headers,
                         on_delivery=lambda error, sent: partitions.append(error or sent.partition()))
    producer.flush()
    print(*partitions, sep="\n")


if __name__ == "__main__":
    main()
