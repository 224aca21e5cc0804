"""A Flyte server made from FlyteIDL, with a token endpoint of its own."""

import base64
import concurrent.futures
import contextlib
import http.server
import json
import secrets
import threading
import urllib.parse
from collections.abc import Iterator

import grpc
from flyteidl.admin import agent_pb2, execution_pb2, project_pb2, version_pb2
from flyteidl.core import execution_pb2 as core_execution_pb2
from flyteidl.core import identifier_pb2
from flyteidl.service import admin_pb2_grpc, agent_pb2_grpc, auth_pb2, auth_pb2_grpc

METADATA_KEY = "x-interop-authorization"
AUDIENCE = "https://flyte.interop.example"


class TokenEndpoint(http.server.ThreadingHTTPServer):
    """Issues tokens to one client and remembers what it was asked."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        super().__init__(("127.0.0.1", 0), TokenRequest)
        # As RFC 6749 section 2.3.1 has it: each part form-encoded, then joined.
        encoded = f"{urllib.parse.quote_plus(client_id)}:{urllib.parse.quote_plus(client_secret)}"
        self.expected = encoded
        self.tokens: set[str] = set()
        self.requests: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"


class TokenRequest(http.server.BaseHTTPRequestHandler):
    """One request for a token."""

    server: TokenEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parameters = dict(urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True))
        self.server.requests.append(parameters)
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        # The decoded parts are what counts: one character may be encoded in more than one way.
        given = [urllib.parse.unquote_plus(part) for part in base64.b64decode(credentials).decode().split(":")]
        wanted = [urllib.parse.unquote_plus(part) for part in self.server.expected.split(":")]
        if scheme != "Basic" or given != wanted:
            self.answer(401, {"error": "invalid_client"})
        elif parameters.get("grant_type") != "client_credentials":
            self.answer(400, {"error": "unsupported_grant_type"})
        else:
            token = secrets.token_urlsafe()
            self.server.tokens.add(token)
            self.answer(200, {"access_token": token, "token_type": "bearer", "expires_in": 600})

    def answer(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments) -> None:
        """Says nothing: the test's output is for the test's results."""


class Guard(grpc.ServerInterceptor):
    """Lets a call pass with a token of the endpoint's, or to the service that says how to get one."""

    def __init__(self, tokens: set[str]) -> None:
        self.tokens = tokens
        self.rejections = 0

    def intercept_service(self, continuation, call):
        handler = continuation(call)
        if call.method.startswith("/flyteidl.service.AuthMetadataService/"):
            self.let_no_token_pass(call)
            return handler
        metadata = dict(call.invocation_metadata)
        scheme, _, token = metadata.get(METADATA_KEY, "").partition(" ")
        if scheme == "Bearer" and token in self.tokens and "authorization" not in metadata:
            return handler
        self.rejections += 1
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self.reject_stream)
        return grpc.unary_unary_rpc_method_handler(self.reject)

    def let_no_token_pass(self, call) -> None:
        keys = {key for key, _ in call.invocation_metadata}
        if keys & {METADATA_KEY, "authorization", "flyte-authorization"}:
            raise RuntimeError("a token was sent to the service that is open to all")

    def reject(self, _request, context):
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "token parse error")

    def reject_stream(self, _request, context):
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "token parse error")
        yield


class AuthMetadata(auth_pb2_grpc.AuthMetadataServiceServicer):
    """Publishes the token endpoint, the key and the scopes."""

    def __init__(self, token_endpoint: str) -> None:
        self.token_endpoint = token_endpoint

    def GetOAuth2Metadata(self, request, context):
        return auth_pb2.OAuth2MetadataResponse(token_endpoint=self.token_endpoint)

    def GetPublicClientConfig(self, request, context):
        return auth_pb2.PublicClientAuthConfigResponse(
            client_id="flytectl", scopes=["all"], authorization_metadata_key=METADATA_KEY, audience=AUDIENCE
        )


class Admin(admin_pb2_grpc.AdminServiceServicer):
    """A control plane with more projects than fit on a page."""

    def GetVersion(self, request, context):
        version = version_pb2.Version(Build="python", Version="v1.16.8", BuildTime="today")
        return version_pb2.GetVersionResponse(control_plane_version=version)

    def ListProjects(self, request, context):
        if request.token == "":
            return project_pb2.Projects(projects=[self.project("first")], token="more")
        return project_pb2.Projects(projects=[self.project("second")])

    def project(self, name: str):
        domain = project_pb2.Domain(id="development", name="Development")
        return project_pb2.Project(id=name, name=name.title(), domains=[domain])

    def ListExecutions(self, request, context):
        identifier = identifier_pb2.WorkflowExecutionIdentifier(
            project=request.id.project, domain=request.id.domain, name="f0123"
        )
        spec = execution_pb2.ExecutionSpec(
            launch_plan=identifier_pb2.Identifier(name="train.pipeline"),
            metadata=execution_pb2.ExecutionMetadata(principal="somebody"),
        )
        closure = execution_pb2.ExecutionClosure(phase=core_execution_pb2.WorkflowExecution.SUCCEEDED)
        return execution_pb2.ExecutionList(
            executions=[execution_pb2.Execution(id=identifier, spec=spec, closure=closure)]
        )


class Agent(agent_pb2_grpc.AsyncAgentServiceServicer):
    """An agent with a log, of which it tells the older part as plain lines."""

    def GetTaskLogs(self, request, context):
        yield agent_pb2.GetTaskLogsResponse(header=agent_pb2.GetTaskLogsResponseHeader(token=""))
        old = agent_pb2.GetTaskLogsResponseBody(results=[f"log of {request.resource_meta.decode()}"])
        yield agent_pb2.GetTaskLogsResponse(body=old)
        line = agent_pb2.LogLine(message=f"a task of type {request.task_category.name}")
        yield agent_pb2.GetTaskLogsResponse(body=agent_pb2.GetTaskLogsResponseBody(structured_lines=[line]))


class PythonFlyte:
    """A running server."""

    def __init__(self, token_endpoint: TokenEndpoint) -> None:
        self.token_endpoint = token_endpoint
        self.guard = Guard(token_endpoint.tokens)
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(), interceptors=[self.guard])
        admin_pb2_grpc.add_AdminServiceServicer_to_server(Admin(), self.server)
        agent_pb2_grpc.add_AsyncAgentServiceServicer_to_server(Agent(), self.server)
        auth_pb2_grpc.add_AuthMetadataServiceServicer_to_server(AuthMetadata(token_endpoint.url), self.server)
        self.endpoint = f"http://127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"


@contextlib.contextmanager
def python_flyte(client_id: str, client_secret: str) -> Iterator[PythonFlyte]:
    with TokenEndpoint(client_id, client_secret) as token_endpoint:
        threading.Thread(target=token_endpoint.serve_forever, daemon=True).start()
        flyte = PythonFlyte(token_endpoint)
        flyte.server.start()
        try:
            yield flyte
        finally:
            flyte.server.stop(grace=None).wait()
            token_endpoint.shutdown()
