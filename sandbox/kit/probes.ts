/** A probe for `waitReady`: the URL answers within two seconds with a status that `accept` takes (default 2xx). */
export function httpProbe(url: string, accept: (status: number) => boolean = (s) => s >= 200 && s < 300) {
  return async (): Promise<void> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), redirect: 'manual' });
    await response.body?.cancel();
    if (!accept(response.status)) throw new Error(`${url} answered ${response.status}`);
  };
}
