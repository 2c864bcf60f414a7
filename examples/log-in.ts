// The smallest LDAP client: one bind with the codec alone, over a socket of Node's.
import { once } from 'node:events';
import { connect } from 'node:net';
import { decodeResponse, encodeMessage, MessageFramer, resultName } from 'jumpgate/wire';

/** Binds with a name and a password; resolves with the name of the result, such as `success` or `invalidCredentials`. */
export async function logIn(url: string, name: string, password: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const authentication = { method: 'simple', password: Buffer.from(password) } as const;
  socket.write(encodeMessage({ messageID: 1, op: { kind: 'bindRequest', version: 3, name, authentication } }));
  const framer = new MessageFramer();
  try {
    for await (const chunk of socket) {
      for (const bytes of framer.push(chunk)) {
        const { op } = decodeResponse(bytes);
        if (op.kind === 'bindResponse') return resultName(op.result.code);
      }
    }
    throw new Error('the connection was closed without an answer');
  } finally {
    socket.destroy();
  }
}
