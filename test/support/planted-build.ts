// The built program with defects in it: a copy of dist/ in which chosen functions can be made to throw, while it runs and once.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Product } from './product.js';

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

export const idOf = ({ module, name }: Place) => `${module} ${name}`;

/**
 * Nothing in src/ knows of this. A class or function declaration is a variable of its module, so lines behind a module's end can put
 * another function in its place, and a module that imports it gets that one. The wrapper comes from a file that is loaded before the program;
 * SIGUSR2 makes it read what is to throw from then on, and it tells on standard error when it is armed and when it threw.
 */
export class PlantedBuild {
  /** Places that were asked for and do not exist, by `idOf`. */
  readonly missing = new Set<string>();
  /** What Node is started with. */
  readonly program: readonly string[];
  private readonly order: string;
  private serial = 0;

  /** Copies the build to `folder`, which is the caller's to remove. */
  constructor(folder: string, places: readonly Place[]) {
    mkdirSync(folder, { recursive: true });
    // Without the bundle of `serve`: the modules are what is changed.
    cpSync('dist', join(folder, 'dist'), { recursive: true, filter: (file) => !/serve\.(cjs|code)$/.test(file) });
    cpSync('package.json', join(folder, 'package.json'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    for (const place of new Map(places.map((one) => [idOf(one), one])).values())
      if (!plant(join(folder, 'dist', `${place.module}.js`), place)) this.missing.add(idOf(place));
    this.order = join(folder, 'order.json');
    writeFileSync(join(folder, 'plant.mjs'), preload(this.order));
    this.program = [`--import=${join(folder, 'plant.mjs')}`, join(folder, 'dist/main.js')];
  }

  /** From now on the `call`-th call throws, once. Returns how to ask whether it is armed, and whether it threw. */
  arm(product: Product, place: Place, call: number, thrown: Thrown): Record<'isArmed' | 'hasThrown', () => boolean> {
    const serial = ++this.serial;
    writeFileSync(this.order, JSON.stringify({ serial, id: idOf(place), call, thrown }));
    process.kill(product.pid, 'SIGUSR2');
    return {
      isArmed: () => product.errors().includes(`planted: ${serial} armed`),
      hasThrown: () => product.errors().includes(`planted: ${serial} thrown`),
    };
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

const preload = (order: string) => `
import { readFileSync } from 'node:fs';
let armed;
process.on('SIGUSR2', () => {
  armed = JSON.parse(readFileSync(${JSON.stringify(order)}, 'utf8'));
  process.stderr.write('planted: ' + armed.serial + ' armed\\n');
});
globalThis.__planted = (id, original) =>
  function (...all) {
    if (armed?.id === id && --armed.call === 0) {
      process.stderr.write('planted: ' + armed.serial + ' thrown\\n');
      throw armed.thrown === 'error' ? new TypeError('planted in ' + id) : Object.create(null);
    }
    return original.apply(this, all);
  };
`;
