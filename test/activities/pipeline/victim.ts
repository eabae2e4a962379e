import { startPipeline } from '../../../activities/pipeline/start.js';

// A worker in the middle of a pipe. It says that it runs, and then waits to be killed, or to be told to exit.
const [marker = ''] = process.argv.slice(2);
const silent = { file: 'sh', args: ['-c', `trap "" TERM HUP; sleep ${marker} & sleep ${marker}; wait`] };
const { signal } = new AbortController();
await startPipeline([silent, { file: 'cat', args: [] }], { signal });
await startPipeline([{ file: 'yes', args: [marker] }], { signal });
process.stdout.write('running\n');
process.stdin.once('data', () => process.exit(0));
