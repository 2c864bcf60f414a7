// docs/library.md: its examples are the files in examples/.
import { readFileSync } from 'node:fs';

/** The page with each `<!-- examples/NAME.ts -->` followed by that file. Throws an Error for a page without any. */
export function withExamples(page: string): string {
  let count = 0;
  const written = page.replace(
    /^(<!-- (examples\/[a-z-]+\.ts) -->\n)```ts\n[\s\S]*?^```$/gm,
    (_, mark: string, file: string) => {
      count++;
      return `${mark}\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\``;
    },
  );
  if (count === 0) throw new Error('there is no place for an example');
  return written;
}
