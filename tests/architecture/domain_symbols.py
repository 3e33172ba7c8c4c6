#!/usr/bin/env python3
"""Symbol check: what the domain archives call, by `nm -uC`, holds no clock, environment, randomness, thread or I/O.

Catches what no include shows: `std::chrono::system_clock::now()` needs only <chrono>, which the domain uses.
Usage: domain_symbols.py ARCHIVE... Prints each forbidden symbol; exit 1 if any, or if an archive holds no symbols.
"""

import re
import subprocess
import sys

FORBIDDEN = [
    ("clock", r"std::chrono::_V2::(system|steady)_clock::now|^(time|gettimeofday|clock_gettime|timespec_get|clock|"
              r"localtime(_r)?|gmtime(_r)?|mktime|tzset)(@|$)"),
    ("zone database", r"date::(locate_zone|current_zone|get_tzdb|reload_tzdb|get_leap_second_info)"),
    ("environment", r"^(secure_)?getenv(@|$)|^(set|put|unset)env(@|$)|^setlocale(@|$)"),
    ("randomness", r"std::random_device|^s?rand(_r)?(@|$)|^s?random(_r)?(@|$)|^(getrandom|getentropy|arc4random)(@|$)"),
    ("thread", r"^pthread_|^std::thread::|std::condition_variable|std::this_thread|^(nano|u)?sleep(@|$)|std::future"),
    ("file", r"^(fopen|fopen64|open|open64|openat|creat|mkstemp|fread|fwrite|read|write|stat|unlink)"
             r"(@|$)|std::basic_(i|o)?fstream|std::basic_filebuf|std::filesystem"),
    ("console or log", r"std::(cout|cerr|clog|cin)(@|$)|std::ios_base::Init|spdlog::|"
                       r"^(f?printf|vf?printf|puts|putchar|fputs|fputc|perror|syslog|std(out|err|in)|"
                       r"__v?f?printf_chk)(@|$)"),
    ("process or network", r"^(system|popen|fork|execv.*|socket|connect|bind|getaddrinfo)(@|$)"),
]


def forbidden_symbols(path: str) -> tuple[list[str], int]:
    """Returns the complaints about one archive or object, and how many undefined symbols it has at all."""
    listing = subprocess.run(["nm", "-uC", path], capture_output=True, text=True)
    complaints, count = [], 0
    if listing.returncode != 0:
        complaints.append(f"{path}: nm failed: {listing.stderr.strip()}")
    for line in listing.stdout.splitlines():
        match = re.match(r"\s+[Uuvw] (.+)$", line)
        if not match:
            continue
        count += 1
        for kind, pattern in FORBIDDEN:
            if re.search(pattern, match[1]):
                complaints.append(f"{path}: {kind}: {match[1]}")
    return complaints, count


def main() -> int:
    complaints: list[str] = []
    for path in sys.argv[1:]:
        found, count = forbidden_symbols(path)
        complaints += found or ([] if count else [f"{path}: no undefined symbols at all; was it built?"])
        print(f"{path}: {count} undefined symbols, {len(found)} forbidden")
    if len(sys.argv) < 2:
        complaints.append("no archive given")
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
