import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runCommand } from '../../sandbox/kit/command.js';
import { projectRoot } from '../../sandbox/kit/paths.js';

const COMPOSE_GO = 'github.com/compose-spec/compose-go/v2@v2.16.2';

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
}

let text: string;
let compose: { services: Record<string, Service>; volumes: Record<string, unknown> };

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
}

beforeAll(async () => {
  text = await readFile(join(projectRoot(), 'docker-compose.temporal.yml'), 'utf8');
  compose = parse(text, { merge: true }) as typeof compose;
});

test('is valid by the schema that Docker Compose itself uses', async () => {
  const { stdout } = await runCommand('go', ['mod', 'download', '-json', COMPOSE_GO], {
    cwd: tmpdir(),
    timeoutMs: 120_000,
  });
  const { Dir } = JSON.parse(stdout) as { Dir: string };
  const schema = JSON.parse(await readFile(join(Dir, 'schema', 'compose-spec.json'), 'utf8')) as object;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addFormat('duration', /^(\d+(\.\d+)?(us|ms|s|m|h))+$/);
  const validate = ajv.compile(schema);
  validate(compose);
  expect(validate.errors).toBeNull();
  // The schema does catch mistakes: what passes above is not passing because nothing is checked.
  expect(validate({ services: { worker: { image: 'x', depend_on: ['temporal'] } } })).toBe(false);
});

describe('secrets', () => {
  test('the password has no value in the file and Compose refuses to start without one', () => {
    const uses = text.split('\n').filter((line) => /^\s+[A-Z_]*(PASSWORD|PWD):/.test(line));
    expect(uses).toHaveLength(3);
    for (const line of uses) expect(line).toMatch(/: \$\{POSTGRES_PASSWORD:\?.+\}$/);
  });

  test('the example environment file leaves it empty', async () => {
    const example = await readFile(join(projectRoot(), 'deploy', 'compose', 'env.example'), 'utf8');
    expect(example).toMatch(/^POSTGRES_PASSWORD=$/m);
  });
});

test('every image has a fixed version', () => {
  for (const { image, build } of Object.values(compose.services)) {
    if (build !== undefined) continue;
    expect(image).toMatch(/^[a-z/-]+:\$\{[A-Z_]+_VERSION:-\d+\.\d+(\.\d+)?\}$/);
  }
});

test('server and schema tools default to the same version', () => {
  const version = (name: string): string => /:-([\d.]+)\}/.exec(service(name).image ?? '')?.[1] ?? name;
  expect(version('temporal-schema')).toBe(version('temporal'));
  expect(version('temporal-namespace')).toBe(version('temporal'));
});

test('data lives in named volumes', () => {
  expect(service('postgresql').volumes).toEqual(['postgresql-data:/var/lib/postgresql/data']);
  expect(Object.keys(compose.volumes)).toEqual(['postgresql-data', 'evidence']);
});

test('all ports are bound to loopback', () => {
  const ports = Object.values(compose.services).flatMap((each) => each.ports ?? []);
  expect(ports).toHaveLength(3);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('each starts when what it needs is ready', () => {
  const conditions = (name: string): unknown =>
    Object.fromEntries(Object.entries(service(name).depends_on ?? {}).map(([other, on]) => [other, on.condition]));
  expect(conditions('temporal-schema')).toEqual({ postgresql: 'service_healthy' });
  expect(conditions('temporal')).toEqual({ 'temporal-schema': 'service_completed_successfully' });
  expect(conditions('temporal-namespace')).toEqual({ temporal: 'service_healthy' });
  expect(conditions('temporal-ui')).toEqual({ temporal: 'service_healthy' });
  expect(conditions('worker')).toEqual({ 'temporal-namespace': 'service_completed_successfully' });
});

test('whatever others wait for to be healthy has a health check, and so has the worker', () => {
  const awaited = Object.values(compose.services)
    .flatMap((each) => Object.entries(each.depends_on ?? {}))
    .filter(([, { condition }]) => condition === 'service_healthy')
    .map(([name]) => name);
  for (const name of new Set([...awaited, 'worker', 'gateway'])) expect(service(name).healthcheck?.test[0]).toBe('CMD');
});

test('one-shot services give up after some tries, the others come back', () => {
  for (const [name, { restart }] of Object.entries(compose.services)) {
    expect(restart).toBe(/schema|namespace/.test(name) ? 'on-failure:5' : 'unless-stopped');
  }
});

test('the database is one that the server knows, with shards for production', () => {
  expect(service('temporal').environment).toMatchObject({ DB: 'postgres12', NUM_HISTORY_SHARDS: '512' });
});

test('every file that is mounted or built from exists', async () => {
  const mounted = Object.values(compose.services)
    .flatMap((each) => each.volumes ?? [])
    .flatMap((volume) => /^(\.\/[^:]+):/.exec(volume)?.[1] ?? []);
  const files = [...mounted, service('worker').build?.dockerfile ?? '', 'deploy/Containerfile.dockerignore'];
  expect(files).toHaveLength(5);
  for (const file of files) expect(await readFile(join(projectRoot(), file), 'utf8')).not.toBe('');
});
