// A certified OpenID provider on loopback, with the clients that the tests need. Says `ready <issuer>` when it listens,
// and ends with its input, so that nothing is left of it when the tests are gone.
//
// Settings come as JSON in the first argument: { secret, accessTokenSeconds }.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

// Its advice for those who would run it for real.
console.info = console.warn = () => {};

const settings = JSON.parse(process.argv[2]);

const configuration = {
  clients: [
    {
      client_id: 'browser',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    },
    {
      client_id: 'device',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
    ...['client_secret_basic', 'client_secret_post'].map((method) => ({
      // Characters that each need another treatment in HTTP Basic (RFC 6749 section 2.3.1).
      client_id: `machine: %+/=&?"~ ${method}`,
      client_secret: settings.secret,
      token_endpoint_auth_method: method,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    })),
  ],
  scopes: ['openid', 'offline_access', 'all'],
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  pkce: { methods: ['S256'], required: () => true },
  findAccount: (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  issueRefreshToken: async (_context, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  cookies: { keys: ['only for tests'] },
  ttl: {
    AccessToken: settings.accessTokenSeconds,
    ClientCredentials: settings.accessTokenSeconds,
    DeviceCode: 600,
    Grant: 3600,
    IdToken: 3600,
    Interaction: 600,
    RefreshToken: 3600,
    Session: 3600,
  },
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.on('server_error', (_context, error) => console.error(error));
  server.on('request', provider.callback());
  console.log(`ready ${issuer}`);
});
process.stdin.on('end', () => process.exit(0)).resume();
