// TypeScript refuses a JSON file outside `rootDir`. The `types` condition of `#package.json` points here instead.

declare const manifest: { version: string }
export default manifest
