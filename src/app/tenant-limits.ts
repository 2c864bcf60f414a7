// Reads the tenant's own lock-out, where `binds.fromTenant` asks for it.
import { type CloudApi, CloudError, type CloudLockout } from '../cloud/ports.js';

/** Milliseconds until the settings are read again, and after a failure. */
const AGAIN = 3_600_000;
const AFTER_FAILURE = 300_000;

export interface TenantLimitsParts {
  /** The settings, each time that they were read. */
  readonly read: (lockout: CloudLockout) => void;
  /** They cannot be read, for the first time in a row: the limits stay as they are. */
  readonly failed: (fault: CloudError) => void;
  readonly defect: (error: unknown) => void;
}

/** Reads the tenant's lock-out in the background; no bind waits for it. */
export class TenantLimits {
  private api: Pick<CloudApi, 'lockout'> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private hasFailed = false;

  constructor(private readonly parts: TenantLimitsParts) {}

  /** Asks there from now on; undefined: nobody is asked. */
  use(api: Pick<CloudApi, 'lockout'> | undefined): void {
    if (api === this.api) return;
    clearTimeout(this.timer);
    this.api = api;
    this.hasFailed = false;
    if (api !== undefined) void this.ask(api);
  }

  private async ask(api: Pick<CloudApi, 'lockout'>): Promise<void> {
    let pause = AGAIN;
    try {
      const lockout = await api.lockout('settings');
      if (api !== this.api) return;
      this.hasFailed = false;
      this.parts.read(lockout);
    } catch (error) {
      if (api !== this.api) return;
      pause = AFTER_FAILURE;
      if (!(error instanceof CloudError)) this.parts.defect(error);
      else if (!this.hasFailed) this.parts.failed(error);
      this.hasFailed = true;
    }
    this.timer = setTimeout(() => void this.ask(api), pause).unref();
  }
}
