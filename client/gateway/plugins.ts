import type { FastifyInstance } from 'fastify';
import type { GatewayDeps } from './types.js';

/** Routes of one kind of sender. */
export type Plugin = (app: FastifyInstance, deps: GatewayDeps) => void | Promise<void>;

/** What the gateway serves besides health, metrics and its own description. */
export const plugins: readonly Plugin[] = [];
