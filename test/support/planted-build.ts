// The built program with defects in it: a copy of dist/ in which chosen functions can be made to throw, while it runs and once.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Where a defect is: a module below src/ without its ending, and in it, exported or not, a function (`logOperation`), a method
 * (`Operations.take`), or an arrow function in a field of a class (`Turns#slice`).
 */
export interface Place {
  readonly module: string;
  readonly name: string;
}

/** What is thrown: an Error, or something that not even String() takes. */
export type Thrown = 'error' | 'bare object';

const idOf = ({ module, name }: Place) => `${module} ${name}`;

/**
 * Nothing in src/ knows of this. A class or function declaration is a variable of its module, so lines behind a module's end can put
 * another function in its place, and whoever imports it gets that one. The wrapper comes from a file that is loaded before the
 * program; it counts calls once SIGUSR2 has come, and tells on standard error when it is armed and when it threw.
 */
export class PlantedBuild {
  private serial = 0;

  private constructor(private readonly folder: string) {}

  /** `folder` is the caller's to remove. `places` that do not exist are returned by `missing`. */
  static make(folder: string, places: readonly Place[]): { build: PlantedBuild; missing: ReadonlySet<string> } {
    mkdirSync(folder, { recursive: true });
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    const missing = new Set<string>();
    for (const place of new Map(places.map((one) => [idOf(one), one])).values())
      if (!plant(join(folder, 'dist', `${place.module}.js`), place)) missing.add(idOf(place));
    return { build: new PlantedBuild(folder), missing };
  }

  static idOf = idOf;

  /** What Node is started with: the program that throws at the `call`-th call after it was armed, and only then. */
  program(place: Place, call: number, thrown: Thrown): string[] {
    const preload = join(this.folder, `p${++this.serial}.mjs`);
    writeFileSync(preload, source(idOf(place), call, thrown));
    return [`--import=${preload}`, join(this.folder, 'dist/main.js')];
  }
}

function plant(file: string, place: Place): boolean {
  if (!existsSync(file)) return false;
  const { name } = place;
  const [owner = '', method] = name.split(/[.#]/);
  const before = readFileSync(file, 'utf8');
  const declaration = new RegExp(
    `^(export )?(const ${owner} =|(async )?function\\*? ${owner}\\(|class ${owner}\\b)`,
    'm',
  );
  if (!declaration.test(before)) return false;
  const isMethod = new RegExp(`^    (async |static )*${method}\\(.*\\{$`, 'm').test(before);
  const isField = new RegExp(`^    ${method} = `, 'm').test(before);
  const wrap = `globalThis.__planted.bind(undefined, ${JSON.stringify(idOf(place))})`;
  let behind: string;
  if (method === undefined) behind = `${owner} = ${wrap}(${owner});`;
  else if (name.includes('#')) {
    if (!isField) return false;
    behind = `${owner} = class extends ${owner} { constructor(...all) { super(...all); this.${method} = ${wrap}(this.${method}); } };`;
  } else {
    if (!isMethod) return false;
    behind = `${owner}.prototype.${method} = ${wrap}(${owner}.prototype.${method});`;
  }
  const text = before.replace(new RegExp(`^(export )?const ${owner} =`, 'm'), `$1let ${owner} =`);
  writeFileSync(file, `${text}\n${behind}\n`);
  return true;
}

const source = (id: string, call: number, thrown: Thrown) => `
let isArmed = false;
let calls = 0;
process.on('SIGUSR2', () => {
  isArmed = true;
  process.stderr.write('planted: armed\\n');
});
globalThis.__planted = (id, original) =>
  id !== ${JSON.stringify(id)}
    ? original
    : function (...all) {
        if (isArmed && ++calls === ${call}) {
          process.stderr.write('planted: thrown\\n');
          throw ${thrown === 'error' ? `new TypeError(${JSON.stringify(`planted in ${id}`)})` : 'Object.create(null)'};
        }
        return original.apply(this, all);
      };
`;
