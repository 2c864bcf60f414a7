// ldapjs' requests and responses as far as the stand-in uses them; its published types lag behind its third version.

export interface RawRequest {
  readonly messageId: number;
  readonly connection: object & { readonly destroyed: boolean };
  readonly controls: readonly { readonly type: string; readonly value: unknown }[];
  readonly dn: { toString(): string };
  /** Bind. */
  readonly credentials?: string;
  /** Search. */
  readonly scope: number;
  readonly sizeLimit: number;
  readonly typesOnly: boolean;
  readonly attributes: string[];
  /** Compare. */
  readonly attribute?: string;
  readonly value?: string;
  /** Extended. */
  readonly requestName?: string;
}

export interface RawResponse {
  readonly messageId: number;
  status: number;
  matchedDN: string;
  diagnosticMessage: string;
  responseValue: string;
  /** `controls` itself is a copy: what is pushed there is lost. */
  addControl(control: unknown): void;
  send(entry: unknown, unfiltered: boolean): void;
  end(): void;
}

export type RawHandler = (request: RawRequest, response: RawResponse) => void;

/** Classes that the published types lack or type too narrowly. */
export interface RawLdapjs {
  readonly Control: new (options: { type: string; value: string }) => unknown;
  readonly PasswordPolicyControl: new (options: { value: { error: number } }) => unknown;
  readonly PagedResultsControl: new (options: { value: { size: number; cookie: Buffer } }) => unknown;
  readonly Attribute: new (options: { type: string; values: readonly Buffer[] }) => unknown;
  readonly SearchEntry: new (options: {
    objectName: string;
    messageId: number;
    attributes: readonly unknown[];
  }) => unknown;
}
