// The product's own files with counters in them: which branches an input takes, and how often.
//
// Written here in place of jsfuzz 1.0.15 (the one coverage-guided fuzzer that installs on Node 20): that has no seed, stops at its first
// finding, instruments CommonJS only, and brings 165 packages (nyc 14, esprima 4, yargs 14). V8's own precise coverage takes milliseconds
// to collect; these counters take nanoseconds. TypeScript's compiler API (up to TypeScript 6) puts them in.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Slots of the map: a power of two, many more than there are edges. */
const SLOTS = 1 << 16;
const HIT = '__jumpgateHit';

/** What one execution did. */
export class Trace {
  /** How often each edge (a branch after another) was taken, by its slot. */
  readonly counts = new Uint32Array(SLOTS);
  /** The slots that are not 0, in the order of their first use. */
  readonly touched = new Uint32Array(SLOTS);
  size = 0;
  /** Branches taken since `steps` was last set: work, counted without a clock. */
  steps = 0;
  private previous = 0;

  readonly hit = (id: number): void => {
    const slot = id ^ this.previous;
    this.previous = id >> 1;
    this.steps++;
    if (this.counts[slot]!++ === 0) this.touched[this.size++] = slot;
  };

  clear(): void {
    for (let i = 0; i < this.size; i++) this.counts[this.touched[i]!] = 0;
    this.size = this.previous = this.steps = 0;
  }
}

export interface Instrumented {
  readonly trace: Trace;
  /** Bytes and words that the source compares with: what no mutation would guess. */
  readonly literals: readonly Buffer[];
  /** Imports the instrumented form of a file. The type is the caller's: `typeof import(…)` of the same file. */
  load<Module>(file: string): Promise<Module>;
  /** Removes the files; what is loaded stays. */
  remove(): void;
}

/** Instruments these files (paths from the repository's root); they may import each other and Node's own modules only. */
export function instrument(files: readonly string[]): Instrumented {
  const trace = new Trace();
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-instrumented-'));
  // Files of several calls live side by side in one process, each with its own counters.
  const name = `${HIT}${relative(tmpdir(), folder).replace(/[^A-Za-z0-9]/g, '')}`;
  Object.defineProperty(globalThis, name, { value: trace.hit });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const literals = new Map<string, Buffer>();
  const random = nextID();
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, file), 'utf8'), {
      fileName: file,
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
      transformers: { before: [(context) => (source) => counted(source, context, random, literals)] },
    });
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, `const ${HIT} = globalThis.${name};\n${outputText}`);
  }
  return {
    trace,
    literals: [...literals.values()],
    load: async <Module>(file: string) =>
      (await import(pathToFileURL(join(folder, file.replace(/\.ts$/, '.js'))).href)) as Module,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** IDs that are spread over the slots, the same in each run. */
function nextID(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 0x2c9277b5) + 0x3c6ef35f) | 0;
    return (state >>> 16) & (SLOTS - 1);
  };
}

function counted(
  source: ts.SourceFile,
  context: ts.TransformationContext,
  id: () => number,
  literals: Map<string, Buffer>,
): ts.SourceFile {
  const { factory } = context;
  const call = () =>
    factory.createCallExpression(factory.createIdentifier(HIT), undefined, [factory.createNumericLiteral(id())]);
  const statement = () => factory.createExpressionStatement(call());
  const block = (body: ts.Statement) =>
    factory.createBlock([statement(), ...(ts.isBlock(body) ? body.statements : [body])], true);
  const expression = (value: ts.Expression) =>
    factory.createParenthesizedExpression(factory.createComma(call(), value));

  const visit = (node: ts.Node): ts.Node => {
    collect(node, literals);
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node;
    const inner = ts.visitEachChild(node, visit, context);
    if (ts.isArrowFunction(inner))
      return factory.updateArrowFunction(
        ...([inner, inner.modifiers, inner.typeParameters, inner.parameters, inner.type] as const),
        inner.equalsGreaterThanToken,
        ts.isBlock(inner.body) ? block(inner.body) : expression(inner.body),
      );
    if (ts.isFunctionDeclaration(inner) && inner.body !== undefined)
      return factory.updateFunctionDeclaration(
        ...([inner, inner.modifiers, inner.asteriskToken, inner.name, inner.typeParameters] as const),
        inner.parameters,
        inner.type,
        block(inner.body),
      );
    if (ts.isMethodDeclaration(inner) && inner.body !== undefined)
      return factory.updateMethodDeclaration(
        ...([inner, inner.modifiers, inner.asteriskToken, inner.name, inner.questionToken] as const),
        inner.typeParameters,
        inner.parameters,
        inner.type,
        block(inner.body),
      );
    if (ts.isIfStatement(inner)) {
      const otherwise = inner.elseStatement === undefined ? block(factory.createBlock([])) : block(inner.elseStatement);
      return factory.updateIfStatement(inner, inner.expression, block(inner.thenStatement), otherwise);
    }
    if (ts.isConditionalExpression(inner))
      return factory.createConditionalExpression(
        ...([inner.condition, inner.questionToken, expression(inner.whenTrue), inner.colonToken] as const),
        expression(inner.whenFalse),
      );
    if (ts.isBinaryExpression(inner) && isShortcut(inner.operatorToken.kind))
      return factory.updateBinaryExpression(inner, inner.left, inner.operatorToken, expression(inner.right));
    if (ts.isCaseClause(inner))
      return factory.updateCaseClause(inner, inner.expression, [statement(), ...inner.statements]);
    if (ts.isDefaultClause(inner)) return factory.updateDefaultClause(inner, [statement(), ...inner.statements]);
    if (ts.isForStatement(inner))
      return factory.updateForStatement(
        ...([inner, inner.initializer, inner.condition, inner.incrementor, block(inner.statement)] as const),
      );
    if (ts.isForOfStatement(inner))
      return factory.updateForOfStatement(
        ...([inner, inner.awaitModifier, inner.initializer, inner.expression, block(inner.statement)] as const),
      );
    if (ts.isWhileStatement(inner))
      return factory.updateWhileStatement(inner, inner.expression, block(inner.statement));
    if (ts.isCatchClause(inner)) return factory.updateCatchClause(inner, inner.variableDeclaration, block(inner.block));
    return inner;
  };
  return ts.visitEachChild(source, visit, context);
}

function isShortcut(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken ||
    kind === ts.SyntaxKind.BarBarToken ||
    kind === ts.SyntaxKind.QuestionQuestionToken
  );
}

/** Numbers as bytes, short strings as they are; what is longer is a message for somebody to read. */
function collect(node: ts.Node, literals: Map<string, Buffer>): void {
  let octets: Buffer | undefined;
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    if (Number.isInteger(value) && value >= 0 && value <= 0xff) octets = Buffer.of(value);
    else if (Number.isInteger(value) && value > 0 && value <= 0xffff) octets = Buffer.of(value >> 8, value & 0xff);
  } else if (ts.isStringLiteral(node) && node.text.length > 0 && node.text.length <= 16 && !node.text.startsWith('.'))
    octets = Buffer.from(node.text);
  if (octets !== undefined) literals.set(octets.toString('hex'), octets);
}
