"""A provider that sends its token response one byte a second, for ever."""

import time

from hostile import Hostile
from web import Answer


def body():
    yield b"{"
    while True:
        time.sleep(1)
        yield b" "


server = Hostile()
server.lie(**server.own_provider())
server.route("/token", lambda _request: Answer(body=body(), headers={"Content-Type": "application/json"}))
server.run()
