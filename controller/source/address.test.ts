import { describe, expect, it } from 'vitest';
import { parseAddress, showAddress } from './address.ts';
import { branchRef } from './branch-ref.ts';
import { parseManifestPath } from './open-source.ts';
import { Refused } from './refused.ts';

describe('a repository address', () => {
  it.each([
    ['https://git.example.org/fleet.git', 'https', 'https://git.example.org/fleet.git'],
    ['HTTPS://git.example.org/fleet', 'https', 'https://git.example.org/fleet'],
    ['http://127.0.0.1:8080/fleet.git', 'http', 'http://127.0.0.1:8080/fleet.git'],
    ['http://localhost/fleet.git', 'http', 'http://localhost/fleet.git'],
    ['http://[::1]:80/fleet.git', 'http', 'http://[::1]/fleet.git'],
    ['ssh://git@git.example.org:2222/fleet.git', 'ssh', 'ssh://git@git.example.org:2222/fleet.git'],
    ['git@git.example.org:team/fleet.git', 'ssh', 'git@git.example.org:team/fleet.git'],
    ['git.example.org:fleet', 'ssh', 'git.example.org:fleet'],
    ['/srv/fleet', 'folder', '/srv/fleet'],
    ['fleet', 'folder', '/here/fleet'],
    ['../fleet', 'folder', '/fleet'],
    ['./odd:name', 'folder', '/here/odd:name'],
    ['file:///srv/my%20fleet', 'folder', '/srv/my fleet'],
  ])('%s is %s', (repo, is, shown) => {
    const address = parseAddress(repo, '/here');
    expect(address.is).toBe(is);
    expect(showAddress(address)).toBe(shown);
  });

  it.each([
    ['http://git.example.org/fleet.git', 'in the clear'],
    ['http://127.0.0.1.example.org/fleet.git', 'in the clear'],
    ['https://ada:secret@git.example.org/fleet.git', 'credential in it'],
    ['https://ghp_token@git.example.org/fleet.git', 'credential in it'],
    ['ssh://git:secret@git.example.org/fleet.git', 'credential in it'],
    ['http://ada:secret@127.0.0.1/fleet.git', 'credential in it'],
    ['https://git.example.org/fleet.git?token=secret', 'query or a fragment'],
    ['ext::sh -c "touch /tmp/x"', 'remote helpers'],
    ['ext::sh', 'remote helpers'],
    ['--upload-pack=touch /tmp/x', 'looks like an option'],
    ['-oProxyCommand=x@host:path', 'looks like an option'],
    ['ssh://-oProxyCommand=touch/fleet', 'starts with "-"'],
    ['ssh://-x@host/fleet', 'starts with "-"'],
    ['git@-oProxyCommand=x:fleet', 'not allowed'],
    ['ftp://git.example.org/fleet', 'ftp://'],
    ['git://git.example.org/fleet', 'git://'],
    ['file://other.host/srv/fleet', 'must not name a host'],
    ['https://', 'not a valid URL'],
    ['', 'empty'],
    ['fleet\nother', 'control characters'],
  ])('%s is refused', (repo, reason) => {
    expect(() => parseAddress(repo, '/here')).toThrow(Refused);
    expect(() => parseAddress(repo, '/here')).toThrow(reason);
  });

  it('is refused without showing the credential that it had', () => {
    const address = 'https://ada:secret@git.example.org/fleet.git';
    expect(() => parseAddress(address, '/')).toThrow(/^((?!secret).)*$/);
  });
});

describe('a branch name', () => {
  it.each(['main', 'release/1.2', 'a_b-c', 'feature/x/y'])('%s becomes a full ref', (branch) => {
    expect(branchRef(branch)).toBe(`refs/heads/${branch}`);
  });

  it.each(
    [
      '',
      '-x',
      '--upload-pack=x',
      'a..b',
      'a b',
      'a~1',
      'a^',
      'a:b',
      '+main',
      'a*',
      'a?',
      'a[',
      'a\\b',
      'a@{1}',
    ]
      .concat(['/a', 'a/', 'a//b', '.a', 'a/.b', 'a.lock', 'a.lock/b', 'a.', 'refs/heads/main', 'ü', 'a\nb'])
      .concat(['x'.repeat(201)]),
  )('%j is refused', (branch) => {
    expect(() => branchRef(branch)).toThrow(Refused);
  });
});

describe('a manifest path', () => {
  it.each([
    ['manifests', 'manifests'],
    ['./manifests/', 'manifests'],
    ['a//b/./c', 'a/b/c'],
    ['.', ''],
  ])('%s is kept as %j', (path, kept) => {
    expect(parseManifestPath(path)).toBe(kept);
  });

  it.each(['/etc', '../other', 'a/../b', 'a\nb', 'a\\b'])('%j is refused', (path) => {
    expect(() => parseManifestPath(path)).toThrow(Refused);
  });
});
