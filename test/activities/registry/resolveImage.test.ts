import { afterEach, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { createRegistryActivities, type RegistryOptions } from '../../../activities/registry/index.js';
import { parseChallenge } from '../../../activities/registry/challenge.js';
import { credentialsFor } from '../../../activities/registry/credentials.js';
import { inActivity } from '../http/inActivity.js';
import { serve, type Served } from '../http/serve.js';
import { digests, images, registryAnswers } from './fakeRegistry.js';

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

async function resolve(handler: RequestListener, name: string, options: RegistryOptions = {}) {
  served = await serve(handler);
  const { resolveImage } = createRegistryActivities({ dockerConfig: () => Promise.resolve(undefined), ...options });
  const input = { image: `${served.host}/${name}`, insecureRegistries: [served.host], mirrors: {} };
  return inActivity(resolveImage, input);
}

/** Host that `docker login` writes for Docker Hub. */
const dockerHub = 'index.docker.io';

describe('resolveImage', () => {
  test('an index tells its platforms, without attestations', async () => {
    const resolved = { status: 'resolved', digest: digests.multi, platforms: ['linux/amd64', 'linux/arm64/v8'] };
    expect(await resolve(registryAnswers(images), 'team/app:multi')).toEqual(resolved);
    await served?.close();
    expect(await resolve(registryAnswers(images), `team/app:ignored@${digests.multi}`)).toEqual(resolved);
  });

  test('the config of a single image tells its platform', async () => {
    const resolved = { status: 'resolved', digest: digests.single, platforms: ['linux/arm/v7'] };
    expect(await resolve(registryAnswers(images), 'team/app:single')).toEqual(resolved);
  });

  test('an unknown tag is not found, in the registry’s words', async () => {
    const expected = { status: 'notFound', message: 'MANIFEST_UNKNOWN: manifest unknown' };
    expect(await resolve(registryAnswers(images), 'team/app:nope')).toEqual(expected);
  });

  test('a malformed image is told before any request', async () => {
    const { resolveImage } = createRegistryActivities({ fetch: () => Promise.reject(new Error('asked')) });
    const result = await inActivity(resolveImage, { image: 'Team/App', insecureRegistries: [], mirrors: {} });
    expect(result).toEqual({ status: 'malformed', message: 'the repository name must be lower case' });
  });

  test.each<[string, string, string]>([
    ['a manifest that is not what its digest says', 'manifests/multi', 'team/app:multi'],
    ['a config that is not what the manifest says', `blobs/${digests.config}`, 'team/app:single'],
  ])('%s is not trusted', async (_, path, name) => {
    const honest = registryAnswers(images);
    const result = await resolve((req, res) => {
      if (!req.url?.endsWith(path)) return honest(req, res);
      res.writeHead(200, { 'docker-content-digest': digests.multi }).end('{"os":"linux","architecture":"evil"}');
    }, name);
    expect(result).toEqual({ status: 'unreachable', message: expect.stringContaining('do not trust them') });
  });

  test.each<[string, RequestListener, string, number?]>([
    ['overload', (_, res) => res.writeHead(503).end('try later'), 'HTTP 503: try later'],
    [
      'a limit',
      (_, res) => res.writeHead(429).end('{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'),
      'TOOMANYREQUESTS: slow down',
    ],
    ['a refusal', (_, res) => res.writeHead(403).end('{"errors":[{"code":"DENIED"}]}'), 'not allowed: DENIED'],
    ['a page', (_, res) => res.end('<html>welcome</html>'), 'neither an image manifest nor an index'],
    ['a flood', (_, res) => res.end(Buffer.alloc(5 * 1024 * 1024)), 'more than'],
    ['silence', () => undefined, 'no answer within 0.2 s', 200],
  ])('%s leaves the question open', async (_, handler, message, timeoutMs = 20_000) => {
    const result = await resolve(handler, 'team/app:1', { timeoutMs });
    expect(result).toEqual({ status: 'unreachable', message: expect.stringContaining(message) });
  });

  test('a host that is away leaves the question open; plain HTTP is spoken only where it is allowed', async () => {
    const gone = await serve(() => undefined);
    await gone.close();
    const { resolveImage } = createRegistryActivities();
    const input = { image: `${gone.host}/app:1`, insecureRegistries: [gone.host], mirrors: {} };
    expect(await inActivity(resolveImage, input)).toEqual({
      status: 'unreachable',
      message: `connection refused by ${gone.host}`,
    });
    let asked = false;
    served = await serve((_, res) => void ((asked = true), res.end()));
    const secure = { image: `${served.host}/app:1`, insecureRegistries: [], mirrors: {} };
    expect(await inActivity(resolveImage, secure)).toMatchObject({ status: 'unreachable' });
    expect(asked).toBe(false);
  });

  test('a mirror is asked in place of the registry, Docker Hub’s library included', async () => {
    served = await serve(registryAnswers(images, 'library/app'));
    const { resolveImage } = createRegistryActivities({ dockerConfig: () => Promise.resolve(undefined) });
    const input = { image: 'app:multi', insecureRegistries: [served.host], mirrors: { 'docker.io': served.host } };
    expect(await inActivity(resolveImage, input)).toMatchObject({ status: 'resolved', digest: digests.multi });
  });
});

/** A registry that wants a token; its realm is on the same server. */
function tokenRegistry(accept: (authorization: string | undefined) => boolean): RequestListener {
  const content = registryAnswers(images);
  return (req, res) => {
    const url = new URL(req.url ?? '/', `http://${req.headers.host}`);
    if (url.pathname === '/token') {
      const right =
        url.search === '?service=reg&scope=repository%3Ateam%2Fapp%3Apull' && accept(req.headers.authorization);
      return void res
        .writeHead(right ? 200 : 401)
        .end(right ? '{"token":"t0ken-from-realm"}' : '{"errors":[{"code":"UNAUTHORIZED"}]}');
    }
    if (req.headers.authorization === 'Bearer t0ken-from-realm') return content(req, res);
    const challenge = `Bearer realm="http://${req.headers.host}/token",service="reg",scope="repository:team/app:pull"`;
    res.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
  };
}

describe('authentication', () => {
  const login = `Basic ${Buffer.from('me:p4ss:word').toString('base64')}`;
  const config = (host: string) => JSON.stringify({ auths: { [host]: { auth: login.slice(6) } } });

  test('an anonymous token is fetched from the realm that the registry names', async () => {
    const result = await resolve(
      tokenRegistry((authorization) => authorization === undefined),
      'team/app:single',
    );
    expect(result).toMatchObject({ status: 'resolved', platforms: ['linux/arm/v7'] });
  });

  test('the login of the Docker config buys the token', async () => {
    const result = await resolve(
      tokenRegistry((authorization) => authorization === login),
      'team/app:multi',
      {
        dockerConfig: () => Promise.resolve(config(served?.host ?? '')),
      },
    );
    expect(result).toMatchObject({ status: 'resolved' });
  });

  test('without a right it is not allowed, which is not the same as not found', async () => {
    const result = await resolve(
      tokenRegistry(() => false),
      'team/app:multi',
    );
    expect(result).toEqual({ status: 'unreachable', message: 'not allowed: UNAUTHORIZED' });
  });

  test('a Basic challenge is answered with the login only', async () => {
    const content = registryAnswers(images);
    const basic: RequestListener = (req, res) =>
      req.headers.authorization === login
        ? content(req, res)
        : void res.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    const withLogin = { dockerConfig: () => Promise.resolve(config(served?.host ?? '')) };
    expect(await resolve(basic, 'team/app:multi', withLogin)).toMatchObject({ status: 'resolved' });
    await served?.close();
    const result = await resolve(basic, 'team/app:multi');
    expect(result).toEqual({ status: 'unreachable', message: expect.stringContaining('wants a login') });
  });

  test.each([
    [
      'Bearer realm="https://a/t",service="b c",scope="x:y:pull,push"',
      { scheme: 'bearer', parameters: { realm: 'https://a/t', service: 'b c', scope: 'x:y:pull,push' } },
    ],
    ['Basic realm="r", Bearer realm="https://a"', { scheme: 'bearer', parameters: { realm: 'https://a' } }],
    ['BEARER Realm=plain', { scheme: 'bearer', parameters: { realm: 'plain' } }],
    ['Basic', { scheme: 'basic', parameters: {} }],
    ['', undefined],
    [null, undefined],
  ])('challenge %j', (header, challenge) => {
    expect(parseChallenge(header)).toEqual(challenge);
  });

  test.each([
    ['ghcr.io', '{"auths":{"https://ghcr.io":{"auth":"YTpi"}}}', { username: 'a', password: 'b' }],
    [
      'registry-1.docker.io',
      `{"auths":{"https://${dockerHub}/v1/":{"auth":"YTpi"}}}`,
      { username: 'a', password: 'b' },
    ],
    ['ghcr.io', '{"auths":{"ghcr.io":{}},"credsStore":"desktop"}', undefined],
    ['ghcr.io', 'not json', undefined],
    ['ghcr.io', undefined, undefined],
  ])('login for %s in %s', (host, text, credentials) => {
    expect(credentialsFor(host, text)).toEqual(credentials);
  });
});
