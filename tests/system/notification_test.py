"""Inbox, actions, webhooks and dead letters through the real binary, on both clocks and through kill -9."""

import json
import shutil
import signal
import unittest

from mainstay_binary import SystemTest, poll
from small_book import event, order
from webhook_receiver import Receiver, headers_of, holds, signature

REFUSED = 1
START = "2026-01-05T09:00:00Z"


def bought(number, client, *products):
    lines = [{"productId": p, "quantity": "1", "amount": {"amount": "10.00", "currency": "GBP"}} for p in products]
    return event(number, "OrderPlaced", client, START, {"orderId": f"o{number}", "lines": lines})


def touch(number, client, time, rep="sue", role="SUPPORT"):
    data = {"repId": rep, "role": role, "channel": "TICKET", "direction": "INBOUND"}
    return event(number, "Touched", client, time, data)


class Notification(SystemTest):
    def load(self, *events, code=0):
        lines = "".join(json.dumps(made) + "\n" for made in events)
        return self.ingest(self.write("events.jsonl", lines), code=code, arguments=["--format", "events"])

    def head(self, answer):
        self.assertRegex(answer["as_of"], r"^\d{4}-\d\d-\d\dT")
        self.assertTrue(answer["position"])
        return answer

    def inbox(self, rep, *arguments):
        return self.head(self.ask("inbox", "--rep", rep, *arguments))["rows"]

    def act(self, item, *arguments, code=0):
        answer = self.run_command("act", item, *arguments, "--data", self.data, "--json")
        self.assertEqual(answer.code, code, answer)
        return answer


class Inbox(Notification):
    def setUp(self):
        super().setUp()
        owned = {"name": "Acme", "ownerId": "ann"}
        self.load(
            event(1, "ClientRegistered", "acme", START, owned),
            bought(2, "acme", "pens"),
            bought(3, "bolt", "pens", "ink"),
            bought(4, "core", "pens", "ink", "caps"),
            touch(5, "acme", "2026-01-06T09:00:00Z"),
            touch(6, "bolt", "2026-01-06T10:00:00Z"),
        )

    def test_a_prompt_is_listed_accepted_once_and_won_by_its_order(self):
        rows = self.inbox("sue")
        self.assertEqual({(row["client"], row["offer"]) for row in rows}, {("acme", "ink"), ("bolt", "caps")})
        item = next(row["item"] for row in rows if row["client"] == "acme")
        accepted = self.head(self.act(item, "accept", "--key", "k1").json)
        self.assertEqual((accepted["item"]["state"], accepted["already_done"]), ("ACCEPTED", False))
        self.assertTrue(self.act(item, "accept", "--key", "k1").json["already_done"])
        other = self.run_command("act", item, "accept", "--rep", "tom", "--data", self.data)
        self.assertIn("accepted by sue", other.err)
        self.load(event(7, "OrderPlaced", "acme", "2026-01-08T09:00:00Z", bought(7, "acme", "ink")["data"]))
        states = {row["client"]: row["state"] for row in self.inbox("sue", "--all")}
        self.assertEqual(states["acme"], "WON")

    def test_dismiss_and_snooze_hide_and_wrong_use_is_named(self):
        items = {row["client"]: row["item"] for row in self.inbox("sue")}
        self.act(items["acme"], "dismiss", "--reason", "not now")
        self.act(items["bolt"], "snooze", "--until", "2026-01-08T09:00:00Z")
        self.assertEqual(self.inbox("sue"), [])
        states = {row["client"]: row["state"] for row in self.inbox("sue", "--all")}
        self.assertEqual(states, {"acme": "DISMISSED", "bolt": "SNOOZED"})
        self.assert_one_line(self.run_command("act", items["bolt"], "done", "--data", self.data), 2, "outcome")
        self.assert_one_line(self.run_command("act", "nothing", "accept", "--data", self.data), REFUSED, "nothing")

    def test_limit_keeps_the_first_rows(self):
        everything = self.inbox("sue")
        self.assertEqual(len(everything), 2)
        self.assertEqual(self.inbox("sue", "--limit", "1"), everything[:1])

    def test_alerts_of_a_lost_client_are_withdrawn(self):
        self.load(event(8, "CompetitorCalled", "acme", "2026-01-07T09:00:00Z", {"competitor": "Zenith"}))
        self.assertEqual([(row["kind"], row["client"]) for row in self.inbox("ann")], [("alert", "acme")])
        self.load(event(9, "ClientLost", "acme", "2026-01-07T10:00:00Z", {"reason": "COMPETITOR"}))
        self.assertEqual(self.inbox("ann"), [])
        self.assertEqual([row["client"] for row in self.inbox("sue")], ["bolt"])

    def test_nothing_of_an_erased_client_is_left(self):
        self.load(event(8, "CompetitorCalled", "acme", "2026-01-07T09:00:00Z", {"competitor": "Zenith"}))
        self.load(event(9, "ClientErased", "acme", "2026-01-07T10:00:00Z", {}))
        for rep in ("ann", "sue"):
            self.assertNotIn("acme", [row["client"] for row in self.inbox(rep, "--all")])


class Webhooks(Notification):
    """On the wall clock, as `run` makes it."""

    def setUp(self):
        super().setUp()
        self.server = self.serve("--clock", "wall")
        self.number = 0

    def receiver(self, *answers):
        receiver = Receiver(*answers)
        self.addCleanup(receiver.close)
        return receiver

    def call(self, *arguments, code=0):
        answer = self.run_command(*arguments, "--server", self.server.address, "--json")
        self.assertEqual(answer.code, code, answer)
        return answer.json if answer.out else answer

    def add(self, receiver, name="crm", kind="mainstay.segment.*"):
        return self.call("webhooks", "add", "--url", receiver.url, "--endpoint", name, "--type", kind)["secret"]

    def sell(self, client):
        """An order of a new client: its tier is a public event."""
        self.number += 1
        data = json.dumps(order(self.number, client, START, "50.00")["data"])
        kind = ["--type", "mainstay.client.OrderPlaced.v1", "--id", f"e{self.number}"]
        self.call("publish", *kind, "--book", "north", "--client", client, "--data", data)

    def attempts(self, enough):
        def rows():
            answer = self.head(self.call("webhooks", "attempts", "crm"))["rows"]
            return answer if enough(answer) else None

        return poll(rows, "the attempts", 60)

    def listed(self):
        return self.head(self.call("webhooks", "list"))["rows"]

    def test_an_event_arrives_signed_and_is_listed_as_delivered(self):
        receiver = self.receiver()
        secret = self.add(receiver)
        self.assertNotIn(secret, json.dumps(self.listed()), "shown once")
        self.sell("acme")
        attempt = self.attempts(lambda rows: rows and rows[0]["state"] == "DELIVERED")[0]
        self.assertEqual(attempt["status"], 200)
        request = receiver.seen[0]
        self.assertTrue(holds(secret, request))
        self.assertFalse(holds(secret, (request[0], request[1] + b" ")), "control")
        body = json.loads(request[1])
        self.assertEqual((body["type"], body["subject"]), ("mainstay.segment.SegmentChanged.v1", "acme"))
        self.assertEqual(attempt["event"], body["id"])
        self.assertEqual([(row["endpoint"], row["delivered"]) for row in self.listed()], [("crm", 1)])
        self.call("webhooks", "remove", "crm")
        self.assertEqual(self.listed(), [])
        self.sell("bolt")
        self.assertEqual(len(receiver.seen), 1)

    def test_a_retry_survives_kill_minus_nine(self):
        receiver = self.receiver(500, 200)
        secret = self.add(receiver)
        self.sell("acme")
        self.attempts(lambda rows: rows and rows[0]["status"] == 500)
        self.assertEqual(self.server.stop(signal.SIGKILL), -signal.SIGKILL)
        self.assertEqual(len(receiver.seen), 1)
        self.server = self.serve()
        rows = self.attempts(lambda rows: rows and rows[0]["state"] == "DELIVERED")
        self.assertEqual([row["status"] for row in rows], [200, 500])
        first, second = receiver.seen[:2]
        self.assertEqual(headers_of(first)["webhook-id"], headers_of(second)["webhook-id"])
        self.assertEqual(first[1], second[1])
        self.assertTrue(holds(secret, second))

    def test_a_rotated_secret_signs_beside_the_old_one(self):
        receiver = self.receiver()
        old = self.add(receiver)
        new = self.call("webhooks", "rotate", "crm")["secret"]
        self.assertNotEqual(old, new)
        self.sell("acme")
        self.attempts(lambda rows: rows)
        request = receiver.seen[0]
        given = headers_of(request)["webhook-signature"].split(" ")
        self.assertEqual(given, [signature(new, request), signature(old, request)])
        newest = self.call("webhooks", "rotate", "crm", "--overlap", "0")["secret"]
        self.call("webhooks", "test", "crm")
        self.attempts(lambda rows: len(rows) == 2)
        self.assertTrue(holds(newest, receiver.seen[1]))
        self.assertFalse(holds(new, receiver.seen[1]))

    def test_secrets_lie_encrypted(self):
        secret = self.add(self.receiver())
        self.assertEqual(self.server.stop(), 0)
        files = [path for path in self.data.rglob("*") if path.is_file()]
        self.assertTrue(any(b"crm" in path.read_bytes() for path in files), "vacuous: the endpoint is not on disk")
        for path in files:
            self.assertFalse(secret.encode() in path.read_bytes(), path)
        key = self.data / "webhook-secrets.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)

    def test_gone_disables_and_redrive_starts_again(self):
        receiver = self.receiver(410, 200)
        self.add(receiver)
        self.sell("acme")
        poll(lambda: self.listed()[0]["state"] == "DISABLED", "the endpoint is disabled")
        disabled = self.run_command("webhooks", "test", "crm", "--server", self.server.address)
        self.assertIn("disabled", disabled.err)
        self.assertEqual(self.call("webhooks", "redrive", "crm")["webhook"]["state"], "ENABLED")
        rows = self.attempts(lambda rows: rows and rows[0]["state"] == "DELIVERED")
        self.assertEqual([row["status"] for row in rows], [200, 410])

    def test_private_addresses_and_unknown_endpoints_are_refused(self):
        for url in ("http://10.0.0.1/x", "https://192.168.1.1/x", "http://example.com/x"):
            answer = self.run_command("webhooks", "add", "--url", url, "--server", self.server.address)
            self.assert_one_line(answer, 2, "url")
        answer = self.run_command("webhooks", "remove", "nobody", "--server", self.server.address)
        self.assert_one_line(answer, REFUSED, "nobody")


class DeadLetters(Notification):
    def setUp(self):
        super().setUp()
        euros = bought(2, "bolt", "pens")
        euros["data"]["lines"][0]["amount"]["currency"] = "EUR"
        self.report = self.load(bought(1, "acme", "pens"), euros, code=REFUSED)

    def test_they_are_listed_shown_with_their_bytes_and_redriven_to_one_service(self):
        self.assertIn("EUR", self.report["errors"][0]["reason"])
        rows = self.head(self.ask("dead-letters", "list"))["rows"]
        self.assertEqual({row["service"] for row in rows}, {"segmentation", "cadence", "notification"})
        self.assertEqual(len(self.ask("dead-letters", "list", "--limit", "1")["rows"]), 1)
        letter = next(row for row in rows if row["service"] == "notification")
        shown = self.ask("dead-letters", "show", letter["id"])
        self.assertEqual(shown, letter)
        text = self.run_command("dead-letters", "show", letter["id"], "--data", self.data).out
        for part in ("EUR", "bolt", "original bytes"):
            self.assertIn(part, text)
        again = self.run_command("dead-letters", "redrive", letter["id"], "--data", self.data)
        self.assertEqual(again.code, REFUSED, again)
        self.assertIn("rejected again", again.out)
        after = self.ask("dead-letters", "list")["rows"]
        new = [row for row in after if row["id"] not in {old["id"] for old in rows}]
        self.assertEqual([(row["service"], row["value"]) for row in new], [("notification", letter["value"])])

    def test_what_is_no_dead_letter_is_named(self):
        for unknown in ("notification/0/999999", "nobody/0/0"):
            answer = self.run_command("dead-letters", "redrive", unknown, "--data", self.data)
            self.assert_one_line(answer, REFUSED, unknown)
        self.assert_one_line(self.run_command("dead-letters", "redrive", "x", "--data", self.data), 2, "id")


class ResumeTokens(Notification):
    def test_a_token_from_after_a_restored_backup_is_out_of_range(self):
        self.load(bought(1, "acme", "pens"))
        self.events("--from", "earliest")  # The first stream makes the key of tokens, which the backup must have.
        backup = self.directory / "backup"
        shutil.copytree(self.data, backup)
        self.load(bought(2, "bolt", "pens"), bought(3, "core", "ink"))
        token = self.events("--tokens").err.splitlines()[-1].removeprefix("token ")
        self.assertEqual(self.events("--from", token).out, "")
        shutil.rmtree(self.data)
        backup.rename(self.data)
        refused = self.run_command("events", "--from", token, "--data", self.data)
        self.assert_one_line(refused, REFUSED, "token")
        other = "y" if token.startswith("x") else "x"
        forged = self.run_command("events", "--from", other + token[1:], "--data", self.data)
        self.assert_one_line(forged, 2, "from")

    def events(self, *arguments):
        answer = self.run_command("events", "--data", self.data, *arguments)
        self.assertEqual(answer.code, 0, answer)
        return answer


if __name__ == "__main__":
    unittest.main()
