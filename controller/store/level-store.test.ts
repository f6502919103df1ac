import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLevelStore } from './level-store.ts';
import { storeContract } from './store.contract.ts';

const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'groundcrew-store-'));
const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

storeContract('LevelDB', async () => {
  const folder = await makeFolder();
  const batch = vi.spyOn(Level.prototype, 'batch');
  return {
    open: (newEpoch) => openLevelStore(folder, { newEpoch }),
    // Only what was synced, and only once it was.
    syncs: () =>
      batch.mock.settledResults.filter((result, call) => isSynced(batch.mock.calls[call], result)).length,
    async remove() {
      batch.mockRestore();
      await removeFolder(folder);
    },
  };
});

function isSynced(call: unknown[] | undefined, result: { type: string }): boolean {
  const options = call?.[1];
  return (
    typeof options === 'object' &&
    options !== null &&
    'sync' in options &&
    options.sync === true &&
    result.type === 'fulfilled'
  );
}

describe('a store in a folder', () => {
  let parent: string;
  const newEpoch = (): string => 'epoch';

  beforeEach(async () => {
    parent = await makeFolder();
  });
  afterEach(() => removeFolder(parent));

  it('makes its folder, which only its owner may read', async () => {
    const folder = join(parent, 'data', 'store');
    const store = await openLevelStore(folder, { newEpoch });
    await store.close();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('belongs to one controller at a time', async () => {
    const folder = join(parent, 'store');
    const store = await openLevelStore(folder, { newEpoch });
    await expect(openLevelStore(folder, { newEpoch })).rejects.toMatchObject({
      name: 'StoreRefused',
      reason: 'Locked',
      message: `another controller uses the folder ${folder}`,
    });
    await store.commit([{ put: 'meta', key: 'a', value: 1 }]);
    await store.close();
    const again = await openLevelStore(folder, { newEpoch });
    expect(await again.get('meta', 'a')).toBe(1);
    await again.close();
  });

  it("is not made of somebody else's database, which is free again afterwards", async () => {
    const foreign = new Level<string, string>(parent);
    await foreign.put('theirs', 'untouched');
    await foreign.close();
    await expect(openLevelStore(parent, { newEpoch })).rejects.toMatchObject({ reason: 'NotAStore' });
    await foreign.open();
    expect(await foreign.keys().all()).toEqual(['theirs']);
    await foreign.close();
  });

  it('says so when its files cannot be read', async () => {
    const store = await openLevelStore(parent, { newEpoch });
    await store.close();
    await writeFile(join(parent, 'CURRENT'), 'nonsense');
    await expect(openLevelStore(parent, { newEpoch })).rejects.toMatchObject({ reason: 'Unreadable' });
  });
});
