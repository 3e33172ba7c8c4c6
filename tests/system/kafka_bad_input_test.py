"""What a Kafka gives that nobody wants: addresses, topics and records that are wrong. Nothing stops for long."""

import datetime
import json
import subprocess
import unittest

import foreign_clients
from kafka_history import event, history
from kafka_installation import KAFKA, KafkaTest, free_ports
from mainstay_binary import DEADLINE, poll

LARGE = 10_000_000  # 10 MB; topics take records of 10 MiB.


class Cluster(KafkaTest):
    def not_ready(self, service, *parts):
        """Live, not ready, and the reason names what to look at."""
        def said():
            status, text = service.page("/ready")
            return status == 503 and all(part in text for part in parts)
        try:
            poll(said, f"{service.name} says {parts}", 60)
        except AssertionError as late:
            raise AssertionError(f"{late}: {service.page('/ready')}") from None
        self.assertEqual(service.page("/live")[0], 200)

    def tool(self, *arguments):
        done = subprocess.run([KAFKA / "tool.sh", *arguments], capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_wrong_address_is_named_by_the_service_and_by_the_command_line(self):
        nobody = f"127.0.0.1:{free_ports(1)[0]}"
        service = self.service("cadence", kafka_brokers=nobody)
        self.not_ready(service, nobody)
        refused = self.run_command("topics", "apply", "--kafka", nobody, "--installation", self.installation)
        self.assert_one_line(refused, 3, nobody)
        self.assertEqual(service.stop(), 0)

    def test_a_broker_that_is_not_there_at_the_start_is_waited_for(self):
        self.apply_topics()
        self.stop_broker()
        try:
            service = self.service("cadence")
            self.not_ready(service, self.brokers)
        finally:
            type(self).start_broker(self.ports)
        service.await_ready()

    def test_a_missing_topic_and_another_number_of_partitions_are_named(self):
        self.apply_topics()
        other = self.service("segmentation", partitions=6)
        self.not_ready(other, "partitions", "4", "6")
        self.tool("topics", "--bootstrap-server", self.brokers, "--delete", "--topic",
                  f"{self.installation}.cadence.dedup")
        service = self.service("cadence")
        self.not_ready(service, f"{self.installation}.cadence.dedup", "topics apply")
        self.apply_topics()
        service.await_ready()

    def test_a_topic_that_lost_records_before_they_were_read_stops_the_shard_and_says_so(self):
        self.apply_topics()
        service = self.service("segmentation", processed_by="segmentation").await_ready()
        cut = self.write("h.jsonl", history(books=("north",)))
        self.ask_server(service, "import", cut)
        self.assertEqual(service.stop(), 0)
        writer = self.service("cadence", processed_by="cadence").await_ready()
        late = event("late", "client.CompetitorCalled", "c1", f"{datetime.date.today()}T00:00:00Z", {"competitor": "z"})
        self.ask_server(writer, "import", self.write("late.jsonl", late + "\n"))
        places = [{"topic": f"{self.installation}.client-events", "partition": p, "offset": -1} for p in range(4)]
        plan = self.write("delete.json", json.dumps({"version": 1, "partitions": places}))
        self.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", self.brokers,
                  "--offset-json-file", plan)
        again = self.service("segmentation")
        self.not_ready(again, f"{self.installation}.client-events")
        self.assertEqual(again.stop(), 0)


class Records(KafkaTest):
    """Bad records between good ones; kcat is who writes them."""

    def setUp(self):
        super().setUp()
        self.kcat = foreign_clients.kcat()
        self.apply_topics()
        self.running = self.services()
        self.server = self.running["segmentation"]
        self.ask_server(self.server, "import", self.write("h.jsonl", history(books=("north",))))
        self.sent = 0

    def partition(self):
        """Of the book north: where its orders went."""
        answer = self.run_command("publish", "--type", "mainstay.client.CompetitorCalled.v1", "--book", "north",
                                  "--client", "c1", "--data", '{"competitor":"Zenith"}', "--server",
                                  self.server.address, "--json")
        self.assertEqual(answer.code, 0, answer)
        return answer.json["partition"]

    def kcat_to(self, partition):
        self.sent += 1
        return [*self.kcat, "-P", "-b", self.brokers, "-t", f"{self.installation}.client-events", "-p", str(partition),
                "-X", "message.max.bytes=12000000"]

    def produce(self, partition, value, *headers):
        command = [*self.kcat_to(partition), "-k", "north"]
        for header in headers:
            command += ["-H", header]
        foreign_clients.run([*command, self.write(f"record-{self.sent}", value)])

    def produce_nothing(self, partition, *options):
        """A key and no value; an empty one, or with -Z none at all."""
        lines = self.write("nothing", "north:\n")
        foreign_clients.run([*self.kcat_to(partition), "-K", ":", *options, "-l", lines])

    def head(self, kind, number):
        return ["ce_specversion=1.0", f"ce_id=bad-{number}", "ce_source=t", f"ce_type={kind}", "ce_partitionkey=north",
                "ce_subject=c1", f"ce_time={datetime.date.today()}T00:00:00Z", "content-type=application/json"]

    def letters(self, service):
        rows = self.ask_server(self.server, "dead-letters", "list", "--service", service)["rows"]
        return [row for row in rows if row["topic"].endswith("client-events")]

    def test_unknown_types_empty_values_and_rubbish_are_set_aside_and_the_next_record_is_taken(self):
        partition = self.partition()
        self.produce(partition, '{"a":1}', *self.head("com.example.Unheard.v7", 1))
        self.produce_nothing(partition)
        self.produce_nothing(partition, "-Z")
        self.produce(partition, b"\x00\xff\xfe rubbish")
        self.produce(partition, '{"orderId":', *self.head("mainstay.client.OrderPlaced.v1", 2))
        self.produce(partition, '{"competitor":"x"}', *self.head("mainstay.client.CompetitorCalled.v1", 3)[:-2])
        self.assertEqual(self.partition(), partition)  # Waits until all services took what came before.
        for name, service in self.running.items():
            rows = self.letters(name)
            self.assertEqual(len(rows), self.sent, (name, rows))
            self.assertTrue(any("com.example.Unheard.v7" in row["reason"] for row in rows), rows)
            self.assertTrue(all(row["reason"] for row in rows), rows)
            self.assertEqual(service.page("/ready")[0], 200)

    def test_a_dead_letter_is_redriven_to_its_service_alone(self):
        partition = self.partition()
        self.produce(partition, '{"orderId":', *self.head("mainstay.client.OrderPlaced.v1", 1))
        self.partition()
        counts = {name: len(self.letters(name)) for name in self.running}
        self.assertEqual(set(counts.values()), {1})
        letter = self.letters("cadence")[0]
        again = self.run_command("dead-letters", "redrive", letter["id"], "--server", self.server.address, "--json")
        self.assertEqual(again.code, 1, again)
        self.assertEqual(again.json["acknowledgement"]["verdict"], "REJECTED")
        rows = self.ask_server(self.server, "dead-letters", "list")["rows"]
        redriven = [row for row in rows if row["topic"].endswith(".redrive")]
        self.assertEqual([(row["service"], row["value"]) for row in redriven], [("cadence", letter["value"])])

    def test_a_record_of_ten_megabytes_passes_or_is_set_aside_and_stops_nobody(self):
        partition = self.partition()
        self.produce(partition, json.dumps({"competitor": "x" * LARGE}),
                     *self.head("mainstay.client.CompetitorCalled.v1", 1))
        self.produce(partition, b"\xff" * LARGE)
        self.partition()
        for name, service in self.running.items():
            self.assertIn(len(self.letters(name)), (1, 2), name)
            poll(lambda: service.metric("mainstay_consumer_lag_records") == 0, f"{name} has drained")
            self.assertEqual(service.page("/ready")[0], 200)


if __name__ == "__main__":
    unittest.main()
