"""A Flyte server as far as its callers have to do with it: who logs in where, and one call that wants a login."""

import concurrent.futures
from collections.abc import Callable

import grpc
from flyteidl.admin import project_pb2
from flyteidl.service import admin_pb2_grpc, auth_pb2, auth_pb2_grpc

# By the token of a call (or none): the project that is listed, or the message of its rejection.
Judge = Callable[[str | None], tuple[bool, str]]


class AuthMetadata(auth_pb2_grpc.AuthMetadataServiceServicer):
    """What the server says about logging in."""

    def __init__(self, metadata: dict, client: dict) -> None:
        self.metadata, self.client = metadata, client

    def GetOAuth2Metadata(self, request, context):
        return auth_pb2.OAuth2MetadataResponse(**self.metadata)

    def GetPublicClientConfig(self, request, context):
        return auth_pb2.PublicClientAuthConfigResponse(**self.client)


class Admin(admin_pb2_grpc.AdminServiceServicer):
    """The control plane."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def ListProjects(self, request, context):
        metadata = dict(context.invocation_metadata())
        scheme, _, token = metadata.get("flyte-authorization", "").partition(" ")
        accepted, words = self.judge(token if scheme == "Bearer" else None)
        if not accepted:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, words)
        return project_pb2.Projects(projects=[project_pb2.Project(id=words, name=words)])


def start(metadata: dict, client: dict, judge: Judge) -> int:
    """The port at which it listens without TLS."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor())
    auth_pb2_grpc.add_AuthMetadataServiceServicer_to_server(AuthMetadata(metadata, client), server)
    admin_pb2_grpc.add_AdminServiceServicer_to_server(Admin(judge), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    # It lives as long as somebody holds it.
    start.running = server
    return port
