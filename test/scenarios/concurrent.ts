/** Time-out for a test of this kind: its turn may come while others are still at work. */
export const SCENE_MS = 280_000;

/**
 * Bodies of one file's tests that run side by side, since most of a rollout's time is waiting: at most `atOnce` at a time,
 * from `start` (in `beforeAll`, once what they share is there). Each test reports the result of its own:
 * `test('…', scenes.scene(async () => { … }), SCENE_MS)`.
 */
export class SideBySide {
  private readonly bodies: (() => Promise<void>)[] = [];

  constructor(private readonly atOnce: number) {}

  scene(body: () => Promise<void>): () => Promise<void> {
    const result = new Promise<void>((resolve, reject) => {
      this.bodies.push(() => body().then(resolve, reject));
    });
    // It is awaited only when its turn in the report comes.
    result.catch(() => undefined);
    return () => result;
  }

  /** Begins to run the bodies; returns at once. */
  start(): void {
    const queue = [...this.bodies];
    const row = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await next();
    };
    for (let rows = 0; rows < this.atOnce; rows += 1) void row();
  }
}
