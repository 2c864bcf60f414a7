// A question to a program that answers on a socket file and then closes it, such as HAProxy's runtime API.
import { connect } from 'node:net';

/** Sends one line; resolves with all that comes back. Rejects where nobody listens. */
export function askSocket(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${command}\n`));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
  });
}
