import type { Refusal } from '../launch/launch.ts';

/** Windows makes a process for another user only with that user's password, and orders have no secrets. */
export function refuseUser(username: string): Refusal {
  return {
    refused: 'UserOrPasswordInvalid',
    message: `On Windows a script runs as ${username} only with that user's password, which the agent does not have.`,
  };
}
