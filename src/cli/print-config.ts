// `jumpgate config`: the effective configuration, or the schema of the file.
import { stringify } from 'yaml';
import type { Config } from '../config/config.js';
import { faultText } from '../config/fault.js';
import { printableConfig } from '../config/printable-config.js';
import { jsonSchema } from '../config/schema.js';
import type { CliIo } from './io.js';

export async function printConfig(config: Config, io: CliIo, asJson: boolean): Promise<number> {
  const shown = printableConfig(config);
  io.stdout.write(asJson ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown));
  for (const warning of config.warnings) io.stderr.write(`warning: ${faultText(warning)}\n`);
  return 0;
}

export function printSchema(io: CliIo): number {
  io.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
  return 0;
}
