/** kafkajs has no types for its own parts. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  const requestQueue: unknown
  export default requestQueue
}
