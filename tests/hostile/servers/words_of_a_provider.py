"""A provider whose device login shows a page and a code with control characters in them."""

from hostile import BAIT_CODE, Hostile
from web import as_json

server = Hostile()
server.lie(**server.own_provider())
server.route(
    "/device",
    lambda _request: as_json(
        {
            "device_code": BAIT_CODE,
            "user_code": "AB\x1b[2J\x1b]0;owned\x07CD",
            "verification_uri": server.url("/activate\x1b[31m\u202e"),
            "expires_in": 600,
            "interval": 1,
        }
    ),
)
server.run()
