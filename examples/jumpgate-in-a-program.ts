// Jumpgate in a program of your own: started from an object, watched, and stopped. Here with the stand-in in place of JumpCloud.
import { ConfigError, type JumpgateConfig, start } from 'jumpgate';
import { startStandIn } from 'jumpgate/testing';

const jumpcloud = await startStandIn();

const config: JumpgateConfig = {
  // For JumpCloud itself: { orgId: '5f1c…', reader: { user: 'ldap-reader', passwordFile: '/run/secrets/reader' } }
  upstream: jumpcloud.upstream,
  group: 'wayk-users',
  local: { baseDN: 'dc=example,dc=com' },
  listen: { ldap: '127.0.0.1:0' },
};

// Only for the stand-in, whose certificate nobody else trusts: `ca`.
const jumpgate = await start({ config, ca: jumpcloud.ca, log: ({ level, msg }) => console.log(`${level}: ${msg}`) });
await jumpgate.ready({ signal: AbortSignal.timeout(10_000) });
const { snapshot } = jumpgate.state;
console.log(`${snapshot.members} members can log in at ${jumpgate.addresses.ldap}`);

try {
  await jumpgate.reload({ ...config, listen: { ldap: 'nowhere' }, binds: { window: 'soon' } });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  for (const { path, value, message } of error.faults) console.log(`not reloaded: ${path} = ${value} ${message}`);
}
const outcome = await jumpgate.reload({ ...config, group: 'Finance' });
console.log(`reload: ${outcome.kind}`);

await jumpgate.stop();
await jumpcloud.stop();
