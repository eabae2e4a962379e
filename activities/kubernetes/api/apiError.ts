/** An answer of the API server that is not a success, or none at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The `reason` of the Status object, e.g. `NotFound`, or the socket's error code. */
    readonly reason: string,
    message: string,
    /** Method and path, for messages. */
    readonly call: { method: string; path: string },
    /** From `Retry-After`. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Whether the same call may well succeed later. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  // Admission plugins and authorisers refuse everything while a restarted API server still fills its caches.
  if (error.status === 403) return error.message.includes('not yet ready to handle request');
  return [0, 401, 408, 429].includes(error.status) || error.status >= 500;
}

export const isStatus = (error: unknown, status: number): boolean =>
  error instanceof ApiError && error.status === status;
