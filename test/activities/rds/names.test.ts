import { describe, expect, test } from '@jest/globals';
import { backupErrors } from '../../../activities/backup/errors.js';
import { rdsError } from '../../../activities/rds/errors.js';
import { hasTag, identifierOf, snapshotName, throwawayName, toTagList } from '../../../activities/rds/names.js';

const RULE = /^[a-z](-?[a-z0-9])*$/;

describe('names that Amazon takes', () => {
  test.each([
    ['orders_restore_1a2b3c4d', 'orders-restore-1a2b3c4d'],
    ['orders--x-', 'orders-x'],
    ['1st', 'b-1st'],
    ['Shop', 'shop'],
  ])('%s becomes %s', (name, id) => {
    expect(identifierOf(name)).toBe(id);
  });

  test('two long names that differ at the end stay two names', () => {
    const long = 'x'.repeat(80);
    const [one, other] = [identifierOf(`${long}a`), identifierOf(`${long}b`)];
    expect(one).not.toBe(other);
    for (const id of [one, other]) {
      expect(id.length).toBeLessThanOrEqual(63);
      expect(id).toMatch(RULE);
    }
  });

  test('a snapshot has one name in every attempt, a test instance one in every run', () => {
    expect(snapshotName('shop', '20261121T020000Z-1a2b3c4d')).toBe('belay-shop-20261121t020000z-1a2b3c4d');
    expect(throwawayName('run', 'a')).toBe(throwawayName('run', 'a'));
    expect(throwawayName('run', 'a')).not.toBe(throwawayName('run', 'b'));
    expect(throwawayName('run', 'a')).toMatch(RULE);
  });
});

test('tags are compared as Amazon stores them', () => {
  const [tag] = toTagList({ k: 'backup/shop {x}' });
  expect(tag).toEqual({ Key: 'k', Value: 'backup/shop _x_' });
  expect(hasTag({ k: 'backup/shop _x_' }, 'k', 'backup/shop {x}')).toBe(true);
  expect(hasTag({}, 'k', '')).toBe(false);
});

describe('errors', () => {
  const answer = (name: string, status: number): Error =>
    Object.assign(new Error('said so'), { name, $metadata: { httpStatusCode: status } });

  test.each([
    ['Throttling', 400, 'Throttled'],
    ['RequestLimitExceeded', 503, 'Throttled'],
    ['AccessDenied', 403, 'Forbidden'],
    ['KMSKeyNotAccessibleFault', 400, 'Forbidden'],
    ['SignatureDoesNotMatch', 403, 'WrongPassword'],
    ['ExpiredToken', 403, 'WrongPassword'],
    ['DBInstanceNotFoundFault', 404, 'NotFound'],
    ['DBSubnetGroupNotFoundFault', 404, 'NotFound'],
    ['SnapshotQuotaExceededFault', 400, 'QuotaExceeded'],
    ['InstanceQuotaExceededFault', 400, 'QuotaExceeded'],
    ['StorageQuotaExceededFault', 400, 'QuotaExceeded'],
    ['InvalidDBInstanceStateFault', 400, 'InUse'],
    ['DBSnapshotAlreadyExistsFault', 400, 'NameTaken'],
    ['InvalidParameterCombination', 400, 'Unsupported'],
    ['InsufficientDBInstanceCapacityFault', 400, 'Unreachable'],
    ['InternalFailure', 500, 'Unreachable'],
    ['Something new', 403, 'Forbidden'],
    ['Something new', 502, 'Unreachable'],
    ['Something new', 400, 'Unsupported'],
  ] as const)('%s (%i) is %s', (name, status, type) => {
    const error = rdsError(answer(name, status), 'do it');
    expect(error).toMatchObject({ type, nonRetryable: !backupErrors[type].retry });
    expect(error.message).toMatch(/^Could not do it: .+Amazon said \d+ /);
  });

  test('no answer is Unreachable, and an abort is its own reason', () => {
    expect(rdsError(new Error('connect ECONNREFUSED'), 'do it')).toMatchObject({ type: 'Unreachable' });
    const reason = new Error('cancelled');
    expect(rdsError(new Error('x'), 'do it', AbortSignal.abort(reason))).toBe(reason);
  });
});
