import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { failureSchema, takeFailure, type Failure } from './failures.js';

/** A mail as it came. */
export interface SunkMail {
  /** Of the envelope. */
  from: string;
  to: string[];
  messageId: string;
  subject: string;
  text: string;
  html: string;
  /** Lower-case name → value, of the message's head. */
  headers: Record<string, string>;
  /** Whether it came encrypted. */
  secure: boolean;
  /** Who had logged in. */
  user?: string;
}

export interface MailSinkOptions {
  /** A login is asked for when given. */
  user?: string;
  password?: string;
  /** PEM; STARTTLS is offered when given. */
  tls?: { cert: string; key: string };
  /** Encrypted from the first byte. */
  implicitTls?: boolean;
}

export interface MailSink {
  /** Port on 127.0.0.1. Port 0 takes a free one. */
  listen(port?: number): Promise<number>;
  close(): Promise<void>;
  /** Oldest first. */
  messages(): SunkMail[];
  /** Makes steps to come fail; see `failures.ts`. */
  fail(failure: Partial<Failure> & Pick<Failure, 'with'>): void;
  reset(): void;
}

type Done = (error?: Error | null) => void;

const reply = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code });

/** A real SMTP server that delivers to nobody and keeps what it is sent. Listens on 127.0.0.1. */
export function createMailSink(options: MailSinkOptions = {}): MailSink {
  let mails: SunkMail[] = [];
  let failures: Failure[] = [];

  const sockets = new Map<number | undefined, Socket>();
  const cut = ({ remotePort }: SMTPServerSession): void => void sockets.get(remotePort)?.destroy();

  /** Plays a failure of this step, or goes on. */
  async function step(
    session: SMTPServerSession,
    at: Failure['at'],
    address: string | undefined,
    done: Done,
  ): Promise<void> {
    const failure = takeFailure(failures, at, address);
    if (failure?.with === 'hang') return;
    if (failure?.with === 'cut' || failure?.with === 'lost') return cut(session);
    if (typeof failure?.with === 'number') return done(reply(failure.with, failure.text));
    if (failure?.with === 'slow') await sleep(failure.delayMs);
    done();
  }

  async function keep(raw: Buffer, session: SMTPServerSession): Promise<void> {
    const parsed = await simpleParser(raw);
    const { mailFrom, rcptTo } = session.envelope;
    const headers = parsed.headerLines.map(({ key, line }): [string, string] => [
      key,
      line
        .slice(line.indexOf(':') + 1)
        .replace(/\r?\n\s+/g, ' ')
        .trim(),
    ]);
    mails.push({
      from: mailFrom === false ? '' : mailFrom.address,
      to: rcptTo.map(({ address }) => address),
      messageId: parsed.messageId ?? '',
      subject: parsed.subject ?? '',
      text: parsed.text ?? '',
      html: typeof parsed.html === 'string' ? parsed.html : '',
      headers: Object.fromEntries(headers),
      secure: session.secure,
      ...(typeof session.user === 'string' ? { user: session.user } : {}),
    });
  }

  async function take(raw: Buffer, session: SMTPServerSession, done: Done): Promise<void> {
    const failure = failures.find(({ next, at }) => next > 0 && at === 'data');
    try {
      if (failure === undefined || failure.with === 'lost' || failure.with === 'slow') await keep(raw, session);
    } catch (error) {
      return done(reply(554, error instanceof Error ? error.message : String(error)));
    }
    return step(session, 'data', undefined, done);
  }

  const server: SMTPServer = new SMTPServer({
    secure: options.implicitTls ?? false,
    ...options.tls,
    ...(options.tls ? {} : { disabledCommands: options.user === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'] }),
    authOptional: options.user === undefined,
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect: (session, done) => void step(session, 'connect', undefined, done),
    onAuth(auth, session, done) {
      const right = auth.username === options.user && auth.password === options.password;
      void step(session, 'auth', undefined, (error) => {
        if (error) done(error);
        else if (right) done(null, { user: auth.username });
        else done(reply(535, 'Authentication credentials invalid'));
      });
    },
    onMailFrom: (_address, session, done) => void step(session, 'mail', undefined, done),
    onRcptTo: ({ address }, session, done) => void step(session, 'rcpt', address, done),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void take(Buffer.concat(chunks), session, done));
    },
  });
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.once('close', () => sockets.delete(remotePort));
  });
  // Clients that go away in the middle are what some tests want.
  server.on('error', () => undefined);

  return {
    listen: (port = 0) =>
      new Promise((resolve, reject) => {
        server.server.once('error', reject);
        server.listen(port, '127.0.0.1', () => resolve((server.server.address() as AddressInfo).port));
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
    messages: () => structuredClone(mails),
    fail: (failure) => void failures.push(failureSchema.parse(failure)),
    reset() {
      [mails, failures] = [[], []];
    },
  };
}
