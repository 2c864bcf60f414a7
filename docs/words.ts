// The word list: the table in docs/style.md is made of it, and `npm run lint:words` looks for what is not to be written.

/** One row of the table, and what is looked for. */
export interface Word {
  readonly write: string;
  readonly not: string;
  /** What is surely wrong, which may be less than the row says. A space is also the end of a line. */
  readonly find: RegExp;
  /** Files where it is right, by their paths from the root. */
  readonly except?: RegExp;
}

/** What may follow "is no" in English of today: "is no longer", "is no better", "is no reason". */
const AFTER_NO = String.raw`(?:longer|more|less|better|worse|older|newer|larger|smaller|higher|lower|faster|slower|further|different|doubt|reason|use|need|point)\b`;

/** Where a sentence begins: after another one, in a list or a cell, or in a comment. */
const SENTENCE = String.raw`(?<=[.!?:|] |^|\n\n|- |/\*\* |// )`;

/** In the order of the table. */
export const WORDS: readonly Word[] = [
  { write: 'fix', not: 'mend', find: /\bmend(s|ed|ing)?\b/i },
  {
    write: 'report, say, print',
    not: 'tell (without a person who is told); is told',
    find: /\b(is|are|was|were|be|been|being|not) told\b(?! (apart|from)\b)|\btells? (what|why|how|when|of|that|nothing|nobody)\b/i,
  },
  { write: 'cached, kept', not: 'remembered', find: /\bremember(s|ed|ing)?\b/i },
  { write: 'login (noun), log in (verb)', not: 'log-in', find: /\blog-ins?\b/i },
  {
    write: 'bytes',
    not: "octets (except where an RFC is quoted, and in the code's wire layer)",
    find: /(?<!\.)\boctets?\b(?! string)/i,
    except: /^(src|test)\/(wire|ldap)\//,
  },
  { write: 'in cleartext', not: 'in clear', find: /\bin clear\b(?! text)/i },
  {
    write: 'unknown …, not a …',
    not: 'is no … (is no setting), is none',
    find: new RegExp(`(?<!\\bthere )\\b(is|are|was|were|be) (none\\b(?! of\\b)|no (?!${AFTER_NO})[a-z-]+)`, 'i'),
  },
  {
    write: 'user not found, belongs to nobody',
    not: "is nobody's",
    find: /\b(is|are|was|were|be|becomes?|became) nobody[’']s\b/i,
  },
  {
    write: 'non-member, anyone who',
    not: 'who is not …, whoever',
    // A sentence that begins with "Who is not" and does not ask.
    find: new RegExp(
      String.raw`\b[Ww]hoever\b|${SENTENCE}Who (is not|has not|has no|does not|cannot|may not) [^.?!|]*\.(?= |$)`,
    ),
  },
  { write: 'again, from scratch', not: 'anew', find: /\banew\b/i },
  { write: 'human-readable', not: 'for eyes', find: /\b(for|with (his|her|its|their|whose)) eyes\b/i },
  {
    write: 'error, problem',
    not: 'fault (as a noun for what a user did)',
    find: /\bfaults? of (the|a|an|its) (yaml|configuration|file|shape|line|variable|flag|key)s?\b|\b(is|are) (a|no) faults?\b|\b(all|every) faults? (at once|together)\b/i,
  },
  {
    write: 'connection',
    not: 'line (to JumpCloud)',
    find: /\bline to (jumpcloud|the upstream)\b/i,
  },
  { write: 'up', not: 'well', find: /\b(is|are|was|were|be|stays?) well\b(?=[.,;:)]| (again|now)\b)/i },
  {
    write: 'is in, is',
    not: 'stands, stands in',
    find: /(?<!-)\bstands?\b(?!-| (for|up|alone|out|by)\b)/i,
  },
  {
    write: 'at the same time; immediately; in one go',
    not: 'in the same moment, at once (ambiguous)',
    find: /\bat once\b|\bin the same moment\b/i,
  },
  {
    write: 'about, roughly',
    not: 'some (before a number)',
    find: /\bsome (\d|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen)/i,
  },
  { write: 'uses, follows', not: 'goes by', find: /(?<!\btime )\b(goes|go|went) by\b(?! (itself|themselves)\b)/i },
  { write: 'unavailable, can be read', not: 'is to be had, can be had', find: /\b(to|can|cannot|can not) be had\b/i },
  { write: 'must be, should be', not: 'is to be', find: /\b(is|are|was|were) to be\b/i },
  { write: 'automatically, on its own, alone', not: 'by itself', find: /\bby (itself|themselves)\b/i },
  { write: 'so …, and nobody', not: 'so that nobody', find: /\bso that nobody\b/i },
  {
    write: 'the number of, the limit',
    not: 'so many, so long (in a description)',
    find: new RegExp(
      String.raw`${SENTENCE}So (many|long)\b|\b(after|up to|at most|and) so long\b(?! (that|as)\b)|(?<!\bnot )\bso many\b(?! (that|as|requests)\b)`,
    ),
  },
  { write: 'releases, drops', not: 'lets go', find: /\blet(s|ting)? go\b/i },
  { write: 'learns of, receives', not: 'hears of', find: /\bhear(s|d)? of\b|\bhears (that|what|how|when|once|no)\b/i },
  { write: 'except', not: 'but for', find: /\bbut for\b/i },
  { write: 'anyway, still', not: 'all the same', find: /\ball the same\b/i },
  { write: 'recently', not: 'lately', find: /\blately\b/i },
  { write: 'does not know, does not support', not: 'knows no, speaks no', find: /\b(knows|speaks|understands) no\b/i },
  { write: 'passed', not: 'in order', find: /\b(not|is|are) in order(?=[.,:;]|$)/i },
  { write: 'for, according to', not: 'in the sight of', find: /\bin the sight of\b/i },
  { write: 'passes on', not: 'hands on', find: /\bhand(s|ed|ing)? on\b/i },
  { write: 'its own', not: 'an own', find: /\ban own\b/i },
  { write: 'nobody in', not: 'nobody of', find: /\b(nobody|somebody|anybody|everybody) of\b/i },
  { write: 'is accepted, is trusted', not: 'is believed', find: /\b(is|are|was|were|be) (not )?believed\b/i },
  {
    write: 'even if, even when',
    not: 'also if, also where',
    find: /(?<!\band )\balso (where|if|when|while)\b/i,
  },
  { write: 'otherwise', not: 'else (at the beginning of a sentence)', find: new RegExp(`${SENTENCE}Else\\b`) },
  {
    write: 'because',
    not: 'for (it is, there is)',
    find: /(?<=[,;:] )for (it|they|there|he|she|we|nobody|somebody) (is|are|was|were|has|have|had|can|cannot|may|will|would|does|do)\b/i,
  },
  {
    write: 'email',
    not: '`e-mail`',
    find: /\be-mails?\b/i,
    // A value that `watch --learn --json` prints.
    except: /client-profile(\.test)?\.ts$|^docs\/shapes\/watch\.ts$/,
  },
];
