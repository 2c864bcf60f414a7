// The types of what the npm package exports: the declarations of its entries, and of the modules whose types these name.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const ENTRIES = ['index', 'wire', 'testing'];

/**
 * The declarations by their path below `dist`, for the sources below `root`. Of the other modules there are none: a program can only name
 * what is exported. Throws an Error with what the compiler says, or where a type comes from a package other than Node.js's own.
 */
export function declarations(root: string): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (file) => readFileSync(file, 'utf8')) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, rootDir: 'src', outDir: 'dist', declaration: true, emitDeclarationOnly: true },
    root,
  );
  const program = ts.createProgram(
    ENTRIES.map((name) => join(root, `src/${name}.ts`)),
    options,
  );
  const written = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (path, text) => {
    written.set(relative(join(root, 'dist'), path), text);
  });
  const said = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (said.length > 0)
    throw new Error(
      ts.formatDiagnostics(said, {
        getCurrentDirectory: () => root,
        getCanonicalFileName: String,
        getNewLine: () => '\n',
      }),
    );
  const named = new Map<string, string>();
  const follow = (path: string): void => {
    const text = written.get(path);
    if (text === undefined) throw new Error(`${path} is imported and has no declaration`);
    if (named.has(path)) return;
    named.set(path, text);
    for (const [, name = ''] of text.matchAll(/(?:\bfrom |\bimport\()'([^']+)'/g)) {
      if (name.startsWith('node:')) continue;
      if (!name.startsWith('.')) throw new Error(`${path} has a type of ${name}, which programs need not have`);
      follow(join(dirname(path), name.replace(/\.js$/, '.d.ts')));
    }
  };
  for (const entry of ENTRIES) follow(`${entry}.d.ts`);
  return named;
}

/** Writes them beside the built modules. */
export function writeDeclarations(root: string): void {
  for (const [path, text] of declarations(root)) {
    const file = join(root, 'dist', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
