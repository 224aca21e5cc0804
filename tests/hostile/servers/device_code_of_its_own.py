"""Has begun a device login at the honest provider for itself, and shows that login's page and code as its own."""

import threading
import time

import at_provider
from hostile import BAIT_CODE, Hostile
from provider import DEVICE_CODE, PUBLIC_CLIENT
from web import as_json

server = Hostile()
server.lie(**server.own_provider())


def device(_request):
    login = at_provider.begin_device_login()
    form = {"grant_type": DEVICE_CODE, "client_id": PUBLIC_CLIENT, "device_code": login["device_code"]}
    threading.Thread(target=wait_for_the_person, args=(form,), daemon=True).start()
    return as_json(login | {"device_code": BAIT_CODE})


def wait_for_the_person(form: dict[str, str]) -> None:
    while not server.redeem("the person's agreement", form):
        time.sleep(0.2)


server.route("/device", device)
server.route("/token", lambda _request: as_json({"error": "authorization_pending"}, 400))
server.run()
