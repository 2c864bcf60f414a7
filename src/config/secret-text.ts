// The secret in a file's bytes. What editors and shells add is removed. What cannot be intended is reported, as the upstream would only say 49.
import type { ConfigFault } from './fault.js';

type Told = Pick<ConfigFault, 'message' | 'remedy'>;

export type SecretText = { readonly text: string; readonly warning?: Told } | { readonly fault: Told };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A byte order mark in front (PowerShell, Notepad) and line ends behind (every editor) are not the secret's. Blanks may be, so they stay,
 * with a warning. `name`: what it is, e.g. password; it has one line. The secret itself is in no text.
 */
export function secretText(octets: Buffer, name: string): SecretText {
  const wanted = `one line of UTF-8: printf %s '…' > FILE`;
  if (octets.includes(0))
    return {
      fault: { message: 'holds NUL bytes: it is UTF-16, or not text', remedy: `Write the ${name} as ${wanted}` },
    };
  let decoded: string;
  try {
    decoded = utf8.decode(octets);
  } catch {
    return { fault: { message: 'is not UTF-8', remedy: `Write the ${name} as ${wanted}` } };
  }
  const text = decoded.replace(/[\r\n]+$/, '');
  if (text === '') return { fault: { message: 'is empty', remedy: `Write the ${name} into it.` } };
  const lines = text.split(/\r\n|\n|\r/).length;
  if (lines > 1) return { fault: { message: `has ${lines} lines`, remedy: `Leave only the ${name} in it: ${wanted}` } };
  if (text.trim() === text) return { text };
  const message = `begins or ends with a blank, which counts as part of the ${name}`;
  return { text, warning: { message, remedy: `If that is not intended: printf %s '…' > FILE` } };
}
