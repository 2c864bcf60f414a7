// What `jumpgate recipe --json` prints, with and without an application.
import type { RecipePrinted, RecipeRow } from '../../src/cli/recipe.js';
import type { RecipeStep } from '../../src/recipes/recipe.js';
import { array, choice, count, literal, object, of, text, texts, union } from './shape.js';

const row = {
  id: text('Its name on the command line'),
  title: text('Its name for people'),
  place: text('Where the settings go'),
};

export const recipes = of<readonly RecipeRow[]>()(array(object(row)));

const step = of<RecipeStep>()(
  union([
    object({
      kind: literal('bind').describe('A bind'),
      as: choice(['service', 'user']).describe('Who binds: the service account, or the person of --user'),
      name: text('The name in the bind, where it is not the DN').optional(),
    }),
    object({
      kind: literal('search').describe('A search'),
      base: text('The base: a DN'),
      scope: literal([0, 1, 2, 3]).describe(
        '0 the base alone, 1 one level, 2 the subtree, 3 the subtree without the base',
      ),
      filter: text('The filter (RFC 4515)'),
      attributes: texts('The attributes that it asks for; empty for all'),
      finds: union([count('So many entries'), choice(['members', 'groups'])]).describe(
        'What a member finds: a number of entries, every member, or every group that the person is in',
      ),
    }),
    object({
      kind: literal('compare').describe('A compare'),
      entry: text('The entry: a DN'),
      attribute: text('The attribute'),
      value: text('The value that it is compared with'),
    }),
  ]),
);

export const recipe = of<RecipePrinted>()(
  object({
    ...row,
    settings: text('The settings as they are written there, with line ends'),
    steps: array(step).describe('What the application asks'),
    commands: texts('Lines for a shell that ask the same'),
    notes: texts('What to know, a sentence or two each'),
  }),
);
