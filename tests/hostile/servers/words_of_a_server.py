"""Rejects each call with words that move the cursor, forge a line and turn the text around."""

from hostile import Hostile

CONTROL = "no\x1b[2J\x1b[1;1H\nerror: all is well\r\x07\x9b31m\u202egnp.exe"

server = Hostile()
if not server.honest:
    server.judge = lambda _token: (False, CONTROL)
server.run()
