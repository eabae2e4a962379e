{{- /*
Prepended to every template of the stages. A template cannot return a value, so the helpers write their result into the
dict that they are given. The caller passes a dict with `pod` and, per container, the `container` or its `status`.
*/ -}}

{{- /* tag: reads .image, sets .kind and .n, e.g. `app:1.2-slow20` is slow and 20. */ -}}
{{- define "tag" -}}
{{- $suffix := regexReplaceAll "@.*$" .image "" | regexFind ":[^/:]*-[a-z]+[0-9]*$" -}}
{{- $_ := set . "kind" (regexReplaceAll "^.*-([a-z]+)[0-9]*$" $suffix "${1}") -}}
{{- $_ := set . "n" (regexFind "[0-9]*$" $suffix) -}}
{{- end -}}

{{- /* imageID: reads .image, sets .imageID to the name with the digest that sandbox/registry/images.ts serves for it. */ -}}
{{- define "imageID" -}}
{{- $name := regexReplaceAll "@.*$" .image "" -}}
{{- $repository := regexReplaceAll ":[^/:]*$" $name "" -}}
{{- $given := regexFind "sha256:[0-9a-f]{64}$" .image -}}
{{- $tag := regexFind ":[^/:]*$" $name | default ":latest" -}}
{{- $path := regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "" | trimPrefix "library/" -}}
{{- $ref := print $path $tag -}}
{{- $entries := list -}}
{{- range $arch := list "amd64" "arm64" -}}
{{- $config := printf `{"architecture":"%s","os":"linux","config":{"Labels":{"org.opencontainers.image.ref.name":"%s"}},"rootfs":{"type":"layers","diff_ids":[]}}` $arch $ref -}}
{{- $manifest := printf `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%d},"layers":[]}` (sha256sum $config) (len $config) -}}
{{- $entries = append $entries (printf `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%d,"platform":{"architecture":"%s","os":"linux"}}` (sha256sum $manifest) (len $manifest) $arch) -}}
{{- end -}}
{{- $index := printf `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}` (join "," $entries) -}}
{{- $_ := set . "imageID" (print $repository "@" (default (print "sha256:" (sha256sum $index)) $given)) -}}
{{- end -}}

{{- /* refusal: reads .kind, .image, .spec (the container); sets .reason and .message why the kubelet cannot start it, else "". */ -}}
{{- define "refusal" -}}
{{- $pull := printf "rpc error: code = NotFound desc = failed to pull and unpack image %q: " .image -}}
{{- $reason := "" -}}{{- $message := "" -}}
{{- if has .kind (list "missing" "gone") -}}
{{- $reason = "ErrImagePull" -}}
{{- $message = printf "%sfailed to resolve reference %q: %s: not found" $pull .image .image -}}
{{- else if eq .kind "armonly" -}}
{{- $reason = "ErrImagePull" -}}
{{- $message = printf "%sno match for platform in manifest: not found" $pull -}}
{{- else if eq .kind "badconfig" -}}
{{- $secret := print .spec.name "-config" -}}
{{- range .spec.env -}}{{- $secret = dig "valueFrom" "secretKeyRef" "name" $secret . -}}{{- end -}}
{{- range .spec.envFrom -}}{{- $secret = dig "secretRef" "name" $secret . -}}{{- end -}}
{{- $reason = "CreateContainerConfigError" -}}
{{- $message = printf "secret %q not found" $secret -}}
{{- end -}}
{{- $_ := set . "reason" $reason -}}
{{- $_ := set . "message" $message -}}
{{- end -}}

{{- /* terminated: reads .kind, .container (name), .pod, .restartCount; sets .terminated as the kubelet reports a failed container. */ -}}
{{- define "terminated" -}}
{{- $id := print "containerd://" (sha256sum (print .pod.metadata.uid .container .restartCount)) -}}
{{- $_ := set . "containerID" $id -}}
{{- $t := dict "exitCode" 1 "reason" "Error" "message" "panic: cannot connect to database at startup" -}}
{{- if eq .kind "oom" -}}{{- $t = dict "exitCode" 137 "reason" "OOMKilled" -}}{{- end -}}
{{- if eq .kind "dies" -}}{{- $t = dict "exitCode" 2 "reason" "Error" "message" "fatal: lost the connection to the message broker" -}}{{- end -}}
{{- $_ := set . "terminated" (merge $t (dict "containerID" $id "startedAt" Now "finishedAt" Now)) -}}
{{- end -}}

{{- /* status: reads .pod and .statuses; prints phase, conditions and containerStatuses as the kubelet derives them. */ -}}
{{- define "status" -}}
{{- $pod := .pod -}}
{{- $unready := list -}}{{- $waiting := 0 -}}{{- $running := 0 -}}{{- $failed := 0 -}}
{{- range .statuses -}}
{{- if not .ready -}}{{- $unready = append $unready .name -}}{{- end -}}
{{- if .state.running -}}{{- $running = add1 $running -}}{{- end -}}
{{- if and .state.waiting (not (dig "lastState" "terminated" "" .)) -}}{{- $waiting = add1 $waiting -}}{{- end -}}
{{- if and .state.terminated (ne (print .state.terminated.exitCode) "0") -}}{{- $failed = add1 $failed -}}{{- end -}}
{{- end -}}
{{- $phase := "Running" -}}
{{- if gt (int $waiting) 0 -}}{{- $phase = "Pending" -}}
{{- else if and (eq (int $running) 0) (ne $pod.spec.restartPolicy "Always") -}}
{{- if eq (int $failed) 0 -}}{{- $phase = "Succeeded" -}}
{{- else if eq $pod.spec.restartPolicy "Never" -}}{{- $phase = "Failed" -}}{{- end -}}
{{- end }}
phase: {{ $phase }}
conditions:
{{- range $type := list "Initialized" "PodReadyToStartContainers" }}
{{- $since := Now }}
{{- range $pod.status.conditions }}{{- if and (eq .type $type) (eq .status "True") }}{{- $since = .lastTransitionTime }}{{- end }}{{- end }}
- { type: {{ $type }}, status: "True", lastProbeTime: null, lastTransitionTime: {{ $since | quote }} }
{{- end }}
{{- $status := ternary "False" "True" (gt (len $unready) 0) }}
{{- range $type := list "ContainersReady" "Ready" }}
{{- $since := Now }}
{{- range $pod.status.conditions }}{{- if and (eq .type $type) (eq .status $status) }}{{- $since = .lastTransitionTime }}{{- end }}{{- end }}
- type: {{ $type }}
  status: {{ $status | quote }}
  lastProbeTime: null
  lastTransitionTime: {{ $since | quote }}
  {{- if eq $phase "Succeeded" }}
  reason: PodCompleted
  message: ""
  {{- else if $unready }}
  reason: ContainersNotReady
  message: {{ printf "containers with unready status: [%s]" (join " " $unready) | quote }}
  {{- else }}
  reason: ""
  message: ""
  {{- end }}
{{- end }}
containerStatuses: {{ .statuses | toJson }}
{{- end -}}

{{- /* event: reads .pod, .container (name), .reason, .message and optionally .type, .count; prints a kubelet's Event. */ -}}
{{- define "event" -}}
apiVersion: v1
kind: Event
metadata:
  name: {{ printf "%s.%s" (.pod.metadata.name | trunc 230) (sha256sum (print .pod.metadata.uid .container .reason .message) | trunc 16) }}
  namespace: {{ .pod.metadata.namespace }}
involvedObject:
  apiVersion: v1
  kind: Pod
  name: {{ .pod.metadata.name }}
  namespace: {{ .pod.metadata.namespace }}
  uid: {{ .pod.metadata.uid }}
  fieldPath: {{ printf "spec.containers{%s}" .container | quote }}
type: {{ .type | default "Warning" }}
reason: {{ .reason }}
message: {{ .message | quote }}
count: {{ .count | default 1 }}
firstTimestamp: {{ .pod.status.startTime | default Now | quote }}
lastTimestamp: {{ Now | quote }}
source: { component: kubelet, host: {{ .pod.spec.nodeName }} }
reportingComponent: kubelet
reportingInstance: {{ .pod.spec.nodeName }}
{{- end -}}
