// What the Helm chart has from the product: the schema of its values, and the rules for Prometheus.
import { describedSchema } from '../src/config/described-schema.js';

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: readonly Node[];
  [key: string]: unknown;
}

/** Secrets as text: what is in `config` comes into a ConfigMap, where they do not belong. */
const SECRETS = new Set(['password', 'clientSecret', 'key', 'token']);

/** Leaves out what must not be in a ConfigMap, and the defaults, which are the product's business. */
function inConfigMap({ default: _default, ...node }: Node): Node {
  const { properties, items, anyOf } = node;
  return {
    ...node,
    ...(anyOf && { anyOf: anyOf.map(inConfigMap) }),
    ...(items && { items: inConfigMap(items) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties)
          .filter(([name, { type }]) => !(SECRETS.has(name) && type === 'string'))
          .map(([name, inner]) => [name, inConfigMap(inner)]),
      ),
    }),
  };
}

const text = { type: 'string' };
const flag = { type: 'boolean' };
const labels = { type: 'object', additionalProperties: text };
const free = { type: 'object' };
const list = { type: 'array', items: free };
const count = (minimum: number) => ({ type: 'integer', minimum });
const choice = (...values: readonly string[]) => ({ enum: values });
const strict = (properties: Readonly<Record<string, unknown>>, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length > 0 && { required }),
});

/** Kubernetes drops a key that it does not know: `too` in place of `to` would be a rule without a limit. */
const selector = strict({
  matchLabels: labels,
  matchExpressions: {
    type: 'array',
    items: strict({ key: text, operator: text, values: { type: 'array', items: text } }, ['key', 'operator']),
  },
});
const peers = {
  type: 'array',
  items: strict({
    podSelector: selector,
    namespaceSelector: selector,
    ipBlock: strict({ cidr: text, except: { type: 'array', items: text } }, ['cidr']),
  }),
};
const egress = {
  type: 'array',
  items: strict({
    to: peers,
    ports: {
      type: 'array',
      items: strict({ port: { type: ['integer', 'string'] }, protocol: text, endPort: count(1) }),
    },
  }),
};
const quantities = { type: 'object', additionalProperties: { type: ['string', 'number'] } };
const resources = strict({ requests: quantities, limits: quantities, claims: list });
const toleration = strict({ key: text, operator: text, value: text, effect: text, tolerationSeconds: count(0) });
const source = { name: text, key: text, optional: flag };
const variable = strict(
  {
    name: text,
    value: text,
    valueFrom: strict({
      secretKeyRef: strict(source, ['name', 'key']),
      configMapKeyRef: strict(source, ['name', 'key']),
      fieldRef: strict({ fieldPath: text, apiVersion: text }, ['fieldPath']),
      resourceFieldRef: strict({ resource: text, containerName: text, divisor: { type: ['string', 'number'] } }, [
        'resource',
      ]),
    }),
  },
  ['name'],
);

/** values.schema.json, draft 2020-12: `config` is the configuration as the product takes it. */
export function valuesSchema(): string {
  const { $schema, ...config } = inConfigMap(describedSchema() as Node);
  const key = { type: 'string', pattern: '^[-._a-zA-Z0-9]+$' };
  const name = { type: 'string', minLength: 1 };
  const secret = { name: text, key };
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Values of the chart jumpgate',
    ...strict({
      // A chart that has this one as a dependency gives it these.
      global: free,
      enabled: flag,
      standalone: flag,
      image: strict({
        repository: text,
        tag: text,
        digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
        pullPolicy: choice('Always', 'IfNotPresent', 'Never'),
      }),
      imagePullSecrets: { type: 'array', items: strict({ name: text }, ['name']) },
      config,
      secrets: strict({
        reader: strict(secret),
        api: strict({ ...secret, kind: choice('client', 'key') }),
        ops: strict(secret),
        fleet: strict({ ...secret, passwordKey: { type: 'string', pattern: '^[-._a-zA-Z0-9]*$' } }),
      }),
      files: {
        type: 'array',
        items: {
          anyOf: [
            strict({ secret: name, key }, ['secret', 'key']),
            strict({ configMap: name, key }, ['configMap', 'key']),
          ],
        },
      },
      tls: strict({
        secretName: text,
        certManager: strict({
          enabled: flag,
          issuerRef: strict({ name: text, kind: text, group: text }),
          dnsNames: { type: 'array', items: text },
          duration: text,
          renewBefore: text,
        }),
      }),
      service: strict({
        type: choice('ClusterIP', 'NodePort', 'LoadBalancer'),
        ldaps: { type: 'integer', minimum: 1, maximum: 65535 },
        cleartext: flag,
        annotations: labels,
      }),
      metrics: strict({
        enabled: flag,
        serviceMonitor: strict({ enabled: flag, interval: text, labels }),
        prometheusRule: strict({ enabled: flag, labels }),
      }),
      replicas: count(0),
      podDisruptionBudget: strict({
        enabled: flag,
        maxUnavailable: { anyOf: [count(0), { type: 'string', pattern: '^[0-9]+%$' }] },
      }),
      networkPolicy: strict({ enabled: flag, from: peers, metricsFrom: peers, egress }),
      resources,
      preStopSeconds: count(0),
      terminationGracePeriodSeconds: count(1),
      podAnnotations: labels,
      podLabels: labels,
      nodeSelector: labels,
      tolerations: { type: 'array', items: toleration },
      affinity: strict({ nodeAffinity: free, podAffinity: free, podAntiAffinity: free }),
      serviceAccount: strict({ create: flag, name: text }),
      env: { type: 'array', items: variable },
    }),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
