// The built product directly in front of a real OpenLDAP server with many people; with JumpCloud's own names unless a base is wanted, so that
// both can be compared.
import { join } from 'node:path';
import type t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { ORG_ID } from '../../src/demo/people.js';
import { type Contents, OpenLDAP } from '../support/openldap.js';
import { type Product, startProduct } from '../support/product.js';
import { READER } from './crowd.js';

export interface LargeSite {
  readonly product: Product;
  readonly upstream: OpenLDAP;
  /** Ports of the product. */
  readonly port: number;
  readonly tlsPort: number;
  /** Of both certificates. */
  readonly caFile: string;
  readonly folder: string;
}

/** Ends with the test. `set` are further settings, as `--set` takes them; names are the upstream's own unless `keepsNames` is false. */
export async function startLargeSite(
  test: Pick<typeof t, 'teardown' | 'testdir'>,
  contents: Contents,
  { keepsNames = true, set = [] }: { readonly keepsNames?: boolean; readonly set?: readonly string[] } = {},
): Promise<LargeSite> {
  const folder = test.testdir({ upstream: {}, product: {} });
  const authority = await makeAuthority();
  const upstream = await OpenLDAP.start(join(folder, 'upstream'), authority, contents);
  test.teardown(() => upstream.kill());
  const product = await startProduct({
    upstream: { url: upstream.url, caPem: authority.caPem, orgId: ORG_ID, reader: READER },
    folder: join(folder, 'product'),
    tls: await authority.issue(['localhost', '127.0.0.1']),
    keepsNames,
    set,
    startTime: 120_000,
  });
  test.teardown(() => product.stop());
  const portOf = (url: string) => Number(new URL(url).port);
  return {
    product,
    upstream,
    port: portOf(product.url),
    tlsPort: portOf(product.ldapsUrl),
    caFile: upstream.caFile,
    folder,
  };
}
