// The test service behind grpc-js. Says `ready <port>` when it listens.
import { admits } from './gate.mjs';
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';

const rejected = { code: grpc.status.UNAUTHENTICATED, details: 'the token counts no longer' };

/** Rejects whoever has no good token, at the moment that the caller asks for. Says whether it did. */
function rejects(call, reject) {
  if (admits(call.metadata.get('authorization')[0])) return false;
  switch (call.metadata.get('reject')[0]) {
    case 'late':
      call.sendMetadata(new grpc.Metadata());
      reject();
      break;
    case 'message':
      if (typeof call.once === 'function' && call.readable) call.once('data', reject);
      else reject();
      break;
    default:
      reject();
  }
  return true;
}

const payload = (size) => ({ payload: { body: Buffer.alloc(size) } });

const service = {
  unaryCall(call, callback) {
    if (rejects(call, () => callback(rejected))) return;
    callback(null, payload(call.request.response_size));
  },
  streamingOutputCall(call) {
    if (rejects(call, () => call.emit('error', rejected))) return;
    for (const { size } of call.request.response_parameters) call.write(payload(size));
    call.end();
  },
  streamingInputCall(call, callback) {
    if (rejects(call, () => callback(rejected))) return;
    let total = 0;
    call.on('data', (request) => (total += request.payload.body.length));
    call.on('end', () => callback(null, { aggregated_payload_size: total }));
  },
  fullDuplexCall(call) {
    if (rejects(call, () => call.emit('error', rejected))) return;
    call.on('data', (request) => {
      for (const { size } of request.response_parameters) call.write(payload(size));
    });
    call.on('end', () => call.end());
  },
};

const definition = loadFileDescriptorSetFromBuffer(readFileSync(process.argv[2]), { defaults: true });
const server = new grpc.Server();
server.addService(definition['grpc.testing.TestService'], service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`ready ${port}`);
});
