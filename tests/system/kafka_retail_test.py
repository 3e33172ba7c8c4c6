"""A year of the Online Retail book over Kafka with the `data` clock gives what the embedded run gives."""

import gzip
import os
import unittest

from kafka_history import UNTIL, history, public_events
from kafka_installation import KafkaTest
from mainstay_binary import ONLINE_RETAIL, facts, poll

ROWS = int(os.environ.get("MAINSTAY_RETAIL_ROWS", "120000"))  # Of 541,909; all of them take some minutes.
BOOK = "online-retail"


class Replay(KafkaTest):
    def setUp(self):
        super().setUp()
        self.clock = "data"

    def drained(self, name):
        service = self.service(name).await_ready()
        poll(lambda: service.metric("mainstay_consumer_lag_records") == 0
             and service.metric("mainstay_events_consumed_total") > 0, f"{name} has drained", 300)
        return service

    def events_over_kafka(self, service):
        answer = self.run_command("events", "--type", "mainstay.*", "--server", service.address)
        self.assertEqual(answer.code, 0, answer)
        return public_events(answer.out)

    def events_embedded(self):
        answer = self.run_command("events", "--type", "mainstay.*", "--data", self.data)
        self.assertEqual(answer.code, 0, answer)
        return public_events(answer.out)

    def test_online_retail_gives_the_same_events_ids_order_and_answers(self):
        self.apply_topics()
        lines = gzip.open(ONLINE_RETAIL, "rt", encoding="utf-8").read().splitlines(keepends=True)[: ROWS + 1]
        file = self.directory / "online_retail_lines.csv.gz"
        with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as part:
            part.writelines(lines)
        first = self.service("segmentation", processed_by="segmentation").await_ready()
        report = self.ask_server(first, "import", file, "--book", BOOK)
        self.assertEqual((report["rows"], report["rejected"]), (ROWS, 0))
        self.drained("cadence")
        self.drained("notification")
        embedded = self.ingest(file, book=BOOK)
        self.assertEqual(report["accepted"], embedded["accepted"])
        events, want = self.events_over_kafka(first), self.events_embedded()
        self.assertEqual([e["id"] for e in events[BOOK]], [e["id"] for e in want[BOOK]])
        self.assertEqual(events, want)
        kinds = {event["type"].split(".")[1] for event in events[BOOK]}
        self.assertGreaterEqual(kinds, {"segment", "cadence", "risk"}, "vacuous: a service said nothing")
        print(f"{ROWS} rows, {len(events[BOOK])} public events of {sorted(kinds)}")
        clients = [row["client"] for row in self.ask("pareto", "--book", BOOK)["rows"]]
        for question in (["pareto"], ["clients"], ["checkup"], ["risks", "--all"], ["workload"],
                         *(["client", clients[i], "--explain"] for i in range(0, len(clients), len(clients) // 5))):
            asked = [*question, "--book", BOOK]
            self.assertEqual(facts(self.ask_server(first, *asked)), facts(self.ask(*asked)), asked)

    def test_control_a_service_drained_before_the_one_it_reads_from_is_noticed(self):
        self.apply_topics()
        file = self.write("history.jsonl", history())
        writer = self.service("cadence", processed_by="cadence").await_ready()
        self.ask_server(writer, "import", file, "--until", UNTIL)
        self.drained("segmentation")  # Its segments come after cadence has taken every order.
        last = self.drained("notification")
        poll(lambda: writer.metric("mainstay_consumer_lag_records") == 0, "cadence has taken the segments")
        self.ingest(file, arguments=["--until", UNTIL])
        self.assertNotEqual(self.events_over_kafka(last), self.events_embedded())


if __name__ == "__main__":
    unittest.main()
