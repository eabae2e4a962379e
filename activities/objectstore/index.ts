export { openBucket } from './bucket.js';
export { partBytesFor } from './partBytes.js';
export type { Patience } from './place.js';
export type { Bucket, Uploaded, UploadOptions } from './types.js';
