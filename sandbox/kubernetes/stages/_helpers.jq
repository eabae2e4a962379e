# Prepended to every jq expression of the stages.
def alive: .metadata.deletionTimestamp == null;
def restarts: .spec.restartPolicy != "Never";
def waiting($reason): .state.waiting.reason == $reason;
# What the tag's suffix asks for: {kind, n}, e.g. `app:1.2-slow20@sha256:…` is {kind: "slow", n: "20"}.
def behaviour: [.image | sub("@.*$"; "") | capture(":[^/:]*-(?<kind>[a-z]+)(?<n>[0-9]*)$")][0] // {kind: "", n: ""};
def is($kind): behaviour.kind == $kind;
def seconds($default): behaviour.n | if . == "" then $default else tonumber end;
def after($time; $seconds): ($time | fromdate) + $seconds | todate;
# The kubelet's back-off: 10 s, doubled with every restart, 300 s at most; a fifth of it for -crashfast.
def backoff: ([300, 10 * pow(2; .restartCount - 1)] | min) / (if is("crashfast") then 5 else 1 end);
