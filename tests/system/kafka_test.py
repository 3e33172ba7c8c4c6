"""Three services over a real Kafka: what a user sees, and what must not change when processes die."""

import datetime
import json
import signal
import subprocess
import unittest

from kafka_history import UNTIL, event, history, public_events
from kafka_installation import KAFKA, SERVICES, KafkaTest
from mainstay_binary import facts, poll


class Topics(KafkaTest):
    def test_apply_is_idempotent_and_refuses_another_number_of_partitions(self):
        self.assertRegex(self.apply_topics("--dry-run").out, r"24 topics with 4 partitions: 24 to change")
        self.apply_topics()
        again = self.apply_topics("--json").json
        self.assertTrue(all(topic["outcome"] == "unchanged" for topic in again["topics"]), again)
        self.assert_one_line(self.apply_topics(code=3, partitions=6), 3, "4", "6", "partitions")
        listed = self.run_command("topics", "list", "--kafka", self.brokers, "--installation", self.installation)
        self.assertEqual(listed.code, 0, listed)
        self.assertIn(f"{self.installation}.churn-risk", listed.out)

    def test_a_service_without_topics_is_live_but_not_ready_and_says_what_to_do(self):
        service = self.service("cadence")
        poll(lambda: "topics apply" in service.page("/ready")[1], "the reason is given")
        self.assertEqual(service.page("/ready")[0], 503)
        self.assertEqual(service.page("/live")[0], 200)
        self.apply_topics()
        service.await_ready()
        self.assertEqual(service.stop(), 0)


class ThreeServices(KafkaTest):
    def test_any_server_answers_everything_and_a_publisher_reads_its_own_event(self):
        self.apply_topics()
        services = self.services()
        file = self.write("history.jsonl", history())
        for name in SERVICES:
            report = self.ask_server(services[name], "import", file)
            lines = len(file.read_text().splitlines())
            duplicates = 0 if name == "segmentation" else lines
            self.assertEqual((report["accepted"], report["duplicates"]), (lines - duplicates, duplicates), name)
        answers = [facts(self.ask_server(services[name], "pareto", "--book", "north")) for name in SERVICES]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])
        self.assertEqual(len(answers[0]["rows"]), 6)
        self.ask_server(services["notification"], "risks", "--book", "south", "--all")
        refused = self.run_command("pareto", "--server", services["cadence"].address)
        self.assertEqual(refused.code, 2, refused)
        self.assertIn("east, north, south, west", refused.err)
        for service in services.values():
            self.assertGreater(service.metric("mainstay_events_consumed_total"), 0)
            self.assertEqual(service.stop(), 0)

    def test_a_token_makes_each_service_of_the_line_wait_for_what_the_one_before_it_said(self):
        self.apply_topics()
        servers = {name: self.service(name, processed_by="segmentation").await_ready() for name in SERVICES}
        self.ask_server(servers["segmentation"], "import", self.write("h.jsonl", history(books=("north",))))
        for number in range(10):
            told = self.run_command("publish", "--type", "mainstay.client.CompetitorCalled.v1", "--book", "north",
                                    "--client", f"c{number % 6}", "--data", '{"competitor":"Zenith"}',
                                    "--server", servers["segmentation"].address, "--json")
            self.assertEqual(told.code, 0, told)
            token = told.json["token"]  # Only segmentation has taken it for certain.
            calls = 0
            for name, question in (("segmentation", ["pareto"]), ("cadence", ["checkup"]),
                                   ("notification", ["inbox", "--rep", "ann"])):
                answer = self.run_command(*question, "--book", "north", "--at-least", token, "--token", "--json",
                                          "--server", servers[name].address)
                self.assertEqual(answer.code, 0, answer)
                if name == "cadence":
                    calls = answer.json["competitor_calls"]["count"]
                said = [line for line in answer.error_lines if line.startswith("token ")]
                self.assertEqual(len(said), 1, answer)
                self.assertGreater(len(said[0].split(",")), len(token.split(",")) - 1)
                token = said[0].removeprefix("token ")
            self.assertEqual(calls, number + 1, "an answer older than the token")
            self.assertIn(f"{self.installation}.churn-risk/", token)
            self.assertIn(f"{self.installation}.upsell-prompts/", token)
        bad = self.run_command("pareto", "--book", "north", "--at-least", "rubbish", "--server",
                               servers["segmentation"].address)
        self.assert_one_line(bad, 2, "rubbish")

    def test_a_public_record_is_a_cloud_event_in_binary_mode(self):
        self.apply_topics()
        services = self.services()
        self.ask_server(services["segmentation"], "import", self.write("h.jsonl", history(books=("north",))))
        read = subprocess.run(
            [KAFKA / "tool.sh", "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", self.brokers,
             "--topic", f"{self.installation}.segments", "--from-beginning", "--max-messages", "3", "--timeout-ms",
             "20000", "--consumer-property", "isolation.level=read_committed", "--property", "print.headers=true"],
            capture_output=True, text=True, timeout=60)
        first = read.stdout.splitlines()[0]
        for part in ("ce_specversion:1.0", "ce_type:mainstay.segment.SegmentChanged.v1", "ce_partitionkey:north",
                     "content-type:application/json"):
            self.assertIn(part, first)
        json.loads(first.rsplit("\t", 1)[1])

    def test_a_replay_gives_the_answers_and_events_of_the_embedded_run(self):
        self.clock = "data"
        self.apply_topics()
        file = self.write("history.jsonl", history())
        first = self.service("segmentation", processed_by="segmentation").await_ready()
        self.ask_server(first, "import", file, "--until", UNTIL)
        others = {}
        for name in ("cadence", "notification"):
            others[name] = self.service(name).await_ready()
            poll(lambda: others[name].metric("mainstay_consumer_lag_records") == 0
                 and others[name].metric("mainstay_events_consumed_total") > 0, f"{name} has drained")
        self.ingest(file, arguments=["--until", UNTIL])
        for question in (["pareto"], ["clients"], ["client", "c1"], ["checkup"], ["risks", "--all"]):
            for book in ("north", "east"):
                asked = [*question, "--book", book]
                self.assertEqual(facts(self.ask_server(first, *asked)), facts(self.ask(*asked)), asked)
        over_kafka = self.run_command("events", "--type", "mainstay.*", "--server", first.address)
        embedded = self.run_command("events", "--type", "mainstay.*", "--data", self.data)
        self.assertEqual(over_kafka.code, 0, over_kafka)
        self.assertEqual(public_events(over_kafka.out), public_events(embedded.out))
        self.assertIn("mainstay.risk.ChurnRiskChanged.v1", over_kafka.out)


class Faults(KafkaTest):
    def compare_with_undisturbed(self, disturb):
        """Imports in pieces while `disturb(services, piece)` does its work; the answers equal an undisturbed run's."""
        self.apply_topics()
        services = self.services()
        quiet = self.serve("--clock", "wall")
        lines = history().splitlines()
        pieces = 4
        for piece in range(pieces):
            part = lines[piece * len(lines) // pieces:(piece + 1) * len(lines) // pieces]
            file = self.write(f"piece-{piece}.jsonl", "\n".join(part) + "\n")
            disturb(services, piece)
            self.import_until_done(services, file)
            self.ask_server(quiet, "import", file)
        for book in ("north", "south", "east", "west"):
            for question in (["pareto"], ["clients"], ["client", "c1"], ["checkup"]):
                asked = [*question, "--book", book, "--at", UNTIL]
                got, want = (facts(self.ask_in_the_end(server, *asked)) for server in (services["segmentation"], quiet))
                self.assertEqual(got | {"as_of": ""}, want | {"as_of": ""}, asked)

    def import_until_done(self, services, file):
        """As a person would: the same import again until it is through. Nothing is doubled by that."""
        def done():
            answer = self.run_command("import", file, "--server", services["segmentation"].address, "--json")
            return answer.code == 0
        poll(done, f"{file} is imported")

    def test_kill_9_and_restart_of_each_service_changes_nothing(self):
        def disturb(services, piece):
            if piece == 0:
                return
            name = SERVICES[piece - 1]
            services[name].stop(signal.SIGKILL)
            services[name] = self.service(name)
            if name == "segmentation":
                services[name].await_ready()

        self.compare_with_undisturbed(disturb)

    def test_a_lost_state_directory_is_restored(self):
        def disturb(services, piece):
            if piece != 2:
                return
            for name in SERVICES:
                services[name].stop(signal.SIGKILL)
                services[name] = self.service(name, number=9)  # A folder of its own: empty.
            for name in SERVICES:
                services[name].await_ready()
            self.assertGreater(services["segmentation"].metric("mainstay_restored_records_total"), 0)

        self.compare_with_undisturbed(disturb)

    def test_two_processes_share_a_service_and_one_that_freezes_doubles_nothing(self):
        frozen = []

        def disturb(services, piece):
            if piece == 0:
                second = self.service("segmentation", number=1)
                second.await_ready()
                poll(lambda: second.metric("mainstay_assigned_shards") == 2
                     and services["segmentation"].metric("mainstay_assigned_shards") == 2, "each owns two shards")
                services["second"] = second
            if piece == 2:
                services["second"].process.send_signal(signal.SIGSTOP)
                frozen.append(services["second"])
                poll(lambda: services["segmentation"].metric("mainstay_assigned_shards") == 4, "the shards moved")
            if piece == 3:
                services["second"].process.send_signal(signal.SIGCONT)

        self.compare_with_undisturbed(disturb)
        self.assertEqual(len(frozen), 1)

    def test_who_was_frozen_refuses_reads_until_its_ownership_is_confirmed(self):
        self.apply_topics()
        services = self.services()
        self.ask_server(services["segmentation"], "import", self.write("h.jsonl", history()))
        owner = services["segmentation"]
        taker = self.service("segmentation", number=1).await_ready()
        poll(lambda: taker.metric("mainstay_assigned_shards") == 2, "two shards each")
        owner.process.send_signal(signal.SIGSTOP)
        poll(lambda: taker.metric("mainstay_assigned_shards") == 4, "the taker owns all shards")
        book = {"north", "south", "east", "west"}
        for name in sorted(book):  # The new owner goes on; a changed figure tells a stale answer.
            line = event("late", "client.OrderPlaced", "c1", f"{datetime.date.today()}T00:00:00Z", {
                "orderId": "late", "lines": [{"productId": "p", "amount": {"amount": "5000.00", "currency": "EUR"}}]},
                name)
            taken = self.ask_server(taker, "import", self.write(f"late-{name}.jsonl", line + "\n"))
            self.assertEqual(taken["accepted"], 1)
        owner.process.send_signal(signal.SIGCONT)
        refused = 0
        for name in sorted(book) * 3:
            answer = self.run_command("pareto", "--book", name, "--server", owner.address, "--json")
            refused += answer.code != 0
            if answer.code == 0:
                self.assertEqual(answer.json["rows"][0]["client"], "c1", "a stale answer")
        print(f"refused after the freeze: {refused} of {3 * len(book)}")

    def test_a_broker_that_goes_away_and_comes_back_is_waited_for(self):
        self.apply_topics()
        services = self.services()
        self.stop_broker()
        try:
            poll(lambda: services["cadence"].page("/ready")[0] == 503, "cadence is not ready")
            self.assertEqual(services["cadence"].page("/live")[0], 200)
        finally:
            type(self).start_broker(self.ports)
        for service in services.values():
            service.await_ready()
        report = self.ask_server(services["cadence"], "import", self.write("h.jsonl", history(books=("north",))))
        self.assertEqual(report["rejected"], 0)


if __name__ == "__main__":
    unittest.main()
