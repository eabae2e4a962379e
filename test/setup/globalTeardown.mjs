import { stopSandboxes } from './stopSandboxes.mjs';

/** Stops every sandbox that the tests have started, also those that a failed test has left behind. */
export default async function globalTeardown() {
  await stopSandboxes(process.env.BELAY_STATE);
}
