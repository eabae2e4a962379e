import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSystemFile } from '../../systems/check.js';
import { folderWith, SAMPLE } from './describeFile.js';

// Put together here so that no scanner takes this file itself for a leak.
const secret = (...parts: string[]) => parts.join('');

describe('a literal secret is refused, and never repeated', () => {
  test.each<[string, string, string, string, RegExp]>([
    [
      'Slack token',
      'env:SLACK_BOT_TOKEN',
      secret('xoxb', '-1234567890-abcdefghij'),
      'channels.ops.token',
      /Slack token/,
    ],
    ['AWS key', '#ops', secret('AKIA', 'IOSFODNN7EXAMPLE'), 'channels.ops.channel', /AWS access key/],
    [
      'password in a URL',
      'http://prometheus:9090',
      secret('http://admin:', 'hunter22@prometheus:9090'),
      'prometheus.url',
      /password in an address/,
    ],
    [
      'token in a URL',
      'http://web.shop.svc:8080',
      secret('http://web/?token', '=hunter2222'),
      'endpoints.web',
      /secret in an address/,
    ],
    [
      'integration address of PagerDuty',
      'http://prometheus:9090',
      secret('https://events.pagerduty.com/integration/', 'abcdefghijkl/enqueue'),
      'prometheus.url',
      /integration address of PagerDuty/,
    ],
    [
      'heartbeat',
      'http://prometheus:9090',
      secret('https://hc-ping.com/', 'abcdefghijkl'),
      'prometheus.url',
      /address of a heartbeat/,
    ],
    ['GitHub token', 'Shop', secret('ghp_', 'a'.repeat(36)), 'title', /GitHub token/],
    ['private key', 'Shop', secret('"-----BEGIN RSA PRIVATE', ' KEY-----"'), 'title', /private key/],
    [
      'bearer header',
      'Accept: application/json',
      secret('Accept: Bearer ', 'abcdefghijkl'),
      'workloads[1].health[0].headers.Accept',
      /credential/,
    ],
    [
      'Authorization',
      'Accept: application/json',
      'Authorization: hunter2222',
      'workloads[1].health[0].headers.Authorization',
      /secretHeaders/,
    ],
    [
      'cookie',
      'Accept: application/json',
      'cookie: hunter2222',
      'workloads[1].health[0].headers.cookie',
      /secretHeaders/,
    ],
    [
      'X-Api-Key',
      'Accept: application/json',
      'X-Api-Key: hunter2222',
      'workloads[1].health[0].headers["X-Api-Key"]',
      /secretHeaders/,
    ],
  ])('%s', (_, from, to, path, message) => {
    const text = SAMPLE.replace(from, to);
    const problems = checkSystemFile(join(folderWith({ 'shop.yaml': text }), 'shop.yaml'));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toBe(path);
    expect(problems[0]?.message).toMatch(message);
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|xoxb-1|AKIAIO|ghp_a|abcdefghijkl/);
  });

  test('harmless headers and references pass', () => {
    const text = SAMPLE.replace('Accept: application/json', 'X-Request-Source: belay\n          User-Agent: belay');
    const referring = text.replace(
      '        headers:',
      '        secretHeaders: { Authorization: "k8s:shop/api#token" }\n        headers:',
    );
    expect(checkSystemFile(join(folderWith({ 'shop.yaml': referring }), 'shop.yaml'))).toEqual([]);
  });
});
