// Ten thousand logins at three whole instances behind the real HAProxy, with wrong passwords spread over instances, spellings and addresses.
import t from 'tap';
import { HAPROXY } from '../support/fleet-site.js';
import { storm } from '../support/fleet-storm.js';
import { withoutStore } from '../support/redis.js';
import { without } from '../support/site.js';

const skip = without(HAPROXY) || withoutStore;
const TEN_THOUSAND = { owners: 40, absent: 60, perOwner: 194, guesses: 2080 };

for (const [what, set] of [
  ['each password is asked about', ['binds.cache.ttl=0s']],
  ['passwords are cached', []],
] as const)
  t.test(`10,000 logins, where ${what}`, { skip, timeout: 300_000 }, (t) => storm(t, { ...TEN_THOUSAND, set }));
