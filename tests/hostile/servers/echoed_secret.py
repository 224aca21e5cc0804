"""A provider that repeats in its error what it was sent, for those who read logs."""

from hostile import Hostile
from web import as_json


def echo(request):
    words = f"the secret {request.basic[1]} is wrong ({request.headers['authorization']})"
    return as_json({"error": "invalid_request", "error_description": words}, 400)


server = Hostile()
server.lie(**server.own_provider())
server.route("/token", echo)
server.run()
