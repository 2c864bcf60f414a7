// ldapjs' requests and responses as far as the stand-in uses them; its published types lag behind its third version.

export interface RawRequest {
  readonly connection: object & { destroy(): void };
  readonly controls: readonly { readonly type: string; readonly criticality: boolean; readonly value: unknown }[];
  readonly dn: { toString(): string };
  /** Bind. */
  readonly credentials?: string;
  /** Search. */
  readonly scope: number;
  readonly sizeLimit: number;
  readonly typesOnly: boolean;
  readonly attributes: string[];
  readonly filter: { toBer(): { readonly buffer: Buffer } };
  /** Compare. */
  readonly attribute?: string;
  readonly value?: string;
  /** Extended. */
  readonly requestName?: string;
}

export interface RawResponse {
  readonly messageId: number;
  readonly controls: unknown[];
  status: number;
  matchedDN: string;
  diagnosticMessage: string;
  responseValue: string;
  send(entry: unknown, unfiltered: boolean): void;
  end(): void;
}

/** Classes that the published types lack or type too narrowly. */
export interface RawLdapjs {
  readonly PagedResultsControl: new (options: { value: { size: number; cookie: Buffer } }) => unknown;
  readonly Attribute: new (options: { type: string; values: readonly Buffer[] }) => unknown;
  readonly SearchEntry: new (options: {
    objectName: string;
    messageId: number;
    attributes: readonly unknown[];
  }) => unknown;
}
