// Loads `jumpgate demo`, or says how to install what only that needs.
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { DEMO_PACKAGES, isMissingPackage } from '../demo/packages.js';

/** Loads the demo; where its packages are missing, the error says how to install them. */
export async function loadDemo(): Promise<typeof import('./demo.js')> {
  try {
    return await import('./demo.js');
  } catch (error) {
    if (!isMissingPackage(error)) throw error;
    const command = installCommand(realpathSync(process.argv[1] ?? process.execPath));
    throw new Error(`the demo needs packages that nothing else needs, and they are not installed. Run: ${command}`, {
      cause: error,
    });
  }
}

/** The command that puts them where this program looks for packages; `program` is the path of its file, without links. */
export function installCommand(program: string): string {
  const packages = DEMO_PACKAGES.join(' ');
  const installed = /^(.*?)(\/lib)?\/node_modules\/jumpgate\/dist\/main\.js$/.exec(program);
  if (installed?.[2] !== undefined) return `npm install -g --prefix ${quoted(installed[1] || '/')} ${packages}`;
  if (installed !== null) return `npm install --prefix ${quoted(installed[1] || '/')} ${packages}`;
  // The Debian package's: its folder is dpkg's, and Node.js looks one up as well.
  if (program === '/usr/lib/jumpgate/dist/main.js') return `sudo npm install -g --prefix /usr ${packages}`;
  if (program.endsWith('/dist/main.js'))
    return `npm install --include=dev --prefix ${quoted(dirname(dirname(program)))}`;
  return `npm install --prefix ${quoted(dirname(program))} ${packages}`;
}

const quoted = (path: string) => (/^[\w/.+@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
