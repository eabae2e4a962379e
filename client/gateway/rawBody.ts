import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from './errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes; set it in `onRequest`, after the sender is known where that is possible. */
    maxBodyBytes: number;
  }
}

/** When a route says nothing else. */
const DEFAULT_BYTES = 256 * 1_024;
/** For the whole body. */
const READ_MS = 5_000;

const tooLarge = (limit: number): GatewayError =>
  new GatewayError(413, 'TOO_LARGE', `The body is larger than ${limit} bytes; send less at a time.`, 'tooLarge');

/** The bytes of a body, at most `limit` of them, within five seconds. Rejects with `GatewayError` 408, 413 or 400. */
function readBody(request: FastifyRequest, stream: NodeJS.ReadableStream, readMs: number): Promise<Buffer> {
  const limit = request.maxBodyBytes;
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      stream.off('data', take).off('end', finish).off('error', broken).off('close', cut);
      settle();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) end(() => reject(tooLarge(limit)));
      else chunks.push(chunk);
    };
    const finish = (): void => end(() => resolve(Buffer.concat(chunks)));
    const cut = (): void => end(() => reject(new GatewayError(400, 'CUT_OFF', 'The body ended too early.', 'invalid')));
    const broken = cut;
    const timer = setTimeout(
      () =>
        end(() => reject(new GatewayError(408, 'TOO_SLOW', `The body took more than ${readMs / 1_000} s.`, 'slow'))),
      readMs,
    );
    stream.on('data', take).on('end', finish).on('error', broken).on('close', cut);
  });
}

/**
 * Every body arrives in `request.body` as the bytes that were sent (`Buffer`), whatever its type says: signatures are made over them.
 * Compressed ones are refused (415): their size would be unknown until it is too late. Limit: `request.maxBodyBytes`.
 */
export function registerRawBodies(app: FastifyInstance, readMs: number = READ_MS): void {
  app.decorateRequest('maxBodyBytes', DEFAULT_BYTES);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage): Promise<Buffer> => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
      return Promise.reject(
        new GatewayError(415, 'COMPRESSED', 'Compressed bodies are not taken; send it as it is.', 'compressed'),
      );
    return readBody(request, payload, readMs);
  });
}

/** The bytes of the request; empty when it has no body. */
export const rawBody = ({ body }: FastifyRequest): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));
