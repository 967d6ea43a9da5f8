// What the page does: it reports its session with the browser SDK, and ends as it is told.
import * as Sentry from '@sentry/browser';

window.begin = (dsn, user) => {
  Sentry.init({ dsn, release: 'page@1.0.0', environment: 'loopback' });
  Sentry.setUser({ id: user });
};

window.end = (ending) => {
  if (ending === 'handled') {
    Sentry.captureException(new Error('caught'));
  }
  if (ending === 'crash') {
    setTimeout(() => {
      throw new Error('not caught');
    });
  }
};

window.sent = () => Sentry.flush(10_000);
