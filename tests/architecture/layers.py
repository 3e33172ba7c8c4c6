"""The layer table (cmake/layers.txt), read for the include scan. The link check reads the same file."""

import pathlib
import re


def read_layers(path: pathlib.Path) -> dict[str, set[str]]:
    """Returns what each layer may use, groups (@x) expanded. Raises ValueError on a line it does not understand."""
    groups: dict[str, set[str]] = {}
    layers: dict[str, set[str]] = {}
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        rule = re.fullmatch(r"(@?[a-z_]+) *: *(.+)", line)
        if not rule:
            raise ValueError(f"{path}: not a rule: {line}")
        allowed: set[str] = set()
        for word in rule[2].split():
            allowed |= groups[word] if word.startswith("@") else {word}
        (groups if rule[1].startswith("@") else layers)[rule[1]] = allowed
    return layers
