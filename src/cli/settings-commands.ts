// The commands for people who write settings, of Jumpgate or of an application: `config`, `recipe` and `hash`.
import { CONFIG_OPTION, configReader, SET_OPTION, textOption } from './arguments.js';
import { command } from './command.js';
import { USAGE } from './failure.js';

export const CONFIG = command(
  'config',
  'Print the effective configuration and where each value comes from, secrets hidden',
  (y) =>
    y
      .option('config', CONFIG_OPTION)
      .option('set', SET_OPTION)
      .option('json', { type: 'boolean', default: false, describe: 'JSON instead of YAML' })
      .option('origins', {
        type: 'boolean',
        default: false,
        describe: 'JSON with the origin of each value instead',
      })
      .option('schema', { type: 'boolean', default: false, describe: 'The JSON Schema of the file instead' })
      .example([
        ['$0 config --config jumpgate.yaml', 'which values apply, and from where?'],
        ['$0 config --config jumpgate.yaml --origins', 'the same for a program'],
        ['$0 config --schema > jumpgate.schema.json', 'for an editor that completes the keys'],
      ]),
  async (args, io) => {
    const { printConfig, printSchema } = await import('./print-config.js');
    if (args.schema) return printSchema(io);
    const load = await configReader(args, io);
    return printConfig(load(), io, args);
  },
);

export const RECIPE = command(
  'recipe [application]',
  'Print the settings of an application with the values of this configuration; without a name, list the applications',
  (y) =>
    y
      .positional('application', { type: 'string', describe: 'e.g. gitlab' })
      .option('config', CONFIG_OPTION)
      .option('set', SET_OPTION)
      .option('user', {
        type: 'string',
        requiresArg: true,
        default: 'ada.example',
        describe: 'Whose login the printed lines try',
      })
      .option('app', textOption('For which of the apps of the configuration; left out: the first'))
      .option('json', { type: 'boolean', default: false, describe: 'JSON instead of text' })
      .example([
        ['$0 recipe', 'which applications have a recipe?'],
        ['$0 recipe gitlab --config jumpgate.yaml', 'the settings of one'],
        ['$0 recipe mediawiki --app wiki --user ada', 'for one of several apps, to try as Ada'],
      ]),
  async (args, io) => {
    const { findRecipe, listRecipes, printRecipe } = await import('./recipe.js');
    if (args.application === undefined) return listRecipes(io, args.json);
    const recipe = findRecipe(args.application, io);
    if (recipe === undefined) return USAGE;
    const load = await configReader(args, io);
    return printRecipe(recipe, load(), args, io);
  },
);

export const HASH = command(
  'hash',
  'Make the hash of a service account’s password, read from standard input',
  (y) =>
    y.example([
      ['$0 hash', 'type the password; it is not shown'],
      ['echo -n "$PASSWORD" | $0 hash', 'in a script'],
    ]),
  async (_args, io) => {
    const { hash } = await import('./hash.js');
    return hash(io);
  },
);
