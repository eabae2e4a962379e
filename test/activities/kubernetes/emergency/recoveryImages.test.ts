import { describe, expect, test } from '@jest/globals';
import { askRegistries, imagesOf, judgeImages } from '../../../../activities/kubernetes/emergency/recovery/images.js';
import type { ImageResolution } from '../../../../activities/types.js';
import { comingBack } from './recoverySamples.js';

describe('images', () => {
  test('distinct ones, with those that need them; what is never pulled is left out', () => {
    const spec = {
      containers: [
        { name: 'a', image: 'x:1' },
        { name: 'b', image: 'x:1' },
      ],
      initContainers: [{ name: 'i', image: 'local', imagePullPolicy: 'Never' }],
    };
    const found = imagesOf([
      comingBack({ spec }),
      comingBack({ name: 'api', spec: { containers: [{ name: 'a', image: 'x:1' }] } }),
    ]);
    expect([...found]).toEqual([['x:1', ['Deployment/web', 'Deployment/api']]]);
  });

  const needed = ['Deployment/web'];
  const unreachable = { status: 'unreachable', message: 'no answer within 3 s' } as const;
  test.each<[string, ImageResolution | undefined, object]>([
    ['resolved', { status: 'resolved', digest: 'sha256:a', platforms: [] }, { problems: [], warnings: [] }],
    [
      'unknown',
      { status: 'notFound', message: 'manifest unknown' },
      {
        problems: [
          'Image r.io/a:1 is not in its registry (manifest unknown): the pods of Deployment/web start only on nodes that have it still. Push it again.',
        ],
        warnings: [],
      },
    ],
    [
      'malformed',
      { status: 'malformed', message: 'the tag after ":" is empty' },
      { problems: [expect.stringContaining('is malformed')], warnings: [] },
    ],
    [
      'unreachable',
      unreachable,
      {
        problems: [],
        warnings: ['Registry r.io does not tell (no answer within 3 s), so one image was not checked: r.io/a:1.'],
      },
    ],
  ])('%s', (_, answer, expected) => expect(judgeImages([{ image: 'r.io/a:1', needed, answer }])).toEqual(expected));

  test('a silent registry is not asked for ever, and is told once; a login missing for one repository stops nothing', async () => {
    const images = new Map(
      Array.from(
        { length: 60 },
        (_, index) => [`${index < 30 ? 'silent.io' : 'closed.io'}/a:${index}`, needed] as const,
      ),
    );
    const times: Record<string, number> = { 'silent.io': 0, 'closed.io': 0 };
    const resolveImage = ({ image }: { image: string }): Promise<ImageResolution> => {
      const host = image.split('/')[0] ?? '';
      times[host] = (times[host] ?? 0) + 1;
      return Promise.resolve(
        host === 'silent.io' ? unreachable : { status: 'unreachable', message: 'not allowed: DENIED' },
      );
    };
    const asked = await askRegistries(
      images,
      { insecureRegistries: [], mirrors: {} },
      { resolveImage },
      { signal: new AbortController().signal, boundMs: 5_000 },
    );
    expect(times['silent.io']).toBeLessThan(30);
    expect(times['closed.io']).toBe(30);
    expect(judgeImages(asked).warnings).toEqual([
      expect.stringMatching(
        /^Registry silent\.io does not tell \(no answer within 3 s\), so 30 images were not checked: .+ and 25 more\.$/,
      ),
      expect.stringMatching(/^Registry closed\.io does not tell \(not allowed: DENIED\), so 30 images/),
    ]);
  });

  test('registries that are slow do not hold up the check', async () => {
    const images = new Map(Array.from({ length: 40 }, (_, index) => [`slow.io/a:${index}`, needed] as const));
    const resolveImage = () => new Promise<ImageResolution>(() => undefined);
    const started = Date.now();
    const bound = { signal: new AbortController().signal, boundMs: 100 };
    const asked = await askRegistries(images, { insecureRegistries: [], mirrors: {} }, { resolveImage }, bound);
    expect(Date.now() - started).toBeLessThan(1_000);
    expect(judgeImages(asked)).toEqual({
      problems: [],
      warnings: [
        expect.stringContaining('Registry slow.io does not tell (no answer in the time of this check), so 40 images'),
      ],
    });
  });
});
