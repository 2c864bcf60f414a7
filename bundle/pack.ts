// Around `npm pack`: `before` builds from nothing, so that no file of an older build is packed, and adds the locked versions to the package;
// `after` takes them away again.
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../', import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, ROOT));
/** npm never packs package-lock.json; under this name it installs those versions, by their digests, on the user's machine. */
const LOCK = at('npm-shrinkwrap.json');

if (process.argv[2] === 'before') {
  rmSync(at('dist'), { recursive: true, force: true });
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: at('.'), stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
  copyFileSync(at('package-lock.json'), LOCK);
} else {
  rmSync(LOCK, { force: true });
}
