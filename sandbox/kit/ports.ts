import { createServer } from 'node:net';

const given = new Set<number>();

/** A TCP port that is free on 127.0.0.1 at this moment: the preferred one if possible. Never the same one twice. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && !given.has(preferred) && (await tryPort(preferred)) === preferred) {
    given.add(preferred);
    return preferred;
  }
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = await tryPort(0);
    if (port === undefined || given.has(port)) continue;
    given.add(port);
    return port;
  }
  throw new Error('No free TCP port on 127.0.0.1; end some servers and try again.');
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
