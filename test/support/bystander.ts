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

type Told = { readonly serial: number } & (
  | { readonly kind: 'ready' }
  | { readonly kind: 'fared'; readonly fared: Fared }
  | { readonly kind: 'failed'; readonly error: string }
);

/** One bind and one search of its own entry; milliseconds. Rejects unless both were answered rightly. */
export async function serve(client: Client, { name, password }: Pick<Asked, 'name' | 'password'>): Promise<number> {
  const startedAt = performance.now();
  const { code } = await client.bind(name, password);
  const { entries } = await client.search({ base: name, scope: Scope.baseObject });
  if (code !== 0 || entries.length !== 1) throw new Error(`not served: ${code}, ${entries.length} entries`);
  return performance.now() - startedAt;
}

export class Bystander {
  private serial = 0;

  private constructor(
    private readonly child: ChildProcess,
    /** The embedded one, which is in that process as well. */
    readonly upstream: { url: string; caPem: string; orgId: string; reader: { dn: string; password: string } },
  ) {}

  /** `members`: with an upstream that has this number of members instead of the embedded one. */
  static async start({ members = 0 } = {}): Promise<Bystander> {
    const child = fork(fileURLToPath(import.meta.url), ['stand', String(members)], {
      execArgv: ['--import=tsx'],
      stdio: 'inherit',
    });
    return new Bystander(child, await heard<Bystander['upstream']>(child));
  }

  /** Binds and searches again and again as long as the attack lasts. Rejects if one of them was answered wrongly. */
  async during(attack: () => Promise<unknown>, asked: Asked): Promise<Fared> {
    const serial = ++this.serial;
    const isMine = (told: Told) => told.serial === serial;
    const ready = heard(this.child, isMine);
    this.child.send({ ...asked, serial });
    const begun = await ready;
    if (begun.kind === 'failed') throw new Error(begun.error);
    const told = heard(this.child, isMine);
    // Whether the attack or the client failed, both have come to an end when this does.
    const attacked = await attack().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    this.child.send('over');
    const ended = await told;
    if (attacked !== undefined) throw attacked.error;
    if (ended.kind !== 'fared') throw new Error(ended.kind === 'failed' ? ended.error : 'the bystander began twice');
    return ended.fared;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await ended;
  }
}

function heard<Message>(child: ChildProcess, isMeant: (message: Message) => boolean = () => true): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('the bystander has ended'));
    child.once('exit', ended);
    const listen = (message: Message) => {
      if (!isMeant(message)) return;
      child.off('exit', ended);
      child.off('message', listen);
      resolve(message);
    };
    child.on('message', listen);
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

async function main(members: number, tell: (message: Told | Bystander['upstream']) => void): Promise<void> {
  const { url, caPem, orgId, reader } = members > 0 ? await startLargeUpstream(members) : await StandIn.start({});
  let isOver = false;
  process.on('message', (message: (Asked & { serial: number }) | 'over') => {
    isOver = message === 'over';
    if (message === 'over') return;
    const { serial } = message;
    stand(
      message,
      () => isOver,
      () => tell({ serial, kind: 'ready' }),
    ).then(
      (fared) => tell({ serial, kind: 'fared', fared }),
      (error: unknown) => tell({ serial, kind: 'failed', error: String(error) }),
    );
  });
  // Not to outlive the test.
  process.once('disconnect', () => process.exit());
  tell({ url, caPem, orgId, reader });
}

if (process.argv[2] === 'stand' && process.send !== undefined)
  await main(Number(process.argv[3]), (message) => process.send?.(message));
