// Looks up a group. Loaded only when a file is to be one's.
import { entriesFor, isId } from './name-service.ts';

/** The number of the group with this name, undefined if there is none. */
export async function findGroup(
  name: string,
  path: string,
  file = '/etc/group',
): Promise<number | undefined> {
  // `name:password:gid:members`
  const found = (await entriesFor('group', name, path, file)).find(([group]) => group === name);
  return isId(found?.[2]) ? Number(found[2]) : undefined;
}
