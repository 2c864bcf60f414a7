// objectSid and objectGUID: the bytes that Windows has for them, back and forth, stable, and apart for different entries.
import fc from 'fast-check';
import t from 'tap';
import {
  domainSubauthorities,
  guidOctets,
  relativeId,
  sidFromText,
  sidOctets,
  sidText,
  uuidOfGuid,
} from '../../../src/layout/activedirectory/identifiers.js';

t.test('a SID has the bytes that Windows has', (t) => {
  // BUILTIN\Administrators, and an account of a domain.
  t.equal(sidOctets([32, 544]).toString('hex'), '01020000000000052000000020020000');
  const account = 'S-1-5-21-1004336348-1177238915-682003330-512';
  t.equal(sidFromText(account)?.toString('hex'), '010500000000000515000000dcf4dc3b833d2b46828ba62800020000');
  t.equal(sidText(sidFromText(account)!), account);
  t.equal(sidText(sidFromText('S-1-16-4096')!), 'S-1-16-4096', 'another authority');
  t.end();
});

t.test('an invalid SID has no bytes, and no text', (t) => {
  for (const text of [
    '',
    'S-1',
    'S-1-5',
    'S-2-5-21',
    'S-1-5-x',
    'S-1-5-4294967296',
    `S-1-5${'-1'.repeat(16)}`,
    ' S-1-5-21',
  ])
    t.equal(sidFromText(text), undefined, text);
  for (const hex of [
    '',
    '01',
    '0200000000000005',
    '0100000000000005',
    '01020000000000052000000020',
    `${'01020000000000052000000020020000'}00`,
  ])
    t.equal(sidText(Buffer.from(hex, 'hex')), undefined, hex);
  t.end();
});

t.test('SIDs and GUIDs survive the way there and back', (t) => {
  const subauthority = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(
    fc.property(fc.array(subauthority, { minLength: 1, maxLength: 15 }), (parts) => {
      const octets = sidOctets(parts);
      return sidFromText(sidText(octets)!)?.equals(octets) === true;
    }),
  );
  fc.assert(fc.property(fc.uuid(), (uuid) => uuidOfGuid(guidOctets(uuid)!) === uuid));
  t.equal(guidOctets('6f9619ff-8b86-d011-b42d-00c04fc964ff')?.toString('hex'), 'ff19966f868b11d0b42d00c04fc964ff');
  t.equal(guidOctets('6f9619ff'), undefined);
  t.equal(uuidOfGuid(Buffer.alloc(15)), undefined);
  t.end();
});

t.test('a domain is the same whenever it is asked for, and another for another organisation', (t) => {
  const one = domainSubauthorities('5F1C0A9E7B3D4C2A8E6F9D10');
  t.same(one, domainSubauthorities('5f1c0a9e7b3d4c2a8e6f9d10'));
  t.notSame(one, domainSubauthorities('5f1c0a9e7b3d4c2a8e6f9d11'));
  t.equal(one[0], 21);
  t.end();
});

t.test(
  'relative identifiers: by number where there is one, never below 1000, never one for a person and a group',
  (t) => {
    t.equal(relativeId('user', '5000', ''), 11_000);
    t.equal(relativeId('group', '5000', ''), 11_001);
    const number = fc.option(fc.oneof(fc.nat().map(String), fc.string()), { nil: undefined });
    fc.assert(
      fc.property(number, number, fc.uuid(), fc.uuid(), (a, b, one, other) => {
        const [user, group] = [relativeId('user', a, one), relativeId('group', b, other)];
        return user >= 1000 && group >= 1000 && user !== group && user <= 0xffff_ffff && group <= 0xffff_ffff;
      }),
    );
    t.not(relativeId('user', undefined, 'a'), relativeId('user', undefined, 'b'));
    t.end();
  },
);
