/** The shapes in which each secret might stand somewhere. */
const shapes = (secrets: Record<string, string>): [string, string][] =>
  Object.entries(secrets).flatMap(([name, value]): [string, string][] => [
    [`${name}, raw`, value],
    [`${name}, as JSON`, JSON.stringify(value).slice(1, -1)],
    [`${name}, base64`, Buffer.from(value).toString('base64')],
    [`${name}, base64url`, Buffer.from(value).toString('base64url')],
    [`${name}, URL-encoded`, encodeURIComponent(value)],
    [`${name}, form-encoded`, new URLSearchParams({ v: value }).toString().slice(2)],
  ]);

/** Which shape of which secret stands where; nothing when all is well. */
export const findSecrets = (secrets: Record<string, string>, places: Record<string, string[]>): string[] =>
  Object.entries(places).flatMap(([place, texts]) =>
    shapes(secrets).flatMap(([shape, value]) =>
      texts.some((text) => text.includes(value)) ? [`${shape} in ${place}`] : [],
    ),
  );
