#!/usr/bin/env node
// The command's entry. It imports nothing at first, and is written in what every Node.js with modules understands: an old one is to say what is
// needed rather than fail in a library.

/** Of engines.node in package.json. */
const NEEDED = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (Number(major) > NEEDED[0]! || (major === NEEDED[0] && Number(minor) >= NEEDED[1]!)) {
  void import('./start/start.js').then(({ start }) => start());
} else {
  const found = `this is ${process.versions.node} (${process.execPath})`;
  process.stderr.on('error', () => {});
  process.stderr.write(
    `jumpgate: Node.js ${NEEDED.join('.')} or newer is needed, and ${found}. Get a newer one from https://nodejs.org/en/download\n`,
  );
  process.exitCode = 1;
}
