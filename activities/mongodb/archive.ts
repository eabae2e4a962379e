import { createReadStream } from 'node:fs';
import { BSON } from 'mongodb';
import { z } from 'zod';
import { Crc64 } from './crc64.js';

/** mongo-tools, common/archive: magic number, a prelude of documents, then blocks of documents under a header each. */
const MAGIC = 0x8199e26d;
const TERMINATOR = -1;
const SMALLEST_DOCUMENT = 5;
/** mongod takes 16 MiB; metadata of its own may be a little larger. */
const LARGEST_DOCUMENT = 48 * 1024 * 1024;
const CHUNK = 1024 * 1024;

const headerSchema = z.object({ version: z.string(), server_version: z.string(), tool_version: z.string() });
const metadataSchema = z.object({
  db: z.string(),
  collection: z.string(),
  metadata: z.string(),
  type: z.string().optional(),
});
const blockSchema = z.object({ db: z.string(), collection: z.string(), EOF: z.boolean(), CRC: z.bigint() });

export interface ArchivedCollection {
  db: string;
  collection: string;
  /** `collection`, `view` or `timeseries`; tools before 100.5 leave it out. */
  type: string;
  /** Options and indexes as extended JSON. */
  metadata: string;
}

export interface Prelude {
  serverVersion: string;
  toolVersion: string;
  collections: ArchivedCollection[];
}

/** Why an archive cannot be what mongodump wrote. */
export class BrokenArchive extends Error {}

/** Reads what an archive says of itself, not its documents. Throws `BrokenArchive`. */
export async function readPrelude(file: string): Promise<Prelude> {
  const bytes = new Bytes(file);
  try {
    return await prelude(bytes);
  } finally {
    bytes.close();
  }
}

/**
 * Reads an archive from end to end: the frames of all documents, the checksum of every collection, and that none is cut off. Gives
 * the number of documents by `db.collection`. Throws `BrokenArchive`. `mongorestore --dryRun` reads the prelude only.
 */
export async function readArchive(file: string, progress: (bytes: number) => void): Promise<Map<string, number>> {
  const bytes = new Bytes(file);
  try {
    const { collections } = await prelude(bytes);
    const open = new Map<string, { crc: Crc64; documents: number }>();
    const closed = new Map<string, number>();
    for (let size = await bytes.frame(); size !== undefined; size = await bytes.frame()) {
      const block = parse(blockSchema, await bytes.take(size), 'the header of a block');
      const name = `${block.db}.${block.collection}`;
      if (closed.has(name)) throw new BrokenArchive(`${name} goes on after its end`);
      const state = open.get(name) ?? { crc: new Crc64(), documents: 0 };
      open.set(name, state);
      await documents(bytes, (document) => {
        state.crc.add(document);
        state.documents += 1;
      });
      progress(bytes.position);
      if (!block.EOF) continue;
      if (state.crc.value() !== block.CRC)
        throw new BrokenArchive(`${name} has another checksum than when it was dumped`);
      open.delete(name);
      closed.set(name, state.documents);
    }
    const [cut] = [...open.keys(), ...collections.flatMap(namespaceOf).filter((name) => !closed.has(name))];
    if (cut !== undefined) throw new BrokenArchive(`it ends before the end of ${cut}`);
    return closed;
  } finally {
    bytes.close();
  }
}

/** Where the documents of a collection stand. A view has none; those of a time series are in its buckets. */
function namespaceOf({ db, collection, type }: ArchivedCollection): string[] {
  if (type === 'view') return [];
  return [type === 'timeseries' ? `${db}.system.buckets.${collection}` : `${db}.${collection}`];
}

async function prelude(bytes: Bytes): Promise<Prelude> {
  const magic = await bytes.peek(4);
  if (magic?.readUInt32LE() !== MAGIC) throw new BrokenArchive("it does not begin as mongodump's archives do");
  await bytes.take(4);
  const size = await bytes.frame();
  if (size === undefined) throw new BrokenArchive('it ends after its first bytes');
  const header = parse(headerSchema, await bytes.take(size), 'its header');
  const collections: ArchivedCollection[] = [];
  await documents(bytes, (document) => {
    const { db, collection, metadata, type } = parse(metadataSchema, document, 'its list of collections');
    const known = type === undefined || type === '' ? guessType(metadata) : type;
    collections.push({ db, collection, metadata, type: known });
  });
  return { serverVersion: header.server_version, toolVersion: header.tool_version, collections };
}

const guessType = (metadata: string): string => (/"viewOn"\s*:/.test(metadata) ? 'view' : 'collection');

/** All documents up to the next terminator. */
async function documents(bytes: Bytes, use: (document: Buffer) => void): Promise<void> {
  for (;;) {
    const size = await bytes.frame();
    if (size === undefined) throw new BrokenArchive('it ends in the middle of a block');
    if (size === TERMINATOR) {
      await bytes.take(4);
      return;
    }
    const document = await bytes.take(size);
    if (document[size - 1] !== 0) throw new BrokenArchive(`a document at byte ${bytes.position - size} has no end`);
    use(document);
  }
}

function parse<T>(schema: z.ZodType<T>, document: Buffer, what: string): T {
  try {
    return schema.parse(BSON.deserialize(document, { useBigInt64: true }));
  } catch {
    throw new BrokenArchive(`${what} cannot be read`);
  }
}

/** Reads a file piece by piece, however its documents lie across the chunks. */
class Bytes {
  position = 0;
  private readonly stream;
  private readonly chunks: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.stream = createReadStream(file, { highWaterMark: CHUNK });
    this.chunks = (this.stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Size of the document that comes next, or -1 for a terminator; undefined at the end of the file. */
  async frame(): Promise<number | undefined> {
    const head = this.rest.length >= 4 ? this.rest : await this.peek(4);
    if (head === undefined) {
      if (this.rest.length > 0) throw new BrokenArchive('it ends in the middle of a number');
      return undefined;
    }
    const size = head.readInt32LE();
    if (size !== TERMINATOR && (size < SMALLEST_DOCUMENT || size > LARGEST_DOCUMENT))
      throw new BrokenArchive(`at byte ${this.position} there is no document`);
    return size;
  }

  async take(size: number): Promise<Buffer> {
    const piece = this.rest.length >= size ? this.rest.subarray(0, size) : (await this.peek(size))?.subarray(0, size);
    if (piece === undefined) throw new BrokenArchive('it ends in the middle of a document');
    this.rest = this.rest.subarray(size);
    this.position += size;
    return piece;
  }

  async peek(size: number): Promise<Buffer | undefined> {
    const parts = [this.rest];
    let length = this.rest.length;
    while (length < size) {
      const next = await this.chunks.next();
      if (next.done === true) break;
      parts.push(next.value);
      length += next.value.length;
    }
    if (parts.length > 1) this.rest = Buffer.concat(parts);
    return this.rest.length >= size ? this.rest : undefined;
  }

  close(): void {
    this.stream.destroy();
  }
}
