"""Locks the default keyring, as a desktop does after a while."""

import contextlib

import secretstorage

with contextlib.closing(secretstorage.dbus_init()) as bus:
    secretstorage.get_default_collection(bus).lock()
