// What textlint reports about the documents. Everything is on, apart from what is wrong here more often than right: each exception has its reason.
const adverbs = require('adverb-where');
const cliches = require('no-cliches');
const wordy = require('too-wordy');
const weasels = require('weasel-words');

/** A check of write-good, which says nothing about these words. */
const without = (check, ...words) => {
  const allowed = new Set(words);
  return (text) =>
    check(text).filter(
      ({ index, offset }) =>
        !allowed.has(
          text
            .slice(index, index + offset)
            .toLowerCase()
            .replace(/\s+/g, ' '),
        ),
    );
};

const writeGood = {
  checks: {
    // Limits, conditions, how often: without these words the sentence says something else.
    adverb: {
      fn: without(
        adverbs,
        ...[
          'only',
          'immediately',
          'exactly',
          'roughly',
          'recently',
          'successfully',
          'early',
          'likely',
          'shortly',
          'usually',
          'rarely',
          'many',
        ],
      ),
      explanation: 'can weaken meaning',
    },
    // Numbers that a sentence does not need to be exact about.
    weasel: { fn: without(weasels, 'many', 'few', 'several'), explanation: 'is a weasel word' },
    // "It is" also begins sentences about a thing that was just named. "All of" them, of an RFC. The others are terms: limits of a setting,
    // R1 to R121, what programs of LDAP call themselves.
    wordy: {
      fn: without(wordy, 'it is', 'it was', 'all of', 'maximum', 'minimum', 'requirement', 'validate'),
      explanation: 'is wordy or unneeded',
    },
    cliche: { fn: cliches, explanation: 'is a cliche' },
    // Off: `passive`. It cannot tell "the key is set" from a missing subject: three hundred reports, nearly all of them about states.
    // Off: `thereIs`. What exists in a directory is what these pages are about.
    // Off: `so`. A short sentence with the consequence of the one before is better than a long one of both.
    // Off: `eprime`, as in write-good itself.
  },
};

const terminology = {
  exclude: [
    // "DNs" are distinguished names.
    'DNS',
    // As the file is called.
    'readme(s)?',
    // As everybody writes it about databases.
    'indexes\\b',
    // As messages have it that clients see; JumpCloud's console writes "Username" on its fields.
    'user[- ]name(s)?',
    // Commands, keys and values: generated pages have the comments of the configuration file, which have no marks for code.
    ...['Bash', 'cURL', 'JSON', 'OpenSSL', 'TTL', 'OK'],
  ],
};

const alex = {
  // 0 reports what is hardly ever meant to hurt: attack, failed, kill, dead, fires.
  profanitySureness: 1,
  allow: [
    // The terms of LDAP, TCP and Unix: host, invalidCredentials, simple bind, disabled account, primitive encoding, master key.
    ...['host-hostess', 'hostesses-hosts', 'invalid', 'savage', 'simple'],
  ],
};

module.exports = { rules: { 'write-good': writeGood, terminology, alex } };
