// `jumpgate recipe`: an application's settings with the values of this configuration, and the questions that it will ask.
import { type AppParts, makeAppParts } from '../app/app-parts.js';
import { upstreamReaderDN } from '../app.js';
import type { AppConfig, Config } from '../config/config.js';
import { LargeValues } from '../directory/apps/app-snapshot.js';
import { formatDN, formatRDN } from '../ldap/dn.js';
import { RECIPES } from '../recipes/all.js';
import { commandLines } from '../recipes/commands.js';
import { type FilledForm, fillForm, type Recipe, type RecipeStep } from '../recipes/recipe.js';
import { domainValues, groupNotes, settingsOf, valuesOf } from '../recipes/values.js';
import { nearest } from '../runtime/nearest.js';
import { USAGE } from './failure.js';
import type { CliIo } from './io.js';

/** One of the list. */
export type RecipeRow = Pick<Recipe, 'id' | 'title' | 'place'>;

/** The JSON of one recipe. */
export interface RecipePrinted extends RecipeRow, Pick<FilledForm, 'settings' | 'steps' | 'notes'> {
  /** For a shell. */
  readonly commands: readonly string[];
}

/** The recipes there are, a line each. Exit code 0. */
export function listRecipes(io: CliIo, asJson: boolean): number {
  const rows = RECIPES.map(({ id, title, place }): RecipeRow => ({ id, title, place }));
  const width = Math.max(...rows.map(({ id }) => id.length));
  if (asJson) io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else for (const { id, title, place } of rows) io.stdout.write(`${id.padEnd(width)} ${title}: ${place}\n`);
  return 0;
}

/** The recipe of this name, or undefined after a complaint that names the nearest one. */
export function findRecipe(id: string, io: CliIo): Recipe | undefined {
  const found = RECIPES.find((recipe) => recipe.id === id.toLowerCase());
  if (found !== undefined) return found;
  const near = nearest(
    id,
    RECIPES.map((recipe) => recipe.id),
  );
  const hint = near === undefined ? '`jumpgate recipe` lists those there are.' : `Did you mean ${near}?`;
  io.stderr.write(`jumpgate: there is no recipe for ${id}. ${hint}\n`);
  return undefined;
}

/** Wrong passwords from one address, above which an application of many users is not held up by a few who mistype. */
const ENOUGH_PER_ADDRESS = 1000;

/** An application that checks its users' passwords is one address for all of them. */
function addressNotes(steps: readonly RecipeStep[], { binds }: Pick<AppConfig, 'binds'>): string[] {
  const isShared = steps.some((step) => step.kind === 'bind' && step.as === 'user');
  if (!isShared || binds.failuresPerAddress >= ENOUGH_PER_ADDRESS) return [];
  return [
    `All its users come from one address: set binds.failuresPerAddress to ${ENOUGH_PER_ADDRESS} or more (now ${binds.failuresPerAddress}), so that a few wrong passwords do not block users who have never logged in here.`,
  ];
}

/** What is asked for beside the recipe. */
export interface RecipeAsked {
  /** The user whose login the commands try. */
  readonly user: string;
  /** For which of the apps; left out: the first. */
  readonly app?: string | undefined;
  readonly json: boolean;
}

/** The app of this name, or undefined after a complaint that lists those there are. */
function findApp(config: Config, name: string | undefined, io: CliIo): AppParts | undefined {
  const apps = makeAppParts(config, new LargeValues());
  const found = name === undefined ? apps[0] : apps.find((app) => app.config.name === name);
  if (found === undefined) {
    const names = apps.map((app) => app.config.name).join(', ');
    io.stderr.write(`jumpgate: --app: there is no app ${JSON.stringify(name)}; there is ${names}\n`);
  }
  return found;
}

/** Prints one recipe. */
export function printRecipe(recipe: Recipe, config: Config, asked: RecipeAsked, io: CliIo): number {
  const found = findApp(config, asked.app, io);
  if (found === undefined) return USAGE;
  const { config: own, layout, face, localUserDN } = found;
  const groupsDN = formatDN(layout.localGroupsDN);
  const localGroupDN = (cn: string) => `${formatRDN([{ type: face.namedBy.group, value: cn }])},${groupsDN}`;
  const app = settingsOf(own, config);
  const plain = valuesOf(app, { layout, localUserDN, localGroupDN }, upstreamReaderDN(config, layout));
  const values = face.name === 'activedirectory' ? domainValues(plain, layout.localBaseDN) : plain;
  const { user, json: asJson } = asked;
  const { id, title } = recipe;
  const form = fillForm(recipe, values, user);
  if (form === undefined) {
    io.stderr.write(
      `jumpgate: the recipe for ${title} has no settings for the face activedirectory; give its app another.\n`,
    );
    return USAGE;
  }
  const { place, settings, steps } = form;
  const commands = commandLines(steps, values, user);
  const notes = [...form.notes, ...groupNotes(app), ...addressNotes(steps, own)];
  if (asJson) {
    const printed: RecipePrinted = { id, title, place, settings, steps, commands, notes };
    io.stdout.write(`${JSON.stringify(printed, null, 2)}\n`);
    return 0;
  }
  const parts = [
    `# ${title}: ${place}\n\n${settings}`,
    notes.map((note) => `# - ${note}`).join('\n'),
    `# What it will ask, to try by hand:\n${commands.join('\n')}`,
  ];
  io.stdout.write(`${parts.filter((part) => part !== '').join('\n\n')}\n`);
  return 0;
}
