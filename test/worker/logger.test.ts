import { describe, expect, test } from '@jest/globals';
import { registerSecret } from '../../activities/secrets/index.js';
import { createLogger, sdkLogger } from '../../worker/logger.js';

function captured(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { logger, lines };
}

describe('log lines', () => {
  test('hold no secret that was resolved, raw or encoded, in whatever field', () => {
    const secret = 'correct horse/battery+staple';
    registerSecret(secret);
    const { logger, lines } = captured();
    logger.info(
      { url: `http://h/?p=${encodeURIComponent(secret)}`, err: new Error(`login ${secret}`) },
      `used ${secret}`,
    );
    logger.info({ deep: { list: [Buffer.from(secret).toString('base64')] } }, 'done');
    const text = JSON.stringify(lines);
    expect(lines).toHaveLength(2);
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(text).not.toContain(form);
    }
    expect(lines[0]).toMatchObject({ msg: 'used [redacted]', level: 'info', service: 'belay-worker' });
  });

  test('stay JSON when a URL in one field is followed by an address in the next', () => {
    const { logger, lines } = captured();
    logger.info({ url: 'http://host:1234', identity: 'belay@host' }, 'x');
    expect(lines[0]).toMatchObject({ url: 'http://host:1234', identity: 'belay@host' });
  });
});

describe("the SDK's logger", () => {
  test('keeps what an operator searches for, in our words, and drops the rest', () => {
    const { logger, lines } = captured();
    const meta = { workflowId: 'w', runId: 'r', workflowType: 'rollback', activityType: 'notify', attempt: 2 };
    sdkLogger(logger).warn('Activity failed', { ...meta, sdkComponent: 'worker', taskToken: 'x', isLocal: false });
    expect(lines[0]).toMatchObject({
      ...{ level: 'warn', msg: 'Activity failed', workflowId: 'w', runId: 'r', runbook: 'rollback' },
      ...{ activity: 'notify', attempt: 2, component: 'worker' },
    });
    expect(lines[0]).not.toHaveProperty('taskToken');
  });

  test('keeps the fields of `log` calls in workflows', () => {
    const { logger, lines } = captured();
    sdkLogger(logger).info('step', { sdkComponent: 'workflow', workflowId: 'w', step: 'Bake' });
    expect(lines[0]).toMatchObject({ step: 'Bake' });
  });

  test('respects the level', () => {
    const { logger, lines } = captured('warn');
    sdkLogger(logger).log('INFO', 'quiet');
    expect(lines).toEqual([]);
  });
});
