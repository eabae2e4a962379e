/** Sizes of the rounds. */
export interface IncidentOptions {
  /** intake, firstPage: how long. */
  seconds: number;
  /** intake: alerts a second. */
  rate: number;
  /** firstPage, deadlines, ack, outage: new incidents a second. */
  opening: number;
  /** storm: alerts, within so many seconds, of so many groups. */
  alerts: number;
  stormSeconds: number;
  groups: number;
  /** deadlines: open incidents, whose deadlines fall within so many seconds. */
  open: number;
  window: number;
  /** ack: incidents. */
  acks: number;
  /** outage: incidents, and how long no worker runs. */
  overdue: number;
  outage: number;
  progress: (line: string) => void;
}
