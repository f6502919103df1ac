import { isLoopback } from '../../schemas/loopback.ts';
import { AgentFault, exitCodes } from '../fault.ts';

/** The controller's address. http is for this machine only: anything else would carry scripts in the clear. */
export function controllerUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new AgentFault(`the controller's address is not a URL: ${text}`, exitCodes.usage);
  }
  if (url.username !== '' || url.password !== '')
    throw new AgentFault("the controller's address must not hold a password", exitCodes.usage);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url;
  throw new AgentFault(
    `the controller's address must begin with https:// (http:// is for 127.0.0.1, ::1 and localhost): ${text}`,
    exitCodes.usage,
  );
}
