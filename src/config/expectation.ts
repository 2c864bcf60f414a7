// What a setting's shape wants, in words for the operator who wrote it, in place of the schema library's own.
import type * as z from 'zod';

/** Of one issue; undefined leaves it to the library. */
export function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wantedType(issue.expected, issue.input);
    case 'invalid_value': {
      const words = issue.values.map(String);
      return `must be ${words.length === 1 ? '' : 'one of '}${words.join(', ')}`;
    }
    case 'too_small':
      return issue.origin === 'string' ? 'is empty' : `must be ${String(issue.minimum)} or more`;
    case 'too_big':
      return `must be ${String(issue.maximum)} or less`;
    case 'unrecognized_keys':
      return 'is not a setting';
    case 'invalid_format':
    case 'invalid_union':
      return 'has an unknown form';
    default:
      return undefined;
  }
}

function wantedType(expected: string, input: unknown): string {
  if (input === undefined) return 'is missing';
  switch (expected) {
    case 'string':
      return typeof input === 'object' ? 'must be one string' : 'must be a string: put it in quotes';
    case 'array':
      return 'must be a list, such as [a, b]';
    case 'object':
      return 'must have keys of its own below it';
    case 'boolean':
      return 'must be true or false';
    default:
      return `must be a ${expected}`;
  }
}
