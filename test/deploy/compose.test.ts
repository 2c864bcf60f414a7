// The files for Compose and for Podman, read by what Compose and Podman read them with.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { withoutGo } from '../conformance/go.js';
import { composeConfig, quadletUnits } from './go-programs.js';

const ORG_ID = '5f1c0a9e7b3d4c2a8e6f9d10';

function copyOf(t: Test, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-compose-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  cpSync(join('deploy', name), name.endsWith('.yaml') ? join(folder, name) : folder, { recursive: true });
  return folder;
}

const change = (file: string, from: string, to: string) => {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(from, to));
};

interface Project {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

t.test('compose.yaml is what Compose takes', { skip: withoutGo }, async (t) => {
  const folder = copyOf(t, 'compose.yaml');
  const { code, text } = await composeConfig(folder, { ORG_ID });
  t.equal(code, 0, text);
  const { services } = JSON.parse(text) as Project;
  t.match(services.jumpgate, {
    network_mode: 'service:app',
    read_only: true,
    cap_drop: ['ALL'],
    stop_grace_period: '15s',
    environment: {
      JUMPGATE_UPSTREAM_ORG_ID: ORG_ID,
      JUMPGATE_UPSTREAM_READER_PASSWORD_FILE: '/run/secrets/reader-password',
    },
    secrets: [{ source: 'reader-password', target: '/run/secrets/reader-password' }],
  });
  t.equal(Object.keys(services.jumpgate?.environment as object).length, 5);
  t.notOk(services.jumpgate?.ports, 'it publishes nothing: Compose refuses ports beside network_mode');
});

t.test('.env takes any text in single quotes, as docs/deploy.md says', { skip: withoutGo }, async (t) => {
  const folder = copyOf(t, 'compose.yaml');
  const lines = [`ORG_ID=${ORG_ID}`, "READER='p$a #b\\'c'", 'GROUP=VPN (Full Tunnel)', 'BASE_DN=p$a #b'];
  writeFileSync(join(folder, '.env'), lines.join('\n'));
  const { code, text } = await composeConfig(folder, {});
  t.equal(code, 0, text);
  const { services } = JSON.parse(text.slice(text.indexOf('{'))) as Project;
  t.match(services.jumpgate?.environment, {
    JUMPGATE_UPSTREAM_READER_USER: "p$a #b'c",
    JUMPGATE_GROUP: 'VPN (Full Tunnel)',
    // Without quotes a $ begins a variable, and a # behind a space a comment.
    JUMPGATE_LOCAL_BASE_DN: /^p$/,
  });
});

t.test('what is wrong in compose.yaml is refused', { skip: withoutGo }, async (t) => {
  const folder = copyOf(t, 'compose.yaml');
  t.match(await composeConfig(folder, { ORG_ID: '' }), { code: 1, text: /write ORG_ID=… into \.env/ });
  change(join(folder, 'compose.yaml'), 'read_only:', 'readonly:');
  t.match(await composeConfig(folder, { ORG_ID }), { code: 1, text: /readonly/ });
});

t.test('the Quadlet files are what Podman takes', { skip: withoutGo }, async (t) => {
  const folder = copyOf(t, 'quadlet');
  const { code, text } = await quadletUnits(folder);
  t.equal(code, 0, text);
  for (const unit of ['jumpgate', 'application', 'jumpgate-pod']) t.match(text, `---${unit}.service---`);
  const command = /^ExecStart=(\/usr\/bin\/podman run .* localhost\/jumpgate:latest)$/m.exec(text)?.[1] ?? '';
  t.match(command, '--read-only --env');
  t.match(command, '--secret jumpgate-reader,type=mount,target=reader-password,uid=65532,gid=65532,mode=0400');
  t.match(command, '--pod-id-file %t/jumpgate-pod.pod-id');
  t.equal(command.match(/--env /g)?.length, 5);
  // With Podman's own default a restart of Jumpgate ends the pod, and fails.
  const podCommand = /^ExecStartPre=.* pod create .*$/m.exec(text)?.[0] ?? '';
  t.match(podCommand, / --exit-policy=continue\b(?!.*--exit-policy)/, 'the last one counts');
  change(join(folder, 'jumpgate.container'), 'ReadOnly=', 'Readonly=');
  t.match(await quadletUnits(folder), { code: 1, text: /unsupported key 'Readonly'/ });
});
