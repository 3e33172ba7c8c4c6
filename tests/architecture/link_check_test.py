#!/usr/bin/env python3
"""Control of the link check: configuring a project that breaks a layer rule must fail and name the rule."""

import pathlib
import subprocess
import tempfile
import unittest

CMAKE_FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "cmake"
HEAD = """cmake_minimum_required(VERSION 3.25)
project(fixture LANGUAGES NONE)
list(APPEND CMAKE_MODULE_PATH "{cmake}")
include(LayerRules)
"""
CLEAN = [
    # Before stream exists: the order of the lines must not matter.
    "mainstay_check_layer(stream_rocksdb stream_rocksdb mainstay::stream mainstay_dep::rocksdb)",
    "mainstay_check_layer(base base)",
    "mainstay_check_layer(stream stream mainstay::base)",
    "mainstay_check_layer(vocabulary vocabulary mainstay::base)",
    "mainstay_check_layer(risk risk mainstay::vocabulary mainstay_dep::boost)",
    "mainstay_check_layer(cadence cadence mainstay::risk mainstay_dep::date)",
    "mainstay_check_layer(wire wire mainstay::cadence mainstay::proto_event)",
    "mainstay_check_layer(cadence_service service mainstay::cadence mainstay::wire mainstay::stream)",
    "mainstay_check_layer(cadence.binary service mainstay::cadence_service)",  # same folder: its own service
    "mainstay_check_layer(stream_test test mainstay::stream_sim mainstay_dep::gtest)",
]
# A library line that breaks a rule, and what the message must name.
PLANTED = [
    ("mainstay_check_layer(x base mainstay::vocabulary)", "links mainstay::vocabulary"),
    ("mainstay_check_layer(x risk mainstay::cadence)", "rule: risk :"),
    ("mainstay_check_layer(x risk mainstay::proto_event)", "links mainstay::proto_event"),
    ("mainstay_check_layer(x segmentation mainstay::stream)", "rule: segmentation :"),
    ("mainstay_check_layer(x wire mainstay_dep::grpc)", "dep:grpc"),
    ("mainstay_check_layer(x stream mainstay_dep::rocksdb)", "dep:rocksdb"),
    ("mainstay_check_layer(x stream_rocksdb mainstay_dep::kafka)", "dep:kafka"),
    ("mainstay_check_layer(x stream_rocksdb mainstay_stream_sim)", "links mainstay_stream_sim"),
    ("mainstay_check_layer(x rpc mainstay::stream)", "rule: rpc :"),
    ("mainstay_check_layer(x app mainstay::wire)", "rule: app :"),
    ("mainstay_check_layer(x service mainstay_dep::rocksdb)", "rule: service :"),
    ("mainstay_check_layer(x service PkgConfig::RDKAFKA)", "links PkgConfig::RDKAFKA"),
    ("mainstay_check_layer(x composition mainstay::stream_sim)", "links mainstay::stream_sim"),
    ("mainstay_check_layer(x composition mainstay::test_main)", "links mainstay::test_main"),
    ("mainstay_check_layer(x cellar mainstay::base)", "unknown layer 'cellar'"),
]


class LinkCheckTest(unittest.TestCase):
    def configure(self, lines, folders=()):
        with tempfile.TemporaryDirectory() as folder:
            top = pathlib.Path(folder)
            text = HEAD.format(cmake=CMAKE_FOLDER) + "\n".join(lines) + "\n"
            for name, content in folders:
                (top / name).mkdir(parents=True)
                (top / name / "CMakeLists.txt").write_text(content + "\n")
                text += f"add_subdirectory({name})\n"
            (top / "CMakeLists.txt").write_text(text)
            run = subprocess.run(["cmake", "-S", top, "-B", top / "build"], capture_output=True, text=True)
            return run.returncode, run.stderr

    def test_clean_project_configures(self):
        code, errors = self.configure(CLEAN)
        self.assertEqual(code, 0, errors)

    def test_every_planted_link_fails_and_names_the_rule(self):
        for line, words in PLANTED:
            with self.subTest(line=line):
                code, errors = self.configure(CLEAN + [line])
                self.assertNotEqual(code, 0)
                self.assertIn(words, " ".join(errors.split()))

    def test_a_service_may_not_link_the_service_of_another_folder(self):
        other = ("other", "mainstay_check_layer(x service mainstay::cadence_service)")
        code, errors = self.configure(CLEAN, [other])
        self.assertNotEqual(code, 0)
        self.assertIn("links mainstay::cadence_service (service)", " ".join(errors.split()))

    def test_a_service_may_link_a_library_from_below_its_own_folder(self):
        own = [("services/a/senders", "mainstay_check_layer(senders service mainstay::base)"),
               ("services/a/main", "mainstay_check_layer(a_service service mainstay::senders)")]
        code, errors = self.configure(CLEAN, own)
        self.assertEqual(code, 0, errors)

    def test_the_composition_may_link_every_service(self):
        other = ("other", "mainstay_check_layer(x composition mainstay::cadence_service)")
        code, errors = self.configure(CLEAN, [other])
        self.assertEqual(code, 0, errors)


if __name__ == "__main__":
    unittest.main()
