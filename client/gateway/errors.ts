/** An answer other than 2xx that a handler wants. The message is shown to the sender: no secret, no body, no stack. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  constructor(
    readonly statusCode: 400 | 403 | 404 | 408 | 409 | 413 | 415 | 429 | 500 | 503,
    /** For machines, e.g. `TOO_LARGE`. */
    readonly code: string,
    message: string,
    /** For the metric `belay_gateway_refused_total`. */
    readonly reason: string = code,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** The one answer to unknown routes, unknown sources and unknown tokens: it must not tell which of them it was. */
export const notFound = (): GatewayError => new GatewayError(404, 'NOT_FOUND', 'There is nothing here.', 'token');

/** Senders repeat what was answered with this. */
export const unavailable = (message: string): GatewayError =>
  new GatewayError(503, 'UNAVAILABLE', message, 'unavailable', 5);
