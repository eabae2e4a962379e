import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import { type Cluster, cluster, deploy, healthy, podsOf, SANDBOX_MS, until } from '../support.js';
import { collecting, folderStore, inputOf, refsOf, SYSTEM } from './evidenceSupport.js';

const MARKER = 'mArk3r-t0p-s3cret';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

/** The clients, with one more line at the end of every log. */
const logging = (line: string): Cluster['clients'] => ({
  ...where.clients,
  text: async (call) => `${await where.clients.text(call)}${line}\n`,
});

describe('collectEvidence', () => {
  test('keeps specs, events and logs of the pods, with an index, and no secret', async () => {
    const secretive = await deploy(where, {
      name: 'secretive',
      spec: {
        template: {
          metadata: {
            labels: { app: 'secretive' },
            annotations: { 'vault/token': MARKER, 'a/json': `{"k":"${MARKER}"}` },
          },
          spec: {
            containers: [
              {
                name: 'app',
                // The sandbox's containers log the name of their image.
                image: `registry.example.com/team/${MARKER.toLowerCase()}:1.0`,
                command: ['serve', '--token', MARKER],
                args: [`--password=${MARKER}`, `-p${MARKER}`],
                env: [
                  { name: 'API_KEY', value: MARKER },
                  { name: 'LOGGED', value: MARKER.toLowerCase() },
                  { name: 'URL', value: `amqp://user:${MARKER}@broker/` },
                ],
              },
            ],
          },
        },
      },
    });
    const crashing = await deploy(where, { kind: 'StatefulSet', name: 'crashing', tag: '1.0-crashfast', replicas: 1 });
    await healthy(where, secretive);
    await until('a restart', async () => {
      const [pod] = await podsOf(where, 'crashing');
      return (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0;
    });
    const { store, texts } = await folderStore();
    const input = inputOf(where, 'down-1', await refsOf(where, [secretive, crashing]));
    const encodings = [MARKER, MARKER.toLowerCase()].flatMap((one) => [one, Buffer.from(one).toString('base64')]);
    const { done, beats } = collecting(logging(encodings.join(' ')), store, input);
    const result = await done;
    expect(result).toMatchObject({ pods: 3, problems: [] });
    expect(beats.length).toBeGreaterThan(0);

    const files = await texts();
    const base = `evidence/${SYSTEM}/down-1/`;
    const names = [...files.keys()];
    expect(names.every((name) => name.startsWith(base))).toBe(true);
    expect(names).toEqual(
      expect.arrayContaining([`${base}pods/Deployment-secretive.json`, `${base}pods/StatefulSet-crashing.json`]),
    );
    expect(names.filter((name) => /\/logs\/secretive-.+\/app\.log$/.test(name))).toHaveLength(2);
    expect(files.get(`${base}logs/crashing-0/app.log`)).toContain('panic: cannot connect to database');
    for (const [name, text] of files)
      for (const one of encodings) expect([name, text.includes(one)]).toEqual([name, false]);
    const log = [...files].find(([name]) => /secretive-.+\.log$/.test(name))?.[1];
    expect(log).toMatch(/^\d{4}-.+level=info msg="starting" app=team\/\[redacted\]/);

    const pods = JSON.parse(files.get(`${base}pods/Deployment-secretive.json`) ?? '') as { pods: object[] };
    expect(pods.pods).toHaveLength(2);
    expect(pods.pods[0]).toMatchObject({
      metadata: { annotations: { 'vault/token': '***', 'a/json': '***' } },
      spec: {
        containers: [
          {
            command: ['serve', '--token', '***'],
            args: ['--password=***', '-p***'],
            env: [
              { name: 'API_KEY', value: '***' },
              { name: 'LOGGED', value: '***' },
              { name: 'URL', value: '***' },
            ],
          },
        ],
      },
      status: { phase: 'Running' },
    });
    const events = JSON.parse(files.get(`${base}events.json`) ?? '') as { events: { involvedObject: object }[] };
    expect(events.events).toContainEqual(
      expect.objectContaining({ involvedObject: expect.objectContaining({ kind: 'Pod', name: 'crashing-0' }) }),
    );

    const index = JSON.parse(files.get(`${base}index.json`) ?? '') as {
      files: { file: string; bytes: number; sha256: string }[];
    };
    expect(index.files.map((one) => base + one.file).toSorted()).toEqual(
      names.filter((name) => name !== `${base}index.json`).toSorted(),
    );
    for (const { file, bytes, sha256 } of index.files) {
      const text = files.get(base + file) ?? '';
      expect({ bytes, sha256 }).toEqual({
        bytes: Buffer.byteLength(text),
        sha256: createHash('sha256').update(text).digest('hex'),
      });
    }
    expect(result.bytes).toBe(index.files.reduce((sum, one) => sum + one.bytes, 0));
    expect(result.reference).toBe(store.reference(`${base}index.json`));

    const again = await collecting(where.clients, store, input).done;
    expect(again).toEqual(result);
    expect(await texts()).toEqual(files);
  });

  test('goes on where an earlier try stopped, and keeps what that one wrote', async () => {
    const ref = await deploy(where, { name: 'halfway', replicas: 1 });
    await healthy(where, ref);
    const { store, texts } = await folderStore();
    const base = `evidence/${SYSTEM}/half/`;
    await store.create(`${base}events.json`, 'first words', 'application/json');
    await store.create(`${base}logs/halfway-gone/app.log`, 'of a pod that is gone', 'text/plain');
    const input = inputOf(where, 'half', await refsOf(where, [ref]));
    const result = await collecting(where.clients, store, input).done;
    expect(result).toMatchObject({ pods: 1, problems: [] });
    const files = await texts();
    expect(files.get(`${base}events.json`)).toBe('first words');
    expect(files.get(`${base}index.json`)).toContain('logs/halfway-gone/app.log');
    expect(files.has(`${base}pods/Deployment-halfway.json`)).toBe(true);
  });

  test('a log that cannot be read is a sentence; a silent node is not asked for ever', async () => {
    const ref = await deploy(where, { name: 'silent', replicas: 12 });
    await healthy(where, ref);
    const { store, texts } = await folderStore();
    const input = inputOf(where, 'silent', await refsOf(where, [ref]));
    let asked = 0;
    const broken: Cluster['clients'] = {
      ...where.clients,
      text: async ({ path }) => {
        asked += 1;
        throw new ApiError(500, 'InternalError', 'dial tcp 10.0.0.1:10250: i/o timeout', { method: 'GET', path });
      },
    };
    const result = await collecting(broken, store, input).done;
    expect(result.pods).toBe(12);
    expect(asked).toBeLessThan(12);
    expect(result.problems).toContainEqual(
      expect.stringMatching(/^The log of container app of pod silent-.+ could not be read \(500 dial tcp/),
    );
    expect(result.problems).toContainEqual(
      expect.stringMatching(/^Not asked for, since node node-. does not answer: \d+ logs?\.$/),
    );
    expect((await texts()).has(`evidence/${SYSTEM}/silent/pods/Deployment-silent.json`)).toBe(true);
  });

  test('a cancellation ends it at once, though a log hangs', async () => {
    const ref = await deploy(where, { name: 'hanging', replicas: 1 });
    await healthy(where, ref);
    const { store, texts } = await folderStore();
    let hangs = false;
    const slow: Cluster['clients'] = {
      ...where.clients,
      text: ({ signal }) =>
        new Promise((_, reject) => {
          hangs = true;
          signal?.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    };
    const { done, cancel } = collecting(slow, store, inputOf(where, 'hang', await refsOf(where, [ref])));
    const ended = done.then(
      () => 'completed',
      (error: unknown) => String(error),
    );
    await until('it hangs', async () => hangs);
    const started = Date.now();
    cancel();
    expect(await ended).toMatch(/cancel/i);
    expect(Date.now() - started).toBeLessThan(500);
    expect([...(await texts()).keys()].some((name) => name.endsWith('index.json'))).toBe(false);
  });

  test('what cannot be collected in time is left out and said, and the rest has its index', async () => {
    const ref = await deploy(where, { name: 'late', replicas: 1 });
    await healthy(where, ref);
    const { store } = await folderStore();
    const input = inputOf(where, 'late', await refsOf(where, [ref]));
    const hurried = { ...input, deadlineAt: Date.now() };
    const result = await collecting(where.clients, store, hurried).done;
    expect(result).toMatchObject({ pods: 1, problems: ['Not collected in time: 1 log.'] });
  });

  test('a store that takes nothing is told with the cure, and retried', async () => {
    const { store } = await folderStore();
    const full = { ...store, create: () => Promise.reject(new Error('ENOSPC: no space left on device')) };
    await expect(collecting(where.clients, full, inputOf(where, 'full', [])).done).rejects.toMatchObject({
      type: 'EvidenceUnavailable',
      nonRetryable: false,
      message: expect.stringContaining('no space left on device. Is the evidence store (BELAY_EVIDENCE) up'),
    });
  });
});
