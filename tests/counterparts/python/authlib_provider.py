"""An OAuth 2 provider made with authlib. Says `ready <port>` when it listens.

Whoever opens the page of a login has logged in, and whoever opens that of a device code has agreed.
"""

import base64
import json
import os
import secrets
import sys
import threading
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # It is on loopback.

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants, list_to_scope, scope_to_list
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import (
    DEVICE_CODE_GRANT_TYPE,
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialMixin,
)
from flask import Flask, request
from werkzeug.serving import WSGIRequestHandler, make_server

SECRET = sys.argv[1]
PERSON = "somebody"
issued = {}  # How many tokens of each grant.
epoch = 0


class Client(ClientMixin):
    def __init__(self, client_id, methods, grant_types):
        self.client_id, self.methods, self.grant_types = client_id, methods, grant_types

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return list_to_scope([name for name in scope_to_list(scope or "") if name in ("all", "offline")])

    def check_redirect_uri(self, uri):
        # RFC 8252, section 7.3: any port.
        return uri.startswith("http://127.0.0.1:") and uri.endswith("/callback")

    def check_client_secret(self, secret):
        return secrets.compare_digest(secret.encode(), SECRET.encode())

    def check_endpoint_auth_method(self, method, endpoint):
        return method in self.methods

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type in self.grant_types


clients = {
    "machine": Client("machine", ["client_secret_basic", "client_secret_post"], ["client_credentials"]),
    "person": Client("person", ["none"], ["authorization_code", "refresh_token", DEVICE_CODE_GRANT_TYPE]),
}


class Record:
    """What the provider remembers of a code or a token."""

    def __init__(self, client, **values):
        self.client_id = client
        self.__dict__.update(values)

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def check_client(self, client):
        return self.client_id == client.client_id


codes, refresh_tokens, devices, agreed = {}, {}, {}, set()


class CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]

    def save_authorization_code(self, code, oauth2_request):
        payload = oauth2_request.payload
        codes[code] = Record(
            oauth2_request.client.client_id,
            code=code,
            redirect_uri=payload.redirect_uri,
            scope=payload.scope,
            code_challenge=payload.data.get("code_challenge"),
            code_challenge_method=payload.data.get("code_challenge_method"),
        )

    def query_authorization_code(self, code, client):
        return codes.get(code)

    def delete_authorization_code(self, code):
        del codes[code.code]

    def authenticate_user(self, code):
        return PERSON


class MachineGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["none"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, token):
        return refresh_tokens.get(token)

    def authenticate_user(self, token):
        return PERSON

    def revoke_old_credential(self, token):
        refresh_tokens.pop(token.token, None)


class Device(dict, DeviceCredentialMixin):
    def get_client_id(self):
        return self["client_id"]

    def get_scope(self):
        return self["scope"]

    def get_user_code(self):
        return self["user_code"]

    def is_expired(self):
        return self["expires_at"] < time.time()


class DevicePage(DeviceAuthorizationEndpoint):
    INTERVAL = 1

    def get_verification_uri(self):
        return request.host_url + "device"

    def save_device_credential(self, client_id, scope, data):
        expires_at = time.time() + data["expires_in"]
        devices[data["device_code"]] = Device(data, client_id=client_id, scope=scope, expires_at=expires_at)


class DeviceGrant(DeviceCodeGrant):
    def query_device_credential(self, device_code):
        return devices.get(device_code)

    def query_user_grant(self, user_code):
        return (PERSON, True) if user_code in agreed else None

    def should_slow_down(self, credential):
        return False


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = ["none"]

    def query_token(self, token, hint):
        return refresh_tokens.get(token)

    def revoke_token(self, token, oauth2_request):
        refresh_tokens.pop(token.token, None)
        print("logged out", flush=True)


def save_token(token, oauth2_request):
    grant = oauth2_request.payload.data["grant_type"]
    issued[grant] = issued.get(grant, 0) + 1
    if "refresh_token" in token:
        value = token["refresh_token"]
        refresh_tokens[value] = Record(oauth2_request.client.client_id, token=value, scope=token.get("scope"))


def access_token(client, grant_type, user, scope):
    # Of the shape that the gRPC servers of the tests read.
    payload = json.dumps({"epoch": epoch, "random": secrets.token_urlsafe()}).encode()
    return f"e30.{base64.urlsafe_b64encode(payload).rstrip(b'=').decode()}.c2lnbmF0dXJl"


app = Flask(__name__)
app.config["OAUTH2_ACCESS_TOKEN_GENERATOR"] = access_token
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
server = AuthorizationServer(app, query_client=clients.get, save_token=save_token)
server.register_grant(MachineGrant)
server.register_grant(CodeGrant, [CodeChallenge(required=True)])
server.register_grant(RefreshGrant)
server.register_grant(DeviceGrant)
server.register_endpoint(DevicePage)
server.register_endpoint(Revocation)


@app.get("/authorize")
def authorize():
    grant = server.get_consent_grant(end_user=PERSON)
    return server.create_authorization_response(grant=grant, grant_user=PERSON)


@app.post("/token")
def token():
    return server.create_token_response()


@app.post("/device/code")
def device_code():
    return server.create_endpoint_response(DevicePage.ENDPOINT_NAME)


@app.get("/device")
def device():
    agreed.add(request.args["user_code"])
    return "You may go back to your device."


@app.post("/revoke")
def revoke():
    return server.create_endpoint_response(Revocation.ENDPOINT_NAME)


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *args):
        pass


http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
threading.Thread(target=http.serve_forever, daemon=True).start()
print(f"ready {http.server_port}", flush=True)

for line in sys.stdin:
    match line.split():
        case ["epoch", number]:
            epoch = int(number)
            print("epoch", flush=True)
        case ["forget"]:
            refresh_tokens.clear()
            print("forgotten", flush=True)
        case ["issued", grant]:
            print("issued", issued.get(grant, 0), flush=True)
