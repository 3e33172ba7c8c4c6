"""Personas, whitespace, the review, what-if and the pictures, through the real binary on the synthetic practice."""

import decimal
import html.parser
import json
import re
import shutil
import unittest
import xml.etree.ElementTree

import browser
from practice import PRACTICE, PracticeTest
from small_book import event, order

REFUSED, WRONG_USAGE, UNREACHABLE = 1, 2, 3
PERSONAS = ("best", "draining", "stagnant", "unclassified")


class Practice(PracticeTest):
    def command(self, *arguments, code=0):
        answer = self.run_command(*arguments, "--data", self.data, "--json")
        self.assertEqual(answer.code, code, answer)
        return answer


class Personas(Practice):
    def test_every_paying_client_has_one_persona_and_its_evidence_passes_its_thresholds(self):
        paying = {row["client"] for row in self.ask("pareto")["rows"]}
        seen = {name: {row["client"] for row in self.ask("clients", "--persona", name)["rows"]} for name in PERSONAS}
        self.assertEqual(sum(map(len, seen.values())), len(paying))
        self.assertEqual(set.union(*seen.values()), paying)
        for name in ("best", "draining", "stagnant"):
            self.assertTrue(seen[name], name)
        for name in PERSONAS[:2]:
            for client in sorted(seen[name])[:3]:
                persona = self.ask("client", client)["persona"]
                self.assertEqual(persona["name"], name)
                self.assertGreaterEqual(len(persona["evidence"]), 2)
        for client in seen["draining"]:
            for evidence in self.ask("client", client)["persona"]["evidence"]:
                self.assertGreaterEqual(evidence["value"], evidence["threshold"], (client, evidence))

    def test_a_draining_client_comes_with_a_recommendation_and_its_arithmetic(self):
        client = self.ask("clients", "--persona", "draining")["rows"][0]["client"]
        advice = self.ask("client", client)["recommendation"]
        self.assertIn(advice["action"], ("keep", "reprice", "exit"))
        gross, cost, left = (float(advice[name]["amount"]) for name in ("gross", "effort_cost", "contribution"))
        self.assertAlmostEqual(gross - cost, left, places=3)
        self.assertNotRegex(advice["text"], r"\d\.\d{3}")

    def test_their_questions_are_answered_from_the_clients_themselves(self):
        answer = self.ask("personas")
        totals = {row["persona"]: row for row in answer["personas"]}
        self.assertEqual(list(totals), ["best", "draining", "stagnant", "unclassified"])
        rows = {name: self.ask("clients", "--persona", name)["rows"] for name in PERSONAS}
        money = {name: [decimal.Decimal(row["revenue"]["amount"]) for row in rows[name]] for name in PERSONAS}
        book = sum(map(sum, money.values()))
        for name in PERSONAS:
            self.assertEqual(totals[name]["clients"], len(rows[name]))
            self.assertEqual(decimal.Decimal(totals[name]["revenue"]["amount"]), sum(money[name]))
            self.assertAlmostEqual(totals[name]["share"], float(sum(money[name]) / book))
        best = answer["all_like_the_best"]
        self.assertEqual(decimal.Decimal(best["revenue_now"]["amount"]), book)
        expected = sum(money["best"]) / len(money["best"]) * sum(map(len, money.values()))
        self.assertAlmostEqual(float(best["revenue"]["amount"]), float(expected), places=2)
        advice = [self.ask("client", row["client"])["recommendation"] for row in rows["draining"]]
        cost = sum(max(0, float(one["elsewhere"]["amount"]) - float(one["contribution"]["amount"])) for one in advice)
        self.assertAlmostEqual(float(answer["draining"]["cost"]["amount"]), cost, places=2)
        self.assertEqual({row["client"] for row in answer["stagnant"]}, {row["client"] for row in rows["stagnant"]})
        for row in answer["stagnant"][:3]:
            self.assertEqual(row["last_offer"], self.ask("client", row["client"])["last_offer"])
        told = self.run_command("personas", "--data", self.data).out
        self.assertIn("If all were like the best", told)
        self.assertIn("cost the others", told)

    def test_an_unknown_persona_is_wrong_usage(self):
        self.assert_one_line(self.run_command("clients", "--persona", "nice", "--data", self.data), WRONG_USAGE, "nice")


class Whitespace(Practice):
    def test_what_a_client_does_not_hold_and_what_it_holds_are_the_catalogue(self):
        events = [json.loads(line) for line in PRACTICE.read_text().splitlines()]
        catalogue = {made["data"]["productId"] for made in events if made["type"].endswith(".ProductCatalogued.v1")}
        self.assertTrue(catalogue)
        client = self.ask("pareto")["rows"][0]["client"]
        bought = {line["productId"] for made in events if made.get("subject") == client
                  and made["type"].endswith(".OrderPlaced.v1") for line in made["data"]["lines"]}
        answer = self.ask("whitespace", "--client", client)
        self.assertEqual(set(answer["whitespace"]["products"]), catalogue - bought)
        for offer in answer["next_products"]:
            self.assertNotIn(offer["product"], bought)
            self.assertGreaterEqual(offer["lift"], 1.2)
            self.assertGreaterEqual(offer["both"], 3)

    def test_the_list_has_a_row_for_each_client_and_names_those_without_a_potential(self):
        answer = self.ask("whitespace")
        rows = {row["client"]: row for row in answer["rows"]}
        self.assertTrue({row["client"] for row in self.ask("pareto")["rows"]} <= set(rows))
        flagged = next(row for row in rows.values() if "one_product" in row["flags"])
        one = self.ask("client", flagged["client"])
        self.assertIn("one_product", one["whitespace"]["flags"])
        for client in answer["without_potential"]:
            self.assertIsNone(self.ask("client", client)["potential"])


class Review(Practice):
    def decision_of(self, client):
        return next(row for row in self.ask("review")["rows"] if row["client"] == client)

    def test_a_person_accepts_protects_or_defers_each_proposal(self):
        proposed = [row["client"] for row in self.ask("review")["rows"]]
        self.assertGreaterEqual(len(proposed), 3)
        accepted, protected, deferred = proposed[:3]
        self.command("review", "accept", accepted, "--hand-to", "nurture", "--by", "ann")
        self.command("review", "protect", protected, "--why", "a friend of the house", "--by", "ben")
        self.command("review", "defer", deferred, "--by", "ben")
        self.assertEqual(self.decision_of(accepted)["decision"], "accept")
        self.assertEqual(self.decision_of(accepted)["hand_to"], "nurture")
        self.assertEqual(self.decision_of(protected)["decision"], "protect")
        self.assertEqual(self.decision_of(protected)["why"], "a friend of the house")
        self.assertEqual(self.decision_of(deferred)["decision"], "defer")
        self.assertIsNone(self.decision_of(proposed[3])["decision"])

    def test_nobody_in_grace_and_nobody_above_the_bottom_quarter_is_proposed(self):
        ranks = {row["client"]: row["rank"] for row in self.ask("pareto")["rows"]}
        proposed = [row["client"] for row in self.ask("review")["rows"]]
        self.assertLessEqual(len(proposed), len(ranks) // 4 + 1)
        best = min(ranks, key=ranks.get)
        self.assertNotIn(best, proposed)
        refused = self.run_command("review", "accept", best, "--by", "ann", "--data", self.data)
        self.assert_one_line(refused, REFUSED, best)

    def test_to_protect_needs_a_reason(self):
        client = self.ask("review")["rows"][0]["client"]
        answer = self.run_command("review", "protect", client, "--by", "ann", "--data", self.data)
        self.assertEqual(answer.code, WRONG_USAGE, answer)


class WhatIf(Practice):
    def tiers(self):
        return {row["client"]: row["tier"] for row in self.ask("clients")["rows"] if row["tier"] != "NONE"}

    def test_applying_a_policy_gives_exactly_the_predicted_moves_and_trying_it_changes_nothing(self):
        before = self.tiers()
        for policy in ("split 20/20/60", "revenue", "pareto"):
            with self.subTest(policy):
                predicted = self.ask("what-if", "--tiers", policy)
                self.assertEqual(self.tiers(), before)
                self.command("policy", "set", "--tiers", policy)
                after = self.tiers()
                moved = {client: (before[client], after[client]) for client in after if before[client] != after[client]}
                self.assertEqual({row["client"]: (row["from"], row["to"]) for row in predicted["moves"]}, moved)
                effective = {row["tier"]: row["clients"] for row in self.ask("pareto")["effective_tiers"]}
                self.assertEqual({row["tier"]: row["clients"] for row in predicted["after"]}, effective)
                before = after
        self.assertTrue(before)

    def test_each_move_says_what_of_the_client_is_at_stake(self):
        answer = self.ask("what-if", "--tiers", "split 20/20/60")
        risks = {row["client"]: row["at_stake"] for row in self.ask("risks", "--all")["rows"]}
        self.assertTrue(answer["moves"])
        for move in answer["moves"]:
            self.assertEqual(move["at_stake"], risks[move["client"]])
        sum_of_moves = sum(decimal.Decimal(move["at_stake"]["amount"]) for move in answer["moves"])
        self.assertEqual(decimal.Decimal(answer["at_stake_moved"]["amount"]), sum_of_moves)
        self.assertGreater(sum_of_moves, 0)

    def test_other_values_move_personas_and_applied_they_do_exactly_that(self):
        def personas():
            return {row["client"]: row["persona"]["name"] for row in self.ask("clients")["rows"]}

        before = personas()
        predicted = self.ask("what-if", "--set", "stagnant_order_days=12", "--set", "draining_frictions=1")
        self.assertTrue(predicted["personas"])
        self.assertEqual((personas(), predicted["moves"]), (before, []))
        self.command("policy", "set", "--set", "stagnant_order_days=12", "--set", "draining_frictions=1")
        after = personas()
        moved = {client: (before[client], after[client]) for client in after if before[client] != after[client]}
        self.assertEqual({row["client"]: (row["from"], row["to"]) for row in predicted["personas"]}, moved)

    def test_a_smaller_cap_leaves_fewer_free_slots(self):
        answer = self.ask("what-if", "--minutes-per-week", "100")
        self.assertLess(answer["free_slots_after"], answer["free_slots_before"])
        told = self.run_command("what-if", "--minutes-per-week", "100", "--data", self.data).out
        self.assertIn(f"free {answer['free_slots_before']:,} -> {answer['free_slots_after']:,}", told)

    def schedules(self):
        reps = [row["rep"] for row in self.ask("workload")["reps"]]
        calls = [self.ask("calls", "--rep", rep, "--day", "2100-01-04", "--all")["rows"] for rep in reps]
        return {row["client"]: row["due"] for rows in calls for row in rows}

    def test_intervals_move_calls_slots_and_due_days_and_applied_they_do_exactly_that(self):
        before = self.schedules()
        self.assertGreater(len(before), 150)
        change = ("--set", "interval_a_days=14", "--set", "interval_c_months=2", "--set", "grace_b_days=1")
        predicted = self.ask("what-if", *change)
        self.assertEqual((self.schedules(), predicted["moves"]), (before, []))
        self.command("policy", "set", *change)
        moved = {row["client"]: row["due_after"] for row in predicted["cadence"]["schedules"]}
        self.assertGreater(len(moved), 50)
        self.assertEqual(self.schedules(), before | moved)
        workload, capacity = self.ask("workload"), self.ask("review")["capacity"]
        self.assertAlmostEqual(predicted["calls_per_week_after"], workload["calls_per_week"])
        self.assertAlmostEqual(predicted["calls_per_week_52_after"], workload["calls_per_week_52"])
        self.assertAlmostEqual(predicted["minutes_per_week_after"], 60 * workload["hours_per_week"])
        self.assertEqual((predicted["slots_after"], predicted["free_slots_after"]),
                         (capacity["slots"], capacity["free_slots"]))
        again = self.ask("what-if", *change)["cadence"]
        self.assertEqual(again["schedules"], [])
        for name in ("due", "overdue", "at_stake"):
            self.assertEqual(again[f"{name}_before"], predicted["cadence"][f"{name}_after"], name)

    def test_levels_of_risk_and_what_is_at_stake_follow_their_values(self):
        def levels():
            return {row["client"]: row["level"] for row in self.ask("risks", "--all")["rows"]}

        before = levels()
        change = ("--set", "elevated=0.15", "--set", "high=0.4", "--set", "margin=0.6")
        predicted = self.ask("what-if", *change)["cadence"]
        self.assertEqual(levels(), before)
        self.assertTrue(predicted["levels"])
        self.command("policy", "set", *change)
        self.assertEqual(levels(), before | {row["client"]: row["to"] for row in predicted["levels"]})
        at_stake = [row["at_stake"] for row in self.ask("risks", "--all")["rows"]]
        told = sum(decimal.Decimal(money["amount"]) for money in at_stake)
        self.assertEqual(decimal.Decimal(predicted["at_stake_after"]["amount"]), told)
        self.assertGreater(told, decimal.Decimal(predicted["at_stake_before"]["amount"]))

    def test_a_larger_share_of_the_book_is_more_proposals(self):
        answer = self.ask("what-if", "--set", "review_share=0.5")
        self.assertGreater(answer["proposed_after"], answer["proposed_before"])
        self.assertEqual(len(answer["proposals"]), answer["proposed_after"] - answer["proposed_before"])
        self.assertTrue(all(row["proposed"] for row in answer["proposals"]))

    def test_a_higher_limit_of_price_changes_what_is_recommended_and_applied_it_does_exactly_that(self):
        change = ("--set", "reprice_limit=5")
        advice = self.ask("what-if", *change)["advice"]
        self.assertTrue(advice)
        self.command("policy", "set", *change)
        for row in advice:
            self.assertEqual(self.ask("client", row["client"])["recommendation"]["action"], row["to"])

    def test_a_longer_look_ahead_moves_potential_and_applied_it_does_exactly_that(self):
        def potentials():
            clients = [row["client"] for row in self.ask("clients")["rows"]]
            return {client: self.ask("client", client)["potential"] for client in clients[:20]}

        before = potentials()
        change = ("--set", "horizon_years=10", "--set", "discount=0.02")
        predicted = self.ask("what-if", *change)
        moved = {row["client"]: (row["from"], row["to"]) for row in predicted["potentials"]}
        self.assertEqual(potentials(), before)
        self.command("policy", "set", *change)
        after = potentials()
        self.assertNotEqual(before, after)
        for client, total in after.items():
            self.assertEqual(moved.get(client, (before[client], before[client])), (before[client], total), client)
        again = self.ask("what-if", *change)
        self.assertEqual((again["potentials"], again["potential_before"]), ([], None))

    def test_prices_and_goals_move_what_they_cost_and_applied_they_do_exactly_that(self):
        before = self.ask("health")
        cost_before = self.ask("personas")["draining"]["cost"]
        change = ("--set", "acquisition_cost=50", "--set", "margin=0.6", "--set", "retention_goal=0.9")
        predicted = self.ask("what-if", *change)
        self.assertEqual(predicted["draining_before"]["cost"], cost_before)
        self.assertEqual(predicted["retention_goal_before"], before["retention_goal"])
        self.assertEqual(predicted["economics_before"], before["economics"])
        self.assertEqual(self.ask("health")["economics"], before["economics"])
        self.command("policy", "set", *change)
        after = self.ask("health")
        self.assertNotEqual(after["economics"], before["economics"])
        self.assertEqual(predicted["economics_after"], after["economics"])
        self.assertEqual(predicted["retention_goal_after"], after["retention_goal"])
        self.assertEqual(predicted["draining_after"], self.ask("personas")["draining"])
        self.assertNotEqual(predicted["draining_after"]["cost"], cost_before)

    def test_rules_of_how_tiers_follow_the_ranking_are_tried_too(self):
        before = self.tiers()
        change = ("--set", "tier_grace_days=0", "--set", "tier_patience_days=0")
        predicted = self.ask("what-if", *change)
        self.command("policy", "set", *change)
        moved = {client: tier for client, tier in self.tiers().items() if tier != before[client]}
        self.assertEqual({row["client"]: row["to"] for row in predicted["moves"]}, moved)

    def test_nonsense_is_refused_before_anything_is_tried(self):
        for tiers in ("split 50/50/50", "split 20/80", "gut feeling"):
            answer = self.run_command("what-if", "--tiers", tiers, "--data", self.data)
            self.assertEqual(answer.code, WRONG_USAGE, answer)
        for value in ("minutes_per_call=-5", "interval_a_days=0", "interval_a_days=90", "interval_b_months=1.5",
                      "elevated=0.9", "tier_margin=2", "review_share=nan", "no_such_value=1", "margin"):
            answer = self.run_command("what-if", "--set", value, "--data", self.data)
            self.assert_one_line(answer, WRONG_USAGE, value.split("=")[0].split("_")[0])
            answer = self.run_command("policy", "set", "--set", value, "--data", self.data)
            self.assertEqual(answer.code, WRONG_USAGE, answer)


class Page(html.parser.HTMLParser):
    """Captions, headers and what the page would load."""

    def __init__(self, text):
        super().__init__()
        self.captions, self.loads, self.headers, self.tag = [], [], 0, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tag = tag
        given = dict(attributes)
        self.headers += tag == "th" and given.get("scope") in ("row", "col")
        self.loads += [given[name] for name in ("src", "href") if given.get(name) and not given[name].startswith("#")]

    def handle_data(self, data):
        if self.tag == "caption":
            self.captions.append(data)
        self.tag = ""


class Pictures(Practice):
    def test_the_curve_is_a_drawing_with_a_title_and_the_line_of_80_percent(self):
        file = self.directory / "pareto.svg"
        self.command("pareto", "--svg", file)
        root = xml.etree.ElementTree.parse(file).getroot()
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        texts = " ".join(root.itertext())
        line = self.ask("pareto")["line_80"]
        self.assertIn(str(line["clients"]), texts)
        self.assertIn("80 %", texts)
        self.assert_one_line(self.run_command("pareto", "--svg", self.directory / "no" / "x.svg", "--data", self.data),
                             UNREACHABLE, "cannot write")

    def report(self):
        file = self.directory / "report.html"
        self.command("report", "--html", file)
        return file

    def test_the_report_is_one_page_that_loads_nothing_and_has_headed_tables(self):
        text = self.report().read_text()
        page = Page(text)
        self.assertEqual(page.loads, [])
        self.assertNotIn("@import", text)
        wanted = ("Tiers by rank", "Personas", "Proposed for lower service", "Who moved", "Clients", "Whitespace")
        for caption in wanted:
            self.assertTrue(any(said.startswith(caption) for said in page.captions), caption)
        self.assertGreater(page.headers, 200)
        self.assertIn("prefers-color-scheme:dark", text)

    def test_names_cannot_become_markup(self):
        start = "2026-01-05T09:00:00Z"
        lines = [order(1, "<b>x</b>", start, "10.00"),
                 event(2, "ClientRegistered", "<b>x</b>", start, {"name": "<script>alert(1)</script>"})]
        shutil.rmtree(self.data)
        self.ingest(self.write("x.jsonl", "".join(json.dumps(line) + "\n" for line in lines)))
        text = self.report().read_text()
        self.assertNotIn("<b>x</b>", text)
        self.assertNotIn("<script>alert", text)
        self.assertIn("&lt;b&gt;x", text)

    @unittest.skipUnless(browser.CHROMIUM, "skipped: there is no chromium on this machine (Debian package chromium)")
    def test_in_a_browser_the_page_draws_and_its_tables_sort(self):
        text = self.report().read_text()
        # Presses the heads "revenue" of the list of clients: once for the smallest first, once more for the largest.
        press = """<script>
          const table = [...document.querySelectorAll("table")].find(t => t.caption.textContent.startsWith("Clients"));
          const head = [...table.querySelectorAll("thead button")].find(b => b.textContent === "revenue");
          const order = () => [...table.tBodies[0].rows].map(r => Number(r.cells[2].dataset.v));
          head.click(); const up = order(); head.click(); const down = order();
          const box = document.querySelector("svg .curve").getBoundingClientRect();
          const rising = up.every((v, i) => i === 0 || up[i - 1] <= v);
          const falling = down.every((v, i) => i === 0 || down[i - 1] >= v);
          document.title = ["seen", up.length, rising, falling, head.parentNode.getAttribute("aria-sort"),
            Math.round(box.width) > 100 && Math.round(box.height) > 100].join(" ");
        </script>"""
        pressed = self.write("pressed.html", text.replace("</body>", press + "</body>"))
        document, said = browser.render(pressed)
        title = re.search(r"<title>([^<]*)</title>", document)
        self.assertIsNotNone(title, said)
        clients = len(self.ask("pareto")["rows"])
        self.assertEqual(title.group(1), f"seen {clients} true true descending true")


if __name__ == "__main__":
    unittest.main()
