"""A Flyte that was taken over, with a provider all of its own: nothing in what it says contradicts itself."""

from hostile import Hostile

server = Hostile("flyte.test")
server.lie(**server.own_provider())
server.run()
