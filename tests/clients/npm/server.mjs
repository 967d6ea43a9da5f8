// An Express app that is asked for three kinds of pages: node server.mjs DSN.
import * as Sentry from '@sentry/node';

const [dsn] = process.argv.slice(2);

Sentry.init({ dsn, release: 'express@2.0.0', environment: 'loopback' });

const { default: express } = await import('express');
const app = express();
app.get('/well', (request, response) => response.send('well'));
app.get('/handled', (request, response) => {
  Sentry.captureException(new Error('caught'));
  response.send('handled');
});
app.get('/crash', () => {
  throw new Error('not caught');
});
Sentry.setupExpressErrorHandler(app);
app.use((error, request, response, next) => response.status(500).send('failed'));

const server = app.listen(0, '127.0.0.1', async () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  for (const page of ['well', 'handled', 'well', 'crash', 'handled', 'well']) {
    await (await fetch(`${address}/${page}`)).text();
  }
  server.close();
  await Sentry.close(10_000);
});
