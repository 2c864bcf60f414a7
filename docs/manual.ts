// The manual page, made from the definitions that `--help` is made of.
import { defineCommands } from '../src/cli/cli.js';
import { type CommandTable, commandTable, type TableCommand, type TableOption } from '../src/cli/command-table.js';

/** Text as roff takes it: no dash becomes a hyphen, no line becomes a request. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

const paragraph = (label: string, text: string) => `.TP\n${label}\n${roff(text)}`;

/** One sentence of a text that has no end. */
const sentence = (text: string) => (/[.?!)]$/.test(text) ? text : `${text}.`);

function optionLines({ name, type, describe, choices, default: fallback }: TableOption): string {
  const value = type === 'boolean' ? '' : ` \\fI${roff(choices?.join('|') ?? type)}\\fR`;
  const usual = fallback === undefined || fallback === false ? '' : ` Default: ${String(fallback)}.`;
  return paragraph(`\\fB\\-\\-${roff(name)}\\fR${value}`, sentence(describe) + usual);
}

function commandLines({ usage, describe, positionals, options, examples, epilogues }: TableCommand): string[] {
  return [
    `.SS jumpgate ${roff(usage)}`,
    roff(sentence(describe)),
    ...positionals.map((one) => paragraph(`\\fI${roff(one.name)}\\fR`, sentence(one.describe))),
    ...options.map(optionLines),
    ...epilogues.flatMap((text) => ['.PP', roff(text)]),
    ...(examples.length === 0 ? [] : ['.PP', 'Examples:']),
    ...examples.map((one) => paragraph(`\\fB${roff(one.command)}\\fR`, one.describe)),
  ];
}

/** jumpgate.1, for `man`. */
export function manualPage({ commands, examples }: CommandTable = commandTable(defineCommands)): string {
  return `${[
    '.\\" Made by npm run docs from the definitions of the commands.',
    '.TH JUMPGATE 1 "" "Jumpgate" "User Commands"',
    '.SH NAME',
    'jumpgate \\- local LDAP endpoint for JumpCloud',
    '.SH SYNOPSIS',
    '.B jumpgate',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    'Jumpgate answers LDAP on this machine for the members of a JumpCloud group, has every password verified by JumpCloud over LDAPS, and says why a',
    'login fails.',
    '.SH COMMANDS',
    ...commands.flatMap(commandLines),
    '.SH EXAMPLES',
    ...examples.map((one) => paragraph(`\\fB${roff(one.command)}\\fR`, one.describe)),
    FIXED,
  ].join('\n')}`;
}

const FIXED = `.SH ENVIRONMENT
.TP
.B JUMPGATE_CONFIG
The configuration file, unless
.B \\-\\-config
names one.
.TP
.BR NO_COLOR ", " FORCE_COLOR
Colours: not even on a terminal; everywhere.
.TP
.B COLUMNS
Width of the text on a terminal, from 80 to 200 columns; the terminal\\(cqs own unless set.
.SH FILES
.TP
.I /etc/jumpgate/jumpgate.yaml
The configuration.
.TP
.I /etc/jumpgate/reader.password
The password of the LDAP bind user, which the unit of the Debian package passes as a credential.
.SH SIGNALS
.TP
.B SIGTERM
End what is under way, then stop; a second one stops immediately.
.TP
.B SIGHUP
Read the configuration again and reopen the audit stream.
.TP
.B SIGUSR2
Change between the configured log level and debug.
.SH SEE ALSO
.BR systemd.socket (5),
.BR ldapsearch (1)
`;
