import { compareContents } from './compare.js';
import type { Contents, Engine, Rehearsal, Warm } from './engine.js';
import { fetchObjects, unpackObjects, type Fetched, type Identity, type Unpacked } from './fetch.js';
import { rank } from './fold.js';
import { stopwatch, type Finding, type Rung } from './ladder.js';
import type { Manifest } from './manifest.js';
import type { Level } from './types.js';
import { engineContext, type Work } from './work.js';

/** What is asked of a backup. */
export interface Question {
  level: Level;
  identity: Identity;
  /** Ask the smoke queries at whatever level is asked for. */
  smoke?: boolean;
}

/** One verification of one backup: each rung keeps what the next one stands on. */
export class Trial {
  private readonly watch = stopwatch();
  private fetched: Fetched | undefined;
  private unpacked: Unpacked | undefined;
  private warm: Promise<Warm> | undefined;
  private copy: Rehearsal | undefined;
  private actual: Contents | undefined;

  constructor(
    private readonly work: Work,
    private readonly engine: Engine,
    private readonly manifest: Manifest,
    private readonly question: Question,
  ) {}

  /** From L2 to L6, in order. */
  rungs(): Rung[] {
    return [
      { level: 'L2', check: () => this.fetch() },
      { level: 'L3', check: () => this.readThrough() },
      { level: 'L4', check: () => this.withSmoke('L4', () => this.restore()) },
      { level: 'L5', check: () => this.withSmoke('L5', () => this.count()) },
      { level: 'L6', check: () => this.withSmoke('L6', () => this.examine()) },
    ];
  }

  /** Milliseconds of every part so far; the engine's own are finer. */
  timings(): Record<string, number> {
    return { ...this.watch.timings, ...this.copy?.timings };
  }

  /** Ends and removes the throwaway instance. */
  async close(): Promise<void> {
    this.work.beat.phase('clean up', 'work');
    await this.copy?.close();
    await (await this.warm?.catch(() => undefined))?.close();
  }

  /** Has an instance made while the backup is fetched and read through. Whatever goes wrong with it is told when it is needed. */
  private prepare(): void {
    const { work, engine, question } = this;
    if (rank(question.level) < rank('L4')) return;
    this.warm = engine.warm?.(work.target.source, engineContext(work));
    this.warm?.catch(() => undefined);
  }

  private async fetch(): Promise<Finding> {
    this.prepare();
    const keep = rank(this.question.level) >= rank('L3');
    this.fetched = await this.watch.timed('fetch', () => fetchObjects(this.work, this.manifest, keep));
    const summary = `${this.manifest.objects.length} objects have the bytes that were stored`;
    return { problems: this.fetched.problems, summary };
  }

  private async readThrough(): Promise<Finding> {
    const { work, engine, manifest, question, watch } = this;
    const fetched = had(this.fetched);
    const { files } = (this.unpacked = await watch.timed('decrypt', () =>
      unpackObjects(work, engine, manifest, fetched, question.identity),
    ));
    work.beat.phase('read through', 'work');
    const read = () => engine.readThrough(work.target.source, files, engineContext(work));
    return { problems: await watch.timed('readThrough', read), summary: 'every payload can be read from end to end' };
  }

  private async restore(): Promise<Finding> {
    const { work, engine, watch } = this;
    const { files } = had(this.unpacked);
    work.beat.phase('restore', 'work');
    const restore = async () => {
      const ready = await this.warm;
      this.warm = undefined;
      return ready ? ready.rehearse(files) : engine.rehearse(work.target.source, files, engineContext(work));
    };
    this.copy = await watch.timed('restore', restore);
    return { problems: [], summary: 'restored into an empty throwaway instance without an error' };
  }

  private async count(): Promise<Finding> {
    const { items, rows } = this.manifest.contents;
    return {
      problems: await this.differences(false),
      summary: `${items} items with ${rows} rows, and all facts, are equal`,
    };
  }

  private async examine(): Promise<Finding> {
    const differences = await this.differences(true);
    this.work.beat.phase('examine', 'work');
    const flaws = await this.watch.timed('examine', () => had(this.copy).examine());
    return { problems: [...differences, ...flaws], summary: 'content hashes are equal, the structure is good' };
  }

  private async differences(withHashes: boolean): Promise<string[]> {
    this.work.beat.phase('compare', 'work');
    const hashes = this.question.level === 'L6';
    this.actual ??= await this.watch.timed('compare', () => had(this.copy).contents(hashes));
    return compareContents(had(this.unpacked).contents, this.actual, withHashes);
  }

  /** The smoke queries belong to L6; asked for at another level they are part of the highest rung that is climbed. */
  private async withSmoke(level: Level, check: () => Promise<Finding>): Promise<Finding> {
    const { problems, summary } = await check();
    const asked = level === 'L6' || (this.question.smoke === true && level === this.question.level);
    if (!asked) return { problems, summary };
    this.work.beat.phase('smoke queries', 'work');
    const answers = await this.watch.timed('smoke', () => had(this.copy).smoke());
    return { problems: [...problems, ...answers], summary: `${summary}; smoke queries are answered well` };
  }
}

/** Each rung stands on the one below. */
function had<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A level was checked before the one below it.');
  return value;
}
