"""The test service behind Python's grpcio. Says `ready <port>` when it listens."""

import base64
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "grpc.testing.TestService"

pool = descriptor_pool.DescriptorPool()
with open(sys.argv[1], "rb") as descriptors:
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptors.read()).file:
        pool.Add(file)


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"grpc.testing.{name}"))


class Gate:
    """Lets in tokens of a number that was not revoked. Nobody here checks signatures."""

    oldest = 0

    def admits(self, authorization):
        parts = (authorization or "").removeprefix("Bearer ").split(".")
        if len(parts) != 3:
            return False
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return json.loads(payload)["epoch"] >= self.oldest


gate = Gate()


def check(requests, context):
    """Rejects whoever has no good token, at the moment that the caller asks for."""
    metadata = dict(context.invocation_metadata())
    if gate.admits(metadata.get("authorization")):
        return
    reject = metadata.get("reject")
    if reject == "late":
        context.send_initial_metadata(())
    elif reject == "message" and requests is not None:
        next(requests)
    context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token counts no longer")


def payload(response, size):
    return message(response)(payload={"body": bytes(size)})


def unary(request, context):
    check(None, context)
    return payload("SimpleResponse", request.response_size)


def output(request, context):
    check(None, context)
    for parameters in request.response_parameters:
        yield payload("StreamingOutputCallResponse", parameters.size)


def input(requests, context):
    check(requests, context)
    total = sum(len(request.payload.body) for request in requests)
    return message("StreamingInputCallResponse")(aggregated_payload_size=total)


def duplex(requests, context):
    check(requests, context)
    for request in requests:
        for parameters in request.response_parameters:
            yield payload("StreamingOutputCallResponse", parameters.size)


def handler(kind, behavior, request):
    return kind(
        behavior,
        request_deserializer=message(request).FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )


handlers = {
    "UnaryCall": handler(grpc.unary_unary_rpc_method_handler, unary, "SimpleRequest"),
    "StreamingOutputCall": handler(grpc.unary_stream_rpc_method_handler, output, "StreamingOutputCallRequest"),
    "StreamingInputCall": handler(grpc.stream_unary_rpc_method_handler, input, "StreamingInputCallRequest"),
    "FullDuplexCall": handler(grpc.stream_stream_rpc_method_handler, duplex, "StreamingOutputCallRequest"),
}

# Each call holds a thread, as servers with grpcio do.
server = grpc.server(ThreadPoolExecutor(max_workers=64))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"ready {port}", flush=True)

for line in sys.stdin:
    if line.startswith("revoke "):
        gate.oldest = int(line.removeprefix("revoke "))
        print("revoked", flush=True)
server.stop(None)
