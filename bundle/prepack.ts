// Before `npm pack`: builds from nothing, so that no file of an older build is packed, and adds the types of what the package exports.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeDeclarations } from './declarations.js';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

rmSync(at('dist'), { recursive: true, force: true });
// Standard output is npm's own.
const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: at('.'), stdio: ['ignore', 2, 2] });
if (status === 0) writeDeclarations(at('.'));
process.exitCode = status ?? 1;
