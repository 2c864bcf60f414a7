// The page's colours, in light and in dark. Each has a contrast of at least 4.5 to 1 (text) or 3 to 1 (marks), and neighbours
// in a bar differ for the colour-blind too: the tests compute both (WCAG 2.2 1.4.3, 1.4.11). No colour carries a meaning alone.
import type { Kind } from '../../gate/explain/reasons.js';

export interface Palette {
  readonly paper: string;
  readonly card: string;
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  /** The frame of a control. */
  readonly edge: string;
  readonly focus: string;
  /** Where a new row was put in; no result has this colour. */
  readonly fresh: string;
  /** Durations. */
  readonly time: string;
  /** Bars and dots, by kind of reason. */
  readonly kinds: Readonly<Record<Kind, string>>;
  /** Text and what is behind it. */
  readonly moods: Readonly<Record<Mood, readonly [text: string, behind: string]>>;
}

export type Mood = 'good' | 'warn' | 'bad' | 'member' | 'plain';

export const LIGHT: Palette = {
  ...{ paper: '#f6f7f9', card: '#ffffff', ink: '#1c2430', quiet: '#566172', line: '#e1e5eb', edge: '#7d8796' },
  ...{ focus: '#2563c9', fresh: '#e6edf8', time: '#2a5db0' },
  kinds: {
    ...{ ok: '#2b9a7a', password: '#7a4d00', member: '#8c7aec', limit: '#dd6b10' },
    ...{ upstream: '#9c1027', here: '#c864c0', client: '#465260' },
  },
  moods: {
    good: ['#17644c', '#e2f3ec'],
    warn: ['#704b06', '#fbf0d6'],
    bad: ['#8f1d2c', '#fae3e5'],
    member: ['#4b3b99', '#ece8fa'],
    plain: ['#1c2430', '#eceff3'],
  },
};

export const DARK: Palette = {
  ...{ paper: '#12161c', card: '#1a2028', ink: '#e4e8ee', quiet: '#9ba7b7', line: '#2a323d', edge: '#6d7989' },
  ...{ focus: '#7fb0ff', fresh: '#243246', time: '#7db0ff' },
  kinds: {
    ...{ ok: '#5fd8bb', password: '#b98a1e', member: '#a9a2ff', limit: '#f08a3c' },
    ...{ upstream: '#d8383f', here: '#e09ad8', client: '#8793a3' },
  },
  moods: {
    good: ['#8fdcc1', '#17362d'],
    warn: ['#f0cd84', '#3a2e12'],
    bad: ['#f5a9b3', '#40191f'],
    member: ['#c5baf7', '#2b2647'],
    plain: ['#e4e8ee', '#252d38'],
  },
};

/** Custom properties of CSS. */
export function variables({ kinds, moods, ...plain }: Palette): string {
  const pairs = [
    ...Object.entries(plain),
    ...Object.entries(kinds),
    ...Object.entries(moods).flatMap(([mood, [text, behind]]) => [
      [`${mood}-ink`, text],
      [`${mood}-bg`, behind],
    ]),
  ];
  return pairs.map(([name, value]) => `--${name}:${String(value)}`).join(';');
}
