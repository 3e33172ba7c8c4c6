#!/usr/bin/env python3
"""Include scan: a file includes only what its layer may use (cmake/layers.txt).

The link check alone has a hole: headers of librdkafka and RocksDB are on the default include path, so a target that
links neither still compiles them. Usage: include_scan.py REPOSITORY. Prints `file:line: what, rule`; exit 1 if any.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from layers import read_layers  # noqa: E402

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

# Third-party headers by how their path begins -> the word of the table. A header that matches nothing is refused, so a
# new library needs a line here and in the table.
THIRD_PARTY = [
    ("rocksdb/", "dep:rocksdb"), ("librdkafka/", "dep:kafka"),
    ("grpcpp/", "dep:grpc"), ("grpc/", "dep:grpc"), ("grpc++/", "dep:grpc"), ("absl/", "dep:grpc"),
    ("google/protobuf/", "dep:protobuf"), ("google/rpc/", "dep:grpc"),
    ("nlohmann/", "dep:json"), ("spdlog/", "dep:spdlog"), ("fmt/", "dep:fmt"), ("CLI/", "dep:cli11"),
    ("curl/", "dep:curl"), ("openssl/", "dep:openssl"),
    ("prometheus/", "dep:prometheus"), ("CivetServer.h", "dep:prometheus"),
    ("zlib.h", "dep:zlib"), ("date/", "dep:date"), ("Eigen/", "dep:eigen"), ("boost/", "dep:boost"),
    ("tl/expected.hpp", "header:expected"), ("xxhash.h", "header:xxhash"),
    ("gtest/", "dep:gtest"), ("gmock/", "dep:gtest"),
    ("sys/", "header:posix"), ("arpa/", "header:posix"), ("netinet/", "header:posix"), ("linux/", "header:posix"),
]
POSIX = {"unistd.h", "fcntl.h", "netdb.h", "signal.h", "poll.h", "termios.h", "pthread.h", "dirent.h", "dlfcn.h",
         "fnmatch.h", "glob.h", "pwd.h", "sched.h", "spawn.h", "strings.h", "syslog.h", "time.h", "ifaddrs.h"}
# Standard headers that bring clocks, environment, threads, files or logs: closed to the domain.
IMPURE = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "barrier", "latch",
          "stop_token", "atomic", "fstream", "iostream", "filesystem", "ctime", "time.h", "csignal", "syncstream"}
DOMAIN = {"vocabulary", "risk", "segmentation", "cadence", "notification"}
TEST_FOLDERS = {"tests", "fuzz", "bench", "testing"}


def layer_of(path: pathlib.PurePath) -> str:
    """The layer of a file, from its path in the repository."""
    parts = path.parts
    if TEST_FOLDERS & set(parts[:-1]):
        return "test"
    if parts[0] == "services":
        return "composition" if parts[1] == "mainstay" else "service"
    return parts[2] if parts[1] == "domain" else parts[1]


def owner_of(path: pathlib.PurePath) -> str:
    """The folder that is one library or one service."""
    depth = 3 if path.parts[:2] == ("libs", "domain") else 2
    return "/".join(path.parts[:depth])


def code_lines(text: str):
    """Lines with block comments blanked, so that an include in a comment is not one."""
    blank = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    return enumerate(blank.splitlines(), start=1)


class Scan:
    def __init__(self, root: pathlib.Path):
        self.root = root
        self.layers = read_layers(root / "cmake" / "layers.txt")
        self.violations: list[str] = []
        self.files = self.includes = 0
        # include/mainstay/<name>/ -> the library that owns it.
        self.owners: dict[str, str] = {}
        for folder in sorted(root.glob("libs/**/include/mainstay/*")) + sorted(
                root.glob("services/**/include/mainstay/*")):
            if folder.is_dir():
                self.owners[folder.name] = owner_of(folder.relative_to(root))

    def run(self) -> list[str]:
        for top in ("libs", "services"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in (".h", ".cc") and path.is_file():
                    self.scan_file(path)
        return self.violations

    def scan_file(self, path: pathlib.Path) -> None:
        self.files += 1
        for number, line in code_lines(path.read_text(errors="replace")):
            match = INCLUDE.match(line)
            if match:
                self.includes += 1
                problem = self.judge(path, match[1], match[2])
                if problem:
                    self.violations.append(f"{path.relative_to(self.root)}:{number}: {problem}")

    def judge(self, path: pathlib.Path, quote: str, header: str) -> str | None:
        """Says what is wrong with one include, or None."""
        relative = path.relative_to(self.root)
        layer = layer_of(relative)
        if layer not in self.layers:
            return f"layer '{layer}' is not in cmake/layers.txt"
        allowed = self.layers[layer]
        if "*" in allowed:
            return None
        if layer in DOMAIN and header in IMPURE:
            return f"<{header}> brings clocks, threads or I/O; layer {layer} is pure"
        local = self.local_file(path, header) if quote == '"' else None
        if local is not None:
            return self.judge_owner(relative, layer, owner_of(local), layer_of(local), header)
        if header.startswith("mainstay/"):
            return self.judge_mainstay(relative, layer, header)
        word = self.third_party(header)
        if word is None or word in allowed:
            return None
        return f"layer {layer} may not include {header} ({word}); rule: {layer} : {' '.join(sorted(allowed))}"

    def local_file(self, path: pathlib.Path, header: str) -> pathlib.PurePath | None:
        """The repository path of a quoted include that is not a public header, if it is one of our files."""
        bases = [path.parent, self.root, self.root / "services", self.root / "libs"]
        top = self.root / owner_of(path.relative_to(self.root))
        for base in bases + [top, top / "src"]:
            found = (base / header).resolve()
            if found.is_file() and self.root in found.parents:
                local = found.relative_to(self.root)
                if local.parts[0] in ("libs", "services"):
                    return local
        return None

    def judge_mainstay(self, relative: pathlib.PurePath, layer: str, header: str) -> str | None:
        generated = re.match(r"mainstay/(event|state|query|config|peer)/v\d+/.*\.pb\.h$", header)
        if generated:
            word = "proto_" + generated[1]
            return None if word in self.layers[layer] else f"layer {layer} may not include {header} ({word})"
        owner = self.owners.get(header.split("/")[1])
        if owner is None:
            return f"{header} belongs to no library"
        return self.judge_owner(relative, layer, owner, layer_of(pathlib.PurePath(owner, "x.h")), header)

    def judge_owner(self, relative: pathlib.PurePath, layer: str, owner: str, other: str, header: str) -> str | None:
        allowed = self.layers[layer]
        if owner == owner_of(relative) and other != "test":
            return None
        if other in allowed:
            return None
        return f"layer {layer} may not include {header} (layer {other}); rule: {layer} : {' '.join(sorted(allowed))}"

    @staticmethod
    def third_party(header: str) -> str | None:
        """The table's word for a header outside the project; None for the standard library."""
        for prefix, word in THIRD_PARTY:
            if header.startswith(prefix):
                return word
        if header in POSIX:
            return "header:posix"
        if re.fullmatch(r"[a-z0-9_]+", header):
            return None
        return "unknown third-party header"


def main() -> int:
    scan = Scan(pathlib.Path(sys.argv[1]).resolve())
    violations = scan.run()
    print("\n".join(violations + [f"{scan.files} files, {scan.includes} includes, {len(violations)} violations"]))
    if scan.files == 0 or scan.includes == 0:
        print("nothing was scanned: is this the repository?")
        return 1
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
