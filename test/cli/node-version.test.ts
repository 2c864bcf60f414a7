// A Node.js that is too old gets one line that says so, before it loads anything that it cannot read.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';

const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };

/** The built program in a Node.js that says it is another version. */
function runAs(version: string, args: readonly string[]) {
  const pretence = `Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`;
  const preload = `--import=data:text/javascript,${encodeURIComponent(pretence)}`;
  return spawnSync(process.execPath, [preload, 'dist/main.js', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
}

t.test('an old Node.js gets one line that says what is needed, whatever the command', async (t) => {
  for (const version of ['12.22.12', '18.20.8', '20.0.0', '20.18.3'])
    for (const args of [['serve'], ['healthcheck'], ['--help'], []]) {
      const { status, stdout, stderr } = runAs(version, args);
      t.same([status, stdout], [1, ''], `${version} ${args.join()}`);
      t.match(
        stderr,
        /^jumpgate: Node\.js 20\.19 or newer is needed, and this is [0-9.]+ .*https:\/\/nodejs\.org\S*\n$/,
      );
      t.ok(stderr.includes(version));
    }
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '24.1.0', '100.0.0'])
    t.equal(runAs(version, ['--version']).status, 0, version);
});

t.test('what is needed is what package.json says, and nothing is imported before it is compared', async (t) => {
  t.equal(engines.node, '>=20.19');
  const built = readFileSync('dist/main.js', 'utf8').replace(/\/\/.*/g, '');
  t.notMatch(built, /^\s*(import|export)\s[^(]*from|^\s*import\s*['"]/m);
  t.ok(built.indexOf('process.versions') < built.indexOf('import('));
  t.notMatch(built, /\?\?|\?\.|^\s*await /m, 'nor is there syntax of later versions');
});
