// What the fuzzer tells: how far it is, what it found.

export interface Progress {
  readonly sent: number;
  /** Messages that came back. */
  readonly answers?: number;
  /** What good clients did meanwhile. */
  readonly served?: number;
  /** Resident memory of the product in MiB. */
  readonly memory?: number;
}

export interface Finding {
  readonly what: string;
  /** The smallest input that was found: messages sent one behind the other on one connection. */
  readonly input: readonly Buffer[];
}

export interface Result extends Progress {
  readonly finding?: Finding;
}

/** A line for a terminal, without its end. */
export function progressLine({ sent, answers, served, memory }: Progress, milliseconds: number): string {
  const rate = Math.round((sent / Math.max(1, milliseconds)) * 1000);
  return [
    `${sent.toLocaleString('en')} messages, ${rate.toLocaleString('en')} a second`,
    ...(answers === undefined ? [] : [`${answers.toLocaleString('en')} answers`]),
    ...(served === undefined ? [] : [`${served.toLocaleString('en')} good operations`]),
    ...(memory === undefined ? [] : [`${Math.round(memory)} MiB`]),
  ].join(', ');
}

export function findingText({ what, input }: Finding, seed: number): string {
  const messages = input.map((octets) => `  ${octets.toString('hex')}`);
  return `found with --seed ${seed}:\n${what}\nthe smallest input (${input.length === 1 ? 'one message' : `${input.length} messages`}, hex):\n${messages.join('\n')}\n`;
}
