"""What an owner reads, beyond the rules: the page in a real browser, what-if of personas, books with little in them."""

import html.parser
import json
import unittest

import browser
from mainstay_binary import SystemTest
from practice import PracticeTest
from small_book import event

CATALOGUE = 12  # Products of the practice.


def names(rows):
    return [row["client"] for row in rows]


class Client(PracticeTest):
    def test_a_client_shows_what_it_does_not_buy(self):
        for row in self.ask("whitespace")["rows"][:6]:
            client = self.ask("client", row["client"])
            space = client["whitespace"]
            self.assertEqual(len(space["products"]) + row["products"], CATALOGUE, row["client"])
            self.assertEqual(space["flags"], row["flags"])
            self.assertEqual(client["next_best_product"], row["next_best_product"])
            alone = self.ask("whitespace", "--client", row["client"])
            self.assertEqual(alone["potential"]["total"], client["potential"])
            if client["next_best_product"]:
                self.assertIn(client["next_best_product"], space["products"])
        said = self.run_command("client", "keswick-printing", "--data", self.data)
        self.assertIn("next best product ", said.out)
        self.assertIn("buys nothing of ", said.out)


class WhatIf(PracticeTest):
    def test_thresholds_move_exactly_the_personas_it_said(self):
        def personas():
            return {row["client"]: row["persona"]["name"] for row in self.ask("clients")["rows"]}

        before = personas()
        answer = self.ask("what-if", "--set", "best_rules=4", "--set", "draining_mads=1")
        self.ask("policy", "set", "--set", "best_rules=4", "--set", "draining_mads=1")
        after = personas()
        moved = {(c, before[c], after[c]) for c in before if before[c] != after[c]}
        self.assertEqual({(m["client"], m["from"], m["to"]) for m in answer["personas"]}, moved)
        self.assertTrue(moved)


class TableReader(html.parser.HTMLParser):
    """Every table of a page: caption -> rows of texts, the head first."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.rows, self.caption, self.into = {}, [], "", None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.rows, self.caption = [], ""
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
            self.into = "cell"
        elif tag == "caption":
            self.into = "caption"

    def handle_endtag(self, tag):
        if tag in ("th", "td", "caption"):
            self.into = None
        elif tag == "table":
            self.tables[self.caption] = self.rows

    def handle_data(self, data):
        if self.into == "caption":
            self.caption += data
        elif self.into == "cell":
            self.rows[-1][-1] += data


class Page(PracticeTest):
    def page(self):
        file = self.directory / "book.html"
        answer = self.run_command("report", "--html", file, "--data", self.data)
        self.assertEqual(answer.code, 0, answer)
        return file

    @unittest.skipUnless(browser.CHROMIUM, "skipped: there is no chromium on this machine (Debian package chromium)")
    def test_a_browser_renders_it_without_complaint_and_sorts_its_tables(self):
        page = self.page()
        document, said = browser.render(page)
        self.assertEqual(said, [])
        tables = TableReader(document).tables
        self.assertEqual([row[0] for row in tables["Clients, best first"][1:]], names(self.ask("pareto")["rows"]))
        # A person presses the title of the column `revenue` once: the smallest comes first.
        press = "<script>Array.from(document.querySelectorAll('caption'))"
        press += ".find(c => c.textContent.startsWith('Clients'))"
        press += ".parentNode.querySelectorAll('thead button')[2].click()</script>"
        pressed = self.write("pressed.html", page.read_text().replace("</body>", press + "</body>"))
        document, said = browser.render(pressed)
        self.assertEqual(said, [])
        sorted_rows = TableReader(document).tables["Clients, best first"][1:]
        self.assertEqual([r[0] for r in sorted_rows][:5], names(self.ask("pareto")["rows"])[:-6:-1])
        self.assertIn('aria-sort="ascending"', document)
        # The control: a page with a mistake in it is noticed.
        broken = self.write("broken.html", page.read_text().replace("</body>", "<script>nothing()</script></body>"))
        self.assertTrue(browser.render(broken)[1])

    @unittest.skipUnless(browser.CHROMIUM, "skipped: there is no chromium on this machine (Debian package chromium)")
    def test_it_is_light_or_dark_as_the_reader_prefers(self):
        page = self.page()
        light = browser.corner_colour(page, browser.LIGHT, self.directory / "light.png")
        dark = browser.corner_colour(page, browser.DARK, self.directory / "dark.png")
        self.assertGreater(min(light), 200)
        self.assertLess(max(dark), 80)


def hostile_book():
    """Names that are markup, an order without place, twelve equal clients."""
    for i in range(12):
        client = f"<b>&\"c{i:02}'"
        line = {"productId": "<p>", "quantity": "1", "amount": {"amount": "10.00", "currency": "EUR"}}
        made = {"orderId": f"o{i}", "lines": [line]}
        yield event(i, "OrderPlaced", client, "2026-01-06T10:00:00Z", made)


class SmallBooks(SystemTest):
    def test_what_producers_wrote_is_text_on_the_page_not_markup(self):
        lines = "".join(json.dumps(made) + "\n" for made in hostile_book())
        self.ingest(self.write("book.jsonl", lines), arguments=["--format", "events"])
        file = self.directory / "book.html"
        self.assertEqual(self.run_command("report", "--html", file, "--data", self.data).code, 0)
        text = file.read_text()
        self.assertNotIn("<b>", text)
        rows = TableReader(text).tables["Clients, best first"][1:]
        self.assertEqual([row[0] for row in rows], [f"<b>&\"c{i:02}'" for i in range(12)])
        self.assertIn("<p>Proposed for lower service: none.</p>", text)

    def test_a_book_without_an_order_has_every_answer(self):
        registered = event(1, "ClientRegistered", "acme", "2026-01-06T10:00:00Z", {"name": "Acme"})
        self.ingest(self.write("book.jsonl", json.dumps(registered) + "\n"), arguments=["--format", "events"])
        self.assertEqual(self.ask("pareto")["clients"], 0)
        self.assertIsNone(self.ask("client", "acme")["persona"]["name"])
        self.assertEqual(self.ask("whitespace")["without_potential"], ["acme"])
        self.assertEqual(self.ask("what-if", "--tiers", "revenue")["moves"], [])
        self.assertIsNone(self.ask("review")["quarter"])
        for command in (["report", "--html", "b.html"], ["pareto", "--svg", "b.svg"], ["whitespace"], ["review"]):
            self.assertEqual(self.run_command(*command, "--data", self.data).code, 0, command)


if __name__ == "__main__":
    unittest.main()
