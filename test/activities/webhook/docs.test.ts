import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { webhookSignature } from '../../../activities/webhook/signature.js';

const run = promisify(execFile);
const NOW = 1_763_719_500_000;
const SECRET = 'shared-secret';
const BODY = '{"version":1,"title":"Bündel 🚨"}';

interface Case {
  name: string;
  body: string;
  header: string | null;
  secrets: string[];
  genuine: boolean;
}

const good = webhookSignature(SECRET, BODY, NOW);
const CASES: Case[] = [
  { name: 'as it came', body: BODY, header: good, secrets: [SECRET], genuine: true },
  { name: 'the second of two secrets', body: BODY, header: good, secrets: ['new', SECRET], genuine: true },
  {
    name: 'almost too old',
    body: BODY,
    header: webhookSignature(SECRET, BODY, NOW - 299_000),
    secrets: [SECRET],
    genuine: true,
  },
  { name: 'another body', body: `${BODY} `, header: good, secrets: [SECRET], genuine: false },
  { name: 'another secret', body: BODY, header: good, secrets: ['other'], genuine: false },
  {
    name: 'too old',
    body: BODY,
    header: webhookSignature(SECRET, BODY, NOW - 302_000),
    secrets: [SECRET],
    genuine: false,
  },
  {
    name: 'of the future',
    body: BODY,
    header: webhookSignature(SECRET, BODY, NOW + 302_000),
    secrets: [SECRET],
    genuine: false,
  },
  { name: 'another time', body: BODY, header: good.replace(/^t=\d/, 't=2'), secrets: [SECRET], genuine: false },
  { name: 'no header', body: BODY, header: null, secrets: [SECRET], genuine: false },
  { name: 'an empty header', body: BODY, header: '', secrets: [SECRET], genuine: false },
  { name: 'a short signature', body: BODY, header: good.slice(0, -2), secrets: [SECRET], genuine: false },
  { name: 'something after it', body: BODY, header: `${good},v1=x`, secrets: [SECRET], genuine: false },
];

/** The sample of that language in the page. */
async function sample(language: string): Promise<string> {
  const text = await readFile(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8');
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`docs/webhooks.md has no sample in ${language}`);
  return found;
}

/** What the sample says of every case. */
async function verdicts(program: string, file: string, code: string): Promise<boolean[]> {
  const dir = await mkdtemp(join(tmpdir(), 'belay-webhook-'));
  try {
    await writeFile(join(dir, file), code);
    await writeFile(join(dir, 'cases.json'), JSON.stringify(CASES));
    const { stdout } = await run(program, [file], {
      cwd: dir,
      timeout: 30_000,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return JSON.parse(stdout) as boolean[];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const expected = CASES.map(({ name, genuine }) => [name, genuine]);
const named = (found: boolean[]) => CASES.map(({ name }, index) => [name, found[index]]);

test('the sample for Node accepts what Belay signs, and nothing else', async () => {
  const harness = `import { readFileSync } from 'node:fs';
const cases = JSON.parse(readFileSync('cases.json', 'utf8'));
console.log(JSON.stringify(cases.map(({ body, header, secrets }) =>
  isFromBelay(Buffer.from(body), header ?? undefined, secrets, ${NOW}))));`;
  expect(named(await verdicts(process.execPath, 'sample.mjs', `${await sample('js')}\n${harness}`))).toEqual(expected);
});

const python = ((): boolean => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

// Machines without Python check the Node sample alone; both have the same cases.
(python ? describe : describe.skip)('with Python', () => {
  let code = '';
  beforeAll(async () => {
    code = await sample('python');
  });

  test('its sample accepts what Belay signs, and nothing else', async () => {
    const harness = `import json
with open("cases.json", "rb") as file:
    cases = json.load(file)
print(json.dumps([is_from_belay(c["body"].encode(), c["header"], c["secrets"], ${NOW / 1000}) for c in cases]))`;
    expect(named(await verdicts('python3', 'sample.py', `${code}\n${harness}`))).toEqual(expected);
  });
});
