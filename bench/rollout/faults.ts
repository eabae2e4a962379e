import type { BenchSystem } from '../kit/systems.js';

/** One way in which a new version can be bad, as the sandbox's pods play it (docs/design/sandbox.md). */
export interface Fault {
  id: string;
  title: string;
  /** End of the image tag. */
  tag: string;
  /** What the system description says for this fault. */
  system: Pick<BenchSystem, 'deadlineSeconds'>;
  /** Longest time from write to rolled back and verified, in seconds, that we allow at p95. */
  barSeconds?: number;
}

/** Belay's own limit for pods that run and never become ready: nothing else can tell them from slow ones. */
export const NOT_READY_DEADLINE = 20;
const DEADLINE = 300;

export const faults: readonly Fault[] = [
  { id: 'missing', title: 'wrong tag', tag: 'missing', system: { deadlineSeconds: DEADLINE }, barSeconds: 30 },
  { id: 'crash', title: 'crash at start', tag: 'crash', system: { deadlineSeconds: DEADLINE }, barSeconds: 60 },
  {
    ...{ id: 'notready', title: `never ready (deadline ${NOT_READY_DEADLINE} s)`, tag: 'notready' },
    system: { deadlineSeconds: NOT_READY_DEADLINE },
  },
  { id: 'http', title: '5xx after ready', tag: '5xx', system: { deadlineSeconds: DEADLINE } },
];
