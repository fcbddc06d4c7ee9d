/** Names of streams, in URLs and everywhere. */
export const streamNamePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/
