// What reads the files of deploy/ for Docker Compose and for Podman itself: built from the modules of their authors.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environment, goModule, newGo, patch } from '../conformance/go.js';
import { cacheFolder, type Ended, need, run } from '../conformance/packages.js';

const COMPOSE = {
  name: 'github.com/compose-spec/compose-go/v2',
  version: 'v2.16.2',
  sum: 'h1:pTp1DqQwJzFd85GzlWsSszKA1ABrV/ySqsClujIcWA8=',
  command: './cmd',
};
const QUADLET = {
  name: 'github.com/containers/podman/v5',
  version: 'v5.2.2',
  sum: 'h1:UHDF+CeuRgqQc4EN0MNXrk1Xb45/5td/ClGmAOyiDJ8=',
  command: './cmd/quadlet',
};

/** Built where it is not in the cache, as `label`. `change` gets the folder of a copy of the source. */
async function program(
  module: typeof COMPOSE,
  label: string,
  change: (folder: string) => void = () => {},
): Promise<string> {
  const built = join(cacheFolder('go-programs'), `${label}-${module.version}`);
  if (existsSync(built)) return built;
  const folder = await goModule(module.name, module.version, module.sum, label);
  change(folder);
  // Podman's module brings a list of vendored modules without the modules.
  const args = ['build', '-mod=mod', '-trimpath', '-o', built, module.command];
  await need(await newGo(), args, { cwd: folder, env: environment() });
  return built;
}

/** What `docker compose config` makes of the compose.yaml and .env of a folder, as JSON; with another exit code and the reason where it is not valid. */
export async function composeConfig(folder: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  // Its program loads a model alone, without the variables of the environment, and reads no .env.
  const built = await program(COMPOSE, 'compose-go-env', (source) =>
    patch(join(source, 'cmd', 'main.go'), [
      ['options.LoadModel(', 'options.LoadProject('],
      ['cli.WithDotEnv,', 'cli.WithEnvFiles(),\n\t\tcli.WithDotEnv,'],
    ]),
  );
  return run(built, ['-format', 'json', 'compose.yaml'], { cwd: folder, env });
}

/** The units that Podman's generator makes of a folder of Quadlet files. */
export async function quadletUnits(folder: string): Promise<Ended> {
  return run(await program(QUADLET, 'podman'), ['-dryrun'], { env: { QUADLET_UNIT_DIRS: folder } });
}
