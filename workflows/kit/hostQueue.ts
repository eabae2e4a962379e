/**
 * Task queue of the workers on one host, for activities that need its files or programs. `host` is the name that those workers
 * were given (`belay worker --host NAME`). Pure, for workflows and workers alike.
 */
export function hostQueue(taskQueue: string, host: string): string {
  return `${taskQueue}-host-${host}`;
}
