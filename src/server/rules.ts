// The rules that connections follow: replaced as a whole when the configuration changes.
import type { World } from '../gate/world.js';
import type { Request } from '../ldap/message.js';
import type { ClientTls } from './client-tls.js';
import type { Limits } from './limits.js';
import type { ResponseCache } from './response-cache.js';

/** Those of one app. */
export interface Rules {
  /** The app's name. */
  readonly name: string;
  /** The same for log, metrics and page; undefined where they are to say nothing of apps. */
  readonly app?: string | undefined;
  readonly gate: World;
  /** Of this configuration: another one may answer otherwise. */
  readonly responses: ResponseCache;
  /** For connections from then on. */
  readonly limits: Limits;
  /** Needed for ldaps; with it ldap offers StartTLS. */
  readonly tls: ClientTls | undefined;
}

/** What a listening socket leads to. */
export interface Door {
  /** The rules of a connection until its app is known: mostly those of the only app. */
  readonly first: Rules;
  /** Where there are several. */
  readonly several?: {
    /** By their names. */
    readonly apps: ReadonlyMap<string, Rules>;
    /** The app that a request decides for; undefined: it says nothing of that. */
    readonly choose: (op: Request) => string | undefined;
  };
}

/** The doors by their names. */
export type Doors = ReadonlyMap<string, Door>;
