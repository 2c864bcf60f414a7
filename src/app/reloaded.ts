// What became of a new configuration.

/** `keys` are paths such as `listen.ldap`. */
export type Reloaded =
  | { readonly kind: 'unchanged' }
  /** `keys`: those whose values differ. `waiting`: those of them whose new value needs a restart. */
  | { readonly kind: 'changed'; readonly keys: readonly string[]; readonly waiting: readonly string[] }
  | { readonly kind: 'kept'; readonly why: string };
