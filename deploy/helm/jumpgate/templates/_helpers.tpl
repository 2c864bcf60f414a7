{{/* A Service begins with a letter and has no dot; the name of a release may be otherwise. */}}
{{- define "jumpgate.name" -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- if regexMatch "^[0-9]" $release }}{{ printf "jumpgate-%s" $release | trunc 53 | trimSuffix "-" }}
{{- else if contains "jumpgate" $release }}{{ $release | trunc 53 | trimSuffix "-" }}
{{- else }}{{ printf "%s-jumpgate" ($release | trunc 44 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "jumpgate.selector" -}}
app.kubernetes.io/name: jumpgate
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "jumpgate.labels" -}}
{{ include "jumpgate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "jumpgate.image" -}}
{{- with .Values.image -}}
{{ required "image.repository is missing: where have you pushed the image to?" .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default ($.Chart.AppVersion | replace "+" "_") }}{{ end }}
{{- end }}
{{- end }}

{{- define "jumpgate.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "jumpgate.name" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* The secret with the certificate; empty: there is none. */}}
{{- define "jumpgate.tlsSecret" -}}
{{- if .Values.tls.secretName }}{{ .Values.tls.secretName }}{{ else if .Values.tls.certManager.enabled }}{{ include "jumpgate.name" . }}-tls{{ end }}
{{- end }}

{{/* Not empty: the top level's listeners are opened. They are not where each app has its own. */}}
{{- define "jumpgate.isShared" -}}
{{- with .Values.config -}}
{{- if or (not .apps) (hasKey . "group") }}yes{{ end -}}
{{- range .apps }}{{ if not .listen }}yes{{ end }}{{ end -}}
{{- else }}yes{{ end -}}
{{- end }}

{{/* What the chart adds to the configuration; what is written in config wins. */}}
{{- define "jumpgate.added" -}}
upstream:
  reader:
    passwordFile: /run/secrets/jumpgate/reader/{{ .Values.secrets.reader.key }}
  {{- with .Values.secrets.api }}
  {{- if .name }}
  api:
    {{ ternary "keyFile" "clientSecretFile" (eq .kind "key") }}: /run/secrets/jumpgate/api/{{ .key }}
  {{- end }}
  {{- end }}
{{- if .Values.standalone }}
listen:
  {{- if include "jumpgate.isShared" . }}
  ldap: {{ ternary "0.0.0.0:1389" "127.0.0.1:1389" .Values.service.cleartext | quote }}
  {{- end }}
  {{- if include "jumpgate.tlsSecret" . }}
  {{- if include "jumpgate.isShared" . }}
  ldaps: "0.0.0.0:1636"
  {{- end }}
  tls:
    certFile: /run/secrets/jumpgate/tls/tls.crt
    keyFile: /run/secrets/jumpgate/tls/tls.key
  {{- end }}
{{- end }}
{{- with .Values.secrets.ops }}
{{- if .name }}
ops:
  {{- if and $.Values.standalone $.Values.metrics.enabled }}
  http: "0.0.0.0:9389"
  {{- end }}
  tokenFile: /run/secrets/jumpgate/ops/{{ .key }}
{{- end }}
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

{{/* As JSON, which is YAML: written as YAML, an organisation's ID such as 5123…e12… would come out without quotes and be read as a number. */}}
{{- define "jumpgate.config" -}}
{{- mergeOverwrite (include "jumpgate.added" . | fromYaml) (deepCopy (.Values.config | default dict)) | toPrettyJson }}
{{- end }}

{{/* The port of an address in the configuration; empty: there is none, or it is on loopback. */}}
{{- define "jumpgate.openPort" -}}
{{- $address := toString . -}}
{{- if regexMatch ":[0-9]+$" $address -}}
{{- if not (regexMatch "^(127\\.|localhost:|\\[::1\\])" (lower $address)) }}{{ regexFind "[0-9]+$" $address }}{{ end -}}
{{- end -}}
{{- end }}

{{/*
What other pods may connect to, as a list of { name, container, service }: the name of a port, its number in the container and in the Service.
Listeners in cleartext only with service.cleartext. Listeners of apps keep their numbers.
*/}}
{{- define "jumpgate.ports" -}}
{{- $config := include "jumpgate.config" . | fromJson -}}
{{- $sections := list -}}
{{- if include "jumpgate.isShared" . }}{{ $sections = append $sections (dict "listen" $config.listen "ldaps" .Values.service.ldaps "ldap" 389) }}{{ end -}}
{{- range $config.apps }}{{ with .listen }}{{ $sections = append $sections (dict "listen" .) }}{{ end }}{{ end -}}
{{- $ports := list -}}
{{- $numbers := list -}}
{{- range $section := $sections -}}
{{- range $kind := ternary (list "ldaps" "ldap") (list "ldaps") $.Values.service.cleartext -}}
{{- with include "jumpgate.openPort" (get $section.listen $kind) -}}
{{- $number := get $section $kind | default . | int -}}
{{- if has $number $numbers }}{{ fail (printf "the Service would have port %d twice: choose another one for service.ldaps, or in config.apps" $number) }}{{ end -}}
{{- $numbers = append $numbers $number -}}
{{- $name := ternary $kind (printf "%s-%s" $kind .) (hasKey $section $kind) -}}
{{- $ports = append $ports (dict "name" $name "container" (int .) "service" $number) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $ports -}}
{{- end }}

{{/* The ops port for Prometheus, with metrics.enabled. */}}
{{- define "jumpgate.opsPort" -}}
{{- if not (.Values.secrets.ops).name }}{{ fail "metrics.enabled needs secrets.ops.name: beyond loopback the ops port wants a token" }}{{ end -}}
{{- $address := (include "jumpgate.config" . | fromJson).ops.http -}}
{{- $port := include "jumpgate.openPort" $address -}}
{{- if not $port }}{{ fail "metrics.enabled needs an ops port beyond loopback: leave config.ops.http out" }}{{ end -}}
{{- $port -}}
{{- end }}

{{/* The ports of what the configuration connects to, beside LDAPS and HTTPS, as a list; a store on this pod's loopback has none. */}}
{{- define "jumpgate.egressPorts" -}}
{{- $config := include "jumpgate.config" . | fromJson -}}
{{- $usual := dict "ldaps" 636 "ldap" 389 "https" 443 "rediss" 6379 -}}
{{- $urls := concat ($config.upstream.urls | default list) (values (($config.upstream.api).urls | default dict)) -}}
{{- with ($config.fleet).url }}{{ $urls = append $urls . }}{{ end -}}
{{- $ports := list 636 443 -}}
{{- range $urls -}}
{{- $scheme := regexFind "^[a-z]+" (lower .) -}}
{{- if hasKey $usual $scheme -}}
{{- $host := regexFind "^[a-zA-Z]+://[^/?#]*" . -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $host) | default (get $usual $scheme) | int) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | toYaml -}}
{{- end }}

{{/* Seconds of listen.limits.drainTime. */}}
{{- define "jumpgate.drainSeconds" -}}
{{- $config := include "jumpgate.config" . | fromJson -}}
{{- $time := (($config.listen).limits).drainTime | default "10s" -}}
{{- $number := regexFind "^[0-9]+" $time | int -}}
{{- if hasSuffix "ms" $time }}{{ div (add $number 999) 1000 }}
{{- else if hasSuffix "m" $time }}{{ mul $number 60 }}
{{- else if hasSuffix "h" $time }}{{ mul $number 3600 }}
{{- else }}{{ $number }}{{ end -}}
{{- end }}

{{/* For a rollout when the configuration has changed. */}}
{{- define "jumpgate.checksum" -}}
{{ include "jumpgate.config" . | sha256sum }}
{{- end }}

{{/*
The command of a probe, as a list in JSON. It names the ops port itself: a mistake in a ConfigMap that was edited by hand, which the running
process does not take, must not fail its probes. Where only the process knows the port, it is asked by its configuration.
*/}}
{{- define "jumpgate.healthcheck" -}}
{{- $command := list "jumpgate" "healthcheck" -}}
{{- $http := toString (dig "ops" "http" "127.0.0.1:9389" (include "jumpgate.config" . | fromJson)) -}}
{{- if regexMatch "^[0-9]+$" $http }}{{ $http = printf "127.0.0.1:%s" $http }}{{ end -}}
{{- $isOwn := true -}}
{{- range .Values.env }}{{ if eq .name "JUMPGATE_OPS_HTTP" }}{{ $isOwn = false }}{{ end }}{{ end -}}
{{- if and $isOwn (ne $http "false") }}{{ $command = concat $command (list "--url" (printf "http://%s" $http)) }}{{ end -}}
{{- $command | toJson -}}
{{- end }}

{{/* Without an ops port nobody can say whether it is ready. */}}
{{- define "jumpgate.healthcheckReady" -}}
{{- $http := toString (dig "ops" "http" "" (include "jumpgate.config" . | fromJson)) -}}
{{- $command := include "jumpgate.healthcheck" . | fromJsonArray -}}
{{- ternary $command (append $command "--ready") (eq $http "false") | toJson -}}
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
      {{- range .Values.files }}
      - {{ ternary "secret" "configMap" (hasKey . "secret") }}:
          name: {{ .secret | default .configMap | quote }}
          items: [{ key: {{ .key | quote }}, path: files/{{ .secret | default .configMap }}/{{ .key }} }]
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
  # The application starts once the directory was read. JumpCloud may be away for an hour before the container is restarted; after that, and
  # when it has started, an outage takes neither this container nor the application's pod out of service.
  startupProbe:
    exec: { command: {{ include "jumpgate.healthcheckReady" . }} }
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 1800
  livenessProbe:
    exec: { command: {{ include "jumpgate.healthcheck" . }} }
    periodSeconds: 30
    timeoutSeconds: 5
{{- end }}
