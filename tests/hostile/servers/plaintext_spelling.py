"""Somebody on the network, where the server of a login with TLS is now asked without."""

from hostile import Hostile

Hostile("flyte.test").run(tls=False)
