// The sources of a configuration, one over the other: file < environment < flags; and which of them a value comes from.
import { dirname, isAbsolute, resolve } from 'node:path';
import { fromYaml } from './app-schema.js';
import { credentialFile, type Places } from './credentials.js';
import { isTree, merge, type Tree } from './sources.js';

/** Where a value was written. */
export interface Origin {
  readonly kind: 'file' | 'environment' | 'flag' | 'key';
  /** The file's path, the variable, the flag with its key, or another key that it follows. */
  readonly name: string;
}

export interface Layer {
  readonly kind: Exclude<Origin['kind'], 'key'>;
  readonly tree: Tree;
  /** Who has said something of this key. */
  readonly nameOf: (path: readonly string[]) => string;
  /** What relative paths in it are relative to; undefined: the working folder. */
  readonly folder?: string;
}

/** Keys that name files and do not say so by their end. */
const FILES = ['listen.ldapi.path', 'log.audit'];

/** True for a key whose value is the path of a file. */
export function isFileKey(path: readonly string[]): boolean {
  // An index follows the list of apps.
  const key = path[0] === 'apps' ? path.slice(2) : path;
  return path.at(-1)?.endsWith('File') === true || FILES.includes(key.join('.'));
}

/** The settings of a file: relative paths in it belong to its folder. */
export function fileLayer(file: string, tree: Tree): Layer {
  return { kind: 'file', tree, nameOf: () => file, folder: dirname(resolve(file)) };
}

/** Settings in the form of a file, from the command line. */
export function flagLayer(tree: Tree): Layer {
  return { kind: 'flag', tree, nameOf: (path) => `--set ${writtenPart(tree, path).join('.')}` };
}

/** All of it as one tree: the last layer wins, key by key; file paths are ready to be opened. */
export function mergedLayers(layers: readonly Layer[], credentials?: string): Tree {
  const trees = layers.map(({ tree, folder }) => withWholePaths(withReadTexts(tree), { folder, credentials }));
  return trees.reduce((below, above) => merge(namedGroup(below), above), {});
}

/** The settings of variables and flags come as text: that of a list or of keys of the user's own is YAML (or JSON, which is YAML as well). */
export function withReadTexts(tree: Tree): Tree {
  const texts = ['apps', 'attributes'].filter((key) => typeof tree[key] === 'string');
  return { ...tree, ...Object.fromEntries(texts.map((key) => [key, fromYaml(tree[key] as string)])) };
}

/** `group: name` is short for `group: { name }`. In a higher layer it replaces all that a lower one says of the group. */
export function namedGroup(tree: Tree): Tree {
  return typeof tree.group === 'string' ? { ...tree, group: { name: tree.group } } : tree;
}

/** The layer that decides a key; undefined: none says anything of it. */
export function layerOf(layers: readonly Layer[], path: readonly string[]): Layer | undefined {
  return layers.findLast(({ tree }) => saysOf(tree, path));
}

/** Where the value of a key, or of what is below it, was written: for a section all sources, the highest first. */
export function originsOf(layers: readonly Layer[], path: readonly string[]): Origin[] {
  const origins = layers.toReversed().flatMap((layer) => {
    if (!saysOf(layer.tree, path)) return [];
    return leavesBelow(layer.tree, path)
      .filter((leaf) => layerOf(layers, leaf) === layer)
      .map((leaf) => ({ kind: layer.kind, name: layer.nameOf(leaf) }));
  });
  const seen = new Set<string>();
  return origins.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** As a layer has it, before paths are made whole; undefined if it says nothing there. */
export function writtenAt(tree: Tree, path: readonly string[]): unknown {
  const inside = (node: unknown, key: string) =>
    (isTree(node) || Array.isArray(node)) && Object.hasOwn(node, key) ? (node as Tree)[key] : undefined;
  return path.reduce<unknown>(inside, tree);
}

/** A value, or a value in the place of a section that has the key in it. */
function saysOf(tree: Tree, path: readonly string[]): boolean {
  const part = writtenPart(tree, path);
  return part.length === path.length || (part.length > 0 && !isTree(writtenAt(tree, part)));
}

/** As much of a path as is written. */
function writtenPart(tree: Tree, path: readonly string[]): readonly string[] {
  let node: unknown = tree;
  for (const [i, key] of path.entries()) {
    if (!isTree(node) || !Object.hasOwn(node, key)) return path.slice(0, i);
    node = node[key];
  }
  return path;
}

function leavesBelow(tree: Tree, path: readonly string[]): (readonly string[])[] {
  const walk = (node: unknown, at: readonly string[]): (readonly string[])[] =>
    isTree(node) ? Object.entries(node).flatMap(([key, inner]) => walk(inner, [...at, key])) : [at];
  const part = writtenPart(tree, path);
  return walk(writtenAt(tree, part), part.length === path.length ? path : part);
}

/** With the paths of files made whole: those that are relative begin at the folder, if there is one, and credentials are files. */
export function withWholePaths(tree: Tree, places: Places, path: readonly string[] = []): Tree {
  const whole = (key: string, value: unknown): unknown => {
    const at = [...path, key];
    if (isTree(value)) return withWholePaths(value, places, at);
    if (Array.isArray(value))
      return value.map((item) => (isTree(item) ? withWholePaths(item, places, [...at, '']) : item));
    return typeof value === 'string' && isFileKey(at) ? wholePath(value, places) : value;
  };
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, whole(key, value)]));
}

/** An empty value stays one: it names no file. */
function wholePath(file: string, places: Places): string {
  const { folder } = places;
  if (file === '' || isAbsolute(file)) return file;
  return credentialFile(file, places) ?? (folder === undefined ? file : resolve(folder, file));
}
