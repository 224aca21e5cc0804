// The test service behind connect-node, which answers gRPC through Node's own HTTP/2 server. Says `ready <port>` when it
// listens.
import { admits } from './gate.mjs';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[2])));
const payload = (size) => ({ payload: { body: new Uint8Array(size) } });

const service = {
  unaryCall: (request) => payload(request.responseSize),
  async *streamingOutputCall(request) {
    for (const { size } of request.responseParameters) yield payload(size);
  },
  async streamingInputCall(requests) {
    let total = 0;
    for await (const request of requests) total += request.payload.body.length;
    return { aggregatedPayloadSize: total };
  },
  async *fullDuplexCall(requests) {
    for await (const request of requests) {
      for (const { size } of request.responseParameters) yield payload(size);
    }
  },
};

/** Rejects in connect's own place for it. */
const interceptor = (next) => async (request) => {
  if (!admits(request.header.get('authorization'))) {
    throw new ConnectError('the token counts no longer', Code.Unauthenticated);
  }
  return next(request);
};

const handler = connectNodeAdapter({
  routes: (router) => router.service(registry.getService('grpc.testing.TestService'), service),
  interceptors: [interceptor],
});

// What many a Node service does: 401 with a text, before any gRPC code has seen the request.
const server = http2.createServer((request, response) => {
  if (request.headers.reject === 'late' && !admits(request.headers.authorization)) {
    response.writeHead(401, { 'content-type': 'text/plain' });
    response.end('please log in');
    return;
  }
  handler(request, response);
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
