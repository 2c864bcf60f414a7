// Examples of the commands, for `--help` and the manual page: a command line, and what it is for.

type Example = [command: string, describe: string];

const SERVE: readonly Example[] = [
  ['$0 serve --config jumpgate.yaml', 'run it'],
  ['$0 serve --set log.level=debug', 'with each step in the log'],
  ['$0 serve --wait 30s', 'exit with 1 if JumpCloud cannot be read by then'],
];

const DEMO: readonly Example[] = [
  ['$0 demo', 'try it, without JumpCloud'],
  ['$0 demo --port 2389 --ops-port 9390', 'if the usual ports are taken'],
  ['$0 demo --latency 300', 'see how it feels if JumpCloud is slow'],
];

const CONFIG: readonly Example[] = [
  ['$0 config --config jumpgate.yaml', 'which values apply, and from where?'],
  ['$0 config --config jumpgate.yaml --origins', 'the same for a program'],
  ['$0 config --schema > jumpgate.schema.json', 'for an editor that completes the keys'],
];

const RECIPE: readonly Example[] = [
  ['$0 recipe', 'which applications have a recipe?'],
  ['$0 recipe gitlab --config jumpgate.yaml', 'the settings of one'],
  ['$0 recipe mediawiki --app wiki --user ada', 'for one of several apps, to try as Ada'],
];

const HASH: readonly Example[] = [
  ['$0 hash', 'type the password; it is not shown'],
  ['echo -n "$PASSWORD" | $0 hash', 'in a script'],
];

const HEALTHCHECK: readonly Example[] = [
  ['$0 healthcheck --config jumpgate.yaml', 'is it alive?'],
  ['$0 healthcheck --ready --wait 30s', 'in a script, wait until it works'],
  ['$0 healthcheck --url http://127.0.0.1:9390', 'the instance at this ops port'],
];

const PURGE: readonly Example[] = [
  ['$0 purge ada --config jumpgate.yaml', 'let Ada try again now'],
  ['$0 purge ada --url http://127.0.0.1:9390', 'at the instance with this ops port'],
];

const FLEET: readonly Example[] = [
  ['$0 fleet --config jumpgate.yaml', 'who is there, and who reads the directory?'],
  ['$0 fleet --config jumpgate.yaml --alone', 'if no instance runs on this machine'],
  ['$0 fleet --config jumpgate.yaml --json', 'for a program'],
];

/** By the command; those of the other commands are beside their options. */
export const EXAMPLES = {
  serve: SERVE,
  demo: DEMO,
  config: CONFIG,
  recipe: RECIPE,
  hash: HASH,
  healthcheck: HEALTHCHECK,
  purge: PURGE,
  fleet: FLEET,
};
