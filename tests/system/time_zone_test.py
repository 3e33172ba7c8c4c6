"""Times without a zone are in the book's zone, and an order of two clients goes in for neither, however rows lie."""

import itertools
import json
import unittest

from mainstay_binary import SystemTest
from small_book import event

REFUSED = 1
CSV = "client,time,amount\nx,2026-07-01 00:30,1.00\n"  # 22:30 UTC of the day before in Berlin.


class ZoneOfTheBook(SystemTest):
    def calendar(self, zone, time="2026-01-01T08:00:00Z"):
        made = event(1, "CalendarSet", None, time, {"timeZone": zone})
        made["type"] = "mainstay.book.CalendarSet.v1"
        made["id"] = f"calendar-{zone}-{time}"
        return self.write(f"calendar-{len(made['id'])}-{zone.replace('/', '-')}.jsonl", json.dumps(made) + "\n")

    def as_of(self, *files, arguments=()):
        """The import's newest event time: the row's, since the book has nothing later."""
        report = self.ingest(*files, book="north", arguments=["--currency", "EUR", *arguments])
        return report["as_of"]

    def test_utc_without_a_calendar(self):
        self.assertEqual(self.as_of(self.write("a.csv", CSV)), "2026-07-01T00:30:00Z")

    def test_the_zone_the_book_has(self):
        self.as_of(self.calendar("Europe/Berlin"))
        self.assertEqual(self.as_of(self.write("a.csv", CSV)), "2026-06-30T22:30:00Z")

    def test_the_zone_a_file_of_the_same_import_sets_whatever_its_place(self):
        files = [self.write("a.csv", CSV), self.calendar("Europe/Berlin")]
        self.assertEqual(self.as_of(*files), "2026-06-30T22:30:00Z")

    def test_the_newest_calendar_stands_though_an_older_one_comes_later(self):
        self.as_of(self.calendar("Europe/Berlin", "2026-02-01T08:00:00Z"))
        self.as_of(self.calendar("Asia/Tokyo", "2026-01-01T08:00:00Z"))
        self.assertEqual(self.as_of(self.write("a.csv", CSV)), "2026-06-30T22:30:00Z")

    def test_the_option_overrides_and_a_zone_in_the_file_overrides_all(self):
        self.as_of(self.calendar("Europe/Berlin"))
        csv = self.write("a.csv", CSV)
        self.assertEqual(self.as_of(csv, arguments=["--time-zone", "Asia/Tokyo"]), "2026-06-30T15:30:00Z")
        zoned = self.write("b.csv", CSV.replace("00:30", "00:30:00+01:00"))
        self.assertEqual(self.as_of(zoned), "2026-06-30T23:30:00Z")


class TwoClientsOfOneOrder(SystemTest):
    def every_order_of(self, header, rows, arguments):
        """Imports the rows in every order; the one answer all must agree on."""
        answers = []
        for number, order in enumerate(itertools.permutations(rows)):
            data = self.directory / f"data{number}"
            path = self.write("rows.csv", header + "".join(order))
            report = self.ingest(path, data=data, code=REFUSED, arguments=arguments)
            pareto = self.ask("pareto", data=data)
            reasons = sorted({error["reason"] for error in report["errors"]})
            counts = (report["accepted"], report["rejected"], reasons)
            answers.append((counts, [(row["client"], row["revenue"]["amount"]) for row in pareto["rows"]]))
        self.assertTrue(all(answer == answers[0] for answer in answers), answers)
        return answers[0]

    def test_transactions(self):
        rows = [f"{c},2026-01-0{i + 1} 10:00,{i + 1}.00,o1\n" for i, c in enumerate("xyx")]
        rows.append("z,2026-01-01 10:00,9.00,o2\n")
        (accepted, rejected, reasons), pareto = self.every_order_of(
            "client,time,amount,order\n", rows, ["--currency", "EUR"]
        )
        self.assertEqual((accepted, rejected, pareto), (1, 3, [("z", "9.00")]))
        self.assertEqual(len(reasons), 1)
        self.assertIn("o1", reasons[0])

    def test_online_retail(self):
        header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        rows = [f"500,P{i},d,1,2011-01-0{i + 1} 10:00:00,2.00,{c},UK\n" for i, c in enumerate(("11", "12", "13"))]
        rows.append("501,P1,d,1,2011-01-01 10:00:00,7.00,11,UK\n")
        (accepted, rejected, reasons), pareto = self.every_order_of(header, rows, ["--format", "online-retail"])
        self.assertEqual((accepted, rejected, pareto), (1, 3, [("11", "7.00")]))
        self.assertEqual(reasons, ["invoice 500 names several clients: 11, 12, 13"])


if __name__ == "__main__":
    unittest.main()
