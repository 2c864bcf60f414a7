// The Helm chart, rendered by the real Helm, and its objects held against the schemas of Kubernetes and of the operators.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import { goFolder, goProgram } from '../conformance/go.js';
import { type Ended, run } from '../conformance/packages.js';
import { kubernetesValidate } from '../conformance/python.js';

export const CHART = join(process.cwd(), 'deploy/helm/jumpgate');

/** The oldest and the newest version of Kubernetes that the chart is held to. */
export const VERSIONS = ['1.29', '1.33', '1.35'];

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [key: string]: unknown;
}

/** Values as `--values` takes them: JSON is YAML. */
export type Values = Readonly<Record<string, unknown>>;

/** Runs Helm. */
export async function helm(...args: readonly string[]): Promise<Ended> {
  const program = await goProgram(
    'helm.sh/helm/v3',
    'v3.22.0',
    'h1:n1if5iQgHYsujPAcO5oonH/KiSNUmqmUF0iGVjSF3AU=',
    './cmd/helm',
  );
  return run(program, args);
}

/** `helm template`: the text, or what Helm says against it with another exit code. */
export function rendered(folder: string, values: Values, chart = CHART, release = 'demo'): Promise<Ended> {
  const file = join(folder, 'values.json');
  writeFileSync(file, JSON.stringify(values));
  return helm('template', release, chart, '--namespace', 'apps', '--kube-version', '1.33.0', '--values', file);
}

/** Throws an Error for invalid YAML, such as a repeated key. */
export function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text)
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0]!;
      return document.toJS() as KubernetesObject | null;
    })
    .filter((object) => object !== null);
}

/** Values that every set needs. */
export const NEEDED = {
  image: { repository: 'registry.example.com/jumpgate' },
  secrets: { reader: { name: 'reader' } },
};
export const CERTIFIED = { ...NEEDED, tls: { secretName: 'certificate' } };

export interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly tcpSocket?: { readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

export interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly restartPolicy?: string;
  readonly startupProbe: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe: Probe;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: object;
}

interface FileSource {
  readonly name: string;
  readonly items: readonly { readonly key: string; readonly path: string }[];
}

export interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly projected?: {
      readonly sources: readonly { readonly secret?: FileSource; readonly configMap?: FileSource }[];
    };
  }[];
}

/** The pod of the Deployment among the objects. */
export function podIn(objects: readonly KubernetesObject[]): PodSpec {
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: { readonly template: { readonly spec: PodSpec } };
  };
  return deployment.spec.template.spec;
}

/** The text of jumpgate.yaml in the ConfigMap among the objects. */
export function configIn(objects: readonly KubernetesObject[]): string {
  const map = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> };
  return map.data['jumpgate.yaml']!;
}

/**
 * Writes what a kubelet would mount for a container into a folder, and returns where the configuration is. `contents`: what a key of a secret or
 * ConfigMap holds, by `name/key`.
 */
export function mounted(
  folder: string,
  objects: readonly KubernetesObject[],
  container: Container,
  contents: (file: string) => string,
): string {
  const pod = podIn(objects);
  let text = configIn(objects);
  let config = '';
  for (const { name, mountPath } of container.volumeMounts) {
    const into = join(folder, name);
    mkdirSync(into);
    if (mountPath === '/etc/jumpgate') config = join(into, 'jumpgate.yaml');
    text = text.replaceAll(mountPath, into);
    const volume = pod.volumes.find((each) => each.name === name)!;
    for (const { secret, configMap } of volume.projected?.sources ?? []) {
      const source = (secret ?? configMap)!;
      for (const { key, path } of source.items) {
        mkdirSync(join(into, path, '..'), { recursive: true });
        writeFileSync(join(into, path), contents(`${source.name}/${key}`), { mode: 0o440 });
      }
    }
  }
  writeFileSync(config, text);
  return config;
}

/** What is wrong with the objects of a rendered chart, for each version; empty if nothing is. Kinds without a schema are wrong too. */
export async function faultsOf(folder: string, text: string): Promise<string[]> {
  const custom = await customKinds();
  const file = join(folder, 'objects.yaml');
  const objects = objectsIn(text);
  const own = objects.filter(({ apiVersion, kind }) => !custom.has(`${apiVersion} ${kind}`));
  writeFileSync(file, own.map((object) => JSON.stringify(object)).join('\n---\n'));
  const faults: string[] = [];
  for (const version of own.length === 0 ? [] : VERSIONS) {
    const { code, text: told } = await kubernetesValidate(version, file);
    const passed = told.split('\n').filter((line) => line.startsWith('INFO') && line.includes(' passed for ')).length;
    if (code !== 0 || passed !== own.length) faults.push(`${version}: ${told}`);
  }
  for (const object of objects) {
    const judge = custom.get(`${object.apiVersion} ${object.kind}`);
    if (judge !== undefined && !judge(object)) faults.push(`${object.kind}: ${JSON.stringify(judge.errors)}`);
  }
  return faults;
}

type Judge = ReturnType<Ajv2020['compile']>;
let customJudges: Promise<ReadonlyMap<string, Judge>> | undefined;

/** The custom resources of prometheus-operator and cert-manager, by `apiVersion kind`. */
function customKinds(): Promise<ReadonlyMap<string, Judge>> {
  customJudges ??= readCustomKinds();
  return customJudges;
}

async function readCustomKinds(): Promise<ReadonlyMap<string, Judge>> {
  const folders = [
    join(
      await goFolder(
        'github.com/prometheus-operator/prometheus-operator',
        'v0.85.0',
        'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
      ),
      'example/prometheus-operator-crd',
    ),
    join(
      await goFolder(
        'github.com/cert-manager/cert-manager',
        'v1.19.0',
        'h1:pPKtK06zPriliwq7B12xa7DGKbc4SvnfOjE0BXaAspk=',
      ),
      'deploy/crds',
    ),
  ];
  const judges = new Map<string, Judge>();
  const ajv = new Ajv2020({ strict: false, logger: false, validateFormats: false, allErrors: true });
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((each) =>
      /_(servicemonitors|prometheusrules|certificates)\.yaml$/.test(each),
    )) {
      for (const { spec } of objectsIn(readFileSync(join(folder, name), 'utf8')) as unknown as Definition[]) {
        for (const { name: version, schema } of spec.versions) {
          const { properties, ...root } = schema.openAPIV3Schema;
          const metadata = { type: 'object' };
          const strict = closed({
            ...root,
            properties: { ...properties, metadata: { ...metadata, additionalProperties: true } },
          });
          judges.set(`${spec.group}/${version} ${spec.names.kind}`, ajv.compile(strict as object));
        }
      }
    }
  }
  return judges;
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: {
        readonly openAPIV3Schema: Readonly<Record<string, unknown>> & { readonly properties: object };
      };
    }[];
  };
}

/** As Kubernetes prunes it: an unknown key is an error. A quantity may be a number. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const node = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  // Go's expressions are not JavaScript's; the rest of the schema says enough.
  if (typeof node.pattern === 'string') delete node.pattern;
  if (node['x-kubernetes-int-or-string'] === true) {
    node.type = ['integer', 'string'];
    delete node.anyOf;
  }
  const isOpen = 'additionalProperties' in node || node['x-kubernetes-preserve-unknown-fields'] === true;
  if (node.type === 'object' && 'properties' in node && !isOpen) node.additionalProperties = false;
  return node;
}

/** A folder in which the application's chart has the chart beside it as its dependency. */
export async function applicationChart(folder: string): Promise<string> {
  const copy = join(folder, 'charts');
  mkdirSync(copy, { recursive: true });
  for (const name of ['jumpgate', 'application'])
    await run('cp', ['-r', join(process.cwd(), 'deploy/helm', name), join(copy, name)]);
  const chart = join(copy, 'application');
  const { code, text } = await helm('dependency', 'build', '--skip-refresh', chart);
  if (code !== 0) throw new Error(text);
  return chart;
}
