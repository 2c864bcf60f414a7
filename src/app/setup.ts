// What is made of a configuration, and exchanged as a whole by a reload.
import type { Config } from '../config/config.js';
import { LargeValues } from '../directory/apps/app-snapshot.js';
import type { MirrorEvent } from '../directory/mirror.js';
import { logMirror } from '../ops/log/mirror-log.js';
import type { Refreshes } from '../ops/telemetry/refreshes.js';
import { type AppParts, makeAppParts, viewsOf } from './app-parts.js';
import { keepsMemory, keepsUpstream } from './changes.js';
import { type House, makeHouse } from './doors.js';
import type { Fleet } from './fleet.js';
import type { GuardedLog } from './guarded-log.js';
import { mirroredBy } from './names.js';
import { type BindMemory, makeMemory } from './rules.js';
import { makeUpstreamStack, type UpstreamStack } from './upstream-stack.js';

export interface Setup {
  readonly config: Config;
  readonly apps: readonly AppParts[];
  readonly stack: UpstreamStack;
  readonly memory: BindMemory;
  readonly house: House;
}

export interface SetupParts {
  readonly fleet: Fleet;
  readonly refreshes: Refreshes;
  readonly log: GuardedLog;
  /** The directory was read, or could not be. */
  readonly mirrored: (event: MirrorEvent) => void;
  /** Has a stack read through the fleet, if there is one. */
  readonly share: (stack: UpstreamStack) => Promise<void>;
}

/** Makes the setup of one configuration after the other. */
export class Setups {
  /** What is large in the snapshots of apps: the same in all of them, and from one configuration to the next. */
  private readonly room = new LargeValues();

  constructor(private readonly parts: SetupParts) {}

  /** Its directory is not read yet. Throws an Error for a configuration that cannot be used. */
  first(config: Config): Setup {
    const apps = makeAppParts(config, this.room);
    const stack = this.stackFor(config, apps);
    const memory = makeMemory(config);
    return { config, apps, stack, memory, house: makeHouse(config, stack, memory, apps, this.parts.fleet) };
  }

  /**
   * Makes the next one, with all of `before` that stays valid; `use` puts it to work. Rejects with an Error for a configuration that cannot be used,
   * and with what `use` throws: then `before` goes on.
   */
  async next(before: Setup, config: Config, use: (next: Setup) => void): Promise<void> {
    let { stack } = before;
    try {
      const apps = makeAppParts(config, this.room);
      if (!keepsUpstream(before.config, config)) stack = await this.stackWithSnapshot(config, apps);
      else await stack.views.prepare(viewsOf(apps), () => stack.mirror.snapshot);
      const memory = keepsMemory(before.config, config) ? before.memory : makeMemory(config, before.memory);
      memory.limiters.prepare(config);
      const house = makeHouse(config, stack, memory, apps, this.parts.fleet);
      use({ config, apps, stack, memory, house });
    } catch (error) {
      if (stack !== before.stack) stack.stop(false);
      else stack.views.drop();
      throw error;
    }
    if (stack !== before.stack) before.stack.stop(true);
  }

  private stackFor(config: Config, apps: readonly AppParts[]): UpstreamStack {
    const { refreshes, log, mirrored } = this.parts;
    const stack = makeUpstreamStack(
      config,
      refreshes,
      (event) => {
        log.write((log) => logMirror(log, event, mirroredBy(config)));
        mirrored(event);
      },
      log.defect,
    );
    stack.views.use(viewsOf(apps));
    return stack;
  }

  /** Comes into service with a snapshot of its own: nobody is to see a gap. Throws an Error if it cannot read one. */
  private async stackWithSnapshot(config: Config, apps: readonly AppParts[]): Promise<UpstreamStack> {
    const next = this.stackFor(config, apps);
    await this.parts.share(next);
    await next.mirror.start();
    if (next.mirror.snapshot !== undefined) return next;
    next.stop(false);
    throw new Error(`the first read with it failed: ${next.mirror.state().lastError?.message ?? 'no answer'}`);
  }
}
