"""flytekit, as far as its own configuration goes: lists the projects."""

from flytekit.clients.friendly import SynchronousFlyteClient
from flytekit.configuration import PlatformConfig

projects, _token = SynchronousFlyteClient(PlatformConfig.auto()).list_projects_paginated(limit=100, token="")
for project in projects:
    print(project.id)
