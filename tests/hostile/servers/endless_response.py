"""A provider whose token response has no end. It sends a quarter of a gigabyte and then waits."""

import time

from hostile import Hostile
from told import tell
from web import Answer

PIECE = b" " * 65536
PIECES = 4096


def body():
    sent = 0
    try:
        for _ in range(PIECES):
            yield PIECE
            sent += len(PIECE)
    finally:
        tell(sent=sent)
    time.sleep(3600)


server = Hostile()
server.lie(**server.own_provider())
server.route("/token", lambda _request: Answer(body=body(), headers={"Content-Type": "application/json"}))
server.run()
