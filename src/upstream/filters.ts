// Filters as the reader builds them; ldapts escapes what is in them.
import { AndFilter, EqualityFilter, type Filter, OrFilter } from 'ldapts';

/** An equality filter; ldapts escapes the value. */
export function equal(attribute: string, value: string): Filter {
  return new EqualityFilter({ attribute, value });
}

/** A filter for an object class. */
export function isClass(name: string): Filter {
  return equal('objectClass', name);
}

/** The AND of the filters. */
export function and(...filters: Filter[]): Filter {
  return new AndFilter({ filters });
}

/** The OR of the filters; the one itself if there is no other. */
export function anyOf(filters: readonly Filter[]): Filter {
  const [only] = filters;
  return only !== undefined && filters.length === 1 ? only : new OrFilter({ filters: [...filters] });
}
