// `jumpgate demo`, which somebody runs before there is a configuration: it takes everything that it needs as options.
import { command } from './command.js';

export const DEMO = command(
  'demo',
  'Run the proxy in front of an embedded JumpCloud with invented people',
  (y) =>
    y
      .option('port', { type: 'number', requiresArg: true, default: 1389, describe: 'Local LDAP port' })
      .option('ops-port', {
        type: 'number',
        requiresArg: true,
        default: 9389,
        describe: 'Port of the live page, /healthz and /readyz',
      })
      .option('latency', {
        type: 'number',
        requiresArg: true,
        default: 0,
        describe: 'Milliseconds that the embedded upstream takes',
      })
      .example([
        ['$0 demo', 'try it, without JumpCloud'],
        ['$0 demo --port 2389 --ops-port 9390', 'if the usual ports are taken'],
        ['$0 demo --latency 300', 'see how it feels if JumpCloud is slow'],
      ])
      .epilogue(
        'An outage of the embedded JumpCloud, and its end: o and Enter on a terminal, or kill -USR2 with the process ID that it prints.',
      ),
  async ({ port, opsPort, latency }, io) => {
    const { demo } = await (await import('./demo-packages.js')).loadDemo();
    return demo({ port, opsPort, latency }, io);
  },
);
