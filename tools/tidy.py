#!/usr/bin/env python3
"""House rules that no compiler checks, as a test. Usage: tidy.py REPOSITORY. Exit 1 if a rule is broken.

Files and functions stay short, names say what is inside, headers have their guard, READMEs are short and name only
files that exist, generated code is not committed. Exceptions are visible in the lists below; the lists only shrink.
"""

import ast
import pathlib
import re
import subprocess
import sys

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
MAX_WIDTH = 120
MAX_README_LINES = 30

# path -> lines it is allowed to have. A number may be lowered, never raised.
LONG_FILES: dict[str, int] = {}
# "path:Function" -> lines it is allowed to have. A number may be lowered, never raised.
LONG_FUNCTIONS: dict[str, int] = {}

CPP = {".h", ".cc"}
CODE = CPP | {".py", ".sh", ".cmake", ".proto"}
FORBIDDEN_NAMES = {"common", "util", "utils", "helper", "helpers", "manager", "misc"}
GENERATED = re.compile(r"(\.pb\.(h|cc)|_pb2(_grpc)?\.py|\.grpc\.pb\.(h|cc))$")
OPEN_END = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b(?!\(#\d+\))")
PATH_IN_README = re.compile(r"`([\w./-]+/[\w./*-]*|[\w-]+\.(?:h|cc|md|proto|py|sh|cmake|txt|textproto))`|"
                            r"\]\(([^)#\s]+)\)")


def repository_files(root: pathlib.Path) -> list[str]:
    """What git knows or would add; every file where there is no git."""
    run = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, text=True)
    if run.returncode == 0:
        names = [name for name in run.stdout.split("\0") if name and (root / name).is_file()]
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    return sorted(name for name in set(names) if not name.startswith(("build/", "var/")))


def blank_literals(text: str) -> str:
    """C++ source with comments, strings and preprocessor lines blanked; line numbers stay."""
    pattern = re.compile(r'R"([^(\s]*)\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|'
                         r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.M)
    return pattern.sub(lambda m: "\n" * m[0].count("\n"), text)


def cpp_functions(text: str):
    """Yields (name, first line, number of lines) of each function, of tests too; lambdas count with their owner."""
    code = blank_literals(text)
    scopes: list[bool] = []  # One entry an open brace outside functions.
    depth = 0  # Braces open inside the current function.
    line, head, head_line, name, start = 1, "", 1, "", 0
    for char in code:
        if char == "\n":
            line += 1
        if depth:
            depth += (char == "{") - (char == "}")
            if depth == 0:
                yield name, start, line - start + 1
                head = ""
        elif char == "{":
            found = re.search(r"([\w:~]+|operator\S+?)\s*\(", head)
            if found and not re.match(r"\s*(template\s*<[^{]*>\s*)?(class|struct|enum|union|namespace)\b[^()]*$", head):
                name, start, depth = found[1], head_line, 1
                if name in ("TEST", "TEST_F", "TEST_P"):
                    name = re.sub(r"\s", "", head[found.end():]).rstrip(")").replace(",", ".")
            else:
                scopes.append(True)
            head = ""
        elif char == "}":
            if scopes:
                scopes.pop()
            head = ""
        elif char == ";":
            head = ""
        else:
            if not head.strip():
                head_line = line
            head += char


def python_functions(text: str):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


class Tidy:
    def __init__(self, root: pathlib.Path, long_files=None, long_functions=None):
        self.root = root
        self.long_files = LONG_FILES if long_files is None else long_files
        self.long_functions = LONG_FUNCTIONS if long_functions is None else long_functions
        self.files = repository_files(root)
        self.used: set[str] = set()
        self.functions = 0
        self.complaints: list[str] = []

    def complain(self, where: str, what: str) -> None:
        self.complaints.append(f"{where}: {what}")

    def run(self) -> list[str]:
        for name in self.files:
            self.check_name(name)
            path = pathlib.PurePath(name)
            if path.suffix in CODE or path.name == "CMakeLists.txt":
                self.check_code(name, (self.root / name).read_text(errors="replace"))
        self.check_readmes()
        for entry in sorted((set(self.long_files) | set(self.long_functions)) - self.used):
            self.complain(entry, "is on an allow-list of tools/tidy.py and no longer needs to be; take it off")
        return self.complaints

    def check_name(self, name: str) -> None:
        for part in pathlib.PurePath(name).parts:
            if part.split(".")[0].lower() in FORBIDDEN_NAMES:
                self.complain(name, f"'{part}' says nothing about its content; name it after what it does")
        if GENERATED.search(name):
            self.complain(name, "generated code is not committed")

    def check_code(self, name: str, text: str) -> None:
        lines = text.splitlines()
        self.check_length(name, name, len(lines), MAX_FILE_LINES, self.long_files)
        for number, line in enumerate(lines, start=1):
            where = f"{name}:{number}"
            if "\t" in line:
                self.complain(where, "tab; use spaces, or \\t in a literal")
            if len(line) > MAX_WIDTH and "http" not in line:
                self.complain(where, f"{len(line)} columns, at most {MAX_WIDTH}")
            if OPEN_END.search(line):
                self.complain(where, "open end without an issue number; write it as TO" "DO(#12)")
        if re.match(r"(//|#|/\*).*[Gg]enerated by (the )?protocol buffer compiler", text):
            self.complain(name, "generated code is not committed")
        if name.endswith(".h") and "#pragma once" not in lines:
            self.complain(name, "no #pragma once")
        if pathlib.PurePath(name).suffix in CPP or name.endswith(".py"):
            self.check_functions(name, text)

    def check_functions(self, name: str, text: str) -> None:
        for function, first, count in python_functions(text) if name.endswith(".py") else cpp_functions(text):
            self.functions += 1
            self.check_length(f"{name}:{function}", f"{name}:{first}: {function}", count, MAX_FUNCTION_LINES,
                              self.long_functions)

    def check_length(self, key: str, where: str, count: int, limit: int, allowed: dict[str, int]) -> None:
        if count <= limit:
            return
        self.used.add(key)
        if count > allowed.get(key, limit):
            self.complain(where, f"{count} lines, at most {allowed.get(key, limit)}; split it by what it does")

    def check_readmes(self) -> None:
        """Each library and service with code has a README that is short and names only files that exist."""
        for folder in sorted({library_of(name) for name in self.files} - {""}):
            own = [name for name in self.files if name.startswith(folder + "/")]
            readme = f"{folder}/README.md"
            if readme not in own:
                if any(pathlib.PurePath(name).suffix in CPP for name in own):
                    self.complain(readme, "is missing")
                continue
            text = (self.root / readme).read_text()
            if len(text.splitlines()) > MAX_README_LINES:
                self.complain(readme, f"{len(text.splitlines())} lines, at most {MAX_README_LINES}")
            for quoted, linked in PATH_IN_README.findall(text):
                target = quoted or linked
                if "://" not in target and not self.exists(folder, own, target):
                    self.complain(readme, f"names {target}, which does not exist")

    def exists(self, folder: str, own: list[str], target: str) -> bool:
        """A path may be given from the library, its include, src or tests folder, or the repository; or as a name."""
        if "/" not in target.rstrip("/") and any(pathlib.PurePath(name).name == target for name in own):
            return True
        bases = [self.root / folder, self.root, self.root / "libs", self.root / "libs/domain", self.root / "proto"]
        bases += list((self.root / folder).glob("include/mainstay/*")) + [self.root / folder / "include"]
        for library in [*self.root.glob("libs/*"), *self.root.glob("libs/domain/*")]:
            bases += [library / "include", library / "include/mainstay"]
        for base in bases + [self.root / folder / "src", self.root / folder / "tests"]:
            if "*" in target:
                if any(base.glob(target.lstrip("/"))):
                    return True
            elif (base / target).exists():
                return True
        return False


def library_of(name: str) -> str:
    """The folder of the library or service a file belongs to, or an empty string."""
    parts = pathlib.PurePath(name).parts
    if parts[0] not in ("libs", "services"):
        return ""
    depth = 3 if parts[:2] == ("libs", "domain") else 2
    return "/".join(parts[:depth]) if len(parts) > depth else ""


def main() -> int:
    tidy = Tidy(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    complaints = tidy.run()
    summary = f"{len(tidy.files)} files, {tidy.functions} functions, {len(complaints)} complaints"
    print("\n".join(complaints + [summary]))
    if not tidy.files or not tidy.functions:
        print("nothing was checked: is this the repository?")
        return 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
