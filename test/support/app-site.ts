// Two apps behind one listener, and what a client finds there.
import type { Test } from 'tap';
import { schema } from '../../src/config/schema.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { Scope } from '../../src/ldap/message.js';
import { makeClientTls } from '../../src/server/client-tls.js';
import type { Entrance, Listener } from '../../src/server/listener.js';
import type { Door } from '../../src/server/rules.js';
import { type AppOptions, appRules, baseOf, type Heard, listenerAt, sharedDoor } from './apps.js';
import { Client, searchRequest } from './client.js';

export const authority = await makeAuthority();
const { certPem, keyPem } = await authority.issue(['localhost']);
const tls = makeClientTls({
  cert: Buffer.from(certPem),
  key: Buffer.from(keyPem),
  clientCa: undefined,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: undefined,
});
const { limits } = schema.parse({}).listen;
export const options: AppOptions = { limits, tls };
/** ada is in both, ben and cid are in one each. */
export const wiki = appRules('wiki', ['ada', 'ben'], options);
export const chat = appRules('chat', ['ada', 'cid'], options);

export interface Site {
  readonly listener: Listener;
  readonly heard: Heard;
  readonly port: number;
  readonly tlsPort: number;
  open(): Promise<Client>;
  /** The app of the newest operation. */
  app(): string | undefined;
}

const LOOPBACK = { host: '127.0.0.1', port: 0 } as const;
export const entranceAt = (name: string): Entrance => ({ name, ldap: LOOPBACK, ldaps: LOOPBACK, ldapi: undefined });

/** One door, for as long as the test runs. */
export async function siteOf(t: Test, door: Door = sharedDoor([wiki, chat])): Promise<Site> {
  const { listener, heard } = listenerAt(new Map([['shared', door]]), [entranceAt('shared')]);
  const [opened = {}] = await listener.start();
  t.teardown(() => listener.stop(0));
  const port = opened.ldap?.port ?? 0;
  return {
    listener,
    heard,
    port,
    tlsPort: opened.ldaps?.port ?? 0,
    open: () => Client.open({ port }),
    app: () => heard.operations.at(-1)?.source.app,
  };
}

export const rootDSE = searchRequest({ base: '', scope: Scope.baseObject, attributes: ['namingContexts'] });

/** What a client finds below a base: the uids, and of which app they say that they are. */
export async function found(client: Client, app: string): Promise<string[]> {
  const { entries } = await client.search({ base: baseOf(app), filter: '(uid=*)', attributes: ['uid', 'description'] });
  return entries.map(({ attributes }) => attributes.map(({ values }) => String(values[0])).join(' ')).sort();
}
