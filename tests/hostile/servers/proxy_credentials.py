"""A provider at a host that nobody but the server names: it looks for what is meant for a proxy."""

from hostile import Hostile

server = Hostile()
elsewhere = {name: url.replace(server.host, "thief.test") for name, url in server.own_provider().items()}
server.publish(**elsewhere)
server.lie(**elsewhere)
server.run({"thief.test": server.site})
