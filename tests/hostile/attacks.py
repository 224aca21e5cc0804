"""What is tried, and what each attacker is after."""

from dataclasses import dataclass, field

INI = """[platform]
url = evil.test
[credentials]
"""


@dataclass(frozen=True)
class Attack:
    """One hostile program, and the settings of those who meet it."""

    name: str
    title: str
    # What it is after, as hostile servers tell of it, or as `judgement` knows it.
    prize: str
    # The program in `servers/`, where it has another name.
    program: str = ""
    auth_type: str = "Pkce"
    endpoint: str = "evil.test"
    # Whether somebody has logged in at the honest Flyte before, which the attacker then takes the place of.
    stored: bool = False
    # More of `admin:` in the configuration, and of the client's environment.
    config: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    # The environment of the client under attack alone.
    attacked: dict[str, str] = field(default_factory=dict)
    # Its settings that are new since the login that is stored.
    changed: dict[str, str] = field(default_factory=dict)
    # What is in the working directory.
    folder: dict[str, str] = field(default_factory=dict)
    provider: tuple[str, ...] = ()
    # Whether the Flyte that is called is the honest one, and the attacker elsewhere.
    beside: bool = False
    # The user of this machine who runs the hostile program.
    user: str = "root"
    # What may reach the attacker beside the prize, as it is not defended.
    allowed: tuple[str, ...] = ()
    # What is done with the client under attack, one after the other.
    commands: tuple[str, ...] = ("projects",)
    # Whether `SECURITY.md` promises that it fails.
    defended: bool = True


CODE = "authorization code and verifier"
SECRET = "client secret"
PROGRAM = {"clientId": "program", "clientSecretEnvVar": "PROGRAM_SECRET"}

ATTACKS = [
    Attack(
        "mix_up_code",
        "an honest provider's login page, the attacker's token endpoint",
        CODE,
    ),
    Attack(
        "mix_up_device_code",
        "the same with a device code",
        "device code",
        auth_type="DeviceFlow",
    ),
    Attack(
        "mix_up_refresh_token",
        "a server that was taken over names its provider, and a token endpoint of its own",
        "refresh token",
        endpoint="flyte.test",
        stored=True,
    ),
    Attack(
        "mix_up_client_secret",
        "an honest issuer, and a token endpoint that is not that issuer's",
        SECRET,
        auth_type="ClientSecret",
        config=PROGRAM,
    ),
    Attack(
        "secret_of_another_issuer",
        "the attacker's own provider, for a client whose `issuer` is set",
        SECRET,
        auth_type="ClientSecret",
        config=PROGRAM,
        environment={"FLYTE_ADMIN_ISSUER": "https://idp.test"},
        # A server has the tokens of those who are set up to call it.
        allowed=("access token",),
    ),
    Attack(
        "own_issuer_that_mixes",
        "the attacker's own issuer, whose metadata has the honest provider's login page",
        CODE,
    ),
    Attack(
        "own_issuer_that_claims_iss",
        "the same, and the metadata says that responses name their issuer",
        CODE,
        provider=("--without-iss",),
    ),
    Attack(
        "redirecting_login_page",
        "a login page that sends the browser on to the honest provider, whose response names its issuer",
        CODE,
    ),
    Attack(
        "device_code_of_its_own",
        "a device login that the attacker has begun at the honest provider, shown as its own",
        "the person's agreement",
        auth_type="DeviceFlow",
    ),
    Attack(
        "loopback_token_endpoint",
        "a token endpoint in plaintext on the client's own machine",
        SECRET,
        auth_type="ClientSecret",
        config=PROGRAM,
    ),
    Attack(
        "plaintext_token_endpoint",
        "a token endpoint in plaintext elsewhere",
        SECRET,
        auth_type="ClientSecret",
        config=PROGRAM,
    ),
    Attack(
        "moved_token_endpoint",
        "a server that was taken over names another provider than that of the stored login",
        "refresh token",
        endpoint="flyte.test",
        stored=True,
    ),
    Attack(
        "plaintext_spelling",
        "a login that was made with TLS, and the same endpoint without",
        "access token",
        endpoint="flyte.test:443",
        stored=True,
        changed={"insecure": "true"},
        attacked={"FLYTE_NON_INTERACTIVE": "1"},
    ),
    Attack(
        "redirected_token_request",
        "the provider's token endpoint redirects to the attacker",
        "refresh token",
        auth_type="DeviceFlow",
        endpoint="flyte.test",
        stored=True,
        beside=True,
    ),
    Attack(
        "redirected_metadata",
        "the provider's metadata redirects to the attacker",
        CODE,
    ),
    Attack(
        "words_of_a_server",
        "control characters in the server's words",
        "terminal",
    ),
    Attack(
        "words_of_a_provider",
        "control characters in the provider's words",
        "terminal",
        auth_type="DeviceFlow",
    ),
    Attack(
        "another_user",
        "another user of the machine reads the link and answers the login",
        "login",
        endpoint="flyte.test",
        environment={"HOSTILE_BROWSER_DELAY": "3"},
        beside=True,
        user="nobody",
    ),
    Attack(
        "page_in_the_browser",
        "a page in the browser sends a callback of its own",
        "login",
        endpoint="flyte.test",
        environment={"HOSTILE_BROWSER_DELAY": "3"},
        beside=True,
        user="nobody",
    ),
    Attack(
        "endless_response",
        "a token response without an end",
        "memory",
    ),
    Attack(
        "slow_response",
        "a token response of one byte a second",
        "time",
    ),
    Attack(
        "proxy_credentials",
        "a provider at a host that only the server names, behind a proxy with credentials",
        "proxy credentials",
        config={"proxyCommand": "[echo, for-the-proxy]"},
    ),
    Attack(
        "echoed_secret",
        "a provider repeats the secret that it was sent, for those who read the client's output",
        "output",
        auth_type="ClientSecret",
        config=PROGRAM,
        # A plain secret goes to a provider that only the server names.
        allowed=(SECRET,),
    ),
    Attack(
        "working_directory_program",
        "a configuration in the working directory names a program",
        "program",
        program="working_directory",
        endpoint="flyte.test",
        folder={"flytekit.config": INI + "auth_mode = external_process\ncommand = touch,/tmp/mark\n"},
    ),
    Attack(
        "working_directory_variable",
        "a configuration in the working directory sends the environment's secret to its server",
        SECRET,
        auth_type="ClientSecret",
        program="working_directory",
        endpoint="flyte.test",
        config={"clientId": "program"},
        environment={"FLYTE_CREDENTIALS_CLIENT_SECRET": "PROGRAM_SECRET"},
        folder={"flytekit.config": INI + "auth_mode = client_credentials\nclient_id = program\n"},
    ),
    Attack(
        "working_directory_file",
        "a configuration in the working directory names a file of the person's as the secret",
        SECRET,
        auth_type="ClientSecret",
        program="working_directory",
        endpoint="flyte.test",
        config={"clientId": "program", "clientSecretLocation": "/tmp/secret"},
        folder={
            "flytekit.config": INI
            + "auth_mode = client_credentials\nclient_id = program\nclient_secret_location = /tmp/secret\n"
        },
    ),
    Attack(
        "redirected_logout",
        "the provider's revocation endpoint redirects to the attacker, who answers a logout without an end",
        "refresh token",
        endpoint="flyte.test",
        stored=True,
        beside=True,
        provider=("--revocation",),
        commands=("logout", "projects"),
    ),
    Attack(
        "refresh_that_outlasts_a_logout",
        "a provider holds the response to a refresh back until somebody has logged out",
        "login after the logout",
        endpoint="flyte.test",
        stored=True,
        beside=True,
        commands=("projects", "logout", "projects"),
    ),
    Attack(
        "declined_login",
        "a login that the person declines, for a program that is started three times",
        "windows",
        commands=("projects", "projects", "projects"),
    ),
    Attack(
        "login_page_without_iss",
        "a login page that sends the browser on to an honest provider that does not name itself in its responses",
        CODE,
        program="redirecting_login_page",
        provider=("--without-iss",),
        defended=False,
    ),
    Attack(
        "secret_without_an_issuer",
        "the attacker's own provider, for a client whose `issuer` is not set",
        SECRET,
        program="secret_of_another_issuer",
        auth_type="ClientSecret",
        config=PROGRAM,
        defended=False,
    ),
    Attack(
        "moved_secret",
        "a server that was taken over names another provider, for a client with a secret",
        SECRET,
        program="moved_token_endpoint",
        auth_type="ClientSecret",
        endpoint="flyte.test",
        config=PROGRAM,
        stored=True,
    ),
]
