// Logins at a fleet by owners and by guessers: who they are, how they spell it, where from; and what the upstream has seen of each account.
import type { BindRequest } from '../../src/ldap/message.js';
import type { Client } from './client.js';
import { clientFrom } from './fleet-site.js';
import { USERS, userDN } from './proxy.js';
import { attribute, type SmallPerson, SmallUpstream, upstreamDN } from './small-upstream.js';

export const passwordOf = (uid: string) => `right-${uid}`;

/** As people and programs write the same account. */
const SPELLINGS: readonly ((uid: string) => string)[] = [
  (uid) => uid,
  (uid) => uid.toUpperCase(),
  userDN,
  (uid) => userDN(uid).toUpperCase(),
  (uid) => `UID = ${uid} , ${USERS}`,
  (uid) => `uid=${uid.replace('c', '\\63')},${USERS}`,
  (uid) => `${uid}@example.test`,
  (uid) => `${uid.toUpperCase()}@Example.Test`,
];
export const spelled = (uid: string, how: number) => SPELLINGS[how % SPELLINGS.length]!(uid);

/** An upstream with these accounts that counts the passwords of each as a lock-out does: wrong ones since the last right one. */
export class CountingAccounts {
  /** By account: how many wrong ones in all, and in a row at most; and right ones. */
  readonly wrong = new Map<string, number>();
  readonly row = new Map<string, number>();
  readonly right = new Map<string, number>();
  private readonly current = new Map<string, number>();

  private constructor(readonly upstream: SmallUpstream) {}

  static async start(uids: readonly string[]): Promise<CountingAccounts> {
    const people = uids.map((uid): SmallPerson => {
      return { uid, password: passwordOf(uid), more: [attribute('mail', `${uid}@example.test`)] };
    });
    const accounts = new CountingAccounts(await SmallUpstream.start(people));
    const byName = new Map(uids.map((uid) => [upstreamDN(uid).toLowerCase(), uid]));
    accounts.upstream.instead = {
      bind: (request) => {
        const uid = byName.get(request.name.toLowerCase());
        if (uid !== undefined) accounts.count(uid, request);
        return undefined;
      },
    };
    return accounts;
  }

  private count(uid: string, { authentication }: BindRequest): void {
    const { wrong, right, row, current } = this;
    const password = authentication.method === 'simple' ? authentication.password.toString() : '';
    if (password === passwordOf(uid)) {
      right.set(uid, (right.get(uid) ?? 0) + 1);
      current.delete(uid);
      return;
    }
    wrong.set(uid, (wrong.get(uid) ?? 0) + 1);
    const inRow = (current.get(uid) ?? 0) + 1;
    current.set(uid, inRow);
    row.set(uid, Math.max(row.get(uid) ?? 0, inRow));
  }
}

export interface LogIn {
  readonly name: string;
  readonly password: string;
  /** Of 127.0.0.0/8. */
  readonly address: string;
}

/** The codes of logins, each on a connection of its own; `undefined` where the connection ended without one. */
export async function codeOf(port: number, { name, password, address }: LogIn): Promise<number | undefined> {
  const client = await clientFrom(address, port);
  try {
    return await answerOf(client, name, password);
  } finally {
    client.destroy();
  }
}

export async function answerOf(client: Client, name: string, password: string): Promise<number | undefined> {
  return (await client.bind(name, password).catch(() => undefined))?.code;
}

/** Does it with each of them, a limited number at a time. */
export async function crowd<One>(
  all: readonly One[],
  atOnce: number,
  each: (one: One) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < all.length) await each(all[next++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
