/** The earliest time that this release can have run. */

/**
 * Unix time in milliseconds. A clock that says less is wrong: tokens that it dates would expire
 * before they were of use, or be trusted for longer than anyone meant.
 */
export const BUILD_TIME = Date.UTC(2026, 10, 20);
