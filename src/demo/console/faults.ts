// What goes wrong on purpose with the embedded JumpCloud's API.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ConsoleFault {
  /** Of calls whose method and path match, as `POST /oauth2/token`; of all, if it is left out. */
  readonly on?: RegExp;
  /** How many calls; as many as come until it is healed, if it is left out. */
  readonly times?: number;
  /** Milliseconds before the answer. */
  readonly delay?: number;
  /**
   * Instead of the right answer: a status with headers, half of the right body, something other than JSON, an answer of `octets` bytes, no
   * answer, or the end of the connection. Left out: the right one.
   */
  readonly answer?:
    | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
    | { readonly octets: number }
    | 'half'
    | 'garbage'
    | 'hang'
    | 'drop';
}

/** Faults that are switched on for the API, each for a number of calls. */
export class Faults {
  private active: { readonly fault: ConsoleFault; left: number }[] = [];

  add(fault: ConsoleFault): void {
    this.active.push({ fault, left: fault.times ?? Infinity });
  }

  heal(): void {
    this.active = [];
  }

  /** The first that fits; it is used once. */
  take(call: string): ConsoleFault | undefined {
    const fitting = this.active.find(({ fault, left }) => left > 0 && fault.on?.test(call) !== false);
    if (fitting !== undefined) fitting.left -= 1;
    return fitting?.fault;
  }
}

/** Answers wrongly. Returns the status that was sent, 0 for none. */
export function answerWrongly(
  answer: NonNullable<ConsoleFault['answer']>,
  request: IncomingMessage,
  response: ServerResponse,
  right: string,
): number {
  if (answer === 'hang') return 0;
  if (answer === 'drop') {
    request.socket.destroy();
    return 0;
  }
  if (answer === 'garbage') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>not JSON</html>');
    return 200;
  }
  if (answer === 'half') {
    const octets = Buffer.from(right, 'utf8');
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': octets.length });
    response.write(octets.subarray(0, octets.length / 2), () => request.socket.destroy());
    return 200;
  }
  if ('octets' in answer) {
    flood(response, answer.octets);
    return 200;
  }
  const body = answer.body ?? '{"message":"a fault on purpose"}';
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(body);
  return answer.status;
}

const PIECE = Buffer.from(`${'{},'.repeat(16_384)}`);

/** A list that goes on for `octets` bytes, as fast as it is read. */
function flood(response: ServerResponse, octets: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('[');
  let left = octets;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= PIECE.length;
      if (!response.write(PIECE)) return void response.once('drain', more);
    }
    response.end('{}]');
  };
  more();
}
