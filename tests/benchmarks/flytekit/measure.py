"""Unary calls of 64 bytes over loopback: grpcio's bare channel against flytekit's AuthUnaryInterceptor.

    measure.py ADDRESS [SECONDS]

Each round makes a batch of calls with either, in an order that is shuffled anew; the ratio is taken within the round.
"""

import random
import statistics
import sys
import time

import grpc
from flytekit.clients.auth.authenticator import Authenticator
from flytekit.clients.auth.keyring import Credentials
from flytekit.clients.grpc_utils.auth_interceptor import AuthUnaryInterceptor

# As many bytes as a real JWT has.
TOKEN = "eyJhbGciOiJSUzI1NiJ9." + "a" * (1536 - 21)
# A `Payload` whose field 1 holds 64 bytes; bytes in, bytes out, so that no message class is measured.
PAYLOAD = b"\x0a\x40" + b"x" * 64
CALLS = 100


class GoodToken(Authenticator):
    def refresh_credentials(self) -> None:
        sys.exit("a good token was rejected")


def main(address: str, seconds: float) -> None:
    authenticator = GoodToken(address, "authorization", Credentials(TOKEN))
    bare, wrapped = grpc.insecure_channel(address), grpc.insecure_channel(address)
    wrapped = grpc.intercept_channel(wrapped, AuthUnaryInterceptor(lambda: authenticator))
    calls = {"bare": bare.unary_unary("/load.v1.Load/Echo"), "flytekit": wrapped.unary_unary("/load.v1.Load/Echo")}
    for call in calls.values():
        assert call(PAYLOAD) == PAYLOAD
    rounds = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        taken = {}
        for name in random.sample(sorted(calls), len(calls)):
            start = time.perf_counter()
            for _ in range(CALLS):
                calls[name](PAYLOAD)
            taken[name] = (time.perf_counter() - start) / CALLS
        rounds.append(taken)
    print("| client | time a call | to bare grpcio |\n|---|---|---|")
    for name in calls:
        median = statistics.median(taken[name] for taken in rounds)
        ratio = statistics.median(taken[name] / taken["bare"] for taken in rounds)
        print(f"| {name} | {median * 1e6:.0f} us | {ratio:.3f} |")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 10)
