"""flytekit, as far as its own configuration goes: lists the projects, or forgets the login."""

import sys

from flytekit.clients.auth.keyring import KeyringStore
from flytekit.clients.friendly import SynchronousFlyteClient
from flytekit.configuration import PlatformConfig

platform = PlatformConfig.auto()
if "logout" in sys.argv:
    KeyringStore.delete(platform.endpoint)
    sys.exit()
projects, _token = SynchronousFlyteClient(platform).list_projects_paginated(limit=100, token="")
for project in projects:
    print(project.id)
