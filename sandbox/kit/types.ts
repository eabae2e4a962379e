/** Progress lines for a person; one short sentence each, no trailing newline. */
export type Progress = (line: string) => void;

/** A program that the sandbox needs, and every way to come by it. */
export interface ProgramSpec {
  /** Name in messages and in the cache, e.g. `temporal`. */
  name: string;
  /** Version that the cache folder is keyed by; changing it causes a fresh install. */
  version: string;
  /** Environment variable with an explicit path, e.g. `BELAY_TEMPORAL_BIN`. Wins over everything else. */
  env: string;
  /** Names to look for on the PATH; empty when a program of that name on the PATH would not do. */
  path: string[];
  /** Whether this program file is usable (runs it with a version flag). `undefined` = usable, else the reason why not. */
  check(file: string): Promise<string | undefined>;
  /** Installs into `dir` (exists, empty) and returns the program's path. Tried after environment, PATH and cache. */
  install(dir: string, progress: Progress): Promise<string>;
  /** What a person should install when everything failed. */
  hint: string;
}

/** What the cache notes about an installed program (`program.json` in its folder). */
export interface Program {
  /** Path of the program, relative to that folder. */
  path: string;
}

/** A process of a sandbox, noted in `<dir>/run/<name>.pid.json` at its start. */
export interface ProcessRecord {
  name: string;
  pid: number;
  /** Tells it from a later process with the same pid. */
  identity: string;
  startedAt: string;
}

/** What `belay sandbox up` started; written to the state file, read by `status`, `down`, the demo and the tests. */
export interface SandboxState {
  name: string;
  startedAt: string;
  /** Folder with logs, data and generated files of this sandbox. */
  dir: string;
  /** Process ids by component, in start order; stopped in reverse. */
  pids: Record<string, number>;
  /** Names of the processes (keys of `pids`) of each independently started part. */
  parts?: Partial<Record<PartName, string[]>>;
  /** Whether data survives `down`. */
  persistent?: boolean;
  temporal?: { address: string; ui: string; namespace: string };
  kubernetes?: { server: string; kubeconfig: string; context: string };
  /** Base URL under which `…/<namespace>/<service>/<path>` answers as that service's ready pods do. */
  services?: { url: string };
  prometheus?: { url: string };
  /** `config` is its configuration file, `bin` the folder with amtool. */
  alertmanager?: { url: string; config: string; bin: string };
  /** OCI distribution registry, `host:port` (plain HTTP on loopback). */
  registry?: { host: string };
  /** Strict double of Slack. `url` is that of its Web API; the secret signs what its people do. */
  slack?: { url: string; token: string; signingSecret: string };
  /** Strict double of Statuspage's REST API, with one page. `url` is a channel's `apiUrl`. */
  statuspage?: { url: string; token: string; pageId: string; components: string[] };
  /** Strict double of PagerDuty: `url` is the `apiUrl` of channels and rotas. One service, one schedule, some users; webhooks once a URL is given. */
  pagerduty?: {
    url: string;
    apiToken: string;
    routingKey: string;
    schedule: string;
    users: string[];
    webhookSecret: string;
  };
  /** SMTP server without encryption that keeps what it gets; `url` shows it, see sandbox/mail/serve.ts. */
  mail?: { host: string; port: number; user: string; password: string; url: string };
  /** S3 server with versioning and object lock; the only account that it knows. */
  objectstore?: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
  /** Folders with the programs of every backup (zstd, age) that are not on the PATH. Comes with `objectstore`. */
  programs?: string[];
  /** PostgreSQL on loopback; `bin` is the folder of its server and client programs. */
  postgres?: { host: string; port: number; user: string; password: string; bin: string };
  redis?: { host: string; port: number; password: string; bin: string };
  /**
   * A server that speaks MongoDB's protocol, with its program (mongod or ferretdb), and the folder with mongodump and mongorestore.
   */
  mongodb?: { host: string; port: number; tools: string; server: string };
  /** Amazon's control plane, played by moto with a stateful proxy before it. */
  aws?: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string };
}

export type ComponentName =
  | 'temporal'
  | 'kubernetes'
  | 'services'
  | 'prometheus'
  | 'alertmanager'
  | 'registry'
  | 'slack'
  | 'objectstore'
  | 'postgres'
  | 'redis'
  | 'mongodb'
  | 'aws'
  | 'statuspage'
  | 'pagerduty'
  | 'mail';

/** What is started and stopped as one: `host` is the one Node process that plays services, registry and Slack. */
export type PartName =
  | 'temporal'
  | 'kubernetes'
  | 'host'
  | 'prometheus'
  | 'alertmanager'
  | 'objectstore'
  | 'postgres'
  | 'redis'
  | 'mongodb'
  | 'aws'
  | 'statuspage'
  | 'pagerduty'
  | 'mail';
