"""A host with a website and a gRPC server at the same ports, as behind an ingress: 443 with TLS or without it, and
80."""

import asyncio
import os
import ssl
import threading

from network import ADDRESSES
from web import Site

HTTP2 = b"PRI"


class Origin:
    """Where both are reached."""

    def __init__(self, host: str, site: Site, grpc_port: int | None, tls: bool = True) -> None:
        self.host = host
        self.tls = tls
        self.ports = {True: grpc_port, False: site.server_port}
        self.site = site

    def start(self) -> None:
        """Returns when it listens."""
        threading.Thread(target=self.site.serve_forever, daemon=True).start()
        listening = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(listening)), daemon=True).start()
        if not listening.wait(timeout=30):
            raise RuntimeError(f"{self.host} does not listen")

    async def serve(self, listening: threading.Event) -> None:
        address = ADDRESSES[self.host]
        async with (
            await asyncio.start_server(self.connection, address, 443, ssl=context() if self.tls else None),
            await asyncio.start_server(self.connection, address, 80),
        ):
            listening.set()
            await asyncio.Event().wait()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            beginning = await reader.readexactly(len(HTTP2))
            behind, there = await asyncio.open_connection("127.0.0.1", self.ports[beginning == HTTP2])
            there.write(beginning)
            await asyncio.gather(pass_on(reader, there), pass_on(behind, writer))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()


def context() -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(os.environ["HOSTILE_CERTIFICATE"])
    tls.set_alpn_protocols(["h2", "http/1.1"])
    return tls


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
