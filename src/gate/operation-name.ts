// What a client may ask for, as log, metrics and page call it.

/** `write` is every request that would change the directory. */
export type Operation = 'bind' | 'search' | 'compare' | 'extended' | 'write' | 'abandon';
