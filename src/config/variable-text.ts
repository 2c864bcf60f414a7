// What a variable of the environment says, without what its way here has added. It loads no package, for a health check needs it too.

/** Of these, whatever is in them may be meant. */
const SECRET = /_(PASSWORD|TOKEN|CLIENT_SECRET|KEY)$/;
const QUOTED = /^(["'])([^"']*)\1$/;

export interface VariableText {
  /** Empty: the variable counts as unset. */
  readonly text: string;
  /** There were quotes around it, of which `--env-file` of Docker and a value in Kubernetes' YAML make a part of the value. */
  readonly isQuoted: boolean;
}

/** Without line ends behind, which `echo` leaves in a secret or a ConfigMap, and without quotes around it; those of a secret stay. */
export function variableText(name: string, value: string | undefined): VariableText {
  const line = (value ?? '').replace(/[\r\n]+$/, '');
  const [, , inside] = QUOTED.exec(line) ?? [];
  if (inside === undefined) return { text: line, isQuoted: false };
  return { text: isSecretVariable(name) ? line : inside, isQuoted: true };
}

/** True for a variable that holds a secret itself. */
export function isSecretVariable(name: string): boolean {
  return SECRET.test(name);
}
