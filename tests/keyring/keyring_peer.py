"""The keyring as flytekit reads and writes it, and as the Secret Service has it: one JSON request a line, one answer a line."""

import contextlib
import json
import sys
from typing import Any

import keyring
import secretstorage
from keyring.backends import SecretService

# Not the one that a configuration, or the lack of a keyring, would choose.
keyring.set_keyring(SecretService.Keyring())


def answer(request: dict[str, Any], bus: Any) -> Any:
    name = (request["service"], request["user"]) if "service" in request else ()
    match request["action"]:
        case "get":
            return keyring.get_password(*name)
        case "set":
            return keyring.set_password(*name, request["secret"])
        case "delete":
            return keyring.delete_password(*name)
        case "items":
            found = secretstorage.search_items(bus, {"service": name[0], "username": name[1]})
            return [{"attributes": item.get_attributes(), "secret": item.get_secret().decode()} for item in found]
        case "create":
            attributes = {"service": name[0], "username": name[1], **request["attributes"]}
            collection = secretstorage.get_default_collection(bus)
            collection.create_item("another item", attributes, request["secret"].encode(), replace=False)
            return None
        case "lock":
            return secretstorage.get_default_collection(bus).lock()
    raise ValueError(request["action"])


with contextlib.closing(secretstorage.dbus_init()) as bus:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), bus)), flush=True)
