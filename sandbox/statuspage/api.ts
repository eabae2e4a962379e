import { contentOf } from './content.js';
import type { StatusPage } from './page.js';

export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  contentType: string;
  body: string;
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

const error = (status: number, what: string | string[]): ApiAnswer => ({ status, body: { error: what } });
const notFound = error(404, 'Not found');

/** Answers one authenticated request to `/v1/…` as Statuspage does; paths may end in `.json`. */
export function answerTo(page: StatusPage, request: ApiRequest): ApiAnswer {
  const parts = /^\/v1\/pages\/([^/]+)\/incidents(?:\/([^/]+))?$/.exec(request.path.replace(/\.json$/, ''));
  if (!parts || parts[1] !== page.id) return notFound;
  const id = parts[2];
  const { method, query } = request;
  if (method === 'GET' && (id === undefined || id === 'unresolved')) return list(page, query, id !== undefined);
  if (method === 'GET') {
    const found = page.list().find((incident) => incident.id === id);
    return found ? { status: 200, body: found } : notFound;
  }
  if (method === 'POST' && id === undefined) return write(page, request);
  if (method === 'PATCH' && id !== undefined && id !== 'unresolved') return write(page, request, id);
  return error(405, 'Method not allowed');
}

function list(page: StatusPage, query: URLSearchParams, unresolvedOnly: boolean): ApiAnswer {
  const size = unresolvedOnly ? 'per_page' : 'limit';
  for (const [name, value] of query) {
    if (name !== size && name !== 'page') return error(400, `${name} is not a parameter`);
    if (!/^[1-9]\d{0,5}$/.test(value)) return error(400, `${name} is invalid`);
  }
  // More than 100 is silently 100.
  const limit = Math.min(Number(query.get(size) ?? 100), 100);
  const start = (Number(query.get('page') ?? 1) - 1) * limit;
  return { status: 200, body: page.list(unresolvedOnly).slice(start, start + limit) };
}

function write(page: StatusPage, { contentType, body }: ApiRequest, id?: string): ApiAnswer {
  // The vendor takes forms too; Belay sends none.
  if (!/^application\/json\s*(;|$)/i.test(contentType)) return error(415, 'The provided content-type is not supported');
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return error(400, 'Problem parsing JSON');
  }
  const content = contentOf(json, id === undefined, page.componentIds());
  if (Array.isArray(content)) return error(422, content);
  if (id === undefined) return { status: 201, body: page.create(content) };
  const changed = page.change(id, content);
  return changed ? { status: 200, body: changed } : notFound;
}
