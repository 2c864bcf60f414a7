// The built product in front of a real OpenLDAP server laid out as JumpCloud's, for programs that log people in.
import { join } from 'node:path';
import type t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { GROUPS, ORG_ID } from '../../src/demo/people.js';
import { userDN } from '../../src/demo/tree.js';
import { likeJumpCloud, OpenLDAP } from '../support/openldap.js';
import { type Product, startProduct } from '../support/product.js';
import { ODD_PEOPLE, SERVICE } from '../support/site.js';

export interface LoginSite {
  readonly product: Product;
  /** Ports of the product; its certificate is for localhost and 127.0.0.1. */
  readonly port: number;
  readonly tlsPort: number;
  /** Of the product's certificate. */
  readonly caFile: string;
  /** For a program's own files. */
  readonly folder: string;
}

/** Ends with the test. Wrong passwords are not limited: a program's tests are full of them. */
export async function startLoginSite(test: Pick<typeof t, 'teardown' | 'testdir'>): Promise<LoginSite> {
  const folder = test.testdir({ upstream: {}, product: {} });
  const authority = await makeAuthority();
  const upstream = await OpenLDAP.start(join(folder, 'upstream'), authority, likeJumpCloud(ODD_PEOPLE));
  test.teardown(() => upstream.kill());
  const product = await startProduct({
    upstream: {
      url: upstream.url,
      caPem: authority.caPem,
      orgId: ORG_ID,
      reader: { dn: userDN('ldap-reader'), password: SERVICE.password },
    },
    folder: join(folder, 'product'),
    tls: await authority.issue(['localhost', '127.0.0.1']),
    set: ['binds.failuresPerAccount=1000', 'binds.failuresPerAddress=10000'],
  });
  test.teardown(() => product.stop());
  const portOf = (url: string) => Number(new URL(url).port);
  return { product, port: portOf(product.url), tlsPort: portOf(product.ldapsUrl), caFile: upstream.caFile, folder };
}

/** The groups of a member that are shown, by their names in order; those that were added are in one. */
export function groupsOf(uid: string): string[] {
  if (ODD_PEOPLE.some((one) => one.uid === uid)) return ['wayk-users'];
  return GROUPS.filter(({ members }) => members.includes(uid))
    .map(({ name }) => name)
    .sort();
}
