// `npm run record:histories [-- <name>…]`: plays the courses on a sandbox of its own and writes their histories.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withOwnSandbox } from '../scenarios/ownSandbox.js';
import { Harness } from '../workflows/harness.js';
import { courses, type Course } from './courses.js';
import { endOf, historiesDir, historyFile } from './historyFile.js';

const AT_ONCE = 4;

async function record(harness: Harness, course: Course): Promise<void> {
  const world = course.world();
  const file = await harness.with(world, async (queue) => {
    const workflowId = await course.play(queue, world);
    return historyFile(workflowId, await queue.client.workflow.getHandle(workflowId).fetchHistory());
  });
  const end = endOf(file);
  if (end !== course.ends) throw new Error(`${course.name} ended as ${end}, not as ${course.ends}`);
  const json = JSON.stringify(file);
  await writeFile(join(historiesDir(), `${course.name}.json`), `${json}\n`);
  console.log(`${course.name}: ${end}, ${file.history.events.length} events, ${Math.ceil(json.length / 1_024)} KB`);
}

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !courses.some((course) => course.name === name));
  if (unknown.length > 0)
    throw new Error(`No such course: ${unknown.join(', ')}. Courses stand in test/replay/courses.ts`);
  const queue = courses.filter((course) => names.length === 0 || names.includes(course.name));
  await mkdir(historiesDir(), { recursive: true });
  const harness = await Harness.start(fileURLToPath(new URL('../../workflows/index.js', import.meta.url)));
  try {
    const failures: unknown[] = [];
    const recorder = async (): Promise<void> => {
      for (let course = queue.shift(); course; course = queue.shift()) {
        await record(harness, course).catch((error: unknown) => failures.push(error));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, recorder));
    if (failures.length > 0) throw new AggregateError(failures, 'Some courses could not be recorded');
  } finally {
    await harness.stop();
  }
}

await withOwnSandbox('recording', () => main(process.argv.slice(2)));
