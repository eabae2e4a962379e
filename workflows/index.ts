/** Every workflow that the worker registers; the exported names are the public workflow types. */
export { rollback } from './rollback/workflow.js';
export { rollingUpdate } from './rollingUpdate/workflow.js';
export { targetLock } from './targetLock/workflow.js';
