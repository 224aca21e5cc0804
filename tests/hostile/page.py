"""The table for those who read about it."""

from pathlib import Path

from attacks import Attack
from first_design import FIRST_DESIGN

FILE = Path(__file__).parent.parent.parent / "docs/hostile-servers.md"
BEGIN, END = "<!-- table: {} -->\n", "<!-- end of table -->\n"
HEAD = """| hostile server | what it does | flytekit 1.16.31 gives away | this project's client gives away | its first design gave away |
|---|---|---|---|---|
"""
# By whether the attack is defended against.
TABLES = {True: "defended", False: "not defended"}

Row = tuple[Attack, str, str]


class Page:
    """What it is to say."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.text = FILE.read_text() if FILE.exists() else ""

    def write(self) -> None:
        for defended, name in TABLES.items():
            before, _, rest = self.text.partition(BEGIN.format(name))
            _, _, after = rest.partition(END)
            self.text = before + BEGIN.format(name) + self.table(defended) + END + after
        FILE.write_text(self.text)

    def table(self, defended: bool) -> str:
        return HEAD + "".join(line(*row) for row in self.rows if row[0].defended == defended)

    def complaints(self) -> list[str]:
        """What it says of this project's client that is not so."""
        said = {(name, title, ours) for name, title, _theirs, ours, _before in self.cells()}
        wanted = {(attack.name, attack.title, ours) for attack, _theirs, ours in self.rows if attack.defended}
        wanted |= {row for row in said if row[0] in {attack.name for attack, *_ in self.rows if not attack.defended}}
        return [f"{FILE.name} differs: {row[0]}; write it anew with `--write`" for row in sorted(said ^ wanted)]

    def print_news(self) -> None:
        """What is not as the page says, and nothing to complain about."""
        said = {name: cells for name, *cells in self.cells()}
        for attack, theirs, ours in self.rows:
            if attack.name in said and said[attack.name][1] != theirs:
                print(f"news: {attack.name}: flytekit gives away {theirs}, and not {said[attack.name][1]}")
            if not attack.defended and attack.name in said and said[attack.name][2] != ours:
                print(f"news: {attack.name}: this project's client gives away {ours}, and not {said[attack.name][2]}")

    def cells(self) -> list[list[str]]:
        """Of the tables' rows."""
        lines = [line.strip("|\n").split("|") for line in self.text.splitlines() if line.startswith("| `")]
        return [[cell.strip().strip("`") for cell in cells] for cells in lines]


def line(attack: Attack, theirs: str, ours: str) -> str:
    return f"| `{attack.name}` | {attack.title} | {theirs} | {ours} | {FIRST_DESIGN[attack.name]} |\n"
