"""A network of its own for each case: names below `.test` lead to addresses that no machine has, and nothing leads
out."""

import fcntl
import os
import socket
import struct
import subprocess
from pathlib import Path

# RFC 5737 keeps these addresses, RFC 6761 these names, out of the Internet. None is on the loopback interface as far
# as a client knows.
ADDRESSES = {
    "idp.test": "192.0.2.1",
    "flyte.test": "192.0.2.2",
    "evil.test": "192.0.2.3",
    "thief.test": "192.0.2.4",
}
SET_FLAGS, SET_ADDRESS, SET_NETMASK = 0x8914, 0x8916, 0x891C
UP = 1


def enter(folder: Path) -> None:
    """Sets up a network namespace that is still empty. Whoever calls this is root in it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
        for number, address in enumerate(ADDRESSES.values()):
            name = f"lo:{number + 1}".encode()
            for request, value in [(SET_ADDRESS, address), (SET_NETMASK, "255.255.255.255")]:
                ipv4 = struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(control, request, ipv4)
    # Everybody may listen at the ports that servers have.
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")
    lines = ["127.0.0.1 localhost", *(f"{address} {host}" for host, address in ADDRESSES.items())]
    replace("/etc/hosts", folder / "hosts", "\n".join(lines) + "\n")
    replace("/etc/resolv.conf", folder / "resolv.conf", "")


def replace(path: str, by: Path, text: str) -> None:
    """In this mount namespace alone."""
    by.write_text(text)
    by.chmod(0o644)
    subprocess.run(["mount", "--bind", by, os.path.realpath(path)], check=True)
