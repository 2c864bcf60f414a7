// What a search asks, as its octets and whose sight they are asked in: the key of a remembered answer.
import type { Snapshot } from '../directory/snapshot.js';
import { headerOctets } from '../wire/frame.js';
import { OpTag } from '../wire/tags.js';
import type { Question } from './answers.js';
import { currentSnapshot, type GateContext } from './context.js';
import type { Session } from './session.js';

/**
 * The question that these octets ask in this session; undefined unless they are one search without controls, in a form that is
 * read in one way only, by somebody whose sight has a name.
 */
export function questionOf(pdu: Buffer, session: Session, context: GateContext): Question | undefined {
  const header = headerOctets(pdu);
  if (pdu[header] !== 0x02) return undefined;
  const idOctets = pdu[header + 1]!;
  if (idOctets < 1 || idOctets > 4) return undefined;
  const start = header + 2 + idOctets;
  if (pdu.length < start + 2 || pdu[start] !== OpTag.searchRequest) return undefined;
  // A search with controls has them behind the operation: its octets then reach further than the operation's length says.
  const length = pdu[start + 1]!;
  if (length < 0x80 ? start + 2 + length !== pdu.length : !endsWithLongForm(pdu, start)) return undefined;
  const messageID = pdu.readIntBE(header + 2, idOctets);
  // The decoder answers what is not an ID, or not in its shortest form.
  if (messageID < 1 || idOctets !== shortest(messageID)) return undefined;
  const snapshot = currentSnapshot(context);
  if (typeof snapshot === 'string') return undefined;
  const sight = sightOf(session, context, snapshot);
  if (sight === undefined) return undefined;
  return { key: `${sight}${idOctets}${pdu.toString('latin1', start)}`, messageID, idOctets, snapshot, pdu };
}

/** Names what a session may see; equal names see the same. Told apart by the first character, and a uid by its length in front. */
function sightOf({ identity, channel }: Session, context: GateContext, snapshot: Snapshot): string | undefined {
  switch (identity.kind) {
    case 'anonymous':
      return `n${channel}`;
    case 'service':
      return `s${channel}`;
    case 'user':
      if (snapshot.user(identity.uid) === undefined) return undefined;
      if (context.userSearch !== 'self') return `${context.userSearch === 'all' ? 'a' : 'e'}${channel}`;
      return `u${channel}${identity.uid.length}:${identity.uid}`;
  }
}

function endsWithLongForm(pdu: Buffer, start: number): boolean {
  const octets = pdu[start + 1]! - 0x80;
  if (octets < 1 || octets > 4 || pdu.length < start + 2 + octets) return false;
  return start + 2 + octets + pdu.readUIntBE(start + 2, octets) === pdu.length;
}

function shortest(id: number): number {
  return id < 0x80 ? 1 : id < 0x8000 ? 2 : id < 0x80_0000 ? 3 : 4;
}
