{{- define "jumpgate.name" -}}
{{- if contains "jumpgate" .Release.Name }}{{ .Release.Name | trunc 53 | trimSuffix "-" }}{{ else }}{{ printf "%s-jumpgate" (.Release.Name | trunc 44 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "jumpgate.selector" -}}
app.kubernetes.io/name: jumpgate
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "jumpgate.labels" -}}
{{ include "jumpgate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "jumpgate.image" -}}
{{- with .Values.image -}}
{{ required "image.repository is missing: where have you pushed the image to?" .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "jumpgate.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "jumpgate.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* The secret with the certificate; empty: there is none. */}}
{{- define "jumpgate.tlsSecret" -}}
{{- if .Values.tls.secretName }}{{ .Values.tls.secretName }}{{ else if .Values.tls.certManager.enabled }}{{ include "jumpgate.name" . }}-tls{{ end }}
{{- end }}

{{/* What the chart adds to the configuration; what is written in config wins. */}}
{{- define "jumpgate.added" -}}
upstream:
  reader:
    passwordFile: /run/secrets/jumpgate/reader/{{ .Values.secrets.reader.key }}
  {{- if .Values.secrets.api.name }}
  api:
    {{ ternary "keyFile" "clientSecretFile" (eq .Values.secrets.api.kind "key") }}: /run/secrets/jumpgate/api/{{ .Values.secrets.api.key }}
  {{- end }}
{{- if .Values.standalone }}
listen:
  ldap: {{ ternary "0.0.0.0:1389" "127.0.0.1:1389" .Values.service.cleartext | quote }}
  {{- if include "jumpgate.tlsSecret" . }}
  ldaps: "0.0.0.0:1636"
  tls:
    certFile: /run/secrets/jumpgate/tls/tls.crt
    keyFile: /run/secrets/jumpgate/tls/tls.key
  {{- end }}
{{- end }}
{{- if or .Values.secrets.ops.name (and .Values.standalone .Values.metrics.enabled) }}
ops:
  {{- if and .Values.standalone .Values.metrics.enabled }}
  http: "0.0.0.0:9389"
  {{- end }}
  tokenFile: /run/secrets/jumpgate/ops/{{ .Values.secrets.ops.key }}
{{- end }}
{{- with .Values.secrets.fleet }}
{{- if .name }}
fleet:
  keyFile: /run/secrets/jumpgate/fleet/{{ .key }}
  {{- if .passwordKey }}
  passwordFile: /run/secrets/jumpgate/fleet/{{ .passwordKey }}
  {{- end }}
{{- end }}
{{- end }}
log:
  format: json
{{- end }}

{{/* The port of the fleet's store, as the product reads fleet.url; empty: there is none, or it is on this pod's loopback. */}}
{{- define "jumpgate.storePort" -}}
{{- with (.Values.config.fleet).url -}}
{{- if hasPrefix "rediss://" . }}{{ regexFind "[0-9]+$" (regexFind ":[0-9]+$" (urlParse .).host) | default "6379" }}{{ end -}}
{{- end -}}
{{- end }}

{{- define "jumpgate.config" -}}
{{- mergeOverwrite (include "jumpgate.added" . | fromYaml) (deepCopy .Values.config) | toYaml }}
{{- end }}

{{/* For a rollout when the configuration has changed. */}}
{{- define "jumpgate.checksum" -}}
{{ include "jumpgate.config" . | sha256sum }}
{{- end }}

{{/* What is the same for the container of the Deployment and for a sidecar. */}}
{{- define "jumpgate.container" -}}
image: {{ include "jumpgate.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [serve]
{{- with .Values.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  seccompProfile:
    type: RuntimeDefault
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - name: jumpgate-config
    mountPath: /etc/jumpgate
    readOnly: true
  - name: jumpgate-secrets
    mountPath: /run/secrets/jumpgate
    readOnly: true
{{- end }}

{{/* The volumes that the container wants. */}}
{{- define "jumpgate.volumes" -}}
- name: jumpgate-config
  configMap:
    name: {{ include "jumpgate.name" . | quote }}
- name: jumpgate-secrets
  projected:
    # Its group is the pod's fsGroup, which has to be 65532.
    defaultMode: 0440
    sources:
      - secret:
          name: {{ required "secrets.reader.name is missing: the secret with the reader's password" .Values.secrets.reader.name | quote }}
          items: [{ key: {{ .Values.secrets.reader.key | quote }}, path: reader/{{ .Values.secrets.reader.key }} }]
      {{- with .Values.secrets.api }}
      {{- if .name }}
      - secret:
          name: {{ .name | quote }}
          items: [{ key: {{ .key | quote }}, path: api/{{ .key }} }]
      {{- end }}
      {{- end }}
      {{- with .Values.secrets.ops }}
      {{- if .name }}
      - secret:
          name: {{ .name | quote }}
          items: [{ key: {{ .key | quote }}, path: ops/{{ .key }} }]
      {{- end }}
      {{- end }}
      {{- with .Values.secrets.fleet }}
      {{- if .name }}
      - secret:
          name: {{ .name | quote }}
          items:
            - { key: {{ .key | quote }}, path: fleet/{{ .key }} }
            {{- if .passwordKey }}
            - { key: {{ .passwordKey | quote }}, path: fleet/{{ .passwordKey }} }
            {{- end }}
      {{- end }}
      {{- end }}
      {{- if and .Values.standalone (include "jumpgate.tlsSecret" .) }}
      - secret:
          name: {{ include "jumpgate.tlsSecret" . | quote }}
          items:
            - { key: tls.crt, path: tls/tls.crt }
            - { key: tls.key, path: tls/tls.key }
      {{- end }}
{{- end }}

{{/*
Jumpgate as a native sidecar: an entry of initContainers. The application starts when Jumpgate can work, finds it at ldap://127.0.0.1:1389, and
ends before it. In a chart that has this one as a dependency:
  initContainers: {{ include "jumpgate.sidecar" .Subcharts.jumpgate | nindent 8 }}
  volumes:        {{ include "jumpgate.volumes" .Subcharts.jumpgate | nindent 8 }}
  securityContext: { fsGroup: 65532 }
*/}}
{{- define "jumpgate.sidecar" -}}
- name: jumpgate
  restartPolicy: Always
  {{- include "jumpgate.container" . | nindent 2 }}
  startupProbe:
    exec: { command: [jumpgate, healthcheck, --ready] }
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 90
  readinessProbe:
    exec: { command: [jumpgate, healthcheck, --ready] }
    periodSeconds: 30
    timeoutSeconds: 5
  livenessProbe:
    exec: { command: [jumpgate, healthcheck] }
    periodSeconds: 30
    timeoutSeconds: 5
{{- end }}
