// What every suite that runs examples has: the blocks with their kinds, an embedded JumpCloud, and the files that documents name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type t from 'tap';
import { makeAuthority } from '../../../src/demo/certificate.js';
import { StandIn } from '../../../src/demo/stand-in.js';
import { ownCertificate } from '../certificate.js';
import { type Block, blocksOf, exampleDocuments } from './blocks.js';
import { type Kind, kindOf } from './kinds.js';
import { Place, type PlaceOptions } from './place.js';

export interface Example {
  readonly block: Block;
  readonly kind: Kind | undefined;
  /** `README.md:12` */
  readonly where: string;
  readonly text: string;
}

/** The text of each document by its name. */
export const documents = new Map(exampleDocuments().map((name) => [name, readFileSync(name, 'utf8')]));

export const examples: readonly Example[] = [...documents].flatMap(([name, text]) =>
  blocksOf(name, text).map((block) => ({
    block,
    kind: kindOf(block),
    where: `${block.document}:${block.line}`,
    text: block.lines.join('\n'),
  })),
);

/** The suite that has to do with an example. */
export const suiteOf = ({ kind }: Example) => (kind !== undefined && 'suite' in kind ? kind.suite : 'test');

/** Somebody whom operators ask about; a member. */
export const ADA = { uid: 'ada.example', password: 'user-secret-5099' };

export interface Site {
  readonly place: Place;
  readonly upstream: StandIn;
  /** Makes a text the configuration, where a document looks for it and where it works; beside it a new one with another group. */
  configure(text: string): void;
  /** README's smallest configuration with another base. */
  readonly usual: string;
}

/** A place whose configurations lead to an embedded JumpCloud, whatever they say. */
export async function startSite(test: Pick<typeof t, 'teardown'>, { env, ...options }: PlaceOptions): Promise<Site> {
  const upstream = await StandIn.start();
  test.teardown(() => upstream.stop());
  upstream.addPerson({ ...ADA, givenName: 'Ada', sn: 'Example', number: 99, state: {} });
  upstream.addToGroup('wayk-users', ADA.uid);
  const place = new Place(test, {
    ...options,
    env: { JUMPGATE_UPSTREAM_URLS: upstream.url, JUMPGATE_UPSTREAM_CA_FILE: '/etc/jumpgate/ca.pem', ...env },
  });
  const files = {
    'reader.password': upstream.reader.password,
    'api.secret': 'api-secret',
    'vault.password': 'vault-secret',
    'fleet.password': 'fleet-secret',
    'fleet.key': '0123456789abcdef'.repeat(4),
    'ca.pem': upstream.caPem,
  };
  for (const [name, content] of Object.entries(files)) place.write(join(place.etc, name), content);
  await ownCertificate(await makeAuthority(), place.etc);
  const configure = (text: string) => {
    const both = { 'jumpgate.yaml': `${text}\n`, 'new.yaml': `${text}\ngroup: Engineering\n` };
    for (const [name, content] of Object.entries(both))
      for (const folder of [place.folder, place.etc]) place.write(join(folder, name), place.here(content));
  };
  const smallest = examples.find(({ block, kind }) => kind?.kind === 'configuration' && block.document === 'README.md');
  if (smallest === undefined) throw new Error('README.md has no configuration');
  return { place, upstream, configure, usual: `${smallest.text}\nlocal: { baseDN: "dc=example,dc=com" }` };
}
