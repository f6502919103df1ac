/**
 * What an agent understands of orders. 1: scripts. 2: also where, as whom and by what they run, dry runs, files,
 * content that is fetched. An agent names it when it opens a session; one that does not is of version 1.
 */
export const wireVersion = 2;
