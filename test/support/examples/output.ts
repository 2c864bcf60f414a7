// What a document shows of an output, compared with the output itself.

/** What the marker `loose` may name: what differs from run to run, and is not compared. */
const LOOSE: Readonly<Record<string, RegExp>> = {
  // How wide the columns of a table are.
  columns: / {2,}/g,
  ports: /(?<=127\.0\.0\.1:)\d+/g,
  times:
    /\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d(:\d\d(\.\d+)?)?\b|\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\b\d+(\.\d+)?(?= m?s\b)/g,
};

/**
 * Undefined if the output is as shown, or what is missing. `…` in a line stands for any text, as a line of its own for any lines, none
 * included. Blank lines at the beginning and end do not count, nor does space at the end of a line. `loose`: names of LOOSE, with commas.
 */
export function difference(shown: readonly string[], output: string, loose = ''): string | undefined {
  const rules = loose.split(/,\s*/).filter((name) => name !== '');
  const unknown = rules.find((name) => !Object.hasOwn(LOOSE, name));
  if (unknown !== undefined) return `loose: ${unknown} is none of ${Object.keys(LOOSE).join(', ')}`;
  const plain = (text: string) => rules.reduce((rest, name) => rest.replaceAll(LOOSE[name]!, '#'), trimmed(text));
  const expected = plain(shown.join('\n')).split('\n');
  const actual = `${plain(output)}\n`;
  const isSo = (count: number) => {
    const end = count < expected.length ? '' : '$';
    return new RegExp(`^${expected.slice(0, count).map(patternOf).join('')}${end}`).test(actual);
  };
  if (isSo(expected.length)) return undefined;
  const first = expected.findIndex((_, i) => !isSo(i + 1));
  return `this line is not there, or not in this place: ${expected[first] ?? ''}\nThe output is:\n${output}`;
}

const trimmed = (text: string) => text.replaceAll(/[ \t]+$/gm, '').replaceAll(/^\n+|\n+$/g, '');

function patternOf(line: string): string {
  if (line.trim() === '…') return '(?:.*\\n)*';
  const texts = line.split('…').map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return `${texts.join('.*')}\\n`;
}
