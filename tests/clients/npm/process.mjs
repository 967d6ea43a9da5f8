// A program that reports its session with the Node SDK: node process.mjs DSN ENDING USER.
// ENDING is "well", "handled" (an error that is caught and reported) or "crash".
import * as Sentry from '@sentry/node';

const [dsn, ending, user] = process.argv.slice(2);

Sentry.init({ dsn, release: 'node@1.0.0', environment: 'loopback' });
Sentry.setUser({ id: user });

if (ending === 'handled') {
  Sentry.captureException(new Error('caught'));
}
if (ending === 'crash') {
  throw new Error('not caught');
}
