// Where the word list is violated: in documents, and in comments and texts of TypeScript. Names in code are not looked at.
import ts from 'typescript';
import { WORDS, type Word } from './words.js';

/** One finding. */
export interface WordFound {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** As it is in the file, with single spaces. */
  readonly text: string;
  readonly word: Word;
}

/** A space of a pattern is also the end of a line. */
const patterns = WORDS.map((word) => ({
  word,
  pattern: new RegExp(word.find.source.replaceAll(' ', '(?: ?\\n ?| )'), `g${word.find.flags}`),
}));

/** As many lines, with nothing in them. */
const blank = (text: string) => ` ${text.replaceAll(/[^\n]+/g, '')}`;

/** Prose of a Markdown file: without code, targets of links, and comments. The table that is made of the word list is left out. */
export function proseOf(markdown: string): string {
  return markdown
    .replaceAll(/^<!-- words: [\s\S]*?^<!-- end of words -->/gm, blank)
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank)
    .replaceAll(/`[^`]*`/g, blank)
    .replaceAll(/(?<=\])\([^)\s]*\)/g, blank)
    .replaceAll(/\bhttps?:\/\/\S+/g, blank);
}

/** What is under "Unreleased" in a changelog; earlier versions stay as they were written. */
export function unreleasedOf(changelog: string): string {
  const start = changelog.indexOf('\n## [Unreleased]');
  const end = changelog.indexOf('\n## [', start + 1);
  const stop = end < 0 ? changelog.length : end;
  return blank(changelog.slice(0, start)) + changelog.slice(start, stop);
}

/**
 * Comments without their code, and literals with a blank in them, of a TypeScript file, on the lines where they are. A literal without one is an identifier of
 * some kind: a key, a type, a module.
 */
export function textsOf(source: string, path: string): string {
  const ends = literalsOf(ts.createSourceFile(path, source, OPTIONS));
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, source);
  let texts = '';
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const start = scanner.getTokenStart();
    // The scanner alone does not know where a regular expression or the rest of a template begins.
    const end = ends.get(start);
    if (end !== undefined) scanner.resetTokenState(end);
    const text = source.slice(start, end ?? scanner.getTokenEnd());
    if (isComment(kind)) texts += text.replaceAll(/`[^`\n]*`/g, '``');
    else texts += end !== undefined && /^['"`}].* /s.test(text) ? text : blank(text);
  }
  return joined(texts);
}

const OPTIONS = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };

const isComment = (kind: ts.SyntaxKind) =>
  kind === ts.SyntaxKind.SingleLineCommentTrivia || kind === ts.SyntaxKind.MultiLineCommentTrivia;

/** Where the literals of a file end, by where they begin: strings, the pieces of templates, regular expressions. */
function literalsOf(file: ts.SourceFile): Map<number, number> {
  const ends = new Map<number, number>();
  const visit = (node: ts.Node): void => {
    if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      ends.set(node.getStart(file), node.end);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return ends;
}

/** Without the marks before the second and later lines of a comment: sentences run over them. */
function joined(text: string): string {
  const lines = text.split('\n');
  const isOne = (line: string | undefined) => line !== undefined && /^ *(\*|\/\/|\/\*|#)/.test(line);
  return lines
    .map((line, at) =>
      isOne(line) && isOne(lines[at - 1]) ? line.replace(/^ *(\*(?!\/)|\/\/|#)/, (mark) => blank(mark)) : line,
    )
    .join('\n');
}

/** Violations in a text that is nothing but prose; `path` decides about exceptions. */
export function findIn(text: string, path: string): WordFound[] {
  const single = text.replaceAll(/[^\S\n]+/g, ' ');
  const found = patterns.flatMap(({ word, pattern }) =>
    word.except?.test(path) === true
      ? []
      : [...single.matchAll(pattern)].map((match) => ({
          path,
          line: single.slice(0, match.index).split('\n').length,
          text: match[0].replaceAll(/\s+/g, ' ').trim(),
          word,
        })),
  );
  return found.sort((one, other) => one.line - other.line);
}

/** Violations in a file, by its kind: Markdown, the manual page, TypeScript, or another one with comments behind `#`. */
export function findInFile(content: string, path: string): WordFound[] {
  if (path.endsWith('.ts')) return findIn(textsOf(content, path), path);
  if (path === 'CHANGELOG.md') return findIn(proseOf(unreleasedOf(content)), path);
  if (path.endsWith('.md')) return findIn(proseOf(content), path);
  if (path.endsWith('.1')) return findIn(content.replaceAll('\\-', '-'), path);
  return findIn(joined(content.replaceAll(/^(?! *#).*$/gm, blank)), path);
}
