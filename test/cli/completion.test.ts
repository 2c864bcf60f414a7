// Completion scripts in the shells that they are for, asked what they complete.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { defineCommands } from '../../src/cli/cli.js';
import { commandTable } from '../../src/cli/command-table.js';
import { completionScript } from '../../src/cli/completion/completion.js';
import { SHELLS } from '../../src/cli/completion/shells.js';
import { run } from '../support/command.js';

const folder = t.testdir({ files: { 'jumpgate.yaml': '', 'my file.yaml': '' } });
const file = (shell: (typeof SHELLS)[number]) => join(folder, shell);
for (const shell of SHELLS) writeFileSync(file(shell), completionScript(shell, commandTable(defineCommands)));
const here = (shell: string) =>
  spawnSync(shell, ['-c', 'exit 0']).status === 0 ? {} : { skip: `${shell} is not here` };
const FILES = join(folder, 'files');

/** What is asked, and some of what comes and must not come. */
const QUESTIONS: readonly (readonly [words: readonly string[], has: readonly string[], hasNot: readonly string[]])[] = [
  [[''], ['serve', 'explain', 'completion'], ['--json', 'gitlab']],
  [['ch'], ['check'], ['serve']],
  [['explain', '--'], ['--alone', '--as', '--token-file'], ['--learn']],
  [['watch', '--reason', 'not-a'], ['not-a-member'], ['wrong-password']],
  [['recipe', 'git'], ['gitlab'], ['check']],
  [['completion', ''], ['bash', 'zsh', 'fish'], ['serve']],
  [['check', '--config', 'jump'], ['jumpgate.yaml'], ['--json']],
];

t.test('the command prints the scripts, and supports no other shell', async (t) => {
  t.match(await run(['completion', 'bash']), { code: 0, out: /complete -F _jumpgate jumpgate\n$/, err: '' });
  t.match(await run(['completion', 'tcsh']), { code: 2, out: '' });
});

t.test('bash', async (t) => {
  const complete = (words: readonly string[]) => {
    const script = `source ${file('bash')}; COMP_WORDS=(jumpgate "$@"); COMP_CWORD=$#; _jumpgate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8', cwd: FILES });
    t.equal(stderr, '');
    return stdout.split('\n');
  };
  for (const [words, has, hasNot] of QUESTIONS) {
    const found = complete(words);
    for (const one of has) t.ok(found.includes(one), `${words.join(' ')}: ${one} in ${found.join(' ')}`);
    for (const one of hasNot) t.notOk(found.includes(one), `${words.join(' ')}: ${one}`);
  }
  t.ok(complete(['watch', '--reason', '=', 'not-a']).includes('not-a-member'), '--reason=not-a is three words');
});

t.test('fish', here('fish'), async (t) => {
  for (const [words, has, hasNot] of QUESTIONS) {
    const line = ['jumpgate', ...words].join(' ');
    const { stdout, stderr } = spawnSync(
      'fish',
      ['--no-config', '-c', `source ${file('fish')}; complete -C ${JSON.stringify(line)}`],
      {
        encoding: 'utf8',
        cwd: FILES,
      },
    );
    t.equal(stderr, '');
    const found = stdout.split('\n').map((row) => row.split('\t')[0]);
    for (const one of has) t.ok(found.includes(one), `${line}: ${one} in ${found.join(' ')}`);
    for (const one of hasNot) t.notOk(found.includes(one), `${line}: ${one}`);
  }
});

/** Presses Tab in an interactive zsh and prints what it would insert: compadd is asked for its matches instead of adding them. */
const ZSH = `
zmodload zsh/zpty
zpty z zsh -f -i
send() { zpty -w z "$1"; }
send "PS1=; autoload -Uz compinit; compinit -u -D; source $1; cd $2"
send 'compadd() { local -a hits; builtin compadd -O hits "$@"; (( $#hits )) && print -rl -- "HIT:"$^hits; builtin compadd "$@" }'
send "null-line() { zle complete-word; print END-OF-HITS; zle kill-whole-line; exit }; zle -C complete-word complete-word _main_complete; zle -N null-line; bindkey '^X' null-line; print 'REA''DY'"
zpty -r -m z all '*READY*'
zpty -w -n z "$3"$'\\x18'
zpty -r -m z all '*END-OF-HITS*'
print -r -- "$all"
`;

t.test('zsh', here('zsh'), async (t) => {
  for (const [words, has, hasNot] of QUESTIONS) {
    const line = ['jumpgate', ...words].join(' ');
    const { stdout } = spawnSync('zsh', ['-f', '-c', ZSH, 'zsh', file('zsh'), FILES, line], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    const found = [...stdout.matchAll(/HIT:([^\r\n]+)/g)].map(([, hit]) => hit!.replace(/=$/, ''));
    for (const one of has) t.ok(found.includes(one), `${line}: ${one} in ${found.join(' ')}`);
    for (const one of hasNot) t.notOk(found.includes(one), `${line}: ${one}`);
  }
});
