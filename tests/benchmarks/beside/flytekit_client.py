"""grpcio as a client of the comparison, bare or with flytekit's interceptor.

    flytekit_client.py grpcio|flytekit ADDRESS KEY TOKEN

Says `ready`, and answers `CALLERS CALLS` with nanoseconds on the clock and of the processor.
"""

import sys
import threading
import time

import grpc
from flytekit.clients.auth.authenticator import Authenticator
from flytekit.clients.auth.keyring import Credentials
from flytekit.clients.grpc_utils.auth_interceptor import AuthUnaryInterceptor

# A `Payload` whose field 1 holds 64 bytes; bytes in, bytes out, so that no message class is measured.
PAYLOAD = b"\x0a\x40" + b"x" * 64


class GoodToken(Authenticator):
    def refresh_credentials(self) -> None:
        sys.exit("a good token was rejected")


def main(variant: str, address: str, key: str, token: str) -> None:
    channel = grpc.insecure_channel(address)
    if variant == "flytekit":
        authenticator = GoodToken(address, key, Credentials(token))
        channel = grpc.intercept_channel(channel, AuthUnaryInterceptor(lambda: authenticator))
    call = channel.unary_unary("/load.v1.Load/Echo")
    assert call(PAYLOAD) == PAYLOAD

    def repeat(calls: int) -> None:
        for _ in range(calls):
            call(PAYLOAD)

    print("ready", flush=True)
    for line in sys.stdin:
        callers, calls = map(int, line.split())
        threads = [threading.Thread(target=repeat, args=[calls // callers]) for _ in range(callers)]
        begun, processor = time.perf_counter_ns(), time.process_time_ns()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(time.perf_counter_ns() - begun, time.process_time_ns() - processor, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
