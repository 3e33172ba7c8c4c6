"""docs/owner-session.md says what its commands print: each is run, in their order, on a directory of its own.

`owner_session_test.py --write` writes what they print now into the page, with rows left out where it leaves them out.
"""

import os
import re
import shlex
import subprocess
import sys
import unittest

from mainstay_binary import BINARY, SOURCE, SystemTest, environment

PAGE = SOURCE / "docs" / "owner-session.md"
BLOCK = re.compile(r"^```\n\$ (mainstay .*)\n((?:.*\n)*?)```$", re.M)
LEFT_OUT = "..."


def pieces(lines):
    """What stands between the rows left out."""
    parts = [[]]
    for line in lines:
        if line == LEFT_OUT:
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def place(part, lines, begin):
    """Where a piece stands, judged by the first word of its first line; so an old page finds its rows in new output."""
    word = part[0].split()[:1]
    return next((i for i in range(begin, len(lines)) if lines[i].split()[:1] == word), None)


def shortened(lines, page_lines):
    """`lines` with rows left out as the page does."""
    parts = pieces(page_lines)
    if len(parts) == 1:
        return lines
    kept = lines[:len(parts[0])]
    at = len(kept)
    for part in parts[1:-1]:
        begin = place(part, lines, at)
        if begin is None:
            continue
        kept += [LEFT_OUT, *lines[begin:begin + len(part)]]
        at = begin + len(part)
    return [*kept, LEFT_OUT, *lines[len(lines) - len(parts[-1]):]]


def run(command, folder):
    arguments = [str(SOURCE / word) if word.startswith("examples/") else word for word in shlex.split(command)[1:]]
    told = subprocess.run([BINARY, *arguments], cwd=folder, capture_output=True, text=True, env=environment())
    return told, [line.rstrip() for line in told.stdout.splitlines()]


class OwnerSession(SystemTest):
    def test_each_command_prints_what_the_page_says(self):
        os.makedirs(self.directory / "var")
        blocks = BLOCK.findall(PAGE.read_text())
        self.assertGreater(len(blocks), 10)
        for command, output in blocks:
            with self.subTest(command):
                told, lines = run(command, self.directory)
                self.assertEqual((told.returncode, told.stderr if output else ""), (0, ""))
                expected = output.splitlines()
                if expected:
                    self.assertEqual(shortened(lines, expected), expected)

    def test_a_changed_number_is_seen(self):
        lines = ["a 1", "b 2", "c 3", "d 4"]
        self.assertEqual(shortened(lines, ["a 1", "...", "c 3", "...", "d 4"]), ["a 1", "...", "c 3", "...", "d 4"])
        self.assertNotEqual(shortened(lines, ["a 1", "...", "d 5"]), ["a 1", "...", "d 5"])
        self.assertNotEqual(shortened(lines, ["a 1", "c 3", "...", "d 4"]), ["a 1", "c 3", "...", "d 4"])


def write():
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "var"))

        def renewed(block):
            _, lines = run(block[1], folder)
            page_lines = block[2].splitlines()
            kept = shortened(lines, page_lines) if page_lines else []
            return f"```\n$ {block[1]}\n" + "".join(line + "\n" for line in kept) + "```"

        PAGE.write_text(BLOCK.sub(renewed, PAGE.read_text()))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        unittest.main()
