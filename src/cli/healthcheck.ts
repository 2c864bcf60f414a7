// `jumpgate healthcheck`: asks the ops port of a running instance; for containers.
import { get } from 'node:http';
import { readEnvironment, readYaml, type Tree } from '../config/sources.js';
import type { CliIo } from './io.js';

const TIME = 3000;

/** The ops port by file and environment alone: a health check must not need the secrets that a whole configuration does. */
export function opsUrl(file: string | undefined, io: CliIo): string {
  const name = file ?? io.env.JUMPGATE_CONFIG;
  const written = name === undefined || name === '' ? {} : readYaml(name);
  const http = (tree: Tree) => (tree.ops as Tree | undefined)?.http;
  const address = http(readEnvironment(io.env, [])) ?? http(written) ?? '127.0.0.1:9389';
  return `http://${String(address)}`;
}

/** Exit code 0 if the answer is 200 within three seconds, else 1. */
export function healthcheck(url: string, wantsReady: boolean, io: CliIo): Promise<number> {
  const target = `${url.replace(/\/$/, '')}/${wantsReady ? 'readyz' : 'healthz'}`;
  return new Promise((resolve) => {
    const failed = (why: string) => {
      io.stderr.write(`jumpgate: ${target}: ${why}\n`);
      resolve(1);
    };
    try {
      const request = get(target, { timeout: TIME }, (response) => {
        response.resume();
        if (response.statusCode === 200) resolve(0);
        else failed(`answered ${response.statusCode}`);
      });
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIME} ms`)));
      request.on('error', (error) => failed(error.message));
    } catch (error) {
      failed((error as Error).message);
    }
  });
}
