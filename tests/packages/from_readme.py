#!/usr/bin/env python3
"""Writes the files that a README shows into a folder.

    from_readme.py README FOLDER    # prints their paths

A block of code belongs to a file if its first line is a comment that is a path: `// src/main.rs`, `# Cargo.toml`.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^```\w+\n(?://|#) (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def main(readme: str, folder: str) -> None:
    blocks = BLOCK.findall(pathlib.Path(readme).read_text())
    if not blocks:
        sys.exit(f"{readme} shows no file")
    for path, text in blocks:
        file = pathlib.Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
