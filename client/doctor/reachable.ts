import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Whether something listens at the URL's host, with a certificate that is trusted where it is https. Nothing is asked. Throws an Error
 * whose message says what is wrong.
 */
export async function checkReachable(url: string, timeoutMs: number): Promise<void> {
  const { protocol, hostname, host, port } = new URL(url);
  // An IPv6 address stands in brackets in a URL alone.
  const name = hostname.replace(/^\[|\]$/g, '');
  const encrypted = protocol === 'https:';
  const place = { host: name, port: Number(port || (encrypted ? 443 : 80)) };
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no connection within ${timeoutMs / 1000} s`)), timeoutMs);
      socket = encrypted
        ? connectTls({ ...place, servername: name }, () => resolve())
        : connectTcp(place, () => resolve());
      socket.once('error', reject);
    });
  } catch (error) {
    throw new Error(`${host} is not reachable: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    socket?.destroy();
  }
}
