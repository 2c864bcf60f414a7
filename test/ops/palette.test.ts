// The page's colours: enough contrast for everybody, and neighbours in a bar that the colour-blind can tell apart.
import t from 'tap';
import { KINDS } from '../../src/gate/explain/reasons.js';
import { DARK, LIGHT, type Palette } from '../../src/ops/page/palette.js';
import { STYLE } from '../../src/ops/page/style.js';

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** Linear light, 0 to 1. */
function linear(colour: string): Triple {
  const part = (from: number) => {
    const value = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const times = (matrix: Matrix, colour: Triple): Triple => [
  dot(matrix[0], colour),
  dot(matrix[1], colour),
  dot(matrix[2], colour),
];

/** WCAG 2.2. */
function contrast(one: string, other: string): number {
  const light = (colour: string) => dot([0.2126, 0.7152, 0.0722], linear(colour));
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, severity 1. */
const SEEN: Readonly<Record<string, Matrix>> = {
  everybody: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Oklab: the distance of two colours is how different they look, black to white being 1. */
function lab(colour: Triple): Triple {
  const cones: Matrix = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ];
  const bounded = colour.map((value) => Math.min(1, Math.max(0, value))) as unknown as Triple;
  const roots = times(cones, bounded).map(Math.cbrt) as unknown as Triple;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    roots,
  );
}

function difference(one: string, other: string, matrix: Matrix): number {
  const [a, b] = [one, other].map((colour) => lab(times(matrix, linear(colour))));
  return Math.hypot(a![0] - b![0], a![1] - b![1], a![2] - b![2]);
}

const SCHEMES: readonly (readonly [string, Palette])[] = [
  ['light', LIGHT],
  ['dark', DARK],
];

t.test('text has 4.5 to 1 against all that is behind it, marks and frames have 3 to 1', async (t) => {
  for (const [scheme, { paper, card, ink, quiet, edge, focus, fresh, time, kinds, moods }] of SCHEMES) {
    const least = (text: string, behind: string, ratio: number, what: string) =>
      t.ok(contrast(text, behind) >= ratio, `${scheme}: ${what}: ${contrast(text, behind).toFixed(2)}`);
    for (const behind of [paper, card]) {
      least(ink, behind, 4.5, 'ink');
      least(quiet, behind, 4.5, 'quiet');
      least(edge, behind, 3, 'edge');
      least(focus, behind, 3, 'focus');
    }
    for (const text of [ink, quiet]) least(text, fresh, 4.5, 'a new row');
    least(time, card, 3, 'durations');
    for (const kind of KINDS) least(kinds[kind], card, 3, kind);
    for (const [mood, [text, behind]] of Object.entries(moods)) {
      least(text, behind, 4.5, mood);
      least(ink, behind, 4.5, `ink on ${mood}`);
    }
  }
});

t.test('neighbours in a bar differ for every kind of colour vision', async (t) => {
  for (const [scheme, { kinds }] of SCHEMES)
    for (const [vision, matrix] of Object.entries(SEEN))
      KINDS.slice(1).forEach((kind, i) => {
        const found = difference(kinds[kind], kinds[KINDS[i]!], matrix);
        t.ok(found > 0.08, `${scheme}, ${vision}: ${KINDS[i]} and ${kind}: ${found.toFixed(3)}`);
      });
});

t.test('no kind is marked by its colour alone: all but the accepted ones have a pattern', async (t) => {
  for (const kind of KINDS.filter((each) => each !== 'ok')) t.match(STYLE, `rect.${kind}{fill:url(#p-${kind})}`);
});

t.test('the test would see a bad palette', async (t) => {
  t.ok(contrast('#999999', '#ffffff') < 3);
  t.equal(Math.round(contrast('#000000', '#ffffff')), 21);
  t.ok(difference('#c6394b', '#2f8f72', SEEN.everybody!) > 0.2);
  t.ok(difference('#a6634b', '#7d7437', SEEN.deuteranopia!) < difference('#a6634b', '#7d7437', SEEN.everybody!));
});
