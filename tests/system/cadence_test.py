"""Timers without input: a weekly touch falls due once, whatever happened to the process in between."""

import datetime
import json
import signal
import unittest

from mainstay_binary import SystemTest, poll

REGISTERED = {
    "specversion": "1.0",
    "id": "e1",
    "source": "crm",
    "type": "mainstay.client.ClientRegistered.v1",
    "time": "2026-01-05T09:00:00Z",
    "partitionkey": "north",
    "subject": "acme",
    "data": {"name": "Acme", "timeZone": "Europe/London", "ownerId": "ann"},
}
LINE = {"productId": "p1", "quantity": "2", "amount": {"amount": "120.00", "currency": "GBP"}}
ORDERED = REGISTERED | {
    "id": "e2",
    "type": "mainstay.client.OrderPlaced.v1",
    "time": "2026-01-06T10:00:00Z",
    "data": {"orderId": "o-1", "lines": [LINE]},
}
TOUCH = {"repId": "ann", "role": "SALES", "channel": "CALL", "direction": "OUTBOUND", "minutes": 5}


class WeeklyCadence(SystemTest):
    def setUp(self):
        super().setUp()
        self.ingest(self.write("events.jsonl", "".join(json.dumps(e) + "\n" for e in (REGISTERED, ORDERED))))
        server = self.serve()
        touch = ["publish", "--server", server.address, "--book", "north", "--client", "acme", "--id", "t1"]
        touch += ["--type", "mainstay.touch.Touched.v1", "--time", "2026-01-07T15:00:00Z", "--data", json.dumps(TOUCH)]
        self.assertEqual(self.run_command(*touch).code, 0)
        self.assertEqual(server.stop(signal.SIGKILL), -signal.SIGKILL)

    def let_run_until(self, time):
        nothing = self.write("nothing.csv", "client,time,amount\n")
        self.ingest(nothing, book="north", arguments=["--currency", "GBP", "--until", time])

    def events(self, *arguments):
        answer = self.run_command("events", "--data", self.data, *arguments)
        self.assertEqual(answer.code, 0, answer)
        return answer

    def of_type(self, kind):
        return [json.loads(line) for line in self.events("--type", f"mainstay.cadence.{kind}.v1").out.splitlines()]

    def test_it_falls_due_once_and_becomes_overdue_once_though_nothing_arrives(self):
        self.let_run_until("2026-01-13T23:59:59Z")
        self.assertEqual(self.of_type("TouchFellDue"), [])
        self.let_run_until("2026-01-14T00:00:00Z")  # A: seven days after the touch, 00:00 in London.
        fell_due = self.of_type("TouchFellDue")
        self.assertEqual([event["subject"] for event in fell_due], ["acme"])
        self.assertEqual(fell_due[0]["data"]["due"], "2026-01-14")
        self.assertEqual(self.of_type("TouchBecameOverdue"), [])
        server = self.serve()
        server.stop(signal.SIGKILL)
        self.let_run_until("2026-01-25T00:00:00Z")  # Two days of grace end on Friday the 16th.
        self.assertEqual(self.of_type("TouchFellDue"), fell_due)
        overdue = self.of_type("TouchBecameOverdue")
        self.assertEqual([event["data"]["overdueSince"] for event in overdue], ["2026-01-16"])
        self.assertEqual(self.ask("client", "acme")["overdue_since"], "2026-01-16")

    def test_events_go_on_after_a_token(self):
        self.let_run_until("2026-02-25T00:00:00Z")
        everything = self.events().out.splitlines()
        self.assertGreater(len(everything), 3)
        some = self.events("--limit", "2", "--tokens")
        self.assertEqual(some.out.splitlines(), everything[:2])
        token = some.err.splitlines()[1].removeprefix("token ")
        self.assertEqual(self.events("--from", token).out.splitlines(), everything[2:])


class WallClock(SystemTest):
    def levels(self, server):
        answer = self.run_command("events", "--type", "mainstay.risk.*", "--server", server.address)
        return [(event["data"]["level"], event["time"]) for event in map(json.loads, answer.out.splitlines())]

    def test_a_rule_that_ends_while_nothing_arrives_is_told_at_its_instant(self):
        server = self.serve()
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=10)  # Time enough to say it.
        made = {"OrderPlaced": (ends - datetime.timedelta(days=1), {"orderId": "o-1", "lines": [LINE]}),
                "CompetitorCalled": (ends - datetime.timedelta(weeks=8), {"competitor": "Zenith"})}
        for kind, (time, data) in made.items():
            said = ["publish", "--server", server.address, "--book", "north", "--client", "acme"]
            said += ["--type", f"mainstay.client.{kind}.v1", "--time", time.isoformat(timespec="milliseconds")]
            self.assertEqual(self.run_command(*said, "--data", json.dumps(data)).code, 0)
        poll(lambda: len(self.levels(server)) == 2, "the call of eight weeks ago no longer holds the level")
        (raised, since), (fallen, until) = self.levels(server)
        self.assertEqual((raised, fallen), ("ELEVATED", "LOW"))
        self.assertLess(since, until)
        self.assertEqual(datetime.datetime.fromisoformat(until.replace("Z", "+00:00")),
                         ends.replace(microsecond=ends.microsecond // 1000 * 1000))


if __name__ == "__main__":
    unittest.main()
