"""Whoever wrote the files of the working directory: they name this server, with a provider all of its own."""

from hostile import Hostile

server = Hostile()
server.lie(**server.own_provider())
server.run()
