#!/usr/bin/env python3
"""Control of the symbol check: each forbidden call, compiled for real, must be reported; pure code must not be.

The compiler is taken from the environment variable CXX.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from domain_symbols import forbidden_symbols  # noqa: E402

PURE = """#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <vector>
std::string Pure(double x, std::chrono::sys_seconds at) {
  auto shared = std::make_shared<std::vector<double>>(3, std::log(x));
  return std::to_string(shared->front()) + std::to_string(at.time_since_epoch().count());
}
"""
PLANTED = [
    ("clock", "#include <chrono>\nlong F() { return std::chrono::system_clock::now().time_since_epoch().count(); }"),
    ("clock", "#include <chrono>\nlong F() { return std::chrono::steady_clock::now().time_since_epoch().count(); }"),
    ("clock", "#include <ctime>\nlong F() { return std::time(nullptr); }"),
    ("clock", "#include <ctime>\nint F(const std::time_t* t) { return std::localtime(t)->tm_hour; }"),
    ("zone database", "namespace date { struct Z; const Z* locate_zone(int); }\n"
                      "auto F() { return date::locate_zone(1); }"),
    ("environment", "#include <cstdlib>\nconst char* F() { return std::getenv(\"HOME\"); }"),
    ("randomness", "#include <random>\nunsigned F() { return std::random_device{}(); }"),
    ("randomness", "#include <cstdlib>\nint F() { return std::rand(); }"),
    ("thread", "#include <mutex>\nstd::mutex m;\nvoid F() { m.lock(); }"),
    ("thread", "#include <thread>\nvoid F() { std::thread([] {}).join(); }"),
    ("file", "#include <cstdio>\nvoid* F() { return std::fopen(\"x\", \"r\"); }"),
    ("file", "#include <fstream>\nvoid F() { std::ofstream(\"x\") << 1; }"),
    ("file", "#include <fstream>\nint F() { int i = 0; std::ifstream(\"x\") >> i; return i; }"),
    ("console or log", "#include <iostream>\nvoid F() { std::cout << 1; }"),
    ("console or log", "#include <cstdio>\nvoid F() { std::puts(\"x\"); }"),
    ("process or network", "#include <cstdlib>\nint F() { return std::system(\"x\"); }"),
]


class DomainSymbolsTest(unittest.TestCase):
    def check(self, source):
        with tempfile.TemporaryDirectory() as folder:
            code = pathlib.Path(folder, "planted.cc")
            code.write_text(source)
            planted = code.with_suffix(".o")
            subprocess.run([os.environ.get("CXX", "c++"), "-std=c++20", "-O2", "-c", code, "-o", planted], check=True)
            return forbidden_symbols(str(planted))

    def test_pure_code_passes(self):
        complaints, count = self.check(PURE)
        self.assertEqual(complaints, [])
        self.assertGreater(count, 0)

    def test_an_archive_that_is_not_there_is_reported(self):
        complaints, count = forbidden_symbols("/nonexistent/libmainstay_risk.a")
        self.assertIn("nm failed", complaints[0])
        self.assertEqual(count, 0)

    def test_every_planted_call_is_reported(self):
        for kind, source in PLANTED:
            with self.subTest(source=source):
                complaints, _ = self.check(source)
                self.assertTrue(any(f": {kind}: " in complaint for complaint in complaints), complaints)


if __name__ == "__main__":
    unittest.main()
