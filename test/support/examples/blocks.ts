// The fenced blocks of the documents, with the markers in the lines above them: HTML comments, which are not shown.
import { readdirSync } from 'node:fs';

/** What a marker may say of the block below it; CONTRIBUTING.md explains them. */
export const MARKERS = ['not run', 'shows', 'loose', 'is', 'suite'] as const;
export type Marker = (typeof MARKERS)[number];

export interface Block {
  /** Its path from the root of the repository. */
  readonly document: string;
  /** The number of the line of its opening fence. */
  readonly line: number;
  /** What follows the fence: `sh`, `yaml`; empty where nothing does. */
  readonly language: string;
  /** Without the indentation of the fence. */
  readonly lines: readonly string[];
  readonly markers: Readonly<Partial<Record<Marker, string>>>;
  /** True in a part that `npm run docs` writes; the tests of that part compare it. */
  readonly isGenerated: boolean;
}

/** The documents whose examples are run, by their paths from the root: those of users and contributors. */
export function exampleDocuments(): string[] {
  const docs = readdirSync('docs').filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.sort().map((name) => `docs/${name}`)];
}

const COMMENT = /^\s*<!-- (.+) -->$/;
const FENCE = /^(\s*)(`{3,}|~{3,})\s*([^\s`]*)/;

/** All blocks, in their order. Throws where one has no end. */
export function blocksOf(document: string, text: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let isGenerated = false;
  for (let at = 0; at < lines.length; at++) {
    const comment = COMMENT.exec(lines[at]!)?.[1] ?? '';
    if (comment.endsWith(': made by npm run docs')) isGenerated = true;
    if (comment.startsWith('end of ')) isGenerated = false;
    const [, indentation = '', fence, language = ''] = FENCE.exec(lines[at]!) ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, i) => i > at && line.trim() === fence);
    if (end < 0) throw new Error(`${document}:${at + 1}: this block has no end`);
    const content = lines.slice(at + 1, end).map((line) => line.slice(Math.min(indentation.length, indent(line))));
    blocks.push({ document, line: at + 1, language, lines: content, markers: markersAbove(lines, at), isGenerated });
    at = end;
  }
  return blocks;
}

const indent = (line: string) => line.length - line.trimStart().length;

function markersAbove(lines: readonly string[], at: number): Block['markers'] {
  const markers: Partial<Record<Marker, string>> = {};
  for (let above = at - 1; above >= 0; above--) {
    const comment = COMMENT.exec(lines[above]!)?.[1];
    if (comment === undefined) break;
    // A program of the library's, which `npm run docs` copies from there.
    if (/^examples\/\S+$/.test(comment)) markers.is = `lines of ${comment}`;
    const name = MARKERS.find((one) => comment.startsWith(`${one}: `));
    if (name !== undefined) markers[name] = comment.slice(name.length + 2);
  }
  return markers;
}

/** Code in the running text: what is between single backticks, over the end of a line too, outside of blocks. */
export function spansOf(text: string): string[] {
  const prose = text.replace(/^\s*(`{3,}|~{3,})[\s\S]*?^\s*\1\s*$/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll(/\s*\n\s*/g, ' '));
}

/** The commands of a shell block, each with its continued lines; comments that have a line to themselves are left out. */
export function commandsOf(lines: readonly string[]): string[] {
  return lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}
