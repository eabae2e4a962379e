/** Where an Alertmanager is, as the system's description says. */
export interface AlertmanagerPlace {
  url: string;
  timeoutSeconds: number;
}

/** One label that a silence or an inhibition asks for. */
export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

/** An alert that Alertmanager has at this moment. Labels are those of its rule: bounded, and untrusted. */
export interface PresentAlert {
  fingerprint: string;
  labels: Record<string, string>;
  state: 'active' | 'suppressed' | 'unprocessed';
  silencedBy: string[];
  inhibitedBy: string[];
  receivers: string[];
  /** ISO. */
  startsAt: string;
  endsAt: string;
}

export interface Silence {
  id: string;
  state: 'active' | 'pending' | 'expired';
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  createdBy: string;
  comment: string;
}

/** One entry of Alertmanager's routing tree as it runs; what is left out is inherited. */
export interface AlertRouteNode {
  [field: string]: unknown;
  receiver?: string;
  routes?: AlertRouteNode[];
}

/** A configuration of Alertmanager as plain data. */
export interface RoutingConfiguration {
  [field: string]: unknown;
  route: AlertRouteNode;
  receivers: Record<string, unknown>[];
}

/** What `amtool` made of a configuration. */
export interface RoutingCheck {
  /** The configuration as it is to be written to a file. */
  yaml: string;
  /** Version line of the program that checked; null when this worker has none. */
  checkedBy: string | null;
  valid: boolean;
  /** What the program said, or why there was no check; bounded. */
  said: string;
  /** Receivers by sample, in the order of the samples; empty when it is not valid or nothing checked. */
  receivers: string[][];
}

export interface AlertmanagerActivities {
  /** Read-only. Alerts that Alertmanager has now, silenced and inhibited ones too: the first 2,000. */
  listPresentAlerts: (input: AlertmanagerPlace) => Promise<{ alerts: PresentAlert[]; cut: boolean }>;
  /** Read-only. Silences that it knows, those that ended within its retention (5 days by default) too: the newest 500. */
  listSilences: (input: AlertmanagerPlace) => Promise<Silence[]>;
  /** Read-only. Version, and the configuration in force with secrets left out. Null where the configuration cannot be read. */
  readRouting: (input: AlertmanagerPlace) => Promise<{ version: string; running: RoutingConfiguration | null }>;
  /**
   * Creates a silence. `key` stands in its comment: while a silence with it is active or pending nothing is created, so that a repeat is
   * harmless. `endsAt` is ISO. Failures: `AlertmanagerRefused` final, `AlertmanagerUnavailable` retried.
   */
  createSilence: (
    input: AlertmanagerPlace & { key: string; matchers: Matcher[]; endsAt: string; owner: string; reason: string },
  ) => Promise<{ id: string; created: boolean }>;
  /** Ends the silences whose comment holds the key; none is no error. Safe to repeat. */
  expireSilence: (input: AlertmanagerPlace & { key: string }) => Promise<{ expired: string[] }>;
  /**
   * Renders a configuration as YAML and has `amtool` check it and route the samples. Touches only a temporary folder of this worker. A
   * worker without amtool is no failure: `checkedBy` is null and `said` names the cure.
   */
  checkRouting: (input: {
    config: RoutingConfiguration;
    /** Lines of comment above it. */
    header: string[];
    samples: Record<string, string>[];
  }) => Promise<RoutingCheck>;
}
