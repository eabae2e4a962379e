import { describe, expect, test } from '@jest/globals';
import { parseImageReference, type ImageReference } from '../../../activities/registry/imageReference.js';

const sha = `sha256:${'0a'.repeat(32)}`;

describe('parseImageReference', () => {
  test.each<[string, ImageReference]>([
    ['nginx', { domain: 'docker.io', path: 'library/nginx', tag: 'latest' }],
    ['nginx:1.27', { domain: 'docker.io', path: 'library/nginx', tag: '1.27' }],
    ['grafana/grafana:11.0.0', { domain: 'docker.io', path: 'grafana/grafana', tag: '11.0.0' }],
    ['docker.io/nginx', { domain: 'docker.io', path: 'library/nginx', tag: 'latest' }],
    ['index.docker.io/library/nginx:1', { domain: 'docker.io', path: 'library/nginx', tag: '1' }],
    ['localhost/web', { domain: 'localhost', path: 'web', tag: 'latest' }],
    ['127.0.0.1:5000/canvas/app:v1', { domain: '127.0.0.1:5000', path: 'canvas/app', tag: 'v1' }],
    ['[::1]:5000/app:v1', { domain: '[::1]:5000', path: 'app', tag: 'v1' }],
    ['Registry/app', { domain: 'Registry', path: 'app', tag: 'latest' }],
    ['ghcr.io/o/a_b__c--d.e:T_a.g-1', { domain: 'ghcr.io', path: 'o/a_b__c--d.e', tag: 'T_a.g-1' }],
    [`ghcr.io/o/app@${sha}`, { domain: 'ghcr.io', path: 'o/app', digest: sha }],
    [`ghcr.io/o/app:1.2@${sha}`, { domain: 'ghcr.io', path: 'o/app', tag: '1.2', digest: sha }],
    [
      `app@sha512:${'f'.repeat(128)}`,
      { domain: 'docker.io', path: 'library/app', digest: `sha512:${'f'.repeat(128)}` },
    ],
    [`app:${'t'.repeat(128)}`, { domain: 'docker.io', path: 'library/app', tag: 't'.repeat(128) }],
    [`h.example/${'p'.repeat(255)}`, { domain: 'h.example', path: 'p'.repeat(255), tag: 'latest' }],
  ])('%s', (text, reference) => {
    expect(parseImageReference(text)).toEqual({ ok: true, reference });
  });

  test.each<[string, string]>([
    ['', 'empty'],
    [' nginx', 'white space'],
    ['ngi nx', 'white space'],
    ['nginx\n', 'white space'],
    ['https://ghcr.io/o/app', 'no scheme'],
    ['docker://nginx', 'no scheme'],
    ['nginx:', 'tag after ":" is empty'],
    ['nginx:.hidden', 'not a valid tag'],
    ['nginx:a b', 'white space'],
    ['nginx:a+b', 'not a valid tag'],
    [`nginx:${'t'.repeat(129)}`, '129 characters'],
    ['ghcr.io/Org/app', 'lower case'],
    ['Nginx', 'lower case'],
    ['ghcr.io/', 'repository name is missing'],
    ['ghcr.io//app', 'empty part'],
    ['/app', 'empty part'],
    ['app/', 'empty part'],
    ['a..b/c', 'not a registry host'],
    ['ghcr.io/a..b', 'not a valid part'],
    ['ghcr.io/a___b', 'not a valid part'],
    ['ghcr.io/-a', 'not a valid part'],
    ['-bad-.example/app', 'not a registry host'],
    ['host:99999/app', 'above 65535'],
    [`h.example/${'p'.repeat(256)}`, '256 characters'],
    ['x'.repeat(2_000), 'no registry takes that many'],
    ['app@', 'not a digest'],
    ['app@sha256', 'not a digest'],
    ['app@sha256:abc', '64 lower-case hexadecimal'],
    [`app@sha256:${'A'.repeat(64)}`, '64 lower-case hexadecimal'],
    [`app@${sha}@${sha}`, '64 lower-case hexadecimal'],
    ['a'.repeat(64), 'image id'],
    ['nginx;rm -rf /', 'white space'],
    ['$(whoami)', 'not a valid part'],
  ])('%j is malformed: %s', (text, reason) => {
    expect(parseImageReference(text)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});
