"""Erasing a client, exporting a book, and what the doctor says of an installation."""

import csv
import io
import json
import unittest

from mainstay_binary import SystemTest
from small_book import event, order, small_book

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


class Upkeep(SystemTest):
    def setUp(self):
        super().setUp()
        lines = "".join(json.dumps(made) + "\n" for made in small_book())
        self.ingest(self.write("events.jsonl", lines), arguments=["--format", "events"])

    def export(self, *arguments):
        answer = self.run_command("export", "--data", self.data, *arguments)
        self.assertEqual(answer.code, DONE, answer)
        return answer

    def statuses(self, code, *arguments):
        """What the doctor found, by check."""
        answer = self.run_command("doctor", "--json", *(arguments or ("--data", self.data)))
        self.assertEqual(answer.code, code, answer)
        self.assertEqual(answer.json["healthy"], code == DONE)
        for check in answer.json["checks"]:
            self.assertEqual(check["advice"] is None, check["status"] == "ok", check)
        return {check["check"]: check["status"] for check in answer.json["checks"]}

    def test_an_erased_client_is_gone_from_every_answer_but_only_when_one_is_sure(self):
        self.assert_one_line(self.run_command("erase", "acme", "--data", self.data), WRONG_USAGE, "acme", "--yes")
        self.assertEqual(self.ask("client", "acme")["client"], "acme")
        erased = self.run_command("erase", "acme", "--yes", "--data", self.data, "--json")
        self.assertEqual(erased.code, DONE, erased)
        self.assert_one_line(self.run_command("client", "acme", "--data", self.data), REFUSED, "acme")
        self.assertNotIn("acme", {row["client"] for row in self.ask("risks", "--all")["rows"]})
        self.assertNotIn("acme", self.export().out)

    def test_an_unknown_client_cannot_be_erased(self):
        self.assert_one_line(self.run_command("erase", "nobody", "--yes", "--data", self.data), REFUSED, "nobody")

    def test_an_export_has_every_client_with_what_the_client_answer_says(self):
        rows = list(csv.DictReader(io.StringIO(self.export().out)))
        listed = [row["client"] for row in self.ask("clients")["rows"]]
        self.assertEqual([row["client"] for row in rows], listed)
        for row in rows:
            client = self.ask("client", row["client"])
            self.assertEqual(row["revenue"], client["revenue"]["amount"])
            self.assertEqual(row["next_due"], client["next_due"] or "")
            self.assertEqual(row["risk_level"], client["risk"]["level"])
            probability = client["risk"]["probability"]
            self.assertEqual(row["probability"], "" if probability is None else json.dumps(probability))
        file = self.directory / "book.jsonl"
        self.export("--format", "jsonl", "--out", file)
        documents = [json.loads(line) for line in file.read_text().splitlines()]
        self.assertEqual(documents, [self.ask("client", row["client"]) for row in rows])

    def test_a_field_with_a_comma_or_a_quote_comes_back_whole(self):
        name = 'Bolt, "Nuts" & Sons'
        renamed = event(900, "ClientUpdated", "bolt", "2026-05-24T09:00:00Z", {"name": name})
        self.ingest(self.write("more.jsonl", json.dumps(renamed)), arguments=["--format", "events"])
        names = {row["client"]: row["name"] for row in csv.DictReader(io.StringIO(self.export().out))}
        self.assertEqual(names["bolt"], name)

    def test_the_doctor_finds_nothing_wrong_with_a_sound_directory(self):
        found = self.statuses(DONE)
        self.assertEqual({found["time zones"], found["directory"], found["system"], found["book north"]}, {"ok"})
        self.assertEqual(found["dead letters"], "ok")

    def test_the_doctor_names_dead_letters_a_missing_directory_an_owner_and_a_server_that_is_away(self):
        refused = order(901, "bolt", "2026-05-24T09:00:00Z", "1.00")
        refused["data"]["lines"][0]["amount"]["currency"] = "USD"
        self.ingest(self.write("bad.jsonl", json.dumps(refused)), code=REFUSED, arguments=["--format", "events"])
        self.assertEqual(self.statuses(DONE)["dead letters"], "warning")
        self.assertEqual(self.statuses(REFUSED, "--data", self.directory / "nowhere")["directory"], "problem")
        server = self.serve()
        self.assertEqual(self.statuses(REFUSED)["system"], "problem")
        self.assertEqual(self.statuses(DONE, "--server", server.address)["system"], "ok")
        server.stop()
        self.assertEqual(self.statuses(REFUSED, "--server", server.address)["system"], "problem")


if __name__ == "__main__":
    unittest.main()
