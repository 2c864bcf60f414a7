// What the log says of the mirror: that the product works, that it cannot read the upstream and what to do, and that it can again.
import type { MirrorEvent } from '../../directory/mirror.js';
import { groupsText } from '../../gate/explain/reasons.js';
import { READ_FAULTS } from '../explain/read-faults.js';
import { duration } from '../page/words.js';
import type { Logger } from './log.js';
import { printable } from './printable.js';

/** Whom the mirror reads, as its lines name them. */
export interface Mirrored {
  /** Names of the groups that let people in. */
  readonly gates: readonly string[];
  /** Everybody in the directory gets in. */
  readonly everyone: boolean;
  /** The reader's name in JumpCloud. */
  readonly reader: string;
}

/** A line for each event. An upstream's own words may be in it. */
export function logMirror(log: Logger, event: MirrorEvent, mirrored: Mirrored): void {
  switch (event.kind) {
    case 'read': {
      const { members, entries, ms, isFirst } = event;
      if (isFirst) log.info({ members, entries, ms }, `ready: ${membersText(members, mirrored)}, read in ${ms} ms`);
      return log.debug({ members, entries, ms }, 'mirror: read');
    }
    case 'failed': {
      const { cause, keepsSnapshot, error } = event;
      const names = { group: groupsText(mirrored.gates), user: mirrored.reader };
      const remedy = `${READ_FAULTS[cause].remedy(names)} \`jumpgate check\` tests each step.`;
      const fields = {
        cause,
        'error.message': printable(error),
        keepsSnapshot,
        remedy: printable(remedy, LONGEST_REMEDY),
      };
      return log.warn(fields, `cannot read JumpCloud: ${printable(error)}`);
    }
    case 'recovered': {
      const { members, failures, after } = event;
      const msg = `reads JumpCloud again, after ${duration(after / 1000)}: ${membersText(members, mirrored)}`;
      return log.info({ members, failures }, msg);
    }
    case 'gave-up': {
      const gone = mirrored.gates.length > 1 ? 'all groups have been gone' : 'the group has been gone';
      const msg = `${gone} for longer than directory.doubt: nobody is known to be a member any more`;
      return log.warn({ cause: event.cause }, msg);
    }
    case 'missing': {
      const { groups } = event;
      if (groups.length === 0) return log.info('mirror: all groups exist again and have members');
      const names = groups.slice(0, MOST_NAMES).map(({ name, cause }) => `${printable(name)} (${cause})`);
      const remedy = READ_FAULTS[groups[0]!.cause].remedy({ group: printable(groups[0]!.name), user: mirrored.reader });
      const msg =
        groups.length === 1
          ? 'mirror: one group lets nobody in: it does not exist or has no member'
          : `mirror: ${groups.length} groups let nobody in: they do not exist or have no member`;
      return log.warn({ groups: names, remedy: printable(remedy, LONGEST_REMEDY) }, msg);
    }
    case 'twins': {
      const { count, names } = event;
      const msg =
        'mirror: different accounts upstream have the same name here, and none of them can log in (ambiguous-name)';
      return log.warn({ count, names: names.map((name) => printable(name)) }, msg);
    }
    case 'in-parts': {
      const msg =
        'mirror: the directory ends searches early, so members and groups are read in parts; have the reader’s limit there raised';
      return log.warn({ limit: event.limit }, msg);
    }
  }
}

/** Groups that a line names. */
const MOST_NAMES = 10;
/** Characters: a remedy has the names of the group and of the reader in it. */
const LONGEST_REMEDY = 1000;

function membersText(members: number, { gates, everyone }: Mirrored): string {
  const count = `${members} ${members === 1 ? 'member' : 'members'}`;
  if (everyone) return `${count} (everybody in the directory)`;
  const [only = ''] = gates;
  return gates.length > 1 ? `${gates.length} groups have ${count}` : `${printable(only)} has ${count}`;
}
