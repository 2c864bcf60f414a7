// What the programs in examples/ write, wherever they find the package.

export interface Example {
  /** Without `.ts`. */
  readonly name: string;
  /** Of Node. */
  readonly args: readonly string[];
  /** What its output has in it. */
  readonly expected: readonly RegExp[];
}

export const EXAMPLES: readonly Example[] = [
  {
    name: 'jumpgate-in-a-program',
    args: [],
    expected: [
      /^info: ready: wayk-users has 9 members/m,
      /^9 members can log in at ldap:\/\/127\.0\.0\.1:\d+$/m,
      /^not reloaded: listen\.ldap = "nowhere" must be an address/m,
      /^not reloaded: binds\.window = "soon" must be a duration/m,
      /^reload: changed$/m,
    ],
  },
  { name: 'test-an-application', args: ['--test'], expected: [/^# pass 2$/m, /^# fail 0$/m] },
  {
    name: 'decode-a-message',
    args: [],
    expected: [
      /^2: search below ou=Users,dc=example,dc=com for \(&\(objectClass=person\)\(uid=ada\*\)\), attributes cn$/m,
      /^the superior is dc=example,dc=com$/m,
      /^encoded again, it is the same$/m,
      /^not LDAP: /m,
    ],
  },
];
