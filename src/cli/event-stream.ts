// Follows server-sent events of a running instance: parses them, and comes back where it was when the connection was lost.
import { type IncomingMessage, request } from 'node:http';

export interface ReceivedEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string | undefined;
}

/** The event stream of the HTML standard, as far as /events uses it. */
export class EventParser {
  private rest = '';

  /** The events that this text completes. */
  push(text: string): ReceivedEvent[] {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map(parseBlock).filter(({ data }) => data !== '');
  }
}

function parseBlock(block: string): ReceivedEvent {
  const field = (name: string) =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join('\n');
  const id = field('id');
  return { event: field('event'), data: field('data'), id: id === '' ? undefined : id };
}

export interface Follower {
  event(event: ReceivedEvent): void;
  /** The stream has begun, or goes on after a break. */
  connected(): void;
  /** It could not be reached, or broke; it is tried again. */
  lost(why: string): void;
  /** It answers, and will never answer otherwise: nothing is tried again. */
  refused(why: string): void;
}

/** Milliseconds until the next try, and at most; and of silence, where the far end gives a sign of life every 15 s. */
const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 3000;
const SILENCE = 45_000;

/** Follows `url` (path and query included) until the returned function is called. */
export function followEvents(url: string, token: string | undefined, follower: Follower): () => void {
  let isOver = false;
  let lastId: string | undefined;
  let pause = FIRST_PAUSE;
  let timer: NodeJS.Timeout | undefined;
  let end = () => {};
  const again = (why: string) => {
    if (isOver) return;
    follower.lost(why);
    timer = setTimeout(connect, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
  const answered = (response: IncomingMessage) => {
    const parser = new EventParser();
    pause = FIRST_PAUSE;
    follower.connected();
    response.setEncoding('utf8').on('data', (text: string) => {
      if (isOver) return;
      for (const event of parser.push(text)) {
        lastId = event.id ?? lastId;
        follower.event(event);
      }
    });
    response.once('close', () => again('the connection was closed'));
  };
  const connect = () => {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    };
    let isAnswered = false;
    const asked = request(url, { headers, timeout: SILENCE }, (response) => {
      isAnswered = true;
      const { statusCode = 0 } = response;
      if (statusCode === 200) return answered(response);
      response.resume();
      if (statusCode >= 500) return again(`answered ${statusCode}`);
      isOver = true;
      follower.refused(`answered ${statusCode}${statusCode === 401 ? ': it wants its token (--token-file)' : ''}`);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', (error) => {
      if (!isAnswered) again(error.message);
    });
    asked.end();
    end = () => asked.destroy();
  };
  connect();
  return () => {
    isOver = true;
    clearTimeout(timer);
    end();
  };
}
