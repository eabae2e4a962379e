import type { RunRef } from '../types.js';
import type { KubeObject, PodTemplate, Workload } from '../model/objects.js';
import { CHANGE_CAUSE, RUN, runKey, WROTE } from './annotations.js';

export type PatchOperation = { op: 'test' | 'add' | 'replace'; path: string; value: unknown };

const pointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * The object and the template must still be the ones that were read. The generation keeps out a request of ours that was on its way
 * for so long that the run has undone it meanwhile: then the template alone would look right again.
 */
export function guards(workload: Workload): PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/uid', value: workload.metadata.uid },
    { op: 'test', path: '/metadata/generation', value: workload.metadata.generation },
    { op: 'test', path: '/spec/template', value: workload.spec.template },
  ];
}

/** Sets annotations one by one, so that foreign ones stay, also those added since the read. */
export function annotate({ metadata }: KubeObject, annotations: Record<string, string>): PatchOperation[] {
  const operations: PatchOperation[] = Object.entries(annotations).map(([key, value]) => ({
    op: 'add',
    path: `/metadata/annotations/${pointer(key)}`,
    value,
  }));
  if (metadata.annotations) return operations;
  return [
    // Whoever adds the first annotations at the same moment must not lose them: then read again.
    { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    { op: 'add', path: '/metadata/annotations', value: {} },
    ...operations,
  ];
}

export const ourMarks = (run: RunRef, wroteHash: string, cause: string): Record<string, string> => ({
  [RUN]: runKey(run),
  [WROTE]: wroteHash,
  [CHANGE_CAUSE]: cause,
});

export const replaceTemplate = (template: PodTemplate): PatchOperation[] => [
  { op: 'replace', path: '/spec/template', value: template },
];
