// The Debian package's copyright file, in the machine-readable format 1.0: ours, and that of each package that is in it.

export interface Packaged {
  /** In the package, without a slash in front. */
  readonly path: string;
  readonly version: string;
  /** By its SPDX identifier, as its package.json says it. */
  readonly license: string | undefined;
  /** Its own line: year and holder. */
  readonly notice: string | undefined;
}

/** `license`: the text of ours. */
export function copyright(license: string, packages: readonly Packaged[]): string {
  const holder = /^Copyright \(c\) (.*)$/m.exec(license)?.[1] ?? '';
  const terms = license.slice(license.indexOf('Permission')).trim();
  const indented = terms.split('\n').map((line) => (line === '' ? ' .' : ` ${line}`));
  const own = [`Files: *`, `Copyright: ${holder}`, 'License: MIT', ...indented];
  const others = packages.map(({ path, license: id = 'unknown', notice }) => [
    `Files: ${path}/*`,
    `Copyright: ${notice ?? 'its authors, as its package.json names them'}`,
    `License: ${id}`,
    ...(id === 'MIT' ? [] : [` Its text is in /${path}.`]),
  ]);
  const head = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: jumpgate',
  ];
  return `${[head, own, ...others].map((paragraph) => paragraph.join('\n')).join('\n\n')}\n`;
}
