"""Every bad input gets its exit code and one line that says what and what to do; good rows still go in."""

import os
import resource
import shutil
import signal
import unittest

from mainstay_binary import BINARY, ONLINE_RETAIL, SystemTest

GOOD = "client,time,amount\nx,2024-01-01,1.00\n"
WRONG_USAGE, UNREACHABLE, REFUSED = 2, 3, 1


class BadFile(SystemTest):
    def refused(self, path, code, *parts, arguments=("--currency", "EUR")):
        answer = self.run_command("import", path, "--book", "b", "--data", self.data, *arguments)
        self.assert_one_line(answer, code, *parts)
        self.assertFalse(self.data.exists(), "a refused file makes no data directory")

    def test_no_such_file(self):
        self.refused("no-such.csv", UNREACHABLE, "no-such.csv")

    def test_a_directory(self):
        self.refused(self.directory, WRONG_USAGE, self.directory, "directory")

    @unittest.skipUnless(os.path.exists("/proc/self/mem"), "needs a file that root cannot read either")
    def test_an_unreadable_file(self):
        self.refused("/proc/self/mem", UNREACHABLE, "/proc/self/mem", "cannot read")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_a_file_without_permission(self):
        path = self.write("secret.csv", GOOD)
        path.chmod(0)
        self.refused(path, UNREACHABLE, path, "Permission denied")

    def test_a_binary_given_as_csv(self):
        self.refused(BINARY, WRONG_USAGE, "not a text file")
        self.refused(BINARY, WRONG_USAGE, "not a text file", arguments=["--format", "transactions"])
        self.refused(BINARY, WRONG_USAGE, "not a text file", arguments=["--format", "online-retail"])
        self.refused(BINARY, WRONG_USAGE, "not a text file", arguments=["--format", "events"])

    def test_a_damaged_gzip_file(self):
        half = self.write("half.csv.gz", ONLINE_RETAIL.read_bytes()[:100_000])
        self.refused(half, UNREACHABLE, half, "line ")

    def test_an_empty_file(self):
        self.refused(self.write("empty.csv", ""), WRONG_USAGE, "is empty")

    def test_wrong_columns(self):
        self.refused(self.write("a.csv", "a,b\n1,2\n"), WRONG_USAGE, "line 1", "'client'", "--map client=Column")
        arguments = ["--currency", "EUR", "--map", "time=When"]
        self.refused(self.write("b.csv", GOOD), WRONG_USAGE, "'When'", arguments=arguments)
        arguments = ["--format", "online-retail"]
        self.refused(self.write("c.csv", GOOD), WRONG_USAGE, "Online Retail", arguments=arguments)

    def test_no_book(self):
        answer = self.run_command("import", self.write("a.csv", GOOD), "--data", self.data)
        self.assert_one_line(answer, WRONG_USAGE, "--book")

    def test_an_unknown_time_zone(self):
        arguments = ["--currency", "EUR", "--time-zone", "Mars/Olympus"]
        self.refused(self.write("a.csv", GOOD), WRONG_USAGE, "Mars/Olympus", arguments=arguments)


class BadRows(SystemTest):
    def test_good_rows_go_in_and_bad_ones_are_named_by_file_line_and_column(self):
        path = self.write(
            "rows.csv",
            "client,time,amount,currency,quantity\n"
            "x,2024-01-01,10.00,EUR,1\n"
            "y,yesterday,2.00,EUR,1\n"  # line 3, column 3
            ",2024-01-02,3.00,EUR,1\n"  # line 4, column 1
            '"two\nlines",2024-01-03,four,EUR,1\n'  # line 5 (and 6)
            "z,2024-01-04,5.00,EUR\n"  # line 7, too short
            "z,2024-01-04,5.00,,1\n"  # line 8, money without currency
            "z,2024-01-05,6.00,USD,1\n"  # line 9, not the book's currency
            "z,2024-01-06,7.00,EUR,some\n"  # line 10, column 23
            "z,2024-01-07,20.00,EUR,2\n",
        )
        errors = self.directory / "errors.jsonl"
        report = self.ingest(path, code=REFUSED, arguments=["--errors", errors])
        counts = [report[name] for name in ("rows", "accepted", "duplicates", "rejected", "skipped_no_client")]
        self.assertEqual(counts, [9, 2, 0, 7, 0])
        self.assertEqual({error["file"] for error in report["errors"]}, {str(path)})
        found = [(error["line"], error["column"]) for error in report["errors"]]
        self.assertEqual([line for line, _ in found], [3, 4, 5, 7, 8, 9, 10])
        self.assertEqual([found[0][1], found[1][1], found[6][1]], [3, 1, 23])
        named = ("time", "client", "amount", "fields", "currency", "USD", "quantity")
        for error, words in zip(report["errors"], named):
            self.assertIn(words, error["reason"])
        self.assertEqual(len(errors.read_text().splitlines()), 7)
        revenue = {row["client"]: row["revenue"]["amount"] for row in self.ask("pareto")["rows"]}
        self.assertEqual(revenue, {"x": "10.00", "z": "20.00"})

    def test_people_see_file_line_and_column_too(self):
        path = self.write("rows.csv", GOOD + "y,never,1.00\n")
        answer = self.run_command("import", path, "--book", "b", "--data", self.data, "--currency", "EUR")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn(f"{path}:3:3: time: ", answer.out)

    def test_a_known_order_with_other_content_is_rejected_with_what_to_send(self):
        header = "client,time,amount,order\n"
        self.ingest(self.write("a.csv", header + "x,2024-01-01,1.00,o1\n"), arguments=["--currency", "EUR"])
        changed = self.write("b.csv", header + "x,2024-01-01,2.00,o1\n")
        report = self.ingest(changed, code=REFUSED, arguments=["--currency", "EUR"])
        self.assertIn("order o1 is known with other content; send OrderCorrected", report["errors"][0]["reason"])


class BadQuestion(SystemTest):
    def setUp(self):
        super().setUp()
        self.ingest(self.write("a.csv", GOOD), book="north", arguments=["--currency", "EUR"])

    def test_an_unknown_book_is_answered_with_the_list(self):
        answer = self.run_command("pareto", "--data", self.data, "--book", "nroth")
        self.assert_one_line(answer, REFUSED, "'nroth'", "north")

    def test_a_book_has_to_be_named_when_there_are_several(self):
        self.ingest(self.write("a.csv", GOOD), book="south", arguments=["--currency", "EUR"])
        self.assert_one_line(self.run_command("pareto", "--data", self.data), WRONG_USAGE, "north", "south")

    def test_an_unknown_client_a_bad_time_and_a_bad_policy(self):
        self.assert_one_line(self.run_command("client", "nobody", "--data", self.data), REFUSED, "'nobody'")
        self.assert_one_line(self.run_command("pareto", "--data", self.data, "--at", "soon"), WRONG_USAGE, "'soon'")
        tiers = self.run_command("policy", "set", "--data", self.data, "--tiers", "split 20/20/70")
        self.assert_one_line(tiers, WRONG_USAGE, "tiers", "110")
        self.assertEqual(tiers.err.count("data.tiers"), 1, tiers)

    def test_a_policy_that_sets_nothing_is_wrong_usage(self):
        for options in ([], ["--tiers", ""], ["--tiers", "", "--set", "margin=0.5"]):
            answer = self.run_command("policy", "set", "--data", self.data, *options)
            self.assert_one_line(answer, WRONG_USAGE, "tiers")
        self.assert_one_line(self.run_command("what-if", "--data", self.data, "--tiers", ""), WRONG_USAGE, "--tiers")

    def test_minutes_below_none_are_refused_in_a_short_line(self):
        answer = self.run_command("what-if", "--data", self.data, "--minutes-per-week", "-1")
        self.assert_one_line(answer, WRONG_USAGE, "--minutes-per-week", "0 or more")
        self.assertLess(len(answer.err), 200, answer)

    def test_a_time_that_changes_nothing_is_said_or_refused(self):
        answer = self.run_command("pareto", "--data", self.data, "--at", "2030-01-01T00:00:00Z")
        self.assertEqual(answer.code, 0, answer)
        self.assertIn("Changes nothing here", self.run_command("pareto", "--help").out)
        self.assertEqual(answer.out, self.run_command("pareto", "--data", self.data).out)
        answer = self.run_command("events", "--data", self.data, "--at", "2030-01-01T00:00:00Z")
        self.assert_one_line(answer, WRONG_USAGE, "--at")

    def test_an_event_far_ahead_of_a_data_clock_has_to_be_meant(self):
        event = ["publish", "--type", "mainstay.client.CompetitorCalled.v1", "--client", "x", "--data"]
        event += ['{"competitor":"Zenith"}', "--time", "2025-06-01T00:00:00Z"]
        environment = {"MAINSTAY_DATA": str(self.data)}
        self.assert_one_line(self.run_command(*event, env=environment), REFUSED, "time", "--advance")
        self.assertEqual(self.run_command(*event, "--advance", env=environment).code, 0)

    def test_an_unknown_command_and_an_unknown_option(self):
        for arguments in (["paretto"], ["pareto", "--bok"], []):
            self.assert_one_line(self.run_command(*arguments), WRONG_USAGE, *arguments[-1:], "mainstay help")

    def test_a_server_that_is_not_there(self):
        answer = self.run_command("pareto", "--server", "127.0.0.1:1")
        self.assert_one_line(answer, UNREACHABLE, "127.0.0.1:1", "mainstay run")


class BadDirectory(SystemTest):
    def setUp(self):
        super().setUp()
        self.ingest(self.write("a.csv", GOOD), arguments=["--currency", "EUR"])

    def refused(self, *parts, code=UNREACHABLE):
        self.assert_one_line(self.run_command("pareto", "--data", self.data), code, *parts)

    def test_a_directory_that_is_not_there_is_not_made_by_a_question(self):
        shutil.rmtree(self.data)
        self.refused(self.data)
        self.assertFalse(self.data.exists())

    def test_a_second_process_is_told_who_has_the_directory(self):
        server = self.serve()
        self.refused(str(server.process.pid), "--server")
        again = ["import", self.directory / "a.csv", "--book", "b", "--data", self.data, "--currency", "EUR"]
        self.assert_one_line(self.run_command(*again), UNREACHABLE, str(server.process.pid))
        self.assertEqual(server.stop(signal.SIGINT), 0)
        self.assertEqual(self.ask("pareto")["clients"], 1)

    def test_a_newer_format(self):
        settings = self.data / "FORMAT"
        settings.write_text(settings.read_text().replace("format 1\n", "format 99\n", 1))
        self.refused("newer mainstay", "99")

    def test_damaged_settings(self):
        settings = self.data / "FORMAT"
        for text in ("garbage\n", "", settings.read_text().replace("clock=data", "clock=wall")):
            settings.write_text(text)
            self.refused("FORMAT", "damaged")
        settings.unlink()
        self.refused("FORMAT")

    def test_corrupt_missing_and_foreign_database_files(self):
        original = self.directory / "original"
        self.data.rename(original)
        for pattern in ("MANIFEST-*", "CURRENT", "*.sst"):
            with self.subTest(pattern=pattern):
                shutil.rmtree(self.data, ignore_errors=True)
                shutil.copytree(original, self.data)
                files = list(self.data.glob("shard-*/" + pattern))
                for file in files:
                    file.write_bytes(bytes(byte ^ 0x5A for byte in file.read_bytes()))
                if files:  # A small shard may have no table file.
                    self.refused("shard-", "damaged")
        shutil.rmtree(self.data)
        shutil.copytree(original, self.data)
        shutil.rmtree(self.data / "shard-4")
        self.refused("shard-4", "missing")

    def test_a_directory_of_something_else(self):
        (self.directory / "photos").mkdir()
        (self.directory / "photos" / "cat.jpg").write_bytes(b"meow")
        self.data = self.directory / "photos"
        self.refused("not a mainstay data directory")

    def test_another_clock_than_the_directory_has(self):
        answer = self.run_command("run", "--listen", "127.0.0.1:0", "--data", self.data, "--clock", "wall")
        self.assert_one_line(answer, WRONG_USAGE, "data clock")

    def test_an_address_that_is_taken(self):
        server = self.serve()
        other = self.directory / "other"
        answer = self.run_command("run", "--listen", server.address, "--data", other)
        self.assertEqual(answer.code, UNREACHABLE, answer)
        self.assertIn(server.address, answer.error_lines[-1])
        self.assertIn("--listen", answer.error_lines[-1])
        self.assertEqual(server.stop(), 0)

    def test_a_full_disk_stops_an_import_and_the_same_import_ends_well_with_room(self):
        full = self.directory / "full"

        def no_large_files():  # A limit on file sizes fails writes just as a full disk does.
            resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

        arguments = ["import", ONLINE_RETAIL, "--book", "b", "--data", full]
        answer = self.run_command(*arguments, preexec_fn=no_large_files, restore_signals=False)
        self.assert_one_line(answer, UNREACHABLE, "shard-", "check the disk")
        report = self.ingest(ONLINE_RETAIL, data=full)
        self.assertEqual(report["accepted"] + report["duplicates"], 406_829)
        self.assertGreater(report["duplicates"], 0)
        self.assertEqual(self.ask("pareto", data=full)["revenue"]["amount"], "8025346.914")


if __name__ == "__main__":
    unittest.main()
