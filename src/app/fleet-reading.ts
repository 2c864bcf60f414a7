// The reading of a fleet, put together from a configuration. Loaded only where `fleet` is set.
import { createHash } from 'node:crypto';
import type { Config } from '../config/config.js';
import { FleetReader, type FleetReaderOptions } from '../fleet/fleet-reader.js';
import { IMAGE_FORMAT } from '../fleet/image-octets.js';
import { callRoll, type InstanceReport, Presence, type Roll, type RollCallOptions } from '../fleet/roll-call.js';
import { Seal } from '../fleet/seal.js';
import { formatDN } from '../ldap/dn.js';
import type { FleetSide } from './fleet-side.js';
import { gatesOf, makeLayout, unwantedBy, upstreamReaderDN } from './names.js';

export type ReadingParts = Pick<
  FleetReaderOptions,
  'reader' | 'builtDigest' | 'look' | 'changed' | 'defect' | 'clock' | 'run'
>;

/** Reads through the fleet from now on; nothing is asked before the first read. */
export function makeFleetReader(
  { bulk, names, instance }: FleetSide,
  config: Config,
  parts: ReadingParts,
): FleetReader {
  const { limits, refresh } = config.directory;
  const reading = names.id('reading', createHash('sha256').update(whatIsRead(config)).digest('hex'));
  const isUnwanted = unwantedBy(config);
  return new FleetReader({
    ...parts,
    store: bulk,
    names,
    instance,
    limits,
    refresh,
    reading,
    isUnwanted,
    random: Math.random,
  });
}

/** Everything on which the bytes of an image depend: only instances that share it read for each other. */
function whatIsRead(config: Config): string {
  const { upstream, directory } = config;
  const layout = makeLayout(config);
  const { gates, everyone } = gatesOf(config);
  return JSON.stringify([
    IMAGE_FORMAT,
    [...upstream.urls].sort(),
    formatDN(upstream.baseDN),
    formatDN(layout.upstreamUsersDN),
    upstreamReaderDN(config, layout),
    [...gates].sort(),
    everyone,
    directory.hiddenAttributes.map((name) => name.toLowerCase()).sort(),
  ]);
}

/** Says that this instance is there, until it is closed. */
export function makePresence(side: FleetSide, report: () => InstanceReport): Presence {
  return new Presence({ ...rollOptions(side), report });
}

/** Who is in the fleet. Rejects with StoreError. */
export function rollOf(side: Pick<FleetSide, 'bulk' | 'names'>): Promise<Roll> {
  return callRoll(rollOptions(side));
}

function rollOptions({ bulk, names }: Pick<FleetSide, 'bulk' | 'names'>): RollCallOptions {
  return { store: bulk, names, seal: new Seal(names.derive('instances'), 'roll call') };
}
