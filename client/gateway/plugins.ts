import type { FastifyInstance } from 'fastify';
import { registerPagerduty } from './pagerduty/index.js';
import { registerSlack } from './slack/index.js';
import type { GatewayDeps } from './types.js';

/** Routes of one kind of sender. */
export type Plugin = (app: FastifyInstance, deps: GatewayDeps) => void | Promise<void>;

/** What the gateway serves besides health, metrics and its own description. */
export const plugins: readonly Plugin[] = [registerSlack, registerPagerduty];
