"""One entry of the keyring, as flytekit reads and writes it: `entry.py get|set|delete SERVICE USER`.

Secrets go in and out as JSON on the standard streams, `null` for none.
"""

import json
import sys

import keyring
from keyring.backends import SecretService

# Not the one that a configuration, or the lack of a keyring, would choose.
keyring.set_keyring(SecretService.Keyring())

action, service, user = sys.argv[1:]
if action == "get":
    json.dump(keyring.get_password(service, user), sys.stdout)
elif action == "set":
    keyring.set_password(service, user, json.load(sys.stdin))
elif action == "delete":
    keyring.delete_password(service, user)
else:
    sys.exit(f"unknown action: {action}")
