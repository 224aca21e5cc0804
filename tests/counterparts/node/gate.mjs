// Decides who may call, and does what the tests say on the standard input. Ends with it, so that nothing is left of a
// server when they are gone.
import http2 from 'node:http2';
import { createInterface } from 'node:readline';

let oldest = 0;

/** Whether the value of an authorization header is a token that counts. Nobody here checks signatures. */
export function admits(authorization) {
  const [, payload] = /^Bearer [^.]+\.([^.]+)\.[^.]+$/.exec(authorization ?? '') ?? [];
  return payload !== undefined && JSON.parse(Buffer.from(payload, 'base64url')).epoch >= oldest;
}

/** What every HTTP/2 server of this process has seen. */
const seen = { connections: 0, resets: 0 };

for (const create of ['createServer', 'createSecureServer']) {
  const original = http2[create];
  http2[create] = (...args) => {
    const server = original(...args);
    server.on('session', (session) => {
      seen.connections += 1;
      session.on('stream', (stream) => {
        stream.on('close', () => {
          if (stream.rstCode === http2.constants.NGHTTP2_CANCEL) seen.resets += 1;
        });
      });
    });
    return server;
  };
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line.startsWith('revoke ')) {
      oldest = Number(line.slice('revoke '.length));
      console.log('revoked');
    } else if (line === 'seen') {
      console.log(`seen ${seen.connections} ${seen.resets}`);
    }
  })
  .on('close', () => process.exit(0));
