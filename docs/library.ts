// docs/library.md: its examples are the files in examples/.
import { readFileSync } from 'node:fs';

const PLACE = /^(<!-- (examples\/[a-z-]+\.ts): made by npm run docs -->\n)[\s\S]*?^(<!-- end of \2 -->)$/gm;

/** The page with each file between its two marks. Throws an Error for a page without any. */
export function withExamples(page: string): string {
  if (page.match(PLACE) === null) throw new Error('there is no place for an example');
  return page.replace(
    PLACE,
    (_, begin: string, file: string, end: string) => `${begin}\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\`\n${end}`,
  );
}
