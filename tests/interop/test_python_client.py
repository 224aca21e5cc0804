"""A Python client made from FlyteIDL talks to the example's server."""

import base64
import json
import unittest
import urllib.error
import urllib.parse
import urllib.request

import grpc
from flyteidl.admin import agent_pb2, common_pb2, execution_pb2, project_pb2, version_pb2
from flyteidl.core import identifier_pb2, literals_pb2, tasks_pb2
from flyteidl.service import admin_pb2_grpc, agent_pb2_grpc, auth_pb2, auth_pb2_grpc, identity_pb2, identity_pb2_grpc

from stand_in import CLIENT_ID, CLIENT_SECRET, StandIn, stand_in


def request_token(token_endpoint: str, client_id: str, secret: str, **parameters: str) -> dict:
    """RFC 6749 section 2.3.1: each part is form-encoded before HTTP Basic joins them."""
    encoded = f"{urllib.parse.quote_plus(client_id)}:{urllib.parse.quote_plus(secret)}"
    request = urllib.request.Request(
        token_endpoint,
        data=urllib.parse.urlencode(parameters).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(encoded.encode()).decode()},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


class PythonClient(unittest.TestCase):
    def use(self, *arguments: str) -> tuple[StandIn, grpc.Channel]:
        server = self.enterContext(stand_in("--token-lifetime", "600", *arguments))
        return server, self.enterContext(grpc.insecure_channel(server.target))

    def log_in(self, server: StandIn, channel: grpc.Channel, scope: str = "all") -> list[tuple[str, str]]:
        """What a Flyte client does: the server says which key carries the token and where to get one."""
        stub = auth_pb2_grpc.AuthMetadataServiceStub(channel)
        metadata = stub.GetOAuth2Metadata(auth_pb2.OAuth2MetadataRequest())
        self.assertEqual(metadata.token_endpoint, server.token_endpoint)
        client = stub.GetPublicClientConfig(auth_pb2.PublicClientAuthConfigRequest())
        self.assertEqual(client.authorization_metadata_key, "flyte-authorization")
        token = request_token(
            metadata.token_endpoint, CLIENT_ID, CLIENT_SECRET, grant_type="client_credentials", scope=scope
        )
        self.assertEqual((token["token_type"], token["expires_in"]), ("bearer", 599))
        return [(client.authorization_metadata_key, f"Bearer {token['access_token']}")]

    def test_control_plane(self) -> None:
        server, channel = self.use()
        metadata = self.log_in(server, channel)
        admin = admin_pb2_grpc.AdminServiceStub(channel)

        version = admin.GetVersion(version_pb2.GetVersionRequest(), metadata=metadata)
        self.assertEqual(version.control_plane_version.Build, "embedded")

        project = project_pb2.Project(id="interop", name="Interop", labels=common_pb2.Labels(values={"from": "python"}))
        admin.RegisterProject(project_pb2.ProjectRegisterRequest(project=project), metadata=metadata)
        (listed,) = admin.ListProjects(project_pb2.ProjectListRequest(), metadata=metadata).projects
        self.assertEqual((listed.id, listed.labels.values["from"]), ("interop", "python"))
        self.assertEqual([domain.id for domain in listed.domains], ["development", "staging", "production"])

        request = execution_pb2.ExecutionCreateRequest(
            project="interop",
            domain="development",
            spec=execution_pb2.ExecutionSpec(launch_plan=identifier_pb2.Identifier(name="train.pipeline", version="v1")),
        )
        created = admin.CreateExecution(request, metadata=metadata)
        get = execution_pb2.WorkflowExecutionGetRequest(id=created.id)
        execution = admin.GetExecution(get, metadata=metadata)
        self.assertEqual(execution.spec.launch_plan.name, "train.pipeline")
        self.assertEqual(execution.spec.metadata.principal, CLIENT_ID)

        end = execution_pb2.ExecutionTerminateRequest(id=created.id, cause="enough")
        admin.TerminateExecution(end, metadata=metadata)
        self.assertEqual(admin.GetExecution(get, metadata=metadata).closure.abort_metadata.cause, "enough")

        identity = identity_pb2_grpc.IdentityServiceStub(channel)
        claims = identity.UserInfo(identity_pb2.UserInfoRequest(), metadata=metadata).additional_claims
        self.assertEqual(claims["sub"], CLIENT_ID)

    def test_streams(self) -> None:
        server, channel = self.use()
        metadata = self.log_in(server, channel)

        logs = agent_pb2_grpc.AsyncAgentServiceStub(channel)
        request = agent_pb2.GetTaskLogsRequest(lines=3, task_category=agent_pb2.TaskCategory(name="training"))
        header, *bodies = logs.GetTaskLogs(request, metadata=metadata)
        self.assertEqual(header.header.token, "3")
        lines = [line.message for body in bodies for line in body.body.structured_lines]
        self.assertEqual(lines, ["epoch 0", "epoch 1", "epoch 2"])

        template = tasks_pb2.TaskTemplate(id=identifier_pb2.Identifier(name="echo"), type="echo")
        five = literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(integer=5)))
        inputs = literals_pb2.LiteralMap(literals={"n": five})
        messages = [
            agent_pb2.ExecuteTaskSyncRequest(header=agent_pb2.CreateRequestHeader(template=template)),
            agent_pb2.ExecuteTaskSyncRequest(inputs=inputs),
        ]
        agent = agent_pb2_grpc.SyncAgentServiceStub(channel)
        header, outputs = agent.ExecuteTaskSync(iter(messages), metadata=metadata)
        self.assertTrue(header.HasField("header"))
        self.assertEqual(outputs.outputs, inputs)

    def rejection(self, call, *arguments, **named) -> grpc.RpcError:
        with self.assertRaises(grpc.RpcError) as raised:
            call(*arguments, **named)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.UNAUTHENTICATED)
        return raised.exception

    def test_rejections_in_both_wire_shapes(self) -> None:
        for shape in ([], ["--late-rejections"]):
            with self.subTest(shape=shape):
                server, channel = self.use(*shape)
                get_version = admin_pb2_grpc.AdminServiceStub(channel).GetVersion
                request = version_pb2.GetVersionRequest()
                self.rejection(get_version, request)
                self.rejection(get_version, request, metadata=[("authorization", "Bearer nonsense")])
                good = self.log_in(server, channel)
                # Whoever sends both keys is judged by `authorization`.
                self.rejection(get_version, request, metadata=[*good, ("authorization", "Bearer nonsense")])
                get_version(request, metadata=[("authorization", good[0][1])])
                narrow = self.rejection(get_version, request, metadata=self.log_in(server, channel, "offline"))
                self.assertEqual(narrow.details(), "authenticated user doesn't have required scope")
                logs = agent_pb2_grpc.AsyncAgentServiceStub(channel).GetTaskLogs
                self.rejection(lambda: list(logs(agent_pb2.GetTaskLogsRequest())))

    def test_a_wrong_secret_gets_no_token(self) -> None:
        server, _ = self.use()
        with self.assertRaises(urllib.error.HTTPError) as raised:
            request_token(server.token_endpoint, CLIENT_ID, "wrong", grant_type="client_credentials")
        with raised.exception as answer:
            self.assertEqual(answer.code, 401)
            self.assertEqual(json.load(answer)["error"], "invalid_client")


if __name__ == "__main__":
    unittest.main()
