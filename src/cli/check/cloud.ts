// The check of JumpCloud's API, where `upstream.api` is set: what it says of the credential, the reader, the groups, the lock-out and the policies.

import { LONGEST_WINDOW, limitsWithin } from '../../app/account-limits.js';
import { makeCloud } from '../../app/cloud.js';
import { endpointsOf, gatesOf, readerName } from '../../app/names.js';
import type { JumpCloudApi } from '../../cloud/api.js';
import { FAULT_REMEDIES } from '../../cloud/fault-remedies.js';
import { type CloudApi, CloudError, type CloudLockout } from '../../cloud/ports.js';
import { daysLeft, readerFaults } from '../../cloud/reader-account.js';
import type { Config } from '../../config/config.js';
import { formatDuration } from '../../config/durations.js';
import { regionOf } from '../../upstream/regions.js';
import { type Finding, failed, ok, type Report, warning } from './report.js';

const STEPS = ['api events', 'api reader', 'api groups', 'api policies', 'api lock-out'];
/** Groups that are asked about. */
const MOST_GROUPS = 32;

/** Adds the steps; nothing where the API is not configured. Logins do not need the API, so an answer that it cannot give is a warning. */
export async function checkCloud(config: Config, report: Report): Promise<void> {
  const { api: settings } = config.upstream;
  if (settings === undefined) return;
  let api: JumpCloudApi;
  try {
    api = await makeCloud(settings);
  } catch (error) {
    return report.add('api', 'configuration', warning((error as Error).message, FAULT_REMEDIES.away));
  }
  try {
    const finding = await credential(api);
    report.add('api', 'configuration', finding);
    if (finding.status !== 'ok') return report.skip(STEPS, 'the API does not answer');
    for (const [step, look] of cloudSteps(api, config, Date.now()))
      await report.run(step, 'directory', () => told(look));
    report.note(`${api.health.lastHour} calls of JumpCloud's API`);
  } finally {
    api.stop();
  }
}

type Look = () => Promise<Finding | readonly Finding[]>;

/** For tests as well: `now` in milliseconds since 1970. */
export function cloudSteps(api: CloudApi, config: Config, now: number): [step: string, look: Look][] {
  return [
    ['api events', () => insights(api, now)],
    ['api reader', () => reader(api, readerName(config), now)],
    ['api groups', () => groups(api, gatesOf(config).gates)],
    ['api policies', () => policies(api, config)],
    ['api lock-out', async () => lockOut(await api.lockout('check'), config)],
  ];
}

/** A failed call of the API says nothing about the directory, so it is a warning. */
export async function told(look: Look): Promise<Finding | readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return warning(`not known: ${error.message}`, FAULT_REMEDIES[error.fault]);
  }
}

async function credential(api: CloudApi): Promise<Finding> {
  const began = performance.now();
  try {
    await api.ldapServers('check');
    return ok(`the credential is accepted (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const { fault, message } = error;
    return fault === 'refused' ? failed(message, FAULT_REMEDIES[fault]) : warning(message, FAULT_REMEDIES[fault]);
  }
}

async function insights(api: CloudApi, now: number): Promise<Finding> {
  await api.events('check', { services: ['ldap'], since: now - 60_000, newestFirst: true, limit: 1 });
  return ok('Directory Insights can be read');
}

async function reader(api: CloudApi, name: string, now: number): Promise<readonly Finding[]> {
  const user = await api.user('check', name);
  const faults = readerFaults(user, name, now);
  if (user === undefined || faults.length > 0)
    return faults.map(({ isFatal, text, remedy }) => (isFatal ? failed(text, remedy) : warning(text, remedy)));
  const days = daysLeft(user, now);
  return [ok(`${name} may search; its password ${days === undefined ? 'does not expire' : `expires in ${days} days`}`)];
}

async function groups(api: CloudApi, names: readonly string[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const name of names.slice(0, MOST_GROUPS)) findings.push(await group(api, name));
  return findings.length > 0 ? findings : [ok('everybody gets in: no group is asked about')];
}

async function group(api: CloudApi, name: string): Promise<Finding> {
  const found = await api.groupNamed('check', name);
  if (found === undefined)
    return warning(
      `${name}: no such group in the console`,
      'A group may have another name in LDAP; what LDAP says counts.',
    );
  const { id, ldapNames, isDynamic } = found;
  if ((await api.bindingsOfGroup('check', id)).length === 0)
    return failed(`${name} is not bound to LDAP`, `User Groups › ${name} › Directories: tick JumpCloud LDAP.`);
  const other = ldapNames.find((one) => one.toLowerCase() !== name.toLowerCase());
  if (other !== undefined && !ldapNames.some((one) => one.toLowerCase() === name.toLowerCase()))
    return warning(`${name} is called ${other} in LDAP`, `Write ${other} into the configuration.`);
  return ok(`${name} is bound to LDAP${isDynamic ? '; its rule decides who is in it' : ''}`);
}

async function policies(api: CloudApi, config: Config): Promise<readonly Finding[]> {
  const active = (await api.ldapPolicies('check')).filter(({ isDisabled }) => !isDisabled);
  const [asking] = active.filter(({ requiresMfa }) => requiresMfa);
  const endpoints = endpointsOf(config);
  const plain = endpoints.find(({ host, asksForSecondFactor }) => !asksForSecondFactor && regionOf(host) !== undefined);
  if (asking !== undefined && plain !== undefined) {
    const remedy = `Name ldap-mfa.${plain.host.slice(plain.host.indexOf('.') + 1)} in upstream.urls, or take Jumpgate's users out of the policy.`;
    return [warning(`the policy “${asking.name}” requires a second factor, and ${plain.host} takes none`, remedy)];
  }
  if (asking === undefined && endpoints.some(({ asksForSecondFactor }) => asksForSecondFactor))
    return [
      warning(
        'the host asks for second factors, and no policy for LDAP requires one',
        'Make a conditional access policy for LDAP, or use the plain host.',
      ),
    ];
  return [ok(active.length === 0 ? 'no policy for LDAP' : `${active.length} for LDAP, which fit the host in use`)];
}

/** A limit here that is above the tenant's lets guesses lock accounts there. */
export function lockOut(lockout: CloudLockout, config: Pick<Config, 'binds'>): readonly Finding[] {
  const { attempts, countedFor } = lockout;
  if (attempts === undefined) return [ok('the organisation locks nobody')];
  const { perAccount: failuresPerAccount, accountWindow } = limitsWithin(config, lockout);
  const text = `the organisation locks after ${attempts} wrong passwords${countedFor === undefined ? '' : ` within ${formatDuration(countedFor * 1000)}`}`;
  const findings: Finding[] = [];
  // One attempt more than the limit may pass if the account logged in recently.
  if (failuresPerAccount + 1 >= attempts)
    findings.push(
      warning(
        `${text}, and binds.failuresPerAccount is ${failuresPerAccount}`,
        attempts > 2
          ? `Set binds.failuresPerAccount to ${attempts - 2}, or binds.fromTenant to true.`
          : 'Raise the limit in the console: Settings › Security.',
      ),
    );
  if (countedFor === undefined || countedFor * 1000 > LONGEST_WINDOW)
    findings.push(
      warning(
        `${text} until one is right: with ${failuresPerAccount} in ${formatDuration(accountWindow)} from here they add up, and an account may be locked in the end`,
        'In the console, Settings › Security: let the counter start again after some minutes.',
      ),
    );
  else if (accountWindow < countedFor * 1000)
    findings.push(
      warning(
        `${text}, and binds.accountWindow is ${formatDuration(accountWindow)}`,
        `Set binds.accountWindow to ${formatDuration(countedFor * 1000)}, or binds.fromTenant to true.`,
      ),
    );
  const source = config.binds.fromTenant ? ', by binds.fromTenant' : '';
  return findings.length > 0
    ? findings
    : [ok(`${text}; at most ${failuresPerAccount + 1} reach it from here${source}`)];
}
