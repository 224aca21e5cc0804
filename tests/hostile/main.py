"""Each hostile server against each client: who gives away what.

Fails if this project's client gives away what is defended, if the honest set-up of the same shape does not log in, or
if `docs/hostile-servers.md` says something else of this project's client. What other clients do is printed."""

import argparse
import concurrent.futures
import os
import sys

from arena import Arena, Outcome
from attacks import ATTACKS
from page import Page

OURS, THEIRS = "this project's", "flytekit"


def complaints(attack, client: str, honest: Outcome, attacked: Outcome) -> list[str]:
    """What must not be."""
    found = [outcome.failed for outcome in [honest, attacked] if outcome.failed]
    found += [f"the honest set-up gives away: {leak}" for leak in honest.leaks]
    if client == OURS and attack.defended:
        found += [f"gives away: {leak}" for leak in attacked.leaks]
    return [f"{attack.name}, {client} client: {complaint}" for complaint in found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="this project's client")
    parser.add_argument("--write", action="store_true", help="write the table into the page")
    parser.add_argument("--attack", action="append", help="only this one; may be repeated")
    parser.add_argument("--other", action="append", default=[], metavar="NAME=PROGRAM", help="one more client to try")
    parser.add_argument("--verbose", action="store_true", help="show what clients write")
    arguments = parser.parse_args()
    attacks = [attack for attack in ATTACKS if not arguments.attack or attack.name in arguments.attack]
    clients = {THEIRS: THEIRS, OURS: arguments.program} | dict(other.split("=", 1) for other in arguments.other)

    arena, bad, columns = Arena(), [], {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        cases = [
            (attack, client, *(pool.submit(arena.fight, attack, program, honest) for honest in [True, False]))
            for attack in attacks
            for client, program in clients.items()
        ]
        for attack, client, *outcomes in cases:
            honest, attacked = (outcome.result() for outcome in outcomes)
            columns[attack.name, client] = attacked.in_words()
            bad += complaints(attack, client, honest, attacked)
            print(f"{attack.name:<28} {client:<16} {attacked.in_words()}", flush=True)
            if arguments.verbose:
                print(honest.output, attacked.output, sep="\n---\n")

    page = Page([(attack, columns[attack.name, THEIRS], columns[attack.name, OURS]) for attack in attacks])
    if arguments.write:
        page.write()
    elif not arguments.attack:
        page.print_news()
        bad += page.complaints()
    for complaint in bad:
        print(complaint)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
