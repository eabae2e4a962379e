import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { pino } from 'pino';
import { loadGatewayConfig } from '../../client/gateway/config.js';
import { identify } from '../../client/gateway/identify.js';
import { depthOf, parseJson } from '../../client/gateway/json.js';
import { RefreshedSecrets } from '../../client/gateway/secrets.js';
import { allSources, collectSources, secretsOf, SourcesError } from '../../client/gateway/sources.js';
import { bearerToken, isToken } from '../../client/gateway/tokens.js';
import { shop } from '../client/incidents/shop.js';
import { gatewaySystem } from './place.js';

describe('configuration', () => {
  test('loopback and a fixed port unless told otherwise', () => {
    expect(loadGatewayConfig({}, {})).toMatchObject({ host: '127.0.0.1', port: 8_088, taskQueue: 'belay' });
  });

  test('options win over the environment', () => {
    const env = { BELAY_GATEWAY_PORT: '1', BELAY_GATEWAY_HOST: '0.0.0.0', BELAY_GATEWAY_SYSTEMS: 'a' };
    expect(loadGatewayConfig({ port: '0', systems: ' b, c ,' }, env)).toMatchObject({
      ...{ host: '0.0.0.0', port: 0, systems: ['b', 'c'] },
    });
  });

  test('every wrong variable is named', () => {
    const env = { BELAY_GATEWAY_PORT: 'x', BELAY_GATEWAY_AT_ONCE: '0', BELAY_LOG_LEVEL: 'loud' };
    expect(() => loadGatewayConfig({}, env)).toThrow(
      /BELAY_LOG_LEVEL.*BELAY_GATEWAY_PORT|BELAY_GATEWAY_PORT.*BELAY_LOG_LEVEL/,
    );
    expect(() => loadGatewayConfig({}, env)).toThrow(/BELAY_GATEWAY_AT_ONCE/);
  });
});

describe('sources', () => {
  const am = { type: 'alertmanager' as const, tokens: ['env:T'] };

  test('of all systems, by type', () => {
    const sources = collectSources([gatewaySystem]);
    expect([...sources.alertmanager.keys()]).toEqual(['am', 'lost']);
    expect([...sources.bot.keys()]).toEqual(['bot', 'reader']);
    expect(allSources(sources)).toHaveLength(6);
    expect(allSources(sources).map(secretsOf)).toContainEqual(['env:PD_SECRET']);
  });

  test('the same name in two systems is an error that names both', () => {
    const systems = [shop({ sources: { am } }, 'one'), shop({ sources: { am } }, 'two')];
    expect(() => collectSources(systems)).toThrow(SourcesError);
    expect(() => collectSources(systems)).toThrow(/"am" stands in one and in two/);
  });

  test('a rule with a wrong expression is an error that names it', () => {
    const system = shop({ rules: [{ id: 'broken', match: { alertname: 'a(' } }] });
    expect(() => collectSources([system])).toThrow(/shop: rule "broken", label alertname/);
  });
});

describe('tokens', () => {
  test.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc', 'abc'],
    ['Basic abc', undefined],
    ['Bearer', undefined],
    ['Bearer a b', undefined],
    [undefined, undefined],
  ])('of the header %j: %j', (header, token) => {
    expect(bearerToken(header)).toBe(token);
  });

  test.each([
    ['one of two', 'b', ['a', 'b'], true],
    ['none of them', 'c', ['a', 'b'], false],
    ['a beginning', 'ab', ['abc'], false],
    ['none given', undefined, ['a'], false],
    ['none given, an empty one expected', undefined, [''], false],
    ['nothing to compare with', 'a', [], false],
  ])('%s', (_name, given, valid, expected) => {
    expect(isToken(given, valid)).toBe(expected);
  });
});

describe('secrets', () => {
  const setup = (...answers: (string | Error)[]) => {
    let asked = 0;
    const resolver = {
      resolve: () => {
        const answer = answers[Math.min(asked++, answers.length - 1)] ?? '';
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    };
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    return { secrets: new RefreshedSecrets(resolver, ['env:A'], log), lines };
  };
  const failure = (nonRetryable: boolean) =>
    ApplicationFailure.create({ type: 'SecretUnresolved', message: 'not there', nonRetryable });

  test('a rotated value counts after the next look', async () => {
    const { secrets } = setup('old', 'new');
    await secrets.refresh();
    expect(secrets.values(['env:A', 'env:B'])).toEqual(['old']);
    await secrets.refresh();
    expect(secrets.values(['env:A'])).toEqual(['new']);
  });

  test('a value stays while its place cannot be asked, and goes when it was taken away', async () => {
    const { secrets, lines } = setup('value', failure(false), failure(true));
    await secrets.refresh();
    await secrets.refresh();
    expect(secrets.values(['env:A'])).toEqual(['value']);
    await secrets.refresh();
    expect(secrets.values(['env:A'])).toEqual([]);
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('"value"');
  });

  test('looks again by itself until it is stopped', async () => {
    const { secrets } = setup('one', 'two');
    await secrets.start(5);
    while (secrets.values(['env:A'])[0] !== 'two') await new Promise((resolve) => setTimeout(resolve, 5));
    secrets.stop();
    expect(secrets.values(['env:A'])).toEqual(['two']);
  });
});

describe('JSON', () => {
  test.each([
    ['1', 0],
    ['[]', 1],
    ['{"a":[{"b":[]}]}', 4],
    ['"[[[["', 0],
    [String.raw`"\"[[["`, 0],
    [String.raw`["\\",[]]`, 2],
    ['[][][[]]', 2],
  ])('%s is %i deep', (text, depth) => {
    expect(depthOf(Buffer.from(text))).toBe(depth);
  });

  test('at the limit it is taken, one deeper not', () => {
    const nested = (levels: number) => Buffer.from('['.repeat(levels) + ']'.repeat(levels));
    expect(parseJson(nested(32))).toBeInstanceOf(Array);
    expect(() => parseJson(nested(33))).toThrow(/32 levels/);
  });
});

describe('people', () => {
  const system = {
    ...gatewaySystem,
    people: {
      alice: { name: 'Alice', roles: ['lead' as const], slack: 'U123', email: 'Alice@example.org', contacts: [] },
      bob: { name: 'Bob', roles: ['responder' as const], pagerduty: 'P123', contacts: [] },
    },
  };

  test.each([
    [{ slack: 'U123' }, { id: 'alice', person: 'alice', via: 'slack', proved: true }],
    [{ pagerduty: 'P123' }, { id: 'bob', person: 'bob', via: 'pagerduty', proved: true }],
    [{ email: 'alice@EXAMPLE.org' }, { id: 'alice', person: 'alice', via: 'pagerduty', proved: true }],
    [{ slack: 'U999' }, undefined],
    [{ slack: 'P123' }, undefined],
    [{ pagerduty: 'U123' }, undefined],
  ])('%j', (identity, actor) => {
    expect(identify(system, identity)).toEqual(actor);
  });
});
