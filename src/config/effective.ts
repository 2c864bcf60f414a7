// From settings of the right shape to the effective configuration: names parsed, files read, and what must fit each other compared.
import { isLoopbackHost } from '../runtime/loopback.js';
import { asksForSecondFactor } from '../upstream/endpoint.js';
import { checkListeners } from './app-conflicts.js';
import { effectiveApps, usesTopLevelListeners } from './apps.js';
import { Checks, type Surroundings } from './checks.js';
import type { AppConfig, Config } from './config.js';
import { formatDuration } from './durations.js';
import type { ConfigFault } from './fault.js';
import { effectiveFleet } from './fleet.js';
import { checkAllUsed } from './inherited.js';
import { effectiveListen } from './listen.js';
import type { Parsed } from './schema.js';
import { Secret } from './secret.js';
import { checkUrls, effectiveUpstreamTls, tryUrl } from './upstream.js';
import { effectiveApi } from './upstream-api.js';
import { organisationOf, readerNames } from './upstream-names.js';

/** Milliseconds: a bind upstream, and one that waits for somebody to take the telephone out (JumpCloud's push lasts 60 s). */
const OPERATION_TIME = 10_000;
const SECOND_FACTOR_TIME = 65_000;
/** Characters of ops.token at least. */
const SHORTEST_TOKEN = 16;

/** The configuration that these settings make; what is wrong is added to `faults`, and the result is then not to be used. */
export function effectiveConfig(
  parsed: Parsed,
  surroundings: Surroundings,
  faults: ConfigFault[],
): Omit<Config, 'source' | 'origins'> {
  const checks = new Checks(surroundings, faults);
  const { directory, binds, log } = parsed;
  const organisation = organisationOf(parsed.upstream, checks);
  const listen = effectiveListen(parsed.listen, usesTopLevelListeners(parsed, surroundings.settings), checks);
  const upstream = effectiveUpstream(parsed.upstream, organisation, checks);
  const placed = effectiveApps(parsed, organisation, checks);
  const apps = placed.map(({ app }) => app);
  const [first] = apps as [AppConfig, ...AppConfig[]];
  if (binds.fromTenant && upstream.api === undefined)
    checks.fault(
      'binds.fromTenant',
      'needs upstream.api, which reads the tenant’s lock-out',
      'Set upstream.api (docs/jumpcloud-api.md), or leave binds.fromTenant out.',
    );
  const fleet = effectiveFleet(parsed.fleet, checks);
  const ops = effectiveOps(parsed.ops, checks);
  checkListeners(placed, { listen, ops }, checks);
  checkAllUsed(placed, checks);
  return {
    apps,
    listen,
    upstream,
    group: { name: first.groups[0] ?? '', everyone: first.everyone },
    local: first.local,
    directory: checkedDirectory(directory, checks),
    binds,
    fleet,
    ops,
    log: {
      level: log.level,
      format: log.format === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : log.format,
      audit: log.audit,
    },
    files: checks.files,
    warnings: checks.warnings,
  };
}

function effectiveUpstream(
  upstream: Parsed['upstream'],
  { orgId, baseDN }: Pick<Config['upstream'], 'orgId' | 'baseDN'>,
  checks: Checks,
): Config['upstream'] {
  const { urls, caFile, reader } = upstream;
  const { trust } = checks.surroundings;
  const ca = caFile === undefined || trust !== undefined ? undefined : checks.authorities('upstream.caFile', caFile);
  checkUrls(upstream, checks);
  const { password, passwordFile } = reader;
  return {
    ...upstream,
    operationTime: upstream.operationTime ?? operationTime(urls),
    orgId,
    baseDN,
    caFile,
    ca: trust === undefined ? ca : Buffer.from(trust),
    tls: effectiveUpstreamTls(upstream.tls, checks),
    reader: {
      ...readerNames(reader, orgId, checks),
      passwordFile: password === undefined ? passwordFile : undefined,
      password: checks.password('upstream.reader', password, passwordFile) ?? new Secret(''),
    },
    api: effectiveApi(upstream.api, urls, checks),
  };
}

/** Open sessions see the result of the last read, so it has to be as fresh as the membership must be. */
function checkedDirectory(directory: Parsed['directory'], checks: Checks): Parsed['directory'] {
  const { refresh, membershipAge } = directory;
  if (refresh > membershipAge) {
    const remedy = `Set directory.membershipAge to ${formatDuration(refresh)} or more if people who leave the group may stay in for that long; or refresh more often.`;
    const about = ['directory.membershipAge'];
    checks.fault('directory.refresh', 'is longer than directory.membershipAge', remedy, formatDuration(refresh), about);
  }
  return directory;
}

function effectiveOps({ http, token, tokenFile }: Parsed['ops'], checks: Checks): Config['ops'] {
  const secret = checks.secret('ops', 'token', token, tokenFile);
  if (secret !== undefined && secret.bytes().length < SHORTEST_TOKEN)
    checks.fault('ops.token', 'can be guessed', `Use ${SHORTEST_TOKEN} characters or more: openssl rand -hex 32`);
  if (http !== undefined && !isLoopbackHost(http.host) && secret === undefined) {
    const remedy = 'Choose 127.0.0.1 or [::1], or set ops.tokenFile (or .token), which every client must then send.';
    checks.fault('ops.http', 'is reachable from outside', remedy, http.host, ['ops.token', 'ops.tokenFile']);
  }
  return { http, token: secret, tokenFile: token === undefined ? tokenFile : undefined };
}

function operationTime(urls: readonly string[]): number {
  return urls.some((url) => asksForSecondFactor(tryUrl(url).hostname)) ? SECOND_FACTOR_TIME : OPERATION_TIME;
}
