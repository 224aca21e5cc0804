"""Prints what a coverage report says of each crate, and the lines that no test runs in files below 90 %."""

import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The longer path first.
CRATES = ["auth-macros/expansion", "auth-macros", "auth-runtime", "build-support"]
KINDS = ["lines", "regions", "branches"]
ENOUGH = 90


def main(report):
    files = {}
    for file in json.loads(Path(report).read_text())["data"][0]["files"]:
        path = Path(file["filename"])
        if path.is_relative_to(ROOT):
            files[path.relative_to(ROOT)] = file
    for crate in CRATES:
        counts = Counter()
        for path, file in files.items():
            if crate == next((crate for crate in CRATES if path.is_relative_to(f"{crate}/src")), None):
                for kind in KINDS:
                    counts[kind, "count"] += file["summary"][kind]["count"]
                    counts[kind, "covered"] += file["summary"][kind]["covered"]
        parts = (f"{kind} {share(counts[kind, 'covered'], counts[kind, 'count'])}" for kind in KINDS)
        print(f"{crate:<24}", *parts, sep="  ")
    for path, file in sorted(files.items()):
        if any(path.is_relative_to(f"{crate}/src") for crate in CRATES):
            lines = file["summary"]["lines"]
            if lines["percent"] < ENOUGH:
                print(f"\n{path}: {share(lines['covered'], lines['count'])}")
                source = (ROOT / path).read_text().splitlines()
                for line in sorted(missed(file["segments"], source)):
                    print(f"{line:>5}  {source[line - 1]}")


def share(covered, count):
    return f"{covered}/{count} ({100 * covered / count:.1f} %)" if count else "none"


def missed(segments, source):
    """The lines of regions that never ran. A segment is [line, column, count, has count, is entry, is gap]."""
    lines = set()
    for (line, _, count, counted, _, gap), (end_line, end_column, *_) in zip(segments, segments[1:]):
        if counted and not count and not gap:
            lines.update(range(line, end_line))
            # Of the last line only what stands before the region's end.
            if source[end_line - 1][: end_column - 1].strip(" })];,"):
                lines.add(end_line)
    return lines


main(sys.argv[1])
