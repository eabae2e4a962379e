#!/bin/sh
# Creates the namespace TEMPORAL_NAMESPACE with retention BELAY_RETENTION, and the search attributes that Belay's runs set.
# Safe to repeat. The retention of a namespace that is there already is left as it is.
set -eu

: "${TEMPORAL_ADDRESS:?is not set}" "${TEMPORAL_NAMESPACE:=default}" "${BELAY_RETENTION:=30d}"
export TEMPORAL_ADDRESS TEMPORAL_NAMESPACE

# Tries a command for a minute: right after its start the server answers before it is able to do this.
patiently() {
  tries=30
  until output=$("$@" 2>&1); do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
      echo "$output" >&2
      return 1
    fi
    sleep 2
  done
}

patiently temporal operator cluster health
if temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "Namespace $TEMPORAL_NAMESPACE is there"
else
  patiently temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$BELAY_RETENTION"
  echo "Namespace $TEMPORAL_NAMESPACE created, retention $BELAY_RETENTION"
fi

# The frontend learns of a new namespace within seconds.
patiently temporal operator search-attribute list
for attribute in \
  BelayRunbook=Keyword BelaySystem=Keyword BelayTarget=KeywordList \
  BelayOutcome=Keyword BelaySeverity=Keyword BelayRequestedBy=Keyword \
  BelayState=Keyword BelayNextDeadline=Datetime; do
  name=${attribute%%=*}
  type=${attribute#*=}
  if temporal operator search-attribute list | grep -Eq "^ *$name +$type *$"; then
    echo "Search attribute $name is there"
  else
    patiently temporal operator search-attribute create --name "$name" --type "$type"
    echo "Search attribute $name ($type) created"
  fi
done
