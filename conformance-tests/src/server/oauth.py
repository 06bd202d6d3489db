"""An OAuth 2 server of Authlib: client credentials, refresh tokens, device codes and token exchange, for one client.

    python oauth.py PORT
"""

import secrets
import sys
import threading
from wsgiref.simple_server import WSGIServer, WSGIRequestHandler, make_server
from socketserver import ThreadingMixIn

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, InvalidGrantError, TokenMixin, grants
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin
from authlib.oauth2.rfc8628 import (
    DeviceAuthorizationEndpoint,
    DeviceCodeGrant,
    DeviceCredentialDict,
)
from flask import Flask

CLIENT, SECRET, SCOPES = "app", "s3cr&t %", {"read", "write"}


class Client(ClientMixin):
    def get_client_id(self):
        return CLIENT

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope or ""

    def check_redirect_uri(self, redirect_uri):
        return False

    def check_client_secret(self, client_secret):
        return secrets.compare_digest(client_secret.encode(), SECRET.encode())

    def check_endpoint_auth_method(self, method, endpoint):
        return method in ("client_secret_basic", "client_secret_post")

    def check_response_type(self, response_type):
        return False

    def check_grant_type(self, grant_type):
        return True


class Token(TokenMixin):
    def __init__(self, scope):
        self.scope = scope

    def check_client(self, client):
        return client.get_client_id() == CLIENT

    def get_scope(self):
        return self.scope

    def get_expires_in(self):
        return 3600

    def is_expired(self):
        return False

    def is_revoked(self):
        return False


refresh_tokens = {}
device_codes = {}
asked = {}
issued = 0
lock = threading.Lock()


def generate(grant_type, client, user=None, scope=None, expires_in=None, include_refresh_token=True):
    """The nth token of this server is `tn`, so that a test knows which ones its database has to take."""
    global issued
    with lock:
        issued += 1
        token = {"token_type": "Bearer", "access_token": f"t{issued}", "expires_in": 3600, "scope": scope or ""}
        if grant_type in ("refresh_token", "urn:ietf:params:oauth:grant-type:device_code"):
            token["refresh_token"] = secrets.token_urlsafe()
        return token


def save(token, request):
    if "refresh_token" in token:
        refresh_tokens[token["refresh_token"]] = Token(token["scope"])


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class Refresh(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token):
        return refresh_tokens.get(refresh_token)

    def authenticate_user(self, refresh_token):
        return "ada"

    def revoke_old_credential(self, refresh_token):
        for text, token in list(refresh_tokens.items()):
            if token is refresh_token:
                del refresh_tokens[text]


class Exchange(BaseGrant, TokenEndpointMixin):
    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def validate_token_request(self):
        self.request.client = self.authenticate_token_endpoint_client()
        form = self.request.form
        if form.get("subject_token") != "subject" or not form.get("subject_token_type", "").startswith("urn:"):
            raise InvalidGrantError("the subject token is not known")

    def create_token_response(self):
        token = self.generate_token(scope=self.request.form.get("scope", ""), include_refresh_token=False)
        token["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
        self.save_token(token)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    CLIENT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    INTERVAL = 1

    def get_verification_uri(self):
        return "https://id.example/device"

    def save_device_credential(self, client_id, scope, data):
        device_codes[data["device_code"]] = DeviceCredentialDict({**data, "client_id": client_id, "scope": scope, "expires_at": 2**40})


class Device(DeviceCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]

    def query_device_credential(self, device_code):
        return device_codes.get(device_code)

    def query_user_grant(self, user_code):
        """The person enters the code between the first question and the second."""
        with lock:
            asked[user_code] = asked.get(user_code, 0) + 1
            return ("ada", True) if asked[user_code] > 1 else None

    def should_slow_down(self, credential):
        return False


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main(port):
    app = Flask(__name__)
    app.config["OAUTH2_SCOPES_SUPPORTED"] = sorted(SCOPES)
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: Client() if client_id == CLIENT else None,
        save_token=save,
    )
    server.register_token_generator("default", generate)
    for grant in (ClientCredentials, Refresh, Exchange, Device):
        server.register_grant(grant)
    server.register_endpoint(DeviceEndpoint)
    refresh_tokens["r0"] = Token("read")
    app.post("/token")(lambda: server.create_token_response())
    app.add_url_rule("/device", "device", lambda: server.create_endpoint_response("device_authorization"), methods=["POST"])
    make_server("127.0.0.1", port, app, Threads, Quiet).serve_forever()


main(int(sys.argv[1]))
