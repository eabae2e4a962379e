import type { Engine } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import type { Connect } from '../session.js';
import { Api, typed } from './api.js';
import { capture } from './capture.js';
import { missingLists, kindsToSave, namespacesOf } from './collect.js';
import { drop } from './drop.js';
import { deleteNamespace, listNamespaces, THROWAWAY } from './namespaces.js';
import { readPayloads } from './payload.js';
import { rehearse } from './rehearse.js';
import { inspectRestore, NO_SWAP, restore } from './restore.js';

const SWEEP_MS = 60_000;

/**
 * Objects of namespaces and what belongs to them, read by discovery, with their Secrets. Errors are `backupErrors`. The rehearsal
 * makes one tagged namespace in the same cluster; docs/design/backup-kubernetes.md says what it creates there and what it does not.
 */
export function createKubernetesEngine(connect: Connect): Engine<'kubernetes'> {
  return {
    needsEncryption: true,
    noSwap: NO_SWAP,
    inspect: (source, context) =>
      typed(async () => {
        const api = Api.open(connect, context);
        const namespaces = namespacesOf(source, context);
        const { body: version } = await api.ask<{ gitVersion: string }>({ path: '/version' });
        const system = await api.get<{ metadata: { uid: string } }>('/api/v1/namespaces/kube-system');
        const chosen = await kindsToSave(api, source);
        const missing = [
          ...(await missingLists(api, chosen.namespaced, namespaces)),
          ...(await missingLists(api, chosen.cluster, [undefined])),
        ];
        if (missing.length > 0)
          throw backupError(
            'Forbidden',
            `The worker may not ${missing.slice(0, 20).join(', ')}. Grant it as deploy/rbac/backup.yaml does, or name the kinds in excludeKinds.`,
          );
        return {
          identity: system.metadata.uid,
          serverVersion: version.gitVersion,
          tools: {},
          warnings: [
            'Each kind is consistent in itself; the API offers no snapshot across kinds.',
            ...chosen.unknown.map(
              (name) => `The cluster has no kind ${name} outside of namespaces; nothing of it is saved.`,
            ),
            ...chosen.excluded
              .filter(({ name }) => name.startsWith('all kinds'))
              .map(({ name, why }) => `Not saved: ${name}: ${why}.`),
            ...(source.smoke.length > 0
              ? ['Smoke queries are not asked of Kubernetes objects; they are left out.']
              : []),
          ],
        };
      }),
    capture: (source, context) => typed(() => capture(Api.open(connect, context), source, context)),
    readThrough: async (_, files) => (await readPayloads(files)).problems,
    rehearse: (_, files, context) => typed(() => rehearse(Api.open(connect, context), files, context)),
    restore: (source, files, into, context) =>
      typed(() => restore(Api.open(connect, context), source, files, into, context)),
    inspectRestore: (source, into, _, context) =>
      typed(() => inspectRestore(Api.open(connect, context), source, into, context)),
    drop: (source, name, context) => typed(() => drop(Api.open(connect, context), source, name, context)),
    async sweep(before, context) {
      const api = Api.open(connect, context ?? { signal: AbortSignal.timeout(SWEEP_MS), progress: () => undefined });
      const removed: string[] = [];
      for (const namespace of await typed(() => listNamespaces(api, THROWAWAY))) {
        if (Date.parse(String(namespace.metadata['creationTimestamp'])) >= before) continue;
        await typed(() => deleteNamespace(api, namespace, SWEEP_MS));
        removed.push(`namespace ${namespace.metadata.name}`);
      }
      return removed;
    },
  };
}
