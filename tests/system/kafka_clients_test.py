"""Others on the same Kafka: a Java and a Python producer, kcat, a CloudEvents SDK, Kafka's own tools."""

import datetime
import json
import unittest

import foreign_clients
from foreign_clients import FOREIGN
from kafka_history import UNTIL, history
from kafka_installation import KAFKA, SERVICES, KafkaTest
from mainstay_binary import poll

BOOK = "north"


class ForeignProducers(KafkaTest):
    """A client is known by one order; what it was last told of must be the foreign touch."""

    def check(self, producer, *command):
        self.apply_topics()
        services = self.services()
        self.ask_server(services["segmentation"], "import", self.write("h.jsonl", history(books=(BOOK,))))
        before = self.ask_server(services["cadence"], "client", "c1", "--book", BOOK)
        self.assertIsNone(before["last_touch"], "vacuous: the client was touched before")
        at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).replace(microsecond=0)
        written = foreign_clients.run([*command, self.brokers, f"{self.installation}.touch-events", BOOK, "c1", 3,
                                       at.isoformat()])
        self.assertEqual(len(written.split()), 3, written)
        last = poll(lambda: self.ask_server(services["cadence"], "client", "c1", "--book", BOOK)["last_touch"],
                    f"the touch of {producer} arrives")
        self.assertEqual(last, at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for service in services.values():
            poll(lambda: service.metric("mainstay_consumer_lag_records") == 0, "drained")
        letters = self.ask_server(services["segmentation"], "dead-letters", "list")
        self.assertEqual(letters.get("rows", []), [])

    def test_touches_of_a_java_client_with_headers_of_its_own_are_accepted(self):
        self.check("java", *foreign_clients.java(), FOREIGN / "TouchProducer.java")

    def test_touches_of_a_python_client_made_by_a_cloud_events_sdk_are_accepted(self):
        self.check("python", foreign_clients.python(), FOREIGN / "touch_producer.py")


class ForeignReaders(KafkaTest):
    """A replay to a time at which everything has fallen due leaves churn-risk records; others read the same as we."""

    def replay(self):
        self.clock = "data"
        self.apply_topics()
        first = self.service("segmentation", processed_by="segmentation").await_ready()
        self.ask_server(first, "import", self.write("h.jsonl", history()), "--until", UNTIL)
        others = [self.service(name).await_ready() for name in SERVICES[1:]]
        for other in others:
            poll(lambda: other.metric("mainstay_consumer_lag_records") == 0
                 and other.metric("mainstay_events_consumed_total") > 0, f"{other.name} has drained")
        ours = self.run_command("events", "--type", "mainstay.risk.*", "--server", first.address)
        self.assertEqual(ours.code, 0, ours)
        events = {event["id"]: event for event in map(json.loads, ours.out.splitlines())}
        self.assertGreater(len(events), 10, "vacuous: hardly any risk")
        return first, events

    def test_kcat_and_a_cloud_events_sdk_read_churn_risk_records_as_we_do(self):
        _, events = self.replay()
        topic = f"{self.installation}.churn-risk"
        with self.subTest("kcat, read_committed"):
            lines = foreign_clients.run([
                *foreign_clients.kcat(), "-C", "-q", "-e", "-b", self.brokers, "-t", topic, "-o", "beginning",
                "-X", "isolation.level=read_committed", "-f", "%h\t%s\n"])
            read = {}
            for line in lines.splitlines():
                headers, data = line.split("\t", 1)
                ids = [h.removeprefix("ce_id=") for h in headers.split(",") if h.startswith("ce_id=")]
                read[ids[0]] = json.loads(data)
            self.assertEqual(read, {name: event["data"] for name, event in events.items()})
        with self.subTest("confluent-kafka and the Python SDK"):
            reader = FOREIGN / "read_cloud_events.py"
            lines = foreign_clients.run([foreign_clients.python(), reader, self.brokers, topic])
            read = {event["id"]: event for event in map(json.loads, lines.splitlines())}
            self.assertEqual(sorted(read), sorted(events))
            for name, event in read.items():
                want = events[name]
                self.assertEqual((event["type"], event["source"], event["subject"], event["book"], event["data"]),
                                 (want["type"], want["source"], want["subject"], want["partitionkey"], want["data"]))

    def test_the_group_tool_shows_owners_with_addresses_and_a_lag_that_reaches_0(self):
        self.apply_topics()
        services = self.services()
        self.ask_server(services["segmentation"], "import", self.write("h.jsonl", history()))

        def described():
            text = foreign_clients.run([KAFKA / "tool.sh", "groups", "--bootstrap-server", self.brokers, "--describe",
                                        "--group", f"{self.installation}.cadence"])
            rows = [line.split() for line in text.splitlines() if line.startswith(self.installation)]
            return rows if rows and all(row[5] == "0" for row in rows) else None

        rows = poll(described, "a lag of 0 on every partition of every input")
        inputs = {row[1].removeprefix(self.installation + ".") for row in rows}
        self.assertEqual(inputs, {"client-events", "touch-events", "segments", "cadence.internal", "cadence.redrive"})
        self.assertEqual(len(rows), 5 * 4)
        self.assertEqual({row[-1] for row in rows}, {services["cadence"].address})
        self.assertGreater(sum(int(row[4]) for row in rows), 0, "vacuous: nothing was written")


if __name__ == "__main__":
    unittest.main()
