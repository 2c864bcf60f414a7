// A client that means well, and the embedded upstream, in a process of their own: what attacks from the test's process does not slow them down.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { Client } from './client.js';
import { startLargeUpstream } from './large-upstream.js';

/** How the client fared: binds with a search each, answered before the attack was over; milliseconds. */
export interface Fared {
  readonly served: number;
  readonly p95: number;
  readonly slowest: number;
}

interface Asked {
  readonly url: string;
  readonly name: string;
  readonly password: string;
}

type Told = Fared | { readonly error: string };

/** One bind and one search of its own entry; milliseconds. Rejects unless both were answered rightly. */
export async function serve(client: Client, { name, password }: Pick<Asked, 'name' | 'password'>): Promise<number> {
  const startedAt = performance.now();
  const { code } = await client.bind(name, password);
  const { entries } = await client.search({ base: name, scope: Scope.baseObject });
  if (code !== 0 || entries.length !== 1) throw new Error(`not served: ${code}, ${entries.length} entries`);
  return performance.now() - startedAt;
}

export class Bystander {
  private constructor(
    private readonly child: ChildProcess,
    /** The embedded one, which is in that process as well. */
    readonly upstream: { url: string; caPem: string; orgId: string; reader: { dn: string; password: string } },
  ) {}

  /** `members`: with an upstream of so many in place of the embedded one. */
  static async start({ members = 0 } = {}): Promise<Bystander> {
    const child = fork(fileURLToPath(import.meta.url), ['stand', String(members)], {
      execArgv: ['--import=tsx'],
      stdio: 'inherit',
    });
    return new Bystander(child, await heard<Bystander['upstream']>(child));
  }

  /** Binds and searches again and again as long as the attack lasts. Rejects if one of them was answered wrongly. */
  async during(attack: () => Promise<unknown>, asked: Asked): Promise<Fared> {
    const ready = heard<string>(this.child);
    this.child.send(asked);
    await ready;
    const told = heard<Told>(this.child);
    try {
      await attack();
    } finally {
      this.child.send('over');
    }
    const fared = await told;
    if ('error' in fared) throw new Error(fared.error);
    return fared;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

function heard<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the bystander has ended'));
    child.once('exit', ended);
    child.once('message', (message: Message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
}

/** Calls `ready` after the first success. */
async function stand(asked: Asked, isOver: () => boolean, ready: () => void): Promise<Fared> {
  const client = await Client.open(asked.url);
  await serve(client, asked);
  ready();
  const times: number[] = [];
  while (!isOver()) {
    const time = await serve(client, asked);
    if (!isOver()) times.push(time);
  }
  client.destroy();
  times.sort((a, b) => a - b);
  return { served: times.length, p95: times[Math.floor(times.length * 0.95)] ?? 0, slowest: times.at(-1) ?? 0 };
}

async function main(members: number, tell: (message: unknown) => void): Promise<void> {
  const { url, caPem, orgId, reader } = members > 0 ? await startLargeUpstream(members) : await StandIn.start({});
  let isOver = false;
  process.on('message', (message: Asked | 'over') => {
    isOver = message === 'over';
    if (message === 'over') return;
    stand(
      message,
      () => isOver,
      () => tell('ready'),
    ).then(tell, (error: unknown) => tell({ error: String(error) }));
  });
  // Not to outlive the test.
  process.once('disconnect', () => process.exit());
  tell({ url, caPem, orgId, reader });
}

if (process.argv[2] === 'stand' && process.send !== undefined)
  await main(Number(process.argv[3]), (message) => process.send?.(message));
